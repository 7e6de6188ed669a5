"""Read PDF documents page by page."""

import dataclasses
import gc
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from pipeline.model import ReadStatus
from processors.contract import Context, FormField, Page, Reading, Unreadable
from processors.detect.media import PDF
from processors.layout.plain_page import text_page
from processors.pdf.form_fields import with_whole_values
from processors.pdf.page_reader import PdfPageReader
from processors.pdf.repair import repaired
from processors.pdf.structure import embedded_files, structure, values_not_shown
from processors.renditions import searchable_pdf
from processors.values import einvoice

_REPAIRED = (
    "The PDF is cut off or its directory is broken; the pages that are in it were read. "
    "Export or scan it again to be sure that none is missing."
)
_PASSWORD_ERROR = 4  # FPDF_ERR_PASSWORD
_SECURITY_ERROR = 5  # FPDF_ERR_SECURITY
# Allocations between runs of Python's collector of cycles, instead of 700: pages make thousands of
# objects, no cycles.
_COLLECTION_THRESHOLD = 50_000


class PdfProcessor:
    """Reads PDF files page by page with PDFium."""

    name = "pdf"

    def accepts(self, media_type: str) -> str | None:
        """Accept PDF only."""
        return None if media_type == PDF else f"{media_type} is not PDF"

    def process(self, path: Path, work_dir: Path, context: Context) -> Reading:
        """Read each page on its own, so that one broken page does not affect the others.

        Form values that no page shows are one more page after the last. Metadata has `signed` if
        there are signatures, which any rewriting would break, and `encrypted` if a password was
        needed, even an empty one.
        """
        with _fewer_collections(), opened(path, context.settings.passwords, work_dir) as document:
            path = document.path
            password = document.password or ""
            parts = structure(path, password=password)
            reader = PdfPageReader(document.pdf, work_dir, context, layers=parts.layers)
            pages, problems = read_pages(reader, document.page_count, context, parts.fields)

        if parts.form:
            shown = "\n".join(page.text.text for page in pages)
            not_shown, hidden = values_not_shown(parts.form, shown, hidden=parts.form_hidden)
            if not_shown or hidden:
                number = document.page_count + 1
                page = text_page(not_shown, number=number, engine="form", kept_apart=hidden)
                pages.append(page)
        reading = Reading(
            pages=tuple(pages),
            problems=tuple(filter(None, (document.problem, *problems))),
            metadata={**parts.metadata, **document.flags},
            left_out=write_searchable(reader, document, path, work_dir, context),
        )
        if document.has_attachments or reader.has_file_notes or parts.has_associated_files:
            # They are walked twice: now for an electronic invoice, later as children.
            attachments = partial(embedded_files, path, password=password)
            reading = dataclasses.replace(
                reading,
                children=attachments(),
                structured=einvoice.structured_data_among(attachments()),
            )
        return reading


@dataclass(frozen=True, slots=True)
class _Document:
    """An open document; `password` is the one that opened it, None if it is not encrypted.

    Of a file that was repaired, `path` is the copy, and `problem` says so.
    """

    pdf: Any
    page_count: int
    password: str | None
    is_signed: bool
    has_attachments: bool
    path: Path
    problem: str = ""

    @property
    def flags(self) -> dict[str, str]:
        """What anyone who would rewrite the file must know; never the password itself."""
        flags = {}
        if self.is_signed:
            flags["signed"] = "true"
        if self.password is not None:
            kind = "a configured password" if self.password else "the empty password"
            flags["encrypted"] = f"with {kind}"
        return flags


@contextmanager
def _fewer_collections() -> Iterator[None]:
    thresholds = gc.get_threshold()
    gc.set_threshold(_COLLECTION_THRESHOLD, *thresholds[1:])
    try:
        yield
    finally:
        gc.set_threshold(*thresholds)


@contextmanager
def opened(
    path: Path, passwords: Sequence[str], work_dir: Path | None = None
) -> Iterator[_Document]:
    """Open a document, or with a folder for it a repaired copy.

    Raises:
        Unreadable: ENCRYPTED if no configured password opens it, DAMAGED if it is broken or has no
            pages.
    """
    import pypdfium2 as pdfium
    import pypdfium2.raw as pdfium_c

    pdf, password, problem = None, "", ""
    try:
        pdf, password = unlocked(path, passwords)
    except Unreadable as exc:
        copy = repaired(path, work_dir) if work_dir is not None else None
        if exc.status is not ReadStatus.DAMAGED or copy is None:
            raise
        path, problem = copy, _REPAIRED
        pdf, password = unlocked(path, ())
    try:
        with suppress(
            pdfium.PdfiumError
        ):  # forms that cannot be drawn do not affect the text of the page
            pdf.init_forms()
        page_count = len(pdf)
        if page_count < 1:
            raise Unreadable(
                ReadStatus.DAMAGED, "The PDF has no pages. Export or scan it again and upload it."
            )
        is_encrypted = pdfium_c.FPDF_GetSecurityHandlerRevision(pdf) > 0
        yield _Document(
            pdf,
            page_count,
            password=password if is_encrypted else None,
            is_signed=pdfium_c.FPDF_GetSignatureCount(pdf) > 0,
            has_attachments=pdfium_c.FPDFDoc_GetAttachmentCount(pdf) > 0,
            path=path,
            problem=problem,
        )
    finally:
        pdf.close()


def unlocked(path: Path, passwords: Sequence[str]) -> tuple[Any, str]:
    """Open a document with the empty password, or with the first configured one that opens it."""
    import pypdfium2 as pdfium

    error: pdfium.PdfiumError | None = None
    code = None
    for password in ("", *passwords):
        try:
            return pdfium.PdfDocument(path, password=password or None), password
        except pdfium.PdfiumError as exc:
            error, code = exc, getattr(exc, "err_code", None)
            if code != _PASSWORD_ERROR:
                break
    if code in {_PASSWORD_ERROR, _SECURITY_ERROR}:
        raise Unreadable(
            ReadStatus.ENCRYPTED,
            "The PDF needs a password. Save a copy without one and upload it in its place, "
            "or add the password to CASPIO_INGEST_PROCESSING__PASSWORDS.",
        ) from error
    raise Unreadable(
        ReadStatus.DAMAGED,
        "The PDF cannot be opened: its structure is broken. Export or scan it again and upload it.",
    ) from error


def read_pages(
    reader: PdfPageReader,
    count: int,
    context: Context,
    fields: Mapping[int, tuple[FormField, ...]],
) -> tuple[list[Page], list[str]]:
    """Read pages up to the limits; return them with a sentence for each problem.

    `fields` are the interactive ones by the number of their page.
    """
    limit = context.settings.limits.pages
    pages: list[Page] = []
    problems: list[str] = []
    for number in range(1, min(count, limit) + 1):
        if pages and context.exhausted:
            problems.append(
                f"Pages {number} to {count} were not read: "
                "the CPU time for one document is used up."
            )
            break
        page, problem = reader.read(number)
        if number in fields:
            page = dataclasses.replace(page, fields=fields[number])
            page = with_whole_values(page, page.fields)
        pages.append(context.keep(page))
        if problem:
            problems.append(problem)
    if count > limit:
        problems.append(f"Only the first {limit} of {count} pages were read, which is the limit.")
    return pages, problems


def write_searchable(
    reader: PdfPageReader, document: _Document, path: Path, work_dir: Path, context: Context
) -> dict[str, str]:
    """Write the searchable copy if it is requested.

    If there is none, return the reason by its name.
    """
    if "searchable" not in context.settings.renditions:
        return {}
    forbidden = ""
    if document.is_signed:
        forbidden = "it is signed, and a signed document is never rewritten"
    elif document.password is not None:
        forbidden = "it is encrypted, and an encrypted document is never rewritten"
    most_bytes = context.settings.limits.output_mib * 2**20
    reason = reader.additions.write(path, work_dir, forbidden=forbidden, most_bytes=most_bytes)
    return {searchable_pdf.NAME: reason} if reason else {}
