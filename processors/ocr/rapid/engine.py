"""RapidOCR's models, with a loop of our own round them.

rapidocr pads every line to 320 pixels and copies lines out with a cubic warp; both cost more than the reading of most
lines. Here short lines lie side by side in one strip, and only slanting lines are warped. Shrinking by area and not
linearly, as the networks were taught, costs one word in a hundred.
"""

import importlib.util
import math
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from processors.contract import Box, EngineMissing, Segment, Word
from processors.ocr.rapid import ctc, lexicon, line_batches as strips, networks
from processors.ocr.rapid.line_finder import height_of, lines_in, width_of

if TYPE_CHECKING:
    from PIL import Image


EAST_ASIAN = frozenset({"chi_sim", "chi_tra", "jpn"})

_DETECTION_SIDE_PX = 960  # lines are found on a page shrunk to this; they are read at full size
_SHEET_SIDE_PX = 1280  # sheets have small print that is lost at 960; receipts, which are longer, and strips have none
_SHEET = 1.6  # times longer than wide, at most
_MODELS = {"Det": "PP-OCRv6_det_small.onnx", "Rec": "PP-OCRv6_rec_small.onnx"}
_LEAST_SCORE = 0.5
_LINE_HEIGHT_PX = 48  # what the recognizer was taught
_NARROWED = 0.85  # lines are read so much narrower than they are: time goes with width, and no word is lost to it
_WIDEST_PX = 4800
_STRAIGHT_PX = 1.0  # a line whose corners lie so close to its upright box is cut out, not warped
_TURNED = 1.5  # times higher than wide: the line runs downwards


def model_files() -> dict[str, Path]:
    """Return the model files inside the installed wheel by stage.

    Raises:
        EngineMissing: rapidocr or a model is not installed. Nothing is ever downloaded.
    """
    spec = importlib.util.find_spec("rapidocr")
    if spec is None or spec.origin is None:
        raise EngineMissing(
            'RapidOCR is not installed; install the package "rapidocr" or set ocr = "tesseract".'
        )
    folder = Path(spec.origin).parent / "models"
    files = {stage: folder / name for stage, name in _MODELS.items()}
    missing = [file.name for file in files.values() if not file.is_file()]
    if missing:
        raise EngineMissing(
            f'This rapidocr carries no {", ".join(missing)}; install the locked version or set ocr = "tesseract".'
        )
    return files


def runtime() -> str:
    """Name the inference runtime that will be used."""
    return networks.runtime()


class RapidEngine:
    """Keeps two small networks loaded and runs them on one thread."""

    def __init__(self, languages: Sequence[str] = ("eng",)) -> None:
        """Load detection and recognition; about a second and half a GiB."""
        import cv2

        cv2.setNumThreads(1)
        files = model_files()
        self.name = f"rapidocr ({runtime()})"
        self._find = networks.detector(files["Det"])
        self._read, self._characters = networks.recognizer(
            files["Rec"], east_asian=not EAST_ASIAN.isdisjoint(languages)
        )
        self._words = lexicon.english() if "eng" in languages else None

    def recognize(self, image: "Image.Image", *, dpi: float) -> Sequence[Segment]:
        """Return the lines found, whatever the resolution; those where nothing sure stands have no text."""
        import numpy as np

        del dpi
        # The networks were taught blue first. A copy: OpenCV would make one of a reversed view each time it is used.
        pixels = np.ascontiguousarray(np.asarray(image.convert("RGB"))[:, :, ::-1])
        corners = self._corners(pixels)
        packed = strips.pack([_line_width(each) for each in corners])
        return [
            segment
            for batch in strips.batches(packed)
            for segment in self._batch(pixels, batch, corners)
        ]

    def _corners(self, pixels: Any) -> Sequence[Any]:
        """Find lines: four corners each, clockwise from where the text begins."""
        import cv2
        import numpy as np

        height, width = pixels.shape[:2]
        small = cv2.resize(pixels, _detection_size(width, height), interpolation=cv2.INTER_LINEAR)
        lines = lines_in(
            self._find.run(_toned(small)[None])[0, 0], width_px=width, height_px=height
        )
        # A line that runs downwards begins at its upper right corner.
        return [
            np.roll(line, -1, axis=0) if height_of(line) >= _TURNED * width_of(line) else line
            for line in lines
        ]

    def _batch(
        self, pixels: Any, batch: Sequence[strips.Strip], corners: Sequence[Any]
    ) -> Iterator[Segment]:
        """Read the lines of strips that are equally wide."""
        import numpy as np

        pictures = np.zeros((len(batch), 3, _LINE_HEIGHT_PX, batch[0].width_px), dtype=np.float32)
        for picture, strip in zip(pictures, batch, strict=True):
            for place in strip.places:
                picture[..., place.left_px : place.right_px] = _toned(
                    _cut_out(pixels, corners[place.line])
                )
        for steps, strip in zip(self._read.run(pictures), batch, strict=True):
            yield from self._lines(steps, strip, corners)

    def _lines(self, steps: Any, strip: strips.Strip, corners: Sequence[Any]) -> Iterator[Segment]:
        """Turn what the recognizer says along a strip into its lines."""
        for place in strip.places:
            own = place.share_of(strip.width_px, count=len(steps))
            line = ctc.decode(steps[own.first : own.last], self._characters, self._words)
            if line.confidence < _LEAST_SCORE:
                line = ctc.LineText("", line.confidence, ())
            yield _segment(corners[place.line], line, own)


def _detection_size(width: int, height: int) -> tuple[int, int]:
    """Shrink to the side lines are found at; the network asks for whole multiples of 32."""
    sheet = max(width, height) <= _SHEET * min(width, height)
    factor = min(1.0, (_SHEET_SIDE_PX if sheet else _DETECTION_SIDE_PX) / max(width, height))
    return max(32, round(width * factor / 32) * 32), max(32, round(height * factor / 32) * 32)


def _toned(picture: Any) -> Any:
    """Turn rows x columns x colors of 0 to 255 into colors x rows x columns, tones from -1 to 1."""
    import numpy as np

    return np.ascontiguousarray((picture.astype(np.float32) / 127.5 - 1).transpose(2, 0, 1))


def _line_width(corners: Any) -> int:
    """Return how wide a line is read, at the recognizer's height."""
    width = _NARROWED * _LINE_HEIGHT_PX * width_of(corners) / max(height_of(corners), 1.0)
    return max(8, min(math.ceil(width), _WIDEST_PX))


def _cut_out(pixels: Any, corners: Any) -> Any:
    """Return a line as a level picture of the recognizer's height and the width it is read at."""
    import cv2
    import numpy as np

    width = _line_width(corners)
    left, top, right, bottom = _around(corners)
    upright = np.asarray(
        [(left, top), (right, top), (right, bottom), (left, bottom)], dtype=np.float32
    )
    if np.abs(corners - upright).max() <= _STRAIGHT_PX and right - left >= 1 and bottom - top >= 1:
        part = pixels[int(top) : int(bottom), int(left) : int(right)]
        return cv2.resize(part, (width, _LINE_HEIGHT_PX), interpolation=cv2.INTER_LINEAR)
    target = np.asarray([(0, 0), (width, 0), (width, _LINE_HEIGHT_PX)], dtype=np.float32)
    turn = cv2.getAffineTransform(np.ascontiguousarray(corners[:3]), target)
    return cv2.warpAffine(
        pixels,
        turn,
        (width, _LINE_HEIGHT_PX),
        flags=cv2.INTER_LINEAR,
        borderMode=cv2.BORDER_REPLICATE,
    )


def _segment(corners: Any, line: ctc.LineText, own: strips.Steps) -> Segment:
    """Turn corners, clockwise from where the text begins, into an upright box and a slope."""
    words = tuple(
        Word(
            word.text,
            _between(corners, own.along(word.start), own.along(word.end)),
            round(word.confidence, 4),
        )
        for word in line.words
    )
    box = _around(corners)
    (x0, y0), (x1, y1) = corners[0], corners[1]
    turned = box[3] - box[1] >= _TURNED * (box[2] - box[0])
    angle = 0.0 if turned else math.degrees(math.atan2(float(y1 - y0), float(x1 - x0)))
    return Segment(
        text=line.text, box=box, confidence=line.confidence, angle_deg=angle, words=words
    )


def _between(corners: Any, start: float, end: float) -> Box:
    """Return the upright box of a part of a line, from one share of its length to another."""
    shares = (max(0.0, min(start, 1.0)), max(0.0, min(end, 1.0)))
    ends = [
        corners[near] + (corners[far] - corners[near]) * share
        for near, far in ((0, 1), (3, 2))
        for share in shares
    ]
    return _around(ends)


def _around(points: Any) -> Box:
    xs, ys = [float(x) for x, _ in points], [float(y) for _, y in points]
    return (min(xs), min(ys), max(xs), max(ys))
