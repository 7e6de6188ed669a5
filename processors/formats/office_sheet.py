"""Workbooks of Excel and OpenDocument: a page a sheet, a line a row."""

import datetime as dt
import re
import zipfile
from pathlib import Path

from pipeline.model import ReadStatus
from processors.contract import Context, Page, Reading, Unreadable
from processors.detect import office_package as package
from processors.detect.encoding import clean
from processors.detect.media import ODS, XLS, XLSB, XLSX
from processors.layout.plain_page import text_page

_WHAT = "workbook"
_MOST_CELLS = 2_000_000
_SPARSE = 10
"""How many times more cells a sheet may span than are read: a stray mark far below is common and harmless."""
_SHEET = re.compile(r"/?xl/worksheets/[^/]+\.xml", re.IGNORECASE)
_PLACE = re.compile(rb"""\br=["']([A-Z]{1,3})([0-9]{1,7})["']""")
_TYPES = frozenset({XLSX, XLSB, XLS, ODS})


class SheetProcessor:
    """Reads .xlsx, .xlsb, .xls and .ods with calamine: values as last calculated, formulas and macros never run."""

    name = "sheet"

    def accepts(self, media_type: str) -> str | None:
        """Accept workbooks, old and new."""
        return (
            None if media_type in _TYPES else f"{media_type} is not a workbook this project reads"
        )

    def process(self, path: Path, work_dir: Path, context: Context) -> Reading:
        """Return every sheet as a page headed by its name."""
        del work_dir
        packed = zipfile.is_zipfile(path)
        if packed:
            package.check(path, what=_WHAT)
            _refuse_claims(path)
        pages: list[Page] = []
        problems: list[str] = []
        from python_calamine import CalamineError, CalamineWorkbook, PasswordError, ZipError

        try:
            with CalamineWorkbook.from_path(path) as book:
                names = book.sheet_names
                for number, name in enumerate(names[: context.settings.limits.pages], start=1):
                    try:
                        pages.append(_page(book.get_sheet_by_name(name), name, number))
                    except (CalamineError, ZipError, ValueError, OSError):
                        problems.append(f"Sheet {number} ({name}) could not be read.")
        except PasswordError as exc:
            raise Unreadable(
                ReadStatus.ENCRYPTED,
                f"The {_WHAT} is protected by a password; save it without one.",
            ) from exc
        except (CalamineError, ZipError, ValueError, OSError) as exc:
            raise package.damaged(_WHAT) from exc
        if not pages:
            raise Unreadable(
                ReadStatus.DAMAGED,
                "No sheet of the workbook can be read; save it again and upload it.",
            )
        written = sum(len(page.text.text) for page in pages)
        children = package.enclosed(path, written_chars=written) if packed else ()
        return Reading(pages=tuple(pages), problems=tuple(problems), children=children)


def _refuse_claims(path: Path) -> None:
    """Refuse a workbook whose sheets reach so far that a table of all their cells would fill the memory.

    calamine lays out a sheet from its first to its last cell, empty ones between included, and cannot be stopped there.

    Raises:
        Unreadable: TOO_BIG.
    """
    with zipfile.ZipFile(path) as book:
        for entry in book.infolist():
            if _SHEET.fullmatch(entry.filename):
                height, width = _reach(book, entry)
                if height * width > _MOST_CELLS * _SPARSE:
                    raise Unreadable(
                        ReadStatus.TOO_BIG,
                        f"A sheet of the workbook reaches over {height:,} rows and {width:,} columns; "
                        "delete the empty ones, or save what matters as PDF.",
                    )


def _reach(book: zipfile.ZipFile, entry: zipfile.ZipInfo) -> tuple[int, int]:
    """Return the highest row and column that cells of a sheet are placed at."""
    height = width = 0
    rest = b""
    with book.open(entry) as stream:
        while chunk := stream.read(2**20):
            for letters, digits in _PLACE.findall(rest + chunk):
                column = 0
                for letter in letters:
                    column = 26 * column + letter - 64
                height, width = max(height, int(digits)), max(width, column)
            rest = chunk[-32:]
    return height, width


def _page(sheet: object, name: str, number: int) -> Page:
    """Write a sheet as text, empty rows left out."""
    height, width = getattr(sheet, "height", 0), getattr(sheet, "width", 0)
    if height * width > _MOST_CELLS:
        raise ValueError(f"sheet {name} claims {height} by {width} cells")
    rows = sheet.to_python(skip_empty_area=True)  # type: ignore[attr-defined] # calamine publishes no types
    lines = ["\t".join(_cell(value) for value in row).rstrip("\t") for row in rows]
    return text_page(
        clean("\n".join([name, *(line for line in lines if line.strip())])),
        number=number,
        engine="sheet",
    )


def _cell(value: object) -> str:
    """Write a value as a person would: whole numbers without a point, dates as ISO 8601."""
    if isinstance(value, bool):
        return "TRUE" if value else "FALSE"
    if isinstance(value, float):
        return str(int(value)) if value.is_integer() and abs(value) < 1e15 else repr(value)  # noqa: PLR2004 - exact as float
    if isinstance(value, dt.datetime | dt.date | dt.time):
        return value.isoformat(sep=" ") if isinstance(value, dt.datetime) else value.isoformat()
    return " ".join(str(value).split())
