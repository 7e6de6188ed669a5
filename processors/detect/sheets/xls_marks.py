"""Find what a workbook of Excel 97 to 2003 hides and how its cells show numbers, with xlrd.

The library that reads its values returns neither.
"""

import os
import struct
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from processors.detect.sheets.sheet_marks import MOST_FORMATTED, PLAIN_FORMATS, SheetMarks

_LARGEST_BYTES = 4 * 2**20  # xlrd takes a second for each MiB; of a larger file, nothing is known
_NUMBER = 2  # a cell of xlrd with a number
# What xlrd raises, beside its own errors, on records that violate the format.
_MALFORMED = (
    struct.error,
    OSError,
    ValueError,
    LookupError,
    TypeError,
    AttributeError,
    AssertionError,
    ArithmeticError,
    RecursionError,
    NotImplementedError,
)


def xls_marks(path: Path) -> dict[str, SheetMarks]:
    """Return the marks of each sheet by its name; none of a file that is large or damaged."""
    import xlrd
    from xlrd.compdoc import CompDocError

    if path.stat().st_size > _LARGEST_BYTES:
        return {}
    try:
        with (
            Path(os.devnull).open("w", encoding="utf-8") as nowhere,
            xlrd.open_workbook(str(path), formatting_info=True, logfile=nowhere) as book,
        ):
            return {sheet.name: _marks_of(book, sheet) for sheet in book.sheets()}
    except (xlrd.XLRDError, CompDocError, zipfile.BadZipFile, *_MALFORMED):
        return {}


def _marks_of(book: Any, sheet: Any) -> SheetMarks:
    rows = sheet.rowinfo_map.items()
    columns = sheet.colinfo_map.items()
    return SheetMarks(
        hidden_rows=frozenset(number + 1 for number, row in rows if row.hidden),
        hidden_columns=frozenset(number + 1 for number, column in columns if column.hidden),
        formats=dict(_formats_of(book, sheet)),
    )


def _formats_of(book: Any, sheet: Any) -> Iterator[tuple[tuple[int, int], str]]:
    """Yield the place and the format of each cell with a number."""
    count = 0
    for row in range(sheet.nrows):
        for column, kind in enumerate(sheet.row_types(row)):
            if kind != _NUMBER:
                continue
            style = book.xf_list[sheet.cell_xf_index(row, column)]
            code = book.format_map[style.format_key].format_str
            if code.lower() not in PLAIN_FORMATS:
                yield (row + 1, column + 1), code
                count += 1
                if count == MOST_FORMATTED:
                    return
