"""Recognize images with the program Tesseract."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from processors.contract import Segment, Word
from processors.exec import tesseract

if TYPE_CHECKING:
    from PIL import Image


# Page segmentation modes of `tesseract --help-psm`.
_AUTOMATIC = 3
_ONE_BLOCK = 6
_LEAST_DPI, _MOST_DPI = 70, 2400  # Tesseract ignores resolutions outside this range


class TesseractEngine:
    """Runs the program once per page."""

    def __init__(self, *, languages: tuple[str, ...], timeout_s: float) -> None:
        """Check program and languages, so that what is missing is reported before any page."""
        tesseract.require(languages)
        self.name = f"tesseract {tesseract.version()}"
        self._languages = languages
        self._timeout_s = timeout_s

    def recognize(self, image: "Image.Image", *, dpi: float) -> Sequence[Segment]:
        """Return words.

        If layout analysis finds no text on a page, it is read again as one block.
        """
        for mode in (_AUTOMATIC, _ONE_BLOCK):
            words = tesseract.words(
                image,
                codes=self._languages,
                dpi=max(_LEAST_DPI, min(_MOST_DPI, round(dpi))),
                mode=mode,
                timeout_s=self._timeout_s,
            )
            if words:
                break
        segments = []
        for word in words:
            left, top = float(word.left), float(word.top)
            box = (left, top, left + word.width, top + word.height)
            confidence = word.confidence / 100
            own = (Word(word.text, box, confidence),)
            segments.append(Segment(word.text, box, confidence, words=own))
        return segments
