"""Read HTML as its visible text, and XML as the names and texts of its elements."""

import dataclasses
from pathlib import Path

from pipeline.model import ReadStatus
from processors.contract import Context, Reading, Unreadable
from processors.detect.encoding import clean
from processors.detect.html_text import decode_html, visible_text
from processors.detect.safe_xml import XmlRefused, texts_of
from processors.layout.plain_page import text_page
from processors.values import einvoice


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
