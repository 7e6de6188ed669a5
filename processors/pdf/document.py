"""PDF: the text layer where it can be believed, OCR where it cannot."""

import dataclasses
import gc
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from pipeline.model import PageText, ReadStatus
from processors.contract import Context, EngineMissing, Page, Reading, Unreadable
from processors.detect.media import PDF
from processors.layout import reading_order as layout
from processors.layout.plain_page import damaged_page, text_page
from processors.ocr import pictures
from processors.ocr.page import read_picture
from processors.pdf import (
    embedded_scans as inset,
    page_barcodes as pdf_codes,
    page_graphics as paint,
    render,
    text_layer as textlayer,
    text_layer_quality as trust,
)
from processors.pdf.structure import embedded, structure, unseen
from processors.renditions import overlay, searchable_pdf as searchable
from processors.values import einvoice

_PASSWORD_ERROR = 4  # FPDF_ERR_PASSWORD
_SECURITY_ERROR = 5  # FPDF_ERR_SECURITY
_SAMPLED_CHARS = 100
_COLLECTED_EVERY = 50_000  # objects made
_NO_SHEET = overlay.Sheet(0, 0, 0, 0)


class PdfProcessor:
    """Reads PDF files page by page with PDFium."""

    name = "pdf"

    def accepts(self, media_type: str) -> str | None:
        """Accept PDF only."""
        return None if media_type == PDF else f"{media_type} is not PDF"

    def process(self, path: Path, work_dir: Path, context: Context) -> Reading:
        """Read every page on its own, so that one broken page leaves the others.

        Form data that no page shows comes as one more page after the last. Metadata says `signed` where there are
        signatures, which any rewriting would break, and `encrypted` where a password was needed, an empty one or not.
        """
        with _seldom_collected(), _opened(path, context.settings.passwords) as (document, password):
            count = _page_count(document)
            signed, attached = _signatures(document), _attachments(document)
            additions = searchable.Additions()
            thumbnail = pictures.Thumbnail(
                work_dir, wanted="thumbnail" in context.settings.renditions
            )
            pages: list[Page] = []
            problems: list[str] = []
            search = pdf_codes.CodeSearch()
            limit = context.settings.limits.pages
            for number in range(1, min(count, limit) + 1):
                if pages and context.exhausted:
                    problems.append(
                        f"Pages {number} to {count} were not read: the time for one document is used up."
                    )
                    break
                result = _read(document, number, thumbnail, search, context)
                additions.add(result.recognized, result.sheet)
                pages.append(context.keep(result.page))
                problems += [result.problem] if result.problem else []
            if count > limit:
                problems.append(
                    f"Only the first {limit} of {count} pages were read, which is the limit."
                )
        said = structure(path, password=password or "")
        unshown = (
            unseen(said.form, "\n".join(page.text.text for page in pages)) if said.form else ""
        )
        if unshown:
            pages.append(text_page(unshown, number=count + 1, engine="form"))
        metadata = {**said.metadata, **_nature(signed=signed, password=password)}
        children = embedded(path, password=password or "") if attached else ()
        left_out = _searchable(
            additions, path, work_dir, context, barred=_barred(signed=signed, password=password)
        )
        stated = (
            einvoice.structured_data_among(embedded(path, password=password or ""))
            if attached
            else None
        )
        return Reading(
            pages=tuple(pages),
            problems=tuple(problems),
            children=children,
            metadata=metadata,
            left_out=left_out,
            stated=stated,
        )


def _searchable(
    additions: searchable.Additions, path: Path, work_dir: Path, context: Context, *, barred: str
) -> dict[str, str]:
    """Write the searchable copy where one is wanted; return the reason why there is none by its name."""
    if "searchable" not in context.settings.renditions:
        return {}
    most_bytes = context.settings.limits.output_mib * 2**20
    reason = additions.write(path, work_dir, barred=barred, most_bytes=most_bytes)
    return {searchable.NAME: reason} if reason else {}


def _barred(*, signed: bool, password: str | None) -> str:
    if signed:
        return "it is signed, and a signed document is never written again"
    return (
        ""
        if password is None
        else "it is encrypted, and an encrypted document is never written again"
    )


@contextmanager
def _seldom_collected() -> Iterator[None]:
    """Let the collector of cycles look more seldom: pages make thousands of objects and no cycles."""
    thresholds = gc.get_threshold()
    gc.set_threshold(_COLLECTED_EVERY, *thresholds[1:])
    try:
        yield
    finally:
        gc.set_threshold(*thresholds)


@contextmanager
def _opened(path: Path, passwords: Sequence[str]) -> Iterator[tuple[Any, str | None]]:
    """Open a document; yield it with the password it took, None where it is not encrypted."""
    import pypdfium2 as pdfium
    import pypdfium2.raw as pdfium_c

    document, password = _unlocked(path, passwords)
    try:
        with suppress(pdfium.PdfiumError):  # forms that cannot be drawn leave the page text
            document.init_forms()
        encrypted = pdfium_c.FPDF_GetSecurityHandlerRevision(document) > 0
        yield document, password if encrypted else None
    finally:
        document.close()


def _unlocked(path: Path, passwords: Sequence[str]) -> tuple[Any, str]:
    """Open a document with the empty password, or else the first of the configured ones that fits."""
    import pypdfium2 as pdfium

    refusal: pdfium.PdfiumError | None = None
    for password in ("", *passwords):
        try:
            return pdfium.PdfDocument(path, password=password or None), password
        except pdfium.PdfiumError as exc:
            refusal = exc
            if getattr(exc, "err_code", None) != _PASSWORD_ERROR:
                break
    raise _refused(getattr(refusal, "err_code", None)) from refusal


def _signatures(document: Any) -> bool:
    import pypdfium2.raw as pdfium_c

    return bool(pdfium_c.FPDF_GetSignatureCount(document) > 0)


def _attachments(document: Any) -> bool:
    import pypdfium2.raw as pdfium_c

    return bool(pdfium_c.FPDFDoc_GetAttachmentCount(document) > 0)


def _nature(*, signed: bool, password: str | None) -> dict[str, str]:
    """Say what whoever would rewrite the file must know; never which password it took."""
    flags = {"signed": "true"} if signed else {}
    if password is not None:
        flags["encrypted"] = "with a configured password" if password else "with the empty password"
    return flags


def _refused(code: int | None) -> Unreadable:
    if code in {_PASSWORD_ERROR, _SECURITY_ERROR}:
        return Unreadable(
            ReadStatus.ENCRYPTED,
            "The PDF asks for a password; save a copy without one and upload it in its place, "
            "or add the password to processing.passwords.",
        )
    return Unreadable(
        ReadStatus.DAMAGED,
        "The PDF cannot be opened: its structure is broken. Export or scan it again and upload it.",
    )


def _page_count(document: Any) -> int:
    count = len(document)
    if count < 1:
        raise Unreadable(
            ReadStatus.DAMAGED, "The PDF has no pages; export or scan it again and upload it."
        )
    return count


@dataclass(frozen=True, slots=True)
class _Result:
    """A page as it was read, the part of it that was recognized, if any, how it lies, and what went wrong."""

    page: Page
    recognized: Page | None = None
    problem: str = ""
    sheet: overlay.Sheet = _NO_SHEET


def _read(
    document: Any,
    number: int,
    thumbnail: pictures.Thumbnail,
    search: pdf_codes.CodeSearch,
    context: Context,
) -> _Result:
    """Read one page and tell how it lies; what goes wrong becomes a sentence that names it."""
    import pypdfium2 as pdfium

    lost = _Result(damaged_page(number), problem=f"Page {number} is damaged and could not be read.")
    try:
        page = _with_forms(document, number)
    except (pdfium.PdfiumError, IndexError):
        return lost
    try:
        result = _page(page, number, search, context)
        thumbnail.offer(
            partial(render.for_thumbnail, page), shows_something=result.page.text.source != "none"
        )
        return dataclasses.replace(result, sheet=_sheet(page))
    except (pdfium.PdfiumError, OSError, ValueError):
        return lost
    finally:
        page.close()


def _with_forms(document: Any, number: int) -> Any:
    """Return a page with what people filled in and stamped on made part of it, so that its text has it too."""
    import pypdfium2.raw as pdfium_c

    page = document[number - 1]
    # The raw call: pypdfium2's own refuses documents that have stamps and notes but no form.
    if pdfium_c.FPDFPage_GetAnnotCount(page) > 0:
        flattened = pdfium_c.FPDFPage_Flatten(page, pdfium_c.FLAT_NORMALDISPLAY)
        if flattened == pdfium_c.FLATTEN_SUCCESS:
            page.close()
            page = document[number - 1]
    return page


@dataclass(frozen=True, slots=True)
class _Own:
    """A page as its own text has it, that text in pieces, what is painted on it, and whether the text is believed."""

    page: Page
    layer: textlayer.TextLayer
    paint: paint.Paint
    verdict: trust.Verdict


def _page(page: Any, number: int, search: pdf_codes.CodeSearch, context: Context) -> _Result:
    """Take the text layer if it can be believed, else recognize the page; keep the layer if nothing better is had."""
    own = _own_text(page, number)
    if own.verdict.believed or own.paint.empty:
        read, added = own.page, None
        if own.verdict.believed:
            read, added = inset.with_scans(page, own.page, own.layer, own.paint, context)
        return _Result(
            dataclasses.replace(read, codes=search.on(page, number, own.paint)),
            added,
            _problem(read),
        )
    image = render.for_ocr(page, own.paint)
    if image is None:
        return _Result(own.page if own.page.text.text else _blank(own.page))
    width, _ = page.get_size()
    dpi = 72 * image.width / max(width, 1e-3)
    try:
        recognized = read_picture(
            image, number=number, dpi=dpi, engine=context.engine, why=own.verdict.reason
        )
    except (EngineMissing, Unreadable) as exc:
        if isinstance(exc, EngineMissing) and not own.page.text.text:
            return _Result(own.page, problem=f"Page {number} is a picture and was not read: {exc}")
        return _Result(own.page, problem=f"Page {number} was not recognized: {exc}")
    if not recognized.text.text and own.page.text.text:
        return _Result(own.page)
    return _Result(
        recognized, recognized if recognized.text.source == "ocr" else None, _problem(recognized)
    )


def _own_text(page: Any, number: int) -> _Own:
    """Read a page's own text and judge it."""
    textpage = page.get_textpage()
    try:
        layer = textlayer.text_layer(page, textpage)
        painted = paint.paint_of(page, textpage)
        unmapped = _unmapped_share(textpage)
    finally:
        textpage.close()
    lines = layout.lines_of(layer.segments)
    text = layout.text_of(lines)
    width, height = layer.frame.size
    verdict = trust.judge(
        text,
        layer.segments,
        painted,
        height_pt=height,
        area_pt=max(width * height, 1.0),
        unmapped=unmapped,
    )
    value = PageText(
        number=number,
        source="text" if text else "none",
        engine="pdfium" if text else None,
        confidence=verdict.certainty if text else None,
        text=text,
        width_pt=round(width, 2),
        height_pt=round(height, 2),
        reason="the page is blank" if painted.empty else verdict.reason,
    )
    return _Own(
        layout.turned_back(Page(value, lines), 90 * layer.frame.turns), layer, painted, verdict
    )


def _sheet(page: Any) -> overlay.Sheet:
    import pypdfium2.raw as pdfium_c

    left, bottom, right, top = page.get_bbox()
    quarters = max(0, pdfium_c.FPDFPage_GetRotation(page))
    return overlay.Sheet(left, bottom, right - left, top - bottom, rotation_deg=90 * quarters)


def _unmapped_share(textpage: Any) -> float:
    """Return the share of characters, sampled, whose font does not say what they mean."""
    import pypdfium2.raw as pdfium_c

    count = textpage.count_chars()
    sampled = range(0, count, max(1, count // _SAMPLED_CHARS))
    failed = sum(
        [int(pdfium_c.FPDFText_HasUnicodeMapError(textpage, index) == 1) for index in sampled]
    )
    return failed / max(1, len(sampled))


def _problem(page: Page) -> str:
    return f"Page {page.text.number}: {page.problem}" if page.problem else ""


def _because(page: Page, reason: str) -> Page:
    return dataclasses.replace(page, text=dataclasses.replace(page.text, reason=reason))


def _blank(page: Page) -> Page:
    return _because(page, "the page is blank")
