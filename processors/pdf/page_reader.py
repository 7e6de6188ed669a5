"""Read one PDF page: its text layer if that can be trusted, OCR if not, and barcodes."""

import dataclasses
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from itertools import repeat
from pathlib import Path
from typing import Any

from pipeline.model import PageText
from processors.contract import (
    NOTHING_DRAWN,
    Box,
    Context,
    Drawing,
    EngineMissing,
    Line,
    Page,
    Unreadable,
)
from processors.layout import reading_order
from processors.layout.plain_page import damaged_page
from processors.ocr.page import recognize_page
from processors.pdf import render
from processors.pdf.embedded_scans import ReadPage, read_scans
from processors.pdf.layers import NO_LAYERS, Layers
from processors.pdf.page_barcodes import BarcodeSearch
from processors.pdf.page_graphics import PageGraphics, PageRect, graphics_of
from processors.pdf.plain_calls import address_of, has_map_error
from processors.pdf.text_layer import ReadingFrame, TextLayer, text_layer
from processors.pdf.text_layer_quality import TextLayerQuality, assess
from processors.pdf.text_notes import draw_text_notes, remove_unseen_notes
from processors.renditions.overlay import PageGeometry
from processors.renditions.searchable_pdf import TextAdditions
from processors.renditions.thumbnail import Thumbnail

_SAMPLED_CHARS = 100
_MOST_NOTES = 500
_BLANK = "the page is blank"
_HIDDEN_WORDS = "{} words that are not shown, struck through or printed twice were left out"


@dataclass(frozen=True, slots=True)
class _OwnText:
    """A page as its own text layer has it, with its graphics and the quality of the text."""

    page: Page
    layer: TextLayer
    graphics: PageGraphics
    quality: TextLayerQuality


@dataclass(frozen=True, slots=True)
class _Result:
    """A page, the part of it that was recognized, if any, and a sentence about what went wrong."""

    page: Page
    recognized: Page | None = None
    problem: str = ""


class PdfPageReader:
    """Reads the pages of one open document and collects `additions` for its searchable copy."""

    def __init__(
        self,
        pdf: Any,
        work_dir: Path,
        context: Context,
        *,
        layers: Layers = NO_LAYERS,
    ) -> None:
        self._layers = layers
        self.additions = TextAdditions()
        self._pdf = pdf
        self._context = context
        requested = "thumbnail" in context.settings.renditions
        self._thumbnail = Thumbnail(work_dir, requested=requested)
        self._barcodes = BarcodeSearch()
        self.has_file_notes = False  # whether a file is attached to a page that was read

    def read(self, number: int) -> tuple[Page, str]:
        """Read one page (from 1).

        Return it with a sentence that names it if something went wrong.
        """
        import pypdfium2 as pdfium
        import pypdfium2.raw as pdfium_c

        damaged = (damaged_page(number), f"Page {number} is damaged and could not be read.")
        try:
            page, not_drawn = self._open(number)
        except (pdfium.PdfiumError, IndexError):
            return damaged
        try:
            result = self._read(page, number)
            shows_something = result.page.text.source != "none"
            self._thumbnail.offer(
                partial(render.for_thumbnail, page), shows_something=shows_something
            )
            left, bottom, right, top = page.get_bbox()
            quarters = max(0, pdfium_c.FPDFPage_GetRotation(page))
            geometry = PageGeometry(left, bottom, right - left, top - bottom, 90 * quarters)
        except (pdfium.PdfiumError, OSError, ValueError):
            return damaged
        finally:
            page.close()
        self.additions.add(result.recognized, geometry)
        return with_lines(result.page, not_drawn), result.problem

    def _open(self, number: int) -> tuple[Any, list[str]]:
        """Return a page with form fields and stamps made part of it and of its text.

        The lines beside it were typed onto the page and could not be drawn.
        """
        import pypdfium2.raw as pdfium_c

        page = self._pdf[number - 1]
        not_drawn: list[str] = []
        show_whole_if_cropped_away(page)
        # The raw call: pypdfium2's own one refuses documents that have stamps and notes but no
        # form.
        if pdfium_c.FPDFPage_GetAnnotCount(page) > 0:
            self.has_file_notes = self.has_file_notes or has_file_note(page)
            remove_unseen_notes(page, self._layers.notes_off.get(number, ()))
            not_drawn = draw_text_notes(self._pdf, page)
            outcome = pdfium_c.FPDFPage_Flatten(page, pdfium_c.FLAT_NORMALDISPLAY)
            if outcome == pdfium_c.FLATTEN_SUCCESS:
                page.close()
                page = self._pdf[number - 1]
        return page, not_drawn

    def _read(self, page: Any, number: int) -> _Result:
        """Take the text layer if it can be trusted, else recognize the page."""
        own = own_text(page, number, self._layers)
        if not own.quality.is_trusted and not own.graphics.is_empty:
            return self._recognize(page, number, own)
        read = ReadPage(own.page)
        if own.quality.is_trusted:
            read = read_scans(page, own.page, own.layer, own.graphics, self._context)
        codes = self._barcodes.codes_on(page, number, own.graphics)
        problem = f"Page {number}: {read.page.problem}" if read.page.problem else ""
        return _Result(dataclasses.replace(read.page, codes=codes), read.added, problem)

    def _recognize(self, page: Any, number: int, own: _OwnText) -> _Result:
        """Recognize a page; keep its own text if OCR finds nothing."""
        has_text = bool(own.page.text.text)
        image = render.for_ocr(page, own.graphics)
        if image is None:
            text = own.page.text
            if not has_text:
                text = dataclasses.replace(text, reason=_BLANK)
            return _Result(dataclasses.replace(own.page, text=text))

        width_pt, _ = page.get_size()
        try:
            recognized = recognize_page(
                image,
                number=number,
                dpi=72 * image.width / max(width_pt, 1e-3),
                engine=self._context.engine,
                why=own.quality.reason,
            )
        except (EngineMissing, Unreadable) as exc:
            what = "was not recognized"
            if isinstance(exc, EngineMissing) and not has_text:
                what = "is an image and was not read"
            return _Result(own.page, problem=f"Page {number} {what}: {exc}")
        if has_text and not recognized.text.text:
            return _Result(own.page)
        added = recognized if recognized.text.source == "ocr" else None
        problem = f"Page {number}: {recognized.problem}" if recognized.problem else ""
        return _Result(recognized, added, problem)


def with_lines(page: Page, texts: Sequence[str]) -> Page:
    """Return a page with further lines, whose places are not known, below its own."""
    if not texts:
        return page
    whole = "\n".join([*filter(None, [page.text.text]), *texts])
    source = "text" if page.text.source == "none" else page.text.source
    text = dataclasses.replace(
        page.text, text=whole, source=source, engine=page.text.engine or "pdfium"
    )
    return dataclasses.replace(page, text=text, lines=(*page.lines, *map(Line, texts)))


def show_whole_if_cropped_away(page: Any) -> None:
    """Show all of a page whose crop box has nothing of it, as viewers do."""
    crop, media = page.get_cropbox(), page.get_mediabox()
    width = min(crop[2], media[2]) - max(crop[0], media[0])
    height = min(crop[3], media[3]) - max(crop[1], media[1])
    if width <= 0 or height <= 0:
        page.set_cropbox(*media)


def has_file_note(page: Any) -> bool:
    """Say whether a file is attached to a note on a page (ISO 32000-1, section 12.5.6.15)."""
    import pypdfium2.raw as pdfium_c

    for index in range(min(pdfium_c.FPDFPage_GetAnnotCount(page), _MOST_NOTES)):
        note = pdfium_c.FPDFPage_GetAnnot(page, index)
        kind = pdfium_c.FPDFAnnot_GetSubtype(note)
        pdfium_c.FPDFPage_CloseAnnot(note)
        if kind == pdfium_c.FPDF_ANNOT_FILEATTACHMENT:
            return True
    return False


def own_text(page: Any, number: int, layers: Layers) -> _OwnText:
    """Read the text of a page that a viewer shows, and assess it."""
    textpage = page.get_textpage()
    try:
        graphics = graphics_of(page, textpage)
        layer = text_layer(page, textpage, layers, graphics.marks)
        unmapped_share = _unmapped_share(textpage)
    finally:
        textpage.close()

    lines = reading_order.lines_of(layer.segments)
    text = reading_order.text_of(lines)
    width, height = layer.frame.size
    quality = assess(
        text,
        layer.segments,
        graphics,
        height_pt=height,
        area_pt=max(width * height, 1.0),
        unmapped_share=unmapped_share,
    )
    reason = _BLANK if graphics.is_empty else quality.reason
    if layer.hidden_words:
        reason = f"{reason}; {_HIDDEN_WORDS.format(layer.hidden_words)}"
    page_text = PageText(
        number=number,
        source="text" if text else "none",
        engine="pdfium" if text else None,
        confidence=quality.confidence if text else None,
        text=text,
        width_pt=round(width, 2),
        height_pt=round(height, 2),
        reason=reason,
    )
    # Positions are reported as the page is shown, not as it was rotated to be read.
    drawing = _drawing_of(graphics, layer.frame) if lines and not layer.frame.turns else None
    shown = reading_order.turned_back(
        Page(page_text, lines, drawing=drawing or NOTHING_DRAWN), 90 * layer.frame.turns
    )
    return _OwnText(shown, layer, graphics, quality)


def _drawing_of(graphics: PageGraphics, frame: ReadingFrame) -> Drawing:
    """Return the lines and frames of a page in points of the frame."""
    import numpy as np

    def placed(rects: Sequence[PageRect]) -> tuple[Box, ...]:
        if not rects:
            return ()
        boxes = frame.boxes(np.array(rects, dtype=np.float64))
        return tuple((box[0], box[1], box[2], box[3]) for box in boxes.round(1).tolist())

    return Drawing(placed(graphics.marks.lines), placed(graphics.frames), placed(graphics.strokes))


def _unmapped_share(textpage: Any) -> float:
    """Return the share of characters, sampled, whose font does not say what they mean."""
    count = textpage.count_chars()
    sampled = range(0, count, max(1, count // _SAMPLED_CHARS))
    unmapped = list(map(has_map_error(), repeat(address_of(textpage)), sampled)).count(1)
    return unmapped / max(1, len(sampled))
