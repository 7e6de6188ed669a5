"""Recognize scans on a PDF page that has text of its own, too.

Examples are a receipt pasted in, or a scanned letter under a letterhead.
"""

import dataclasses
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from pipeline.model import ReadStatus
from processors.contract import (
    Box,
    Context,
    EngineMissing,
    Page,
    Recognition,
    Segment,
    Unreadable,
    Word,
)
from processors.layout import reading_order
from processors.pdf import render
from processors.pdf.page_graphics import PageGraphics
from processors.pdf.text_layer import TextLayer

if TYPE_CHECKING:
    from PIL import Image

# Which images may be scans. Smaller ones are stamps and logos, lines and rules; no text is legible
# in coarser ones.
_LEAST_PAGE_SHARE = 0.04
_LEAST_SIDE_PT = 20.0
_LEAST_DPI = 90
_MOST_TEXT_OVER = 0.02  # share of an image under the page's own text from which it is a background
# Share of an image under a larger one. The page is drawn as a whole, so the larger one shows the
# smaller one, too.
_COVERED = 0.9
_REPEATED = (
    0.3  # share of a recognized segment under the page's own text from which it repeats that text
)

# A light page with dark writing: the share of pixels within 48 of 255 tones of its lightest tenth.
# Photos have less; an image with more has nothing written on it.
_PAPER_TONES = 48
_LEAST_PAPER, _MOST_PAPER = 0.55, 0.995


@dataclass(frozen=True, slots=True)
class ReadPage:
    """A page with the text of its scans added.

    `added` is that text alone, None if there is none.
    """

    page: Page
    added: Page | None = None


def read_scans(
    page: Any, own: Page, layer: TextLayer, graphics: PageGraphics, context: Context
) -> ReadPage:
    """Add what a page's scans say to its own text (`own`).

    Images that are no light paper with dark writing, such as photos, are ignored.
    """
    if layer.frame.turns or graphics.hidden_share:
        return ReadPage(own)
    added: list[Segment] = []
    reasons: list[str] = []
    problem = ""
    text_boxes = [word.box for segment in layer.segments for word in segment.words]
    for box in scan_boxes(layer, graphics, text_boxes):
        try:
            recognition = recognize(page, box, layer, graphics, context, text_boxes=text_boxes)
        except (EngineMissing, Unreadable) as exc:
            problem = f"an image on it was not recognized: {exc}"
            continue
        problem = recognition.problem or problem
        if recognition.segments:
            added += recognition.segments
            text_boxes += [segment.box for segment in recognition.segments]
            if recognition.reason not in reasons:
                reasons.append(recognition.reason)

    own = dataclasses.replace(own, problem=problem)
    if not added:
        return ReadPage(own)
    lines = reading_order.lines_of([*layer.segments, *added])
    reason = "; ".join([own.text.reason, "an image on it was recognized", *reasons])
    text = dataclasses.replace(own.text, text=reading_order.text_of(lines), reason=reason)
    return ReadPage(
        dataclasses.replace(own, text=text, lines=lines),
        added=Page(own.text, reading_order.lines_of(added)),
    )


def scan_boxes(layer: TextLayer, graphics: PageGraphics, text_boxes: Sequence[Box]) -> list[Box]:
    """Return the boxes, in points of the frame, of images that may be scans.

    Of images on each other the largest.
    """
    import numpy as np

    rects = [rect for rect, dpi in graphics.images if dpi >= _LEAST_DPI]
    if not rects:
        return []
    width, height = layer.frame.size
    candidates: list[Box] = []
    for left, top, right, bottom in layer.frame.boxes(np.array(rects, dtype=float)).tolist():
        box = (left, top, right, bottom)
        is_large = (
            _area(box) > _LEAST_PAGE_SHARE * width * height
            and min(right - left, bottom - top) > _LEAST_SIDE_PT
        )
        if is_large and _share_under(box, text_boxes) < _MOST_TEXT_OVER:
            candidates.append(box)

    largest: list[Box] = []
    for box in sorted(candidates, key=_area, reverse=True):
        if all(_share_under(box, [other]) < _COVERED for other in largest):
            largest.append(box)
    return largest


def recognize(
    page: Any,
    box: Box,
    layer: TextLayer,
    graphics: PageGraphics,
    context: Context,
    *,
    text_boxes: Sequence[Box],
) -> Recognition:
    """Recognize one part of a page, with boxes in points of the page.

    The result is empty if the part is no light paper, and without what only repeats the page's own
    text, whose words are at `text_boxes`.
    """
    if context.exhausted:
        raise Unreadable(ReadStatus.TIMED_OUT, "the CPU time for one document is used up.")
    width, height = layer.frame.size
    scale = render.scale_for_ocr(width, height, graphics)
    left, top, right, bottom = (round(scale * side) for side in box)
    image = render.draw(page, scale=scale, gray=True).crop((left, top, right, bottom))
    if not is_paper(image):
        return Recognition((), "", "")

    def on_page(part: Box) -> Box:
        x0, y0, x1, y1 = (side * (1 / scale) for side in part)
        return (box[0] + x0, box[1] + y0, box[0] + x1, box[1] + y1)

    recognition = context.engine().read(image, dpi=72 * scale, detect_rotation=False)
    segments = []
    for segment in recognition.segments:
        place = on_page(segment.box)
        if segment.text.strip() and _share_under(place, text_boxes) < _REPEATED:
            words = [Word(word.text, on_page(word.box), word.confidence) for word in segment.words]
            segments.append(dataclasses.replace(segment, box=place, words=tuple(words)))
    return dataclasses.replace(recognition, segments=segments)


def is_paper(image: "Image.Image") -> bool:
    """Say whether a gray image is mostly of one light tone, as paper with writing on it is."""
    counts = image.histogram()
    total = max(1, sum(counts))
    # Walk down from white until a tenth of the pixels is lighter.
    lightest, seen = 255, 0
    while lightest > 0:
        seen += counts[lightest]
        if 10 * seen >= total:
            break
        lightest -= 1
    paper = sum(counts[max(0, lightest - _PAPER_TONES) :]) / total
    return _LEAST_PAPER < paper < _MOST_PAPER


def _share_under(box: Box, others: Sequence[Box]) -> float:
    """Return the share of a box's area that others cover; where they overlap, it counts twice."""
    covered = 0.0
    for left, top, right, bottom in others:
        width = min(box[2], right) - max(box[0], left)
        height = min(box[3], bottom) - max(box[1], top)
        if width > 0 and height > 0:
            covered += width * height
    return covered / max(_area(box), 1e-6)


def _area(box: Box) -> float:
    return (box[2] - box[0]) * (box[3] - box[1])
