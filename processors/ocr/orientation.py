"""Recognize a page whatever way it lies. A page that reads badly is tried with a few of its lines before all of it."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from processors.contract import OcrEngine, Recognition, Segment
from processors.ocr import line_quality as lines

if TYPE_CHECKING:
    from PIL import Image


_UNSURE = 0.8  # upright pages of the kinds measured read at 0.95 and more, upside down at 0.75
_BETTER = 1.1
_TRIED = 4  # lines that decide which way a page lies


def upright(
    image: "Image.Image", engine: OcrEngine, *, dpi: float
) -> tuple[Sequence[Segment], int]:
    """Recognize a page, turned where it lies on its side or head; return segments of the turned page and the angle.

    Only a page that reads badly is looked at again: its lines run upwards, or the engine is unsure of most of them.
    All of it is recognized once more at most.
    """
    read = engine.recognize(image, dpi=dpi)
    turn = _likely_turn(image, read, engine, dpi=dpi)
    if turn == 0:
        return read, 0
    other = engine.recognize(image.rotate(turn, expand=True), dpi=dpi)
    return (other, turn) if _certainty(other) > _BETTER * _certainty(read) else (read, 0)


def _likely_turn(
    image: "Image.Image", read: Sequence[Segment], engine: OcrEngine, *, dpi: float
) -> int:
    """Return the turn, in degrees against the clock, in which a few lines read best; 0 where none is better."""
    turns = _turns(read)
    if not turns:
        return 0
    tried = lines.longest(read, _TRIED)
    sample = lines.cut_out(image, tried)
    certain = {
        turn: _certainty(engine.recognize(sample.rotate(turn, expand=True), dpi=dpi))
        for turn in turns
    }
    best = max(certain, key=lambda turn: certain[turn])
    return best if certain[best] > _BETTER * _certainty(tried) else 0


def _turns(segments: Sequence[Segment]) -> tuple[int, ...]:
    """Return the turns worth trying, in degrees against the clock."""
    long = [s for s in segments if len(s.text.strip()) > 2]  # noqa: PLR2004 - a digit is higher than wide anyway
    rising = [s for s in long if s.box[3] - s.box[1] > 1.5 * (s.box[2] - s.box[0])]
    if len(long) >= 3 and 2 * len(rising) > len(long):  # noqa: PLR2004 - two words prove nothing
        return (90, 270)
    sure = sum((s.confidence or 0) * len(s.text) for s in segments) / max(
        1, sum(len(s.text) for s in segments)
    )
    return (180,) if segments and sure < _UNSURE else ()


def _certainty(segments: Sequence[Segment]) -> float:
    """Weigh what was read: much and surely, a line's certainty counting more the surer it is."""
    return sum(
        len(s.text) * (s.confidence or 0) ** 4
        for s in segments
        if s.box[2] - s.box[0] > s.box[3] - s.box[1]
    )


def recognized(
    image: "Image.Image", engine: OcrEngine, *, dpi: float, turning: bool, reason: str
) -> Recognition:
    """Recognize a picture by one engine, and say why by that one."""
    segments, turned = (
        upright(image, engine, dpi=dpi) if turning else (engine.recognize(image, dpi=dpi), 0)
    )
    return Recognition(segments, engine.name, reason, turned)
