"""Find what an Excel workbook hides, and which of its formulas have no stored result.

The library for workbooks returns neither. Names are those of ECMA-376 part 1, section 18.3.1.
"""

import re
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from processors.detect.safe_xml import XmlRefused, elements, local_name

_WORKBOOK, _RELATIONSHIPS = "xl/workbook.xml", "xl/_rels/workbook.xml.rels"
_LARGEST_SHEET_BYTES = 64 * 2**20  # of a larger one, nothing is known
_MOST_HIDDEN_COLUMNS = 16_384  # as many as a sheet may have

_ROW = re.compile(rb"<(?:\w+:)?row\b([^>]*)>")
_COLUMN = re.compile(rb"<(?:\w+:)?col\b([^>]*)>")
_HIDDEN = re.compile(rb"""\bhidden=["'](?:1|true)["']""")
_NUMBER = re.compile(rb"""\b(r|min|max)=["'](\d{1,7})["']""")
# A cell with a formula and no value: "<v/>", "<v></v>" or nothing at all behind it.
_FORMULA = re.compile(
    rb"<(?:\w+:)?c\b([^>]*)>\s*<(?:\w+:)?f\b(?:[^>]*/>|[^>]*>[^<]*</(?:\w+:)?f>)\s*"
    rb"(?:<(?:\w+:)?v\s*/>|<(?:\w+:)?v>\s*</|</(?:\w+:)?c>)"
)
_IS_TEXT = re.compile(rb"""\bt=["']str["']""")  # the result may be an empty text


@dataclass(frozen=True, slots=True)
class SheetMarks:
    """What is hidden in a sheet, and how many formulas have no result; all count from 1."""

    is_hidden: bool = False
    hidden_rows: frozenset[int] = frozenset()
    hidden_columns: frozenset[int] = frozenset()
    uncalculated: int = 0


def sheet_marks(path: Path) -> dict[str, SheetMarks]:
    """Return the marks of each sheet of an Excel package, by the sheet's name.

    None of a workbook that is not in this format, or is damaged: the library reports that.
    """
    marks: dict[str, SheetMarks] = {}
    try:
        with zipfile.ZipFile(path) as book:
            names = set(book.namelist())
            if _WORKBOOK not in names or _RELATIONSHIPS not in names:
                return marks
            for name, part in _sheet_parts(book):
                if part in names and book.getinfo(part).file_size <= _LARGEST_SHEET_BYTES:
                    marks[name] = _marks_of(book.read(part))
    except (zipfile.BadZipFile, XmlRefused, OSError, ValueError, KeyError):
        return marks
    return marks


def _sheet_parts(book: zipfile.ZipFile) -> Iterator[tuple[str, str]]:
    """Yield the name of each sheet and that of its part."""
    targets: dict[str, str] = {}
    for event, element in elements(book.read(_RELATIONSHIPS)):
        if event == "start" and local_name(element) == "Relationship":
            target = element.get("Target", "")
            is_absolute = target.startswith("/")
            targets[element.get("Id", "")] = target.lstrip("/") if is_absolute else f"xl/{target}"
    for event, element in elements(book.read(_WORKBOOK)):
        if event == "start" and local_name(element) == "sheet":
            key = next((v for k, v in element.attrib.items() if str(k).endswith("}id")), "")
            yield element.get("name", ""), targets.get(key, "")


def _marks_of(sheet: bytes) -> SheetMarks:
    rows: set[int] = set()
    number = 0
    for found in _ROW.finditer(sheet):
        numbers = {key: int(value) for key, value in _NUMBER.findall(found[1])}
        number = numbers.get(b"r", number + 1)
        if _HIDDEN.search(found[1]):
            rows.add(number)
    columns: set[int] = set()
    for found in _COLUMN.finditer(sheet):
        numbers = {key: int(value) for key, value in _NUMBER.findall(found[1])}
        if _HIDDEN.search(found[1]):
            last = min(numbers.get(b"max", 0), _MOST_HIDDEN_COLUMNS)
            columns.update(range(numbers.get(b"min", 1), last + 1))
    formulas = [found for found in _FORMULA.finditer(sheet) if not _IS_TEXT.search(found[1])]
    return SheetMarks(
        hidden_rows=frozenset(rows),
        hidden_columns=frozenset(columns),
        uncalculated=len(formulas),
    )
