"""Read plain text and delimited tables: one page, decoded by its content."""

import csv
import io
from pathlib import Path

from processors.contract import Context, Reading
from processors.detect.encoding import clean, decode
from processors.detect.text_types import SEPARATOR_LINE, table_delimiter
from processors.layout.plain_page import text_page

_TYPES = frozenset({"text/plain", "text/csv"})
_CSV_FIELD_LIMIT = 131_072  # the csv module's own default


class TextProcessor:
    """Reads text and CSV in any usual encoding."""

    name = "text"

    def accepts(self, media_type: str) -> str | None:
        """Accept plain text and CSV."""
        return None if media_type in _TYPES else f"{media_type} is not plain text"

    def process(self, path: Path, work_dir: Path, context: Context) -> Reading:
        """Return the decoded file; in a table, tabs separate the cells of a row."""
        del work_dir, context
        text = clean(decode(path.read_bytes()))

        delimiter = table_delimiter(text)
        text = SEPARATOR_LINE.sub("", text, count=1) if SEPARATOR_LINE.match(text) else text
        if delimiter is not None:
            # A quote that is never closed makes one field of the rest of the file, which is no
            # error here.
            csv.field_size_limit(max(len(text), _CSV_FIELD_LIMIT))
            rows = csv.reader(io.StringIO(text), delimiter=delimiter)
            lines = []
            for cells in rows:
                on_one_line = [" ".join(cell.split()) for cell in cells]
                lines.append("\t".join(on_one_line))
            text = "\n".join(lines) or text
        return Reading(pages=(text_page(text),))
