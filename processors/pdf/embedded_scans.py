"""Recognize the scans that lie on a PDF page beside text of its own: a receipt pasted in, a letter under its head."""

import dataclasses
from collections.abc import Sequence
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
from processors.layout import reading_order as layout
from processors.pdf import render
from processors.pdf.page_graphics import Paint
from processors.pdf.text_layer import TextLayer

if TYPE_CHECKING:
    from PIL import Image

_LEAST_SHARE = 0.04  # of the page: a stamp or a logo is smaller
_COARSEST_DPI = 90  # a picture coarser than this is no scan of anything written
_TALLEST_PT = 20.0
_WRITTEN_OVER = 0.02  # share of a picture under the page's own text from which it is a background
_TWICE = 0.3  # share of a recognized piece under the page's own text
_COVERED = 0.9  # share of a picture under a larger one: the page is drawn as a whole, so the larger one shows it, too
_PAPER = (0.55, 0.995)  # share of a sheet of paper that is as light as its lightest tenth
_PAPER_TONES = 48


def with_scans(
    page: Any, own: Page, layer: TextLayer, painted: Paint, context: Context
) -> tuple[Page, Page | None]:
    """Return a page with what its scans say added to its own text, and what was added, None where nothing was.

    Pictures that are no light sheet with dark writing, such as photos, are left alone.
    """
    if layer.frame.turns or painted.hidden:
        return own, None
    added: list[Segment] = []
    ways: list[str] = []
    words = [word.box for segment in layer.segments for word in segment.words]
    problem = ""
    for box in _scans(layer, painted):
        try:
            read = _recognized(page, box, layer, painted, context)
        except (EngineMissing, Unreadable) as exc:
            problem = f"a picture on it was not recognized: {exc}"
            continue
        new = [
            piece
            for piece in read.segments
            if piece.text.strip() and _under(piece.box, words) < _TWICE
        ]
        added += new
        ways += [read.reason] if new and read.reason not in ways else []
        words += [piece.box for piece in new]
        problem = read.problem or problem
    own = dataclasses.replace(own, problem=problem)
    if not added:
        return own, None
    lines = layout.lines_of([*layer.segments, *added])
    reason = "; ".join([own.text.reason, "a picture on it was recognized", *ways])
    text = dataclasses.replace(own.text, text=layout.text_of(lines), reason=reason)
    return dataclasses.replace(own, text=text, lines=lines), Page(own.text, layout.lines_of(added))


def _scans(layer: TextLayer, painted: Paint) -> list[Box]:
    """Return where pictures lie that may be scans, in points from the page's top left corner; of layers the largest."""
    import numpy as np

    width, height = layer.frame.size
    likely = [place for place, dpi in painted.pictures if dpi >= _COARSEST_DPI]
    if not likely:
        return []
    boxes = [tuple(row) for row in layer.frame.boxes(np.array(likely, dtype=float)).tolist()]
    words = [word.box for segment in layer.segments for word in segment.words]
    scans = [
        box
        for box in boxes
        if _area(box) > _LEAST_SHARE * width * height
        and min(box[2] - box[0], box[3] - box[1]) > _TALLEST_PT
        and _under(box, words) < _WRITTEN_OVER
    ]
    largest: list[Box] = []
    for box in sorted(scans, key=_area, reverse=True):
        if all(_under(box, [other]) < _COVERED for other in largest):
            largest.append(box)
    return largest


def _recognized(
    page: Any, box: Box, layer: TextLayer, painted: Paint, context: Context
) -> Recognition:
    """Recognize one part of a page, places in points of the page; nothing of one that is no sheet."""
    if context.exhausted:
        raise Unreadable(ReadStatus.TIMED_OUT, "the time for one document is used up.")
    width, height = layer.frame.size
    scale = render.scale_for_ocr(width, height, painted)
    image = render.draw(page, scale=scale, gray=True).crop([round(scale * side) for side in box])  # type: ignore[arg-type] # four numbers
    if not _is_sheet(image):
        return Recognition((), "", "")
    read = context.engine().read(image, dpi=72 * scale, turning=False)
    moved = [_moved(segment, box[0], box[1], 1 / scale) for segment in read.segments]
    return dataclasses.replace(read, segments=moved)


def _is_sheet(image: "Image.Image") -> bool:
    """Say whether a picture is mostly of one light tone, as paper with writing on it is."""
    counts = image.histogram()
    total = max(1, sum(counts))
    lightest, seen = 255, 0
    while lightest and (seen := seen + counts[lightest]) < total / 10:
        lightest -= 1
    light = sum(counts[max(0, lightest - _PAPER_TONES) :]) / total
    return _PAPER[0] < light < _PAPER[1]


def _moved(segment: Segment, left: float, top: float, scale: float) -> Segment:
    def place(box: Box) -> Box:
        return (
            left + box[0] * scale,
            top + box[1] * scale,
            left + box[2] * scale,
            top + box[3] * scale,
        )

    words = tuple([Word(word.text, place(word.box), word.confidence) for word in segment.words])
    return dataclasses.replace(segment, box=place(segment.box), words=words)


def _under(box: Box, words: Sequence[Box]) -> float:
    """Return the share of a box that words lie on."""
    covered = 0.0
    for left, top, right, bottom in words:
        wide, high = min(box[2], right) - max(box[0], left), min(box[3], bottom) - max(box[1], top)
        covered += wide * high if wide > 0 and high > 0 else 0.0
    return covered / max(_area(box), 1e-6)


def _area(box: Box) -> float:
    return (box[2] - box[0]) * (box[3] - box[1])
