"""The OCR engine made of the program tesseract."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from processors.contract import Segment, Word
from processors.exec import tesseract

if TYPE_CHECKING:
    from PIL import Image


_AUTOMATIC = 3  # page segmentation: find columns and blocks
_ONE_BLOCK = 6  # for pages where the automatic one finds nothing


class TesseractEngine:
    """Calls the program once a page."""

    def __init__(self, *, languages: tuple[str, ...], timeout_s: float) -> None:
        """Check program and languages first, so that what is missing is said before any page."""
        tesseract.require(languages)
        self.name = f"tesseract {tesseract.version()}"
        self._languages = languages
        self._timeout_s = timeout_s

    def recognize(self, image: "Image.Image", *, dpi: float) -> Sequence[Segment]:
        """Return words; a page on which layout analysis finds none is read again as one block."""
        for mode in (_AUTOMATIC, _ONE_BLOCK):
            found = tesseract.words(
                image,
                codes=self._languages,
                dpi=max(70, min(2400, round(dpi))),
                mode=mode,
                timeout_s=self._timeout_s,
            )
            if found:
                return [_segment(word) for word in found]
        return []


def _segment(word: tesseract.Word) -> Segment:
    box = (
        float(word.left),
        float(word.top),
        float(word.left + word.width),
        float(word.top + word.height),
    )
    confidence = word.confidence / 100
    return Segment(
        text=word.text, box=box, confidence=confidence, words=(Word(word.text, box, confidence),)
    )
