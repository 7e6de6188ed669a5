"""Plain text and tables in text: one page, decoded by its content."""

import csv
import io
from pathlib import Path

from pipeline.model import PageText
from processors.contract import Context, Line, Page, Reading
from processors.detect.encoding import clean, decode
from processors.detect.media import table_delimiter

_TYPES = frozenset({"text/plain", "text/csv"})


class TextProcessor:
    """Reads text and CSV in any usual encoding."""

    name = "text"
    version = "1"

    def accepts(self, media_type: str) -> str | None:
        """Accept plain text and CSV."""
        return None if media_type in _TYPES else f"{media_type} is not plain text"

    def process(self, path: Path, work_dir: Path, context: Context) -> Reading:
        """Decode the file; of a table, the cells of a row are set apart by tabs."""
        del work_dir, context
        text = clean(decode(path.read_bytes()))
        return Reading(pages=(page_of(_rows(text) or text),))


def page_of(text: str, *, number: int = 1, engine: str = "text") -> Page:
    """Make a page of text that has no places."""
    lines = tuple(Line(text=line) for line in text.split("\n") if line.strip())
    source = "text" if lines else "none"
    return Page(
        PageText(
            number=number, source=source, engine=engine, confidence=None, text=text.strip("\n")
        ),
        lines,
    )


def _rows(text: str) -> str | None:
    """Read text as a table if its first lines agree on a delimiter; a quote never closed ends with the file."""
    delimiter = table_delimiter(text)
    if delimiter is None:
        return None
    csv.field_size_limit(max(len(text), 131072))
    rows = csv.reader(io.StringIO(text), delimiter=delimiter)
    return "\n".join("\t".join(" ".join(cell.split()) for cell in row) for row in rows)
