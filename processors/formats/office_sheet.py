"""Read workbooks of Excel and OpenDocument: one page per sheet, one line per row."""

import datetime as dt
import re
import zipfile
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from pipeline.model import ReadStatus
from processors.contract import Context, Page, Reading, Unreadable
from processors.detect import office_package
from processors.detect.encoding import clean
from processors.detect.media import ODS, XLS, XLSB, XLSX
from processors.detect.office_parts import standard_package
from processors.detect.sheets.number_format import shown
from processors.detect.sheets.ods_marks import ods_marks, without_empty_values
from processors.detect.sheets.sheet_marks import SheetMarks, sheet_marks
from processors.detect.sheets.xls_marks import xls_marks
from processors.layout.plain_page import text_page

_WHAT = "workbook"
_TYPES = frozenset({XLSX, XLSB, XLS, ODS})
_MOST_CELLS = 2_000_000  # of one sheet, empty ones between others included
# How many times more cells than that a sheet may span before the workbook is refused as a whole: a
# stray mark far below the others is common and harmless.
_SPARSE = 10
_SHEET_PART = re.compile(r"/?xl/worksheets/[^/]+\.xml", re.IGNORECASE)
# The reference of a cell (ECMA-376 part 1, section 18.3.1.4): up to three letters and seven digits,
# XFD1048576.
_CELL_REFERENCE = re.compile(rb"""\br=["']([A-Z]{1,3})([0-9]{1,7})["']""")
_REFERENCE_BYTES = 32  # longer than a reference, which may lie across two chunks
_CHUNK_BYTES = 2**20
_SHOWN_DIGITS = 15
_LARGEST_EXACT = 1e15  # floats hold integers exactly up to 2**53, about 9e15


class SheetProcessor:
    """Reads .xlsx, .xlsb, .xls and .ods with calamine: values as last calculated.

    Formulas and macros never run.
    """

    name = "sheet"

    def accepts(self, media_type: str) -> str | None:
        """Accept workbooks, old and new."""
        if media_type in _TYPES:
            return None
        return f"{media_type} is not a workbook this project reads"

    def process(self, path: Path, work_dir: Path, context: Context) -> Reading:
        """Return every sheet as a page that starts with its name; embedded files are children."""
        is_package = zipfile.is_zipfile(path)
        if is_package:
            office_package.check(path, what=_WHAT)
            path = without_empty_values(standard_package(path, work_dir), work_dir)
            _check_extent(path)
        marks = {**sheet_marks(path), **ods_marks(path)} if is_package else xls_marks(path)
        pages, problems = _pages(path, context, marks)
        if not pages:
            raise Unreadable(
                ReadStatus.DAMAGED,
                "No sheet of the workbook can be read. Save it again and upload it.",
            )
        text_chars = sum(len(page.text.text) for page in pages)
        children = office_package.embedded_files(path, text_chars=text_chars) if is_package else ()
        return Reading(pages=tuple(pages), problems=tuple(problems), children=children)


def _pages(
    path: Path, context: Context, marks: Mapping[str, SheetMarks]
) -> tuple[list[Page], list[str]]:
    """Return a page per sheet that can be read, and a sentence per sheet that cannot."""
    from python_calamine import (
        CalamineError,
        CalamineWorkbook,
        PasswordError,
        SheetVisibleEnum,
        ZipError,
    )

    malformed = (CalamineError, ZipError, ValueError, OSError)
    pages: list[Page] = []
    problems: list[str] = []
    try:
        with CalamineWorkbook.from_path(path) as book:
            sheets = book.sheets_metadata[: context.settings.limits.pages]
            for number, metadata in enumerate(sheets, start=1):
                name = metadata.name
                mark = marks.get(name, SheetMarks())
                if metadata.visible != SheetVisibleEnum.Visible:
                    mark = replace(mark, is_hidden=True)
                if mark.uncalculated:
                    problems.append(
                        f"Sheet {number} ({name}) has {mark.uncalculated} formulas without a "
                        "result. Open the workbook, save it and upload that."
                    )
                try:
                    sheet = book.get_sheet_by_name(name)
                    pages.append(_sheet_page(sheet, name, number, mark))
                except malformed:
                    problems.append(f"Sheet {number} ({name}) could not be read.")
    except PasswordError as exc:
        raise office_package.locked(_WHAT) from exc
    except malformed as exc:
        raise office_package.damaged(_WHAT) from exc
    return pages, problems


def _check_extent(path: Path) -> None:
    """Refuse a workbook whose sheets span so many cells that a table of them would fill the memory.

    calamine allocates a sheet from its first to its last cell, empty ones between included, and
    cannot be stopped.

    Raises:
        Unreadable: TOO_BIG.
    """
    with zipfile.ZipFile(path) as book:
        for entry in book.infolist():
            if not _SHEET_PART.fullmatch(entry.filename):
                continue
            rows = columns = 0  # the highest ones in the references of its cells
            before = b""
            with book.open(entry) as stream:
                while chunk := stream.read(_CHUNK_BYTES):
                    for letters, digits in _CELL_REFERENCE.findall(before + chunk):
                        # Columns count A to Z, AA, AB and so on: base 26 without a zero.
                        column = 0
                        for letter in letters:
                            column = 26 * column + letter - ord("A") + 1
                        rows, columns = max(rows, int(digits)), max(columns, column)
                    before = chunk[-_REFERENCE_BYTES:]
            if rows * columns > _MOST_CELLS * _SPARSE:
                raise Unreadable(
                    ReadStatus.TOO_BIG,
                    f"A sheet of the workbook spans {rows:,} rows and {columns:,} columns. "
                    "Delete the empty ones, or save what matters as PDF.",
                )


def _sheet_page(sheet: Any, name: str, number: int, mark: SheetMarks) -> Page:
    """Return a sheet as text without its empty rows; what is hidden is kept apart.

    Raises ValueError if it spans too many cells.
    """
    height, width = getattr(sheet, "height", 0), getattr(sheet, "width", 0)
    if height * width > _MOST_CELLS:
        raise ValueError(f"sheet {name} spans {height} by {width} cells")

    seen: list[str] = [name]
    hidden: list[str] = []
    first_row, first_column = sheet.start or (0, 0)
    for row_number, row in enumerate(sheet.to_python(skip_empty_area=True), start=first_row + 1):
        for lines, cells in zip(
            (seen, hidden), _cells_of(row, row_number, first_column, mark), strict=True
        ):
            line = "\t".join(cells).rstrip("\t")
            if line.strip():
                lines.append(line)
    (hidden if mark.is_hidden else seen).extend(mark.drawn)
    return text_page(
        clean("\n".join(seen)),
        number=number,
        engine="sheet",
        kept_apart=clean("\n".join(hidden)),
    )


def _cells_of(
    row: Sequence[object], row_number: int, first_column: int, mark: SheetMarks
) -> tuple[list[str], list[str]]:
    """Return the texts of a row's cells that are seen, and of those that are not."""
    is_hidden_row = mark.is_hidden or row_number in mark.hidden_rows
    seen: list[str] = []
    unseen: list[str] = []
    for column, value in enumerate(row, start=first_column + 1):
        place = row_number, column
        text = _text_of(value, mark.formats.get(place, ""))
        if place in mark.stale:
            seen.append("")
        elif is_hidden_row or column in mark.hidden_columns:
            unseen.append(text or _cell_text(value))
        elif place in mark.divided:
            left, struck = mark.divided[place]
            seen.append(left)
            unseen.append(struck)
        elif text == "" or place in mark.unread:
            # Hidden by its format, ";;;", or its color: its place stays, or others would move.
            seen.append("")
            unseen.append(text or _cell_text(value))
        else:
            seen.append(text or _cell_text(value))
    return seen, unseen


def _text_of(value: object, code: str) -> str | None:
    if not code or not isinstance(value, int | float) or isinstance(value, bool):
        return None
    return shown(value, code)


def _cell_text(value: object) -> str:
    """Write a value as a user would: whole numbers without a decimal point, dates as ISO 8601.

    A duration is hours and minutes.
    """
    match value:
        case bool():
            return "TRUE" if value else "FALSE"
        case float():
            # Excel keeps 17 digits and shows 15: 0.1 + 0.2 is 0.3 there.
            number = float(f"{value:.{_SHOWN_DIGITS}g}")
            is_whole = number.is_integer() and abs(number) < _LARGEST_EXACT
            return str(int(number)) if is_whole else repr(number)
        case dt.datetime():
            return value.isoformat(sep=" ")
        case dt.timedelta():
            minutes = round(value.total_seconds() / 60)
            return f"{minutes // 60}:{minutes % 60:02d}"
        case dt.date() | dt.time():
            return value.isoformat()
        case _:
            return " ".join(str(value).split())
