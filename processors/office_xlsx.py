"""Excel workbooks: a page a sheet, a line a row."""

import datetime as dt
from pathlib import Path

from pipeline.model import ReadStatus
from processors import package
from processors.contract import Context, Page, Reading, Unreadable
from processors.encoding import clean
from processors.media import XLSX
from processors.plain import page_of

_WHAT = "workbook"
_MOST_CELLS = 2_000_000


class XlsxProcessor:
    """Reads .xlsx with calamine: values as last calculated, formulas and macros never run."""

    name = "xlsx"
    version = "1"

    def accepts(self, media_type: str) -> str | None:
        """Accept Excel workbooks in the zip format."""
        return None if media_type == XLSX else f"{media_type} is not an .xlsx workbook"

    def process(self, path: Path, work_dir: Path, context: Context) -> Reading:
        """Return every sheet as a page headed by its name."""
        del work_dir
        package.check(path, what=_WHAT)
        pages: list[Page] = []
        problems: list[str] = []
        from python_calamine import CalamineError, CalamineWorkbook, ZipError

        try:
            with CalamineWorkbook.from_path(path) as book:
                names = book.sheet_names
                for number, name in enumerate(names[: context.settings.limits.pages], start=1):
                    try:
                        pages.append(_page(book.get_sheet_by_name(name), name, number))
                    except (CalamineError, ZipError, ValueError, OSError):
                        problems.append(f"Sheet {number} ({name}) could not be read.")
        except (CalamineError, ZipError, ValueError, OSError) as exc:
            raise package.damaged(_WHAT) from exc
        if not pages:
            raise Unreadable(ReadStatus.DAMAGED, "No sheet of the workbook can be read; save it again and upload it.")
        return Reading(pages=tuple(pages), problems=tuple(problems))


def _page(sheet: object, name: str, number: int) -> Page:
    """Write a sheet as text, empty rows left out."""
    height, width = getattr(sheet, "height", 0), getattr(sheet, "width", 0)
    if height * width > _MOST_CELLS:
        raise ValueError(f"sheet {name} claims {height} by {width} cells")
    rows = sheet.to_python(skip_empty_area=True)  # type: ignore[attr-defined] # calamine publishes no types
    lines = ["\t".join(_cell(value) for value in row).rstrip("\t") for row in rows]
    return page_of(clean("\n".join([name, *(line for line in lines if line.strip())])), number=number, engine="xlsx")


def _cell(value: object) -> str:
    """Write a value as a person would: whole numbers without a point, dates as ISO 8601."""
    if isinstance(value, bool):
        return "TRUE" if value else "FALSE"
    if isinstance(value, float):
        return str(int(value)) if value.is_integer() and abs(value) < 1e15 else repr(value)  # noqa: PLR2004 - exact as float
    if isinstance(value, dt.datetime | dt.date | dt.time):
        return value.isoformat(sep=" ") if isinstance(value, dt.datetime) else value.isoformat()
    return " ".join(str(value).split())
