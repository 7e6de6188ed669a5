"""Find what a workbook of Excel 97 to 2003 hides and how its cells show numbers, with xlrd.

The library that reads its values returns neither.
"""

import itertools
import os
import re
import struct
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from processors.detect.sheets.sheet_marks import MOST_FORMATTED, PLAIN_FORMATS, SheetMarks

_LARGEST_BYTES = 4 * 2**20  # xlrd takes a second for each MiB; of a larger file, nothing is known
_NUMBER, _EMPTY = 2, frozenset({0, 6})  # kinds of cells of xlrd
# The library has it in British spelling; numbers are those of the palette.
_COLOR, _WHITES = "colo\u0075r_index", frozenset({1, 9})
_SHOWS_NOTHING = re.compile(r"\s*;\s*;\s*;\s*")
_MOST_MERGED = 100_000  # cells of a sheet
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
        hidden_rows=frozenset(at + 1 for at, row in rows if row.hidden or row.height == 0),
        hidden_columns=frozenset(at + 1 for at, each in columns if each.hidden or each.width == 0),
        unread=frozenset(_unread_in(book, sheet)),
        formats=dict(_formats_of(book, sheet)),
        divided=dict(_divided_in(book, sheet)),
    )


def _unread_in(book: Any, sheet: Any) -> Iterator[tuple[int, int]]:
    """Yield the cells that are struck through, in the color of the sheet, or under merged ones."""
    unread = frozenset(number for number, _ in enumerate(book.xf_list) if _is_unread(book, number))
    for row in range(sheet.nrows) if unread else ():
        for column, kind in enumerate(sheet.row_types(row)):
            if kind not in _EMPTY and sheet.cell_xf_index(row, column) in unread:
                yield row + 1, column + 1
    left = _MOST_MERGED
    for top, bottom, first, end in sheet.merged_cells:
        left -= (bottom - top) * (end - first)
        if left < 0:
            return
        places = itertools.product(range(top + 1, bottom + 1), range(first + 1, end + 1))
        yield from itertools.islice(places, 1, None)


def _is_unread(book: Any, number: int) -> bool:
    """Return whether nobody can read a cell with this style, or its text is no longer valid."""
    style = book.xf_list[number]
    font, fill = book.font_list[style.font_index], style.background
    is_white = getattr(font, _COLOR) in _WHITES and fill.fill_pattern == 0
    code = book.format_map[style.format_key].format_str
    return bool(font.struck_out) or is_white or _SHOWS_NOTHING.fullmatch(code) is not None


def _divided_in(book: Any, sheet: Any) -> Iterator[tuple[tuple[int, int], tuple[str, str]]]:
    """Yield the cells of whose text a part is struck through, with what is left and that part."""
    for (row, column), runs in sheet.rich_text_runlist_map.items():
        text = str(sheet.cell_value(row, column))
        fonts = [(0, sheet.cell_xf_index(row, column)), *runs]
        parts: tuple[list[str], list[str]] = ([], [])
        for at, (start, font) in enumerate(fonts):
            end = fonts[at + 1][0] if at + 1 < len(fonts) else len(text)
            used = font if at else book.xf_list[font].font_index
            parts[bool(book.font_list[used].struck_out)].append(text[start:end])
        left, struck = ("".join(part).strip() for part in parts)
        if struck:
            yield (row + 1, column + 1), (left, struck)


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
