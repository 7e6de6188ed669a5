"""Recognize images with the models in rapidocr's wheel, called by a loop of our own.

Of the package rapidocr only its model files are used; its code is never imported. That code pads
every line to 320 pixels and copies lines out with a cubic warp; both cost more than the reading of
most lines. Here short lines are placed side by side in one strip, and only slanted lines are
warped. Shrinking by area instead of linearly, as the networks were trained, would cost one word in
a hundred.
"""

import math
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import cached_property
from itertools import chain
from typing import TYPE_CHECKING, Any

from processors import prepared
from processors.contract import Box, EngineMissing, OcrModels, Segment, Word
from processors.ocr.rapid import ctc, direction, lexicon, line_batches, networks
from processors.ocr.rapid.line_finder import height_of, lines_in, width_of
from processors.ocr.rapid.models import digests, networks_of, verify

if TYPE_CHECKING:
    from PIL import Image


EAST_ASIAN = frozenset({"chi_sim", "chi_tra", "jpn"})

_PACKAGED = OcrModels()

# Lines are found on an image shrunk to this side, and read at full size. Pages have small print
# that is lost at 960 pixels; receipts, which are longer, and strips of lines have none.
_DETECTION_SIDE_PX = 960
_PAGE_DETECTION_SIDE_PX = 1280
_LONGEST_PAGE = 1.6  # times longer than wide; A4 has 1.41, Legal 1.65
_STRIP = 4  # times longer than wide, as a till prints it
_DETECTION_MULTIPLE_PX = 32  # the network halves its input five times

_LINE_HEIGHT_PX = 48  # what the recognizer was trained on
# Lines are read this much narrower than they are: time grows with width, and no word is lost by it.
_WIDTH_FACTOR = 0.85
_NARROWEST_PX = 8
_WIDEST_PX = 4800
_LEAST_CONFIDENCE = 0.5  # of a line; rapidocr's default, too
_STRAIGHT_PX = (
    1.0  # a line whose corners are this close to its upright box is cropped instead of warped
)


def recipes(languages: Sequence[str], models: OcrModels = _PACKAGED) -> Iterator[prepared.Recipe]:
    """Yield how to compile the networks for these languages; none where they are not installed."""
    with suppress(EngineMissing):
        verify(models)
        chosen = networks_of(models)
        yield from networks.recipes(
            detector=chosen.detection,
            recognizer=chosen.recognition,
            east_asian=not EAST_ASIAN.isdisjoint(languages),
            digests=digests(models),
        )


def runtime() -> str:
    """Name the inference runtime that will be used."""
    return networks.runtime()


@dataclass(frozen=True)
class _PagePixels:
    """An image (rows x columns x colors) and the map of where text is in it (rows x columns)."""

    pixels: Any
    marked: Any

    @cached_property
    def lines(self) -> Sequence[Any]:
        """Find lines: four corners each, clockwise from where the text begins."""
        import numpy as np

        height, width = self.pixels.shape[:2]
        # A line that runs downward begins at its upper right corner.
        return [
            np.roll(line, -1, axis=0) if direction.is_vertical(line) else line
            for line in lines_in(self.marked, width_px=width, height_px=height)
        ]

    def rotated(self, angle_deg: int) -> "_PagePixels":
        """Return the page rotated counterclockwise by a multiple of 90 degrees."""
        import numpy as np

        turns = angle_deg // 90
        # Both are copies, because OpenCV takes no views.
        return _PagePixels(
            np.ascontiguousarray(np.rot90(self.pixels, turns)),
            np.ascontiguousarray(np.rot90(self.marked, turns)),
        )


class RapidEngine:
    """Keeps two small networks loaded and runs them on one thread."""

    def __init__(self, languages: Sequence[str] = ("eng",), models: OcrModels = _PACKAGED) -> None:
        """Load detector and recognizer, which takes about a second and half a GiB."""
        import cv2

        cv2.setNumThreads(1)
        # Here as well: a reader that is kept starts processes long after it was opened.
        verify(models)
        chosen = networks_of(models)
        # With the model: what was learned from pages of one model is unproved on those of another.
        self.name = f"rapidocr {chosen.name} ({runtime()})"
        self._detector = networks.detector(chosen.detection)
        self._recognizer, self._characters = networks.recognizer(
            chosen.recognition, east_asian=not EAST_ASIAN.isdisjoint(languages)
        )
        self._lexicon = lexicon.english() if "eng" in languages else None

    def recognize(self, image: "Image.Image", *, dpi: float) -> Sequence[Segment]:
        """Return the lines found; lines that could not be read surely have no text.

        The resolution is not used.
        """
        del dpi
        page = self._look(image)
        return self._read_all(page.pixels, page.lines)

    def recognize_upright(
        self, image: "Image.Image", *, dpi: float
    ) -> tuple[Sequence[Segment], int] | None:
        """Recognize a page in whatever orientation; return its lines and the angle, or None.

        Where text is, is looked for once, and a few lines decide the angle before the others are
        read: a rotated page costs little more than an upright one. None if they do not decide it.
        """
        del dpi
        page = self._look(image)
        if direction.is_sideways(page.lines):
            downward, upward = self._both_ways(page, direction.downward(page.lines))
            if direction.is_better(downward, than=upward):
                return self._read_rotated(page, 90)
            if direction.is_better(upward, than=downward):
                return self._read_rotated(page, 270)
            return None

        segments: list[Segment] = []
        is_tried = False
        # The longest lines come first: those of an upright page are sure, and nothing else is read.
        for lines in self._runs(page.pixels, page.lines):
            segments += lines
            if not is_tried and direction.is_unsure(segments):
                is_tried = True
                as_scanned, upside_down = self._both_ways(page, page.lines)
                if direction.is_better(upside_down, than=as_scanned):
                    return self._read_rotated(page, 180)
        return segments, 0

    def _both_ways(
        self, page: _PagePixels, lines: Sequence[Any]
    ) -> tuple[Sequence[Segment], Sequence[Segment]]:
        """Read the longest of these lines as they were found, and as if they ran the other way."""
        sample = direction.longest(lines)
        other_way = [direction.reversed_line(line) for line in sample]
        return self._read_all(page.pixels, sample), self._read_all(page.pixels, other_way)

    def _read_rotated(
        self, page: _PagePixels, angle_deg: int
    ) -> tuple[Sequence[Segment], int] | None:
        """Read a page after it was rotated; None if its text does not all read surely then.

        Some of it may run in another direction: then both readings have to be compared.
        """
        rotated = page.rotated(angle_deg)
        segments = self._read_all(rotated.pixels, rotated.lines)
        return (segments, angle_deg) if direction.reads_well(segments) else None

    def _read_all(self, pixels: Any, lines: Sequence[Any]) -> Sequence[Segment]:
        return list(chain.from_iterable(self._runs(pixels, lines)))

    def _runs(self, pixels: Any, lines: Sequence[Any]) -> Iterator[list[Segment]]:
        """Read lines, the longest first; yield those of one run of the network."""
        batches = line_batches.pack([_read_width(line) for line in lines])
        for run in line_batches.runs(batches):
            yield list(self._read(pixels, run, lines))

    def _look(self, image: "Image.Image") -> _PagePixels:
        """Find where text is."""
        import cv2
        import numpy as np

        # The networks were trained on BGR.
        pixels = cv2.cvtColor(np.asarray(image.convert("RGB")), cv2.COLOR_RGB2BGR)
        height, width = pixels.shape[:2]
        is_page = max(width, height) <= _LONGEST_PAGE * min(width, height)
        side = _PAGE_DETECTION_SIDE_PX if is_page else _DETECTION_SIDE_PX
        factor = min(1.0, side / max(width, height))
        if max(width, height) > _STRIP * min(width, height):
            # The letters of a strip would vanish: it may have as many pixels as a page instead.
            factor = min(1.0, max(factor, side / math.sqrt(width * height)))
        size = (_detection_side(width * factor), _detection_side(height * factor))
        small = cv2.resize(pixels, size, interpolation=cv2.INTER_LINEAR)

        # A copy: the next run overwrites it.
        return _PagePixels(pixels, self._detector.run(_normalized(small)[None])[0, 0].copy())

    def _read(
        self, pixels: Any, run: Sequence[line_batches.LineBatch], lines: Sequence[Any]
    ) -> Iterator[Segment]:
        """Read the lines of strips of the same width."""
        import numpy as np

        shape = (len(run), 3, _LINE_HEIGHT_PX, run[0].width_px)
        strips = np.zeros(shape, dtype=np.float32)
        for strip, batch in zip(strips, run, strict=True):
            for position in batch.positions:
                line = _normalized(_cut_out(pixels, lines[position.line]))
                strip[..., position.left_px : position.right_px] = line

        for predictions, batch in zip(self._recognizer.run(strips), run, strict=True):
            for position in batch.positions:
                steps = position.steps(batch.width_px, count=len(predictions))
                own = predictions[steps.first : steps.last]
                decoded = ctc.decode(own, self._characters, self._lexicon)
                if decoded.confidence < _LEAST_CONFIDENCE:
                    decoded = ctc.DecodedLine("", decoded.confidence, ())
                yield _segment(lines[position.line], decoded, steps)


def _detection_side(side_px: float) -> int:
    multiple = _DETECTION_MULTIPLE_PX
    return max(multiple, round(side_px / multiple) * multiple)


def _normalized(pixels: Any) -> Any:
    """Turn rows x columns x colors of 0 to 255 into colors x rows x columns of -1 to 1.

    By a table, which takes a third of the time of calculating with each pixel.
    """
    import cv2
    import numpy as np

    table = np.arange(256, dtype=np.float32) / 127.5 - 1
    colors = cv2.split(pixels)
    numbers = np.empty((len(colors), *pixels.shape[:2]), dtype=np.float32)
    for color, target in zip(colors, numbers, strict=True):
        cv2.LUT(color, table, target)
    return numbers


def _read_width(line: Any) -> int:
    """Return how wide a line is at the recognizer's height."""
    width = _WIDTH_FACTOR * _LINE_HEIGHT_PX * width_of(line) / max(height_of(line), 1.0)
    return max(_NARROWEST_PX, min(math.ceil(width), _WIDEST_PX))


def _cut_out(pixels: Any, line: Any) -> Any:
    """Return a line as a level image of the recognizer's height and the width it is read at."""
    import cv2
    import numpy as np

    size = (_read_width(line), _LINE_HEIGHT_PX)
    left, top, right, bottom = _bounding_box(line)
    upright = np.asarray(
        [(left, top), (right, top), (right, bottom), (left, bottom)], dtype=np.float32
    )
    is_straight = np.abs(line - upright).max() <= _STRAIGHT_PX
    if is_straight and right - left >= 1 and bottom - top >= 1:
        crop = pixels[int(top) : int(bottom), int(left) : int(right)]
        return cv2.resize(crop, size, interpolation=cv2.INTER_LINEAR)

    target = np.asarray([(0, 0), (size[0], 0), size], dtype=np.float32)
    transform = cv2.getAffineTransform(np.ascontiguousarray(line[:3]), target)
    return cv2.warpAffine(
        pixels, transform, size, flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE
    )


def _segment(line: Any, decoded: ctc.DecodedLine, steps: line_batches.StepRange) -> Segment:
    """Turn a decoded line into a segment with an upright box, a slope, and boxes of its words."""
    words = []
    for word in decoded.words:
        ends = [max(0.0, min(steps.line_share(share), 1.0)) for share in (word.start, word.end)]
        upper = [line[0] + (line[1] - line[0]) * share for share in ends]
        lower = [line[3] + (line[2] - line[3]) * share for share in ends]
        box = _bounding_box([*upper, *lower])
        words.append(Word(word.text, box, round(word.confidence, 4)))

    box = left, top, right, bottom = _bounding_box(line)
    angle_deg = 0.0
    if bottom - top < direction.VERTICAL * (right - left):  # of vertical lines no slope is given
        (x0, y0), (x1, y1) = line[0], line[1]
        angle_deg = math.degrees(math.atan2(float(y1 - y0), float(x1 - x0)))
    return Segment(
        text=decoded.text,
        box=box,
        confidence=decoded.confidence,
        angle_deg=angle_deg,
        words=tuple(words),
    )


def _bounding_box(points: Any) -> Box:
    xs = [float(x) for x, _ in points]
    ys = [float(y) for _, y in points]
    return (min(xs), min(ys), max(xs), max(ys))
