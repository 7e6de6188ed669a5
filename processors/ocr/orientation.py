"""Recognize a page in whatever orientation it was scanned.

A page that reads badly is tried in other orientations, first with a few of its lines, then as a
whole. Angles are in degrees counterclockwise, as Pillow rotates.
"""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from processors.contract import OcrEngine, Recognition, Segment, UprightEngine
from processors.ocr import line_quality

if TYPE_CHECKING:
    from PIL import Image


# Measured on the kinds of documents of this project: upright pages read at 0.95 and more, upside
# down at up to 0.75.
_SURE = 0.8
_CLEARLY_BETTER = 1.1  # times the score of the orientation as scanned
_TRIED_LINES = 4
# Lines that say something about orientation: a single character may be higher than wide, and two
# lines prove nothing.
_FEWEST_CHARS = 3
_FEWEST_LINES = 3
_VERTICAL = 1.5  # times higher than wide


def recognize(
    image: "Image.Image", engine: OcrEngine, *, dpi: float, detect_rotation: bool, reason: str
) -> Recognition:
    """Recognize an image with one engine; `reason` says why with this one."""
    if detect_rotation:
        segments, turned_deg = recognize_upright(image, engine, dpi=dpi)
    else:
        segments, turned_deg = engine.recognize(image, dpi=dpi), 0
    return Recognition(segments, engine.name, reason, turned_deg)


def recognize_upright(
    image: "Image.Image", engine: OcrEngine, *, dpi: float
) -> tuple[Sequence[Segment], int]:
    """Recognize a page and rotate it if it is on its side or upside down.

    Return segments and angle. A page is tried again only if its lines are vertical, or if the
    engine is unsure of most of them. The whole page is recognized twice at most, and once by an
    engine that finds the orientation itself.
    """
    if isinstance(engine, UprightEngine):
        decided = engine.recognize_upright(image, dpi=dpi)
        if decided is not None:
            return decided
    as_scanned = engine.recognize(image, dpi=dpi)
    angle_deg = best_angle(image, as_scanned, engine, dpi=dpi)
    if angle_deg == 0:
        return as_scanned, 0
    rotated = engine.recognize(image.rotate(angle_deg, expand=True), dpi=dpi)
    if _score(rotated) > _CLEARLY_BETTER * _score(as_scanned):
        return rotated, angle_deg
    return as_scanned, 0


def best_angle(
    image: "Image.Image", as_scanned: Sequence[Segment], engine: OcrEngine, *, dpi: float
) -> int:
    """Return the angle in which a few of the longest lines read best.

    0 if none is clearly better.
    """
    angles = possible_angles(as_scanned)
    if not angles:
        return 0
    tried = line_quality.longest(as_scanned, _TRIED_LINES)
    sample = line_quality.cut_out(image, tried)
    scores = {}
    for angle_deg in angles:
        rotated = sample.rotate(angle_deg, expand=True)
        scores[angle_deg] = _score(engine.recognize(rotated, dpi=dpi))
    best = max(scores, key=lambda angle_deg: scores[angle_deg])
    return best if scores[best] > _CLEARLY_BETTER * _score(tried) else 0


def possible_angles(segments: Sequence[Segment]) -> tuple[int, ...]:
    """Return the angles worth trying: on either side, or upside down."""
    if not segments:
        return ()
    if _are_mostly_vertical(segments):
        return (90, 270)
    chars = sum(len(segment.text) for segment in segments)
    weighted = sum((segment.confidence or 0) * len(segment.text) for segment in segments)
    return (180,) if weighted / max(1, chars) < _SURE else ()


def _are_mostly_vertical(segments: Sequence[Segment]) -> bool:
    """Say whether most of the lines with enough characters are vertical."""
    long_enough = [segment for segment in segments if len(segment.text.strip()) >= _FEWEST_CHARS]
    vertical = 0
    for segment in long_enough:
        left, top, right, bottom = segment.box
        vertical += bottom - top > _VERTICAL * (right - left)
    return len(long_enough) >= _FEWEST_LINES and 2 * vertical > len(long_enough)


def _score(segments: Sequence[Segment]) -> float:
    """Score what was recognized: more characters count more, sure ones much more.

    The fourth power of the confidence makes the surely read lines decide. Vertical lines do not
    count.
    """
    score = 0.0
    for segment in segments:
        left, top, right, bottom = segment.box
        if right - left > bottom - top:
            score += len(segment.text) * (segment.confidence or 0) ** 4
    return score
