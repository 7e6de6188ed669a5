"""PDF: the text layer where it can be believed, OCR where it cannot."""

import math
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pipeline.model import PageText, ReadStatus
from processors import layout, textlayer
from processors import picture as pictures
from processors.contract import Context, EngineMissing, Page, Reading, Unreadable
from processors.media import PDF
from processors.ocr import read_picture
from processors.pdf_structure import embedded, structure, unseen
from processors.plain import page_of

if TYPE_CHECKING:
    from PIL import Image

_OCR_DPI = 200
_OCR_PIXELS = 24_000_000  # a plan of a metre is rendered coarser, not refused
_MUCH_JUNK = 0.25
_LITTLE_TEXT = 60  # visible characters: a stamp or a page number over a scan
_COVERED = 0.4  # share of the page
_PASSWORD_ERROR = 4  # FPDF_ERR_PASSWORD
_SECURITY_ERROR = 5  # FPDF_ERR_SECURITY


class PdfProcessor:
    """Reads PDF files page by page with PDFium."""

    name = "pdf"
    version = "2"

    def accepts(self, media_type: str) -> str | None:
        """Accept PDF only."""
        return None if media_type == PDF else f"{media_type} is not PDF"

    def process(self, path: Path, work_dir: Path, context: Context) -> Reading:
        """Read every page on its own, so that one broken page leaves the others.

        Form data that no page shows comes as one more page after the last. Metadata says `signed` where there are
        signatures, which any rewriting would break, and `encrypted` where a password was needed, an empty one or not.
        """
        with _opened(path, context.settings.passwords) as (document, password):
            count = _page_count(document)
            signed, attached = _signatures(document), _attachments(document)
            pages: list[Page] = []
            problems: list[str] = []
            limit = context.settings.limits.pages
            for number in range(1, min(count, limit) + 1):
                if pages and context.exhausted:
                    problems.append(f"Pages {number} to {count} were not read: the time for one document is used up.")
                    break
                page, problem = _read(document, number, work_dir, context)
                pages.append(page)
                problems += [problem] if problem else []
            if count > limit:
                problems.append(f"Only the first {limit} of {count} pages were read, which is the limit.")
        said = structure(path, password=password or "")
        unshown = unseen(said.form, "\n".join(page.text.text for page in pages))
        if unshown:
            pages.append(page_of(unshown, number=count + 1, engine="form"))
        metadata = {**said.metadata, **_nature(signed=signed, password=password)}
        children = embedded(path, password=password or "") if attached else ()
        return Reading(pages=tuple(pages), problems=tuple(problems), children=children, metadata=metadata)


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
        ReadStatus.DAMAGED, "The PDF cannot be opened: its structure is broken. Export or scan it again and upload it."
    )


def _page_count(document: Any) -> int:
    count = len(document)
    if count < 1:
        raise Unreadable(ReadStatus.DAMAGED, "The PDF has no pages; export or scan it again and upload it.")
    return count


def _read(document: Any, number: int, work_dir: Path, context: Context) -> tuple[Page, str | None]:
    """Read one page; what goes wrong becomes a sentence that names it."""
    import pypdfium2 as pdfium

    try:
        page = _with_forms(document, number)
    except (pdfium.PdfiumError, IndexError):
        return _nothing(number), f"Page {number} is damaged and could not be read."
    try:
        if number == 1:
            pictures.save_thumbnail(_render(page, scale=_thumbnail_scale(page)), work_dir)
        return _page(page, number, context)
    except (pdfium.PdfiumError, OSError, ValueError):
        return _nothing(number), f"Page {number} is damaged and could not be read."
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


def _page(page: Any, number: int, context: Context) -> tuple[Page, str | None]:
    """Take the text layer if it can be believed, else recognise the page; keep the layer if nothing better is had."""
    layer, believable = _layer(page, number)
    if believable:
        return layer, None
    width, height = page.get_size()
    image = _render(page, scale=_ocr_scale(width, height))
    try:
        recognised = read_picture(image, number=number, dpi=72 * image.width / max(width, 1e-3), engine=context.engine)
    except (EngineMissing, Unreadable) as exc:
        if isinstance(exc, EngineMissing) and not layer.text.text:
            return layer, f"Page {number} is a picture and was not read: {exc}"
        return layer, f"Page {number} was not recognised: {exc}"
    if not recognised.text.text and layer.text.text:
        return layer, None
    return recognised, None


def _layer(page: Any, number: int) -> tuple[Page, bool]:
    """Return the page as its text layer has it, and whether that is all the page says."""
    width, height = page.get_size()
    textpage = page.get_textpage()
    try:
        segments = textlayer.segments_of(page, textpage)
        lines = layout.lines_of(segments)
        text = layout.text_of(lines)
        junk = textlayer.junk_score(text, unmapped=textlayer.unmapped_chars(textpage))
    finally:
        textpage.close()
    visible = sum(not char.isspace() for char in text)
    believable = visible > 0 and junk < _MUCH_JUNK and not (visible < _LITTLE_TEXT and _covered(page) > _COVERED)
    value = PageText(
        number=number,
        source="text" if text else "none",
        engine="pdfium" if text else None,
        confidence=round(1 - junk, 4) if text else None,
        text=text,
        width_pt=round(width, 2),
        height_pt=round(height, 2),
    )
    return Page(value, lines), believable or _bare(page)


def _covered(page: Any) -> float:
    """Return the share of the page that pictures cover, overlaps counted twice, at most 1."""
    import pypdfium2 as pdfium
    import pypdfium2.raw as pdfium_c

    left, bottom, right, top = page.get_bbox()
    area = max((right - left) * (top - bottom), 1.0)
    covered = 0.0
    for found in page.get_objects(filter=[pdfium_c.FPDF_PAGEOBJ_IMAGE], max_depth=4):
        with suppress(pdfium.PdfiumError):
            x0, y0, x1, y1 = found.get_bounds()
            covered += max(0.0, min(x1, right) - max(x0, left)) * max(0.0, min(y1, top) - max(y0, bottom))
    return float(min(1.0, covered / area))


def _bare(page: Any) -> bool:
    """Say whether a page holds nothing that could be drawn."""
    return next(iter(page.get_objects(max_depth=1)), None) is None


def _render(page: Any, *, scale: float) -> "Image.Image":
    bitmap = page.render(scale=scale)
    try:
        image: Image.Image = bitmap.to_pil().convert("RGB")
        return image
    finally:
        bitmap.close()


def _ocr_scale(width_pt: float, height_pt: float) -> float:
    """Return pixels a point: 200 dpi, less on sheets so large that this would be too many pixels."""
    area = max(width_pt * height_pt, 1.0)
    return min(_OCR_DPI / 72, math.sqrt(_OCR_PIXELS / area), _side_scale(width_pt, height_pt))


def _side_scale(width_pt: float, height_pt: float) -> float:
    """Return the scale at which the longer side has 10,000 pixels."""
    return 10_000 / max(width_pt, height_pt, 1.0)


def _thumbnail_scale(page: Any) -> float:
    return float(pictures.THUMBNAIL_PX / max(*page.get_size(), 1.0))


def _nothing(number: int) -> Page:
    return Page(PageText(number=number, source="none", engine=None, confidence=None, text=""))
