"""Read HTML as its visible text, and XML as the names and texts of its elements."""

import dataclasses
import re
from pathlib import Path

from pipeline.model import ReadStatus
from processors.contract import Context, Reading, Unreadable
from processors.detect.charset_labels import encoding_for
from processors.detect.encoding import clean, decode
from processors.detect.html_text import visible_text
from processors.detect.safe_xml import XmlRefused, texts_of
from processors.layout.plain_page import text_page
from processors.values import einvoice

# HTML Standard, section 4.2.5.4: a page declares its encoding in its first 1,024 bytes; browsers
# look further.
_CHARSET = re.compile(
    rb"<meta[^>]{0,200}charset\s*=\s*[\"']?([A-Za-z0-9_:.-]{1,40})", re.IGNORECASE
)
_CHARSET_BYTES = 4096


class HtmlProcessor:
    """Reads HTML with the standard library's parser; nothing is fetched and nothing run."""

    name = "html"

    def accepts(self, media_type: str) -> str | None:
        """Accept HTML only."""
        return None if media_type == "text/html" else f"{media_type} is not HTML"

    def process(self, path: Path, work_dir: Path, context: Context) -> Reading:
        """Return the visible text as one page."""
        del work_dir, context
        html = decode_html(path.read_bytes())
        return Reading(pages=(text_page(visible_text(html), engine="html"),))


class XmlProcessor:
    """Reads XML with lxml, locked down: no document type, no entities, nothing fetched."""

    name = "xml"

    def accepts(self, media_type: str) -> str | None:
        """Accept XML for which there is no processor of its own."""
        return None if media_type == "application/xml" else f"{media_type} is not XML"

    def process(self, path: Path, work_dir: Path, context: Context) -> Reading:
        """Return one line per element that has text, as "name: text".

        Of an electronic invoice its data too.
        """
        del work_dir, context
        data = path.read_bytes()
        try:
            lines = [f"{name}: {text}" for name, text in texts_of(data)]
        except XmlRefused as exc:
            status = ReadStatus.SUSPICIOUS if exc.deceives else ReadStatus.DAMAGED
            raise Unreadable(
                status, f"The XML was not read: {exc}. Export it again, or as PDF."
            ) from exc

        page = text_page(clean("\n".join(lines)), engine="xml")
        invoice = einvoice.structured_data_in(data)
        if invoice is not None:
            # The file holds nothing but the invoice, so no value has to be looked for in its text.
            invoice = dataclasses.replace(invoice, complete=True)
        return Reading(pages=(page,), structured=invoice)


def decode_html(data: bytes) -> str:
    """Decode HTML by the encoding it declares, as browsers understand it, else by its content."""
    declared = _CHARSET.search(data[:_CHARSET_BYTES])
    # Zero bytes mean UTF-16, in which no declaration can be read as ASCII.
    label = declared.group(1).decode("ascii") if declared and b"\0" not in data[:64] else ""
    encoding = encoding_for(label) if label else None
    # HTML Standard, section 13.2.3.2: a page that was read as ASCII up to here is not in UTF-16.
    if encoding is None or encoding.startswith("utf-16"):
        return decode(data)
    return data.decode(encoding, errors="replace")
