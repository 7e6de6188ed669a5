"""Records from the CSV file that an export task of Caspio has written."""

import csv
from collections.abc import Iterator, Mapping, Sequence
from itertools import islice
from pathlib import Path

from pipeline.errors import BadSettings
from pipeline.model import Column
from pipeline.model.sync import Common, RecordRow

_PAGE = 1000
_FLAGS = {"yes": True, "true": True, "1": True, "no": False, "false": False, "0": False}
_WHOLE = {"INTEGER", "AUTONUMBER"}


def exported_records(
    file: Path, columns: Mapping[str, Column], wanted: Sequence[str]
) -> Iterator[Sequence[RecordRow]]:
    """Yield the records of a file with a header line, 1,000 at a time; none has its PK_ID.

    A cell that does not fit its column stays a text, which no conversion takes.

    Raises:
        BadSettings: the file lacks a column, or has a LIST column: its items cannot be separated.
    """
    with file.open(encoding="utf-8-sig", newline="") as text:
        reader = csv.DictReader(text)
        _check_header(reader.fieldnames or (), columns, wanted)
        while rows := list(islice(reader, _PAGE)):
            yield [
                RecordRow("", {name: _value(row[name] or "", columns[name]) for name in wanted})
                for row in rows
            ]


def _check_header(
    header: Sequence[str], columns: Mapping[str, Column], wanted: Sequence[str]
) -> None:
    missing = [name for name in wanted if name not in header]
    lists = [name for name in wanted if columns[name].type.upper().startswith("LIST-")]
    if missing or lists:
        why = "lacks" if missing else "cannot separate the items of"
        problem = f"The file of the export task {why} {', '.join(missing or lists)}."
        raise BadSettings([f"{problem} Load these columns by pages: remove sync.export_task."])


def _value(cell: str, column: Column) -> Common:
    kind = column.type.upper()
    try:
        if kind in _WHOLE:
            return int(cell) if cell else None
        if kind in {"NUMBER", "CURRENCY"}:
            return float(cell) if cell else None
    except ValueError:
        return cell
    if kind == "YES/NO":
        # Caspio shows a flag that nobody has set as No.
        return _FLAGS.get(cell.lower(), cell) if cell else False
    return cell
