"""Read HTML as its visible text, and XML as the names and texts of its elements."""

import base64
import collections
import dataclasses
import re
from collections.abc import Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import Any

from pipeline.model import ReadStatus
from processors.contract import Context, EmbeddedFile, Page, Reading, Unreadable
from processors.detect.encoding import clean
from processors.detect.html_text import decode_html, texts_of_html, visible_text
from processors.detect.owners import owned
from processors.detect.safe_xml import XmlRefused, elements, in_utf8, texts_by_record
from processors.layout.plain_page import text_page
from processors.values import einvoice
from processors.values.einvoice.bank_messages import bank_message_in

# Elements with a file in base64: of UBL, of CII, and of FatturaPA. Certificates and the values
# of signatures are in base64, too, and are no text.
_ATTACHED = frozenset({"EmbeddedDocumentBinaryObject", "AttachmentBinaryObject", "Attachment"})
_BASE64 = re.compile(r"[A-Za-z0-9+/]{60}[A-Za-z0-9+/ ]{140,}={0,2}")

# A whole document as the text of an element, as the AttachedDocument of UBL has an invoice.
_XML_IN_TEXT = re.compile(r"<\?xml\b[^>]{0,200}\?>\s*<")
# Paragraphs as feeds, mail programs and archives have them in an element.
_HTML_IN_TEXT = re.compile(
    r"</(?:p|div|td|tr|table|li|ul|ol|span|strong|b|em|i|a|h[1-6]|body|html)\s*>|<br\s*/?>",
    re.IGNORECASE,
)
_SPREADSHEET = "{urn:schemas-microsoft-com:office:spreadsheet}"
_WORKBOOK = f"{_SPREADSHEET}Workbook"
_MOST_COLUMNS = 16_384
_MIDNIGHT = re.compile(r"(?<=^\d{4}-\d\d-\d\d)T00:00:00(?:\.000)?$")  # of a day without a time
_MOST_IN_TEXT = 20  # documents; a log has a message in each of its lines
_DECLARED_ENCODING = re.compile(r"(<\?xml\b[^>]{0,200}?)\s+encoding\s*=\s*[\"'][^\"']{1,40}[\"']")


class HtmlProcessor:
    """Reads HTML with the standard library's parser; nothing is fetched and nothing run."""

    name = "html"

    def accepts(self, media_type: str) -> str | None:
        """Accept HTML only."""
        return None if media_type == "text/html" else f"{media_type} is not HTML"

    def process(self, path: Path, work_dir: Path, context: Context) -> Reading:
        """Return the visible text as one page; what a rule of its style hides is kept apart."""
        del work_dir, context
        texts = texts_of_html(decode_html(path.read_bytes()))
        page = text_page(texts.shown, engine="html", kept_apart=texts.apart, reason=texts.reason)
        return Reading(pages=(page,))


class XmlProcessor:
    """Reads XML with lxml, locked down: no document type, no entities, nothing fetched."""

    name = "xml"

    def accepts(self, media_type: str) -> str | None:
        """Accept XML for which there is no processor of its own."""
        return None if media_type == "application/xml" else f"{media_type} is not XML"

    def process(self, path: Path, work_dir: Path, context: Context) -> Reading:
        """Return one line per element that has text, as "name: text"; records of a list apart.

        Of a workbook, one line per row; of an electronic invoice or a message of a bank its data
        too.
        """
        del work_dir, context
        data, texts = _texts_of(path.read_bytes())
        rows, hidden = _rows_in(data)
        if rows or hidden:
            page = text_page(
                clean("\n".join(rows)), engine="xml", kept_apart=clean("\n".join(hidden))
            )
            return Reading(pages=(page,))
        page, attached = _page_of(texts)
        invoice = einvoice.structured_data_in(data)
        if invoice is not None:
            # The file holds nothing but the invoice, so no value has to be looked for in its text.
            invoice = dataclasses.replace(invoice, complete=True)
        said = invoice or bank_message_in(data)
        return Reading(pages=(page,), structured=said, children=attached)


def _page_of(
    texts: Sequence[tuple[tuple[str, ...], str, bool]],
) -> tuple[Page, list[EmbeddedFile]]:
    """Return the page of the texts of XML, as `texts_by_record` gives them, and the files in it."""
    lines: list[str] = []
    apart: list[str] = []
    attached: list[EmbeddedFile] = []
    for names, text, is_of_record in texts:
        name = names[-1]
        if len(attached) < _MOST_IN_TEXT and _is_document(text):
            attached.append(EmbeddedFile(f"{name}.xml", partial(_encoded, text)))
        elif not _BASE64.fullmatch(text):
            value = owned(names)
            is_apart = is_of_record or value.is_apart
            (apart if is_apart else lines).extend(_lines_of(value.name, text))
        elif name in _ATTACHED:
            attached.append(EmbeddedFile(name, partial(_decoded, text)))
    shown, records = (clean("\n".join(each)) for each in (lines, apart))
    return text_page(shown, engine="xml", kept_apart=records), attached


def _rows_in(data: bytes) -> tuple[list[str], list[str]]:
    """Return the rows of a workbook of Excel 2003 in XML, and the hidden ones; none of other XML.

    See "XML Spreadsheet Reference" (Excel 2003): a cell may say its column, which counts from 1.
    """
    rows: list[str] = []
    hidden: list[str] = []
    for event, element in elements(data, whole=frozenset({"Row"})):
        if event == "start" and element.getparent() is None and element.tag != _WORKBOOK:
            break
        if event == "end" and element.tag == f"{_SPREADSHEET}Row":
            line = "\t".join(_cells_of(element))
            if line.strip():
                is_hidden = element.get(f"{_SPREADSHEET}Hidden") == "1"
                (hidden if is_hidden else rows).append(line)
    return rows, hidden


def _cells_of(row: Any) -> list[str]:
    cells: list[str] = []
    for cell in row.iterchildren(f"{_SPREADSHEET}Cell"):
        index = cell.get(f"{_SPREADSHEET}Index", "")
        if index.isdecimal() and int(index) <= _MOST_COLUMNS:
            cells += [""] * (int(index) - 1 - len(cells))
        text = " ".join("".join(cell.itertext(f"{_SPREADSHEET}Data")).split())
        cells.append(_MIDNIGHT.sub("", text))
    return cells


def _lines_of(name: str, text: str) -> list[str]:
    """Return a text with the name of its element; of a text in HTML, what it shows."""
    if _XML_IN_TEXT.match(text) or not _HTML_IN_TEXT.search(text):
        return [f"{name}: {text}"]
    shown = visible_text(text).splitlines()
    return [f"{name}: {line}" for line in shown] if len(shown) == 1 else [f"{name}:", *shown]


def _is_document(text: str) -> bool:
    """Return whether the text of an element is XML that can be read as a file of its own."""
    if not _XML_IN_TEXT.match(text):
        return False
    try:
        for data in _encoded(text):
            collections.deque(elements(data), maxlen=0)  # to the end, where what is cut breaks
    except XmlRefused:
        return False
    return True


def _encoded(text: str) -> Iterator[bytes]:
    """Yield XML that was text in XML; whatever encoding it declares, this one is not it."""
    yield _DECLARED_ENCODING.sub(r"\1", text, count=1).encode()


def _decoded(text: str) -> Iterator[bytes]:
    try:
        yield base64.b64decode("".join(text.split()) + "==")
    except ValueError as exc:
        raise Unreadable(
            ReadStatus.DAMAGED, "the embedded file is damaged. Ask for it on its own."
        ) from exc


def _texts_of(data: bytes) -> tuple[bytes, list[tuple[tuple[str, ...], str, bool]]]:
    """Return XML that the parser accepts, and its texts as `texts_by_record` gives them.

    Raises Unreadable.
    """
    for attempt in (data, in_utf8(data)):
        try:
            return attempt, texts_by_record(attempt)
        except XmlRefused as exc:
            refusal = exc
            if exc.deceives:
                break
    status = ReadStatus.SUSPICIOUS if refusal.deceives else ReadStatus.DAMAGED
    raise Unreadable(
        status, f"The XML was not read: {refusal}. Export it again, or as PDF."
    ) from refusal
