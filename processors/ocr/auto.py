"""Engine `auto`: choose between RapidOCR and Tesseract for each page, and say why.

RapidOCR reads better and costs less, but its model was trained on Latin and East Asian letters
only, and its confidence says little about others: their capitals look Latin, their small letters
come out as specks. If a page may have others, Tesseract reads a few of its lines first, in a fifth
of a second, and the whole page if it finds some.
"""

import dataclasses
import unicodedata
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING

from processors.contract import EngineMissing, OcrEngine, Recognition, Segment, Unreadable
from processors.ocr import line_quality, orientation
from processors.ocr.rapid.engine import EAST_ASIAN

if TYPE_CHECKING:
    from PIL import Image


TITLES = {"rapidocr": "RapidOCR", "tesseract": "Tesseract"}
_FAILURES = (EngineMissing, Unreadable)
# Measured mean confidence of RapidOCR: 0.9 and more on Latin pages, around 0.1 on Cyrillic prose.
_UNSURE = 0.6
_SURE = 0.85
_SAMPLED_LINES = 6
# Words of Tesseract that count as evidence for other letters.
_SURE_WORD = 0.8
_FEWEST_WORD_LETTERS = 3
# The share of other letters from which a page has them: in a smudged Latin receipt, Tesseract takes
# up to a fifth for Cyrillic. Or their number, which is a line of them among Latin ones.
_OTHER_SHARE = 0.4
_OTHER_LETTERS = 12
# First words of the names that Unicode gives to letters, by script.
_LATIN = frozenset({"LATIN", "FEMININE", "MASCULINE", "MICRO", "MODIFIER"})
_EAST_ASIAN_NAMES = frozenset(
    {"CJK", "HIRAGANA", "KATAKANA", "KATAKANA-HIRAGANA", "FULLWIDTH", "HALFWIDTH", "IDEOGRAPHIC"}
)


@dataclass(frozen=True, slots=True)
class _Request:
    image: "Image.Image"
    dpi: float
    detect_rotation: bool


class AutoReader:
    """Reads each page with the engine that reads it best, and with the other one if that fails."""

    def __init__(
        self,
        *,
        rapidocr: Callable[[], OcrEngine],
        tesseract: Callable[[], OcrEngine],
        languages: Sequence[str],
        untrained: Sequence[str],
    ) -> None:
        """Load the engine that is tried first.

        `untrained` are those of the languages that RapidOCR does not know.
        """
        self._engines = {"rapidocr": _LazyEngine(rapidocr), "tesseract": _LazyEngine(tesseract)}
        self._trained = [language for language in languages if language not in untrained]
        self._untrained = ", ".join(untrained)
        if self._trained:
            self._order = ("rapidocr", "tesseract")
        else:
            self._order = ("tesseract", "rapidocr")
        self._known_scripts = _LATIN
        if not EAST_ASIAN.isdisjoint(self._trained):
            self._known_scripts |= _EAST_ASIAN_NAMES
        with suppress(EngineMissing):  # reported with the first page that needs it
            self._engines[self._order[0]].get()

    def read(
        self, image: "Image.Image", *, dpi: float, detect_rotation: bool = True
    ) -> Recognition:
        """Recognize an image.

        Raises:
            EngineMissing: neither engine is installed.
            Unreadable: both fail on it.
        """
        request = _Request(image, dpi, detect_rotation)
        if not self._trained:
            return self._read_in_order(
                request, f"RapidOCR was not trained on the letters of {self._untrained}"
            )
        recognition = self._read_in_order(
            request, f"it knows the letters of {', '.join(self._trained)}"
        )
        may_have_others = self._untrained and recognition.segments and not recognition.problem
        return self._checked(recognition, request) if may_have_others else recognition

    def _read_in_order(self, request: _Request, why: str) -> Recognition:
        """Read with the first engine.

        If it fails, with the second, saying what the first failed of.
        """
        first, second = self._order
        try:
            return self._read_with(first, request, why)
        except _FAILURES as exc:
            failure = f"{TITLES[first]} could not ({str(exc).rstrip('.')})"
            try:
                recognition = self._read_with(second, request, failure)
            except _FAILURES:
                raise exc from None
        consequence = f"letters of {self._untrained} are wrong or missing"
        if self._trained:
            consequence = "the text may be poorer"
        problem = f"{TITLES[second]} read it, since {failure}; {consequence}."
        return dataclasses.replace(recognition, problem=problem)

    def _read_with(self, name: str, request: _Request, why: str) -> Recognition:
        return orientation.recognize(
            request.image,
            self._engines[name].get(),
            dpi=request.dpi,
            detect_rotation=request.detect_rotation,
            reason=f"{TITLES[name]} read it: {why}",
        )

    def _checked(self, recognition: Recognition, request: _Request) -> Recognition:
        """Let Tesseract read the page if RapidOCR is unsure of it or cannot know its letters.

        Return the result with the higher confidence.
        """
        confidence = line_quality.mean_confidence(recognition.segments)
        try:
            if confidence < _UNSURE:
                why = f"RapidOCR was unsure of this page ({confidence:.2f}, Tesseract "
                other = self._read_with("tesseract", request, why)
                surer = line_quality.mean_confidence(other.segments)
                if surer > confidence:
                    return dataclasses.replace(other, reason=f"{other.reason}{surer:.2f})")
                reason = (
                    f"RapidOCR read it: it was unsure of this page ({confidence:.2f}), "
                    f"and Tesseract no surer ({surer:.2f})"
                )
                return dataclasses.replace(recognition, reason=reason)
            # RapidOCR may take letters it does not know, upside down, for Latin ones.
            both_ways = recognition.turned_deg != 0 or confidence < _SURE
            if self._has_other_letters(recognition, request, both_ways=both_ways):
                why = f"it has letters of {self._untrained}, which RapidOCR was not trained on"
                return self._read_with("tesseract", request, why)
        except _FAILURES as exc:
            problem = (
                f"Tesseract could not check it ({str(exc).rstrip('.')}); "
                f"letters of {self._untrained}, if there are any, are wrong or missing."
            )
            return dataclasses.replace(recognition, problem=problem)
        reason = f"RapidOCR read it: no letters of {self._untrained} were found on it"
        return dataclasses.replace(recognition, reason=reason)

    def _has_other_letters(
        self, recognition: Recognition, request: _Request, *, both_ways: bool
    ) -> bool:
        """Let Tesseract read the longest lines and those that RapidOCR is least sure of.

        `both_ways`: upside down too.
        """
        image = request.image
        if recognition.turned_deg:
            image = image.rotate(recognition.turned_deg, expand=True)
        lines = line_quality.doubtful_and_long(recognition.segments, _SAMPLED_LINES)
        sample = line_quality.cut_out(image, lines)
        samples = (sample, sample.rotate(180)) if both_ways else (sample,)
        tesseract = self._engines["tesseract"].get()
        for each in samples:
            letters = _letters_of_sure_words(tesseract.recognize(each, dpi=request.dpi))
            scripts = [unicodedata.name(letter, "").partition(" ")[0] for letter in letters]
            other = sum(script not in self._known_scripts for script in scripts)
            if other >= _OTHER_LETTERS or other > _OTHER_SHARE * len(letters):
                return True
        return False


def _letters_of_sure_words(segments: Iterable[Segment]) -> list[str]:
    found: list[str] = []
    for segment in segments:
        letters = [character for character in segment.text if character.isalpha()]
        is_sure = (segment.confidence or 0.0) >= _SURE_WORD
        if is_sure and len(letters) >= _FEWEST_WORD_LETTERS:
            found += letters
    return found


class _LazyEngine:
    """An engine that is loaded when first needed.

    If loading fails, every later call fails with the same error.
    """

    def __init__(self, load: Callable[[], OcrEngine]) -> None:
        self._load = load
        self._engine: OcrEngine | None = None
        self._missing: EngineMissing | None = None

    def get(self) -> OcrEngine:
        """Return the engine; raises EngineMissing."""
        if self._missing is not None:
            raise self._missing
        if self._engine is None:
            try:
                self._engine = self._load()
            except EngineMissing as exc:
                self._missing = exc
                raise
        return self._engine
