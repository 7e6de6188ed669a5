"""Engine `auto`: choose for each page between RapidOCR and Tesseract, and say why.

RapidOCR reads better and for less, but its model was taught Latin and East Asian letters only, and how sure it is says
little of others: their capitals look Latin, their small letters come out as specks. So where others may come up,
Tesseract looks at a few lines first, for a fifth of a second, and reads the page where it finds some.
"""

import dataclasses
import unicodedata
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING

from processors.contract import EngineMissing, OcrEngine, Recognition, Segment, Unreadable
from processors.ocr import line_quality as lines, orientation
from processors.ocr.rapid.engine import EAST_ASIAN

if TYPE_CHECKING:
    from PIL import Image


TITLES = {"rapidocr": "RapidOCR", "tesseract": "Tesseract"}
_FAILURES = (EngineMissing, Unreadable)
_UNSURE, _SURE = (
    0.6,
    0.85,
)  # of Latin pages RapidOCR is sure to 0.9 and more, of Cyrillic prose to 0.1
_SAMPLED = 6  # lines
_SURE_WORD = 0.8
_WORD_LETTERS = 3
_SHARE = 0.4  # of such words' letters: Tesseract takes up to a fifth of a smudged Latin receipt's for Cyrillic
_MANY = 12  # letters: a line of them among Latin ones
_LATIN = frozenset({"LATIN", "FEMININE", "MASCULINE", "MICRO", "MODIFIER"})
_EAST_ASIAN = frozenset(
    {"CJK", "HIRAGANA", "KATAKANA", "KATAKANA-HIRAGANA", "FULLWIDTH", "HALFWIDTH", "IDEOGRAPHIC"}
)


@dataclass(frozen=True, slots=True)
class _Picture:
    image: "Image.Image"
    dpi: float
    turning: bool


class AutoReader:
    """Reads each page with the engine that reads it best, and where that fails, with the other."""

    def __init__(
        self,
        *,
        rapidocr: Callable[[], OcrEngine],
        tesseract: Callable[[], OcrEngine],
        languages: Sequence[str],
        beyond: Sequence[str],
    ) -> None:
        """Load the engine tried first; `beyond` are those of the languages that RapidOCR was not taught."""
        self._engines = {"rapidocr": _Loaded(rapidocr), "tesseract": _Loaded(tesseract)}
        self._taught = [language for language in languages if language not in beyond]
        self._beyond = ", ".join(beyond)
        self._order = ("rapidocr", "tesseract") if self._taught else ("tesseract", "rapidocr")
        self._scripts = _LATIN if EAST_ASIAN.isdisjoint(self._taught) else _LATIN | _EAST_ASIAN
        with suppress(EngineMissing):  # told of the first page that needs it
            self._engines[self._order[0]].get()

    def read(self, image: "Image.Image", *, dpi: float, turning: bool = True) -> Recognition:
        """Recognize a picture.

        Raises:
            EngineMissing: neither engine is installed.
            Unreadable: both fail on it.
        """
        picture = _Picture(image, dpi, turning)
        if not self._taught:
            return self._first_that_can(
                picture, f"RapidOCR was not taught the letters of {self._beyond}"
            )
        read = self._first_that_can(picture, f"it knows the letters of {', '.join(self._taught)}")
        return (
            self._doubted(read, picture)
            if self._beyond and read.segments and not read.problem
            else read
        )

    def _first_that_can(self, picture: _Picture, why: str) -> Recognition:
        """Read with the engine tried first, with the other where that fails; what it failed of is told."""
        first, second = self._order
        try:
            return self._by(first, picture, why)
        except _FAILURES as exc:
            failure = f"{TITLES[first]} could not ({str(exc).rstrip('.')})"
            try:
                read = self._by(second, picture, failure)
            except _FAILURES:
                raise exc from None
        poorer = (
            "the text may be poorer"
            if self._taught
            else f"letters of {self._beyond} are wrong or missing"
        )
        return dataclasses.replace(
            read, problem=f"{TITLES[second]} read it, since {failure}; {poorer}."
        )

    def _by(self, name: str, picture: _Picture, why: str) -> Recognition:
        engine = self._engines[name].get()
        reason = f"{TITLES[name]} read it: {why}"
        return orientation.recognized(
            picture.image, engine, dpi=picture.dpi, turning=picture.turning, reason=reason
        )

    def _doubted(self, read: Recognition, picture: _Picture) -> Recognition:
        """Let Tesseract read what RapidOCR could not know, and keep RapidOCR's text of all else."""
        sure = lines.sureness(read.segments)
        try:
            if sure < _UNSURE:
                return self._surer(read, sure, picture)
            if self._shows_other_letters(
                read, picture, either_way=read.turned_deg != 0 or sure < _SURE
            ):
                why = f"it has letters of {self._beyond}, which RapidOCR was not taught"
                return self._by("tesseract", picture, why)
        except _FAILURES as exc:
            problem = (
                f"Tesseract could not look at it ({str(exc).rstrip('.')}); "
                f"letters of {self._beyond}, if there are any, are wrong or missing."
            )
            return dataclasses.replace(read, problem=problem)
        return dataclasses.replace(
            read, reason=f"RapidOCR read it: no letters of {self._beyond} were seen on it"
        )

    def _surer(self, read: Recognition, sure: float, picture: _Picture) -> Recognition:
        why = f"RapidOCR was unsure of this page ({sure:.2f}, Tesseract "
        other = self._by("tesseract", picture, why)
        theirs = lines.sureness(other.segments)
        if theirs > sure:
            return dataclasses.replace(other, reason=f"{other.reason}{theirs:.2f})")
        return dataclasses.replace(
            read,
            reason=f"RapidOCR read it: it was unsure of this page ({sure:.2f}), and Tesseract no surer ({theirs:.2f})",
        )

    def _shows_other_letters(
        self, read: Recognition, picture: _Picture, *, either_way: bool
    ) -> bool:
        """Let Tesseract look at some lines: the longest, and those of which RapidOCR is least sure.

        `either_way`: upside down, too, for RapidOCR may take letters it does not know for Latin ones on their head.
        """
        image = (
            picture.image.rotate(read.turned_deg, expand=True) if read.turned_deg else picture.image
        )
        sample = lines.cut_out(image, lines.doubtful_and_long(read.segments, _SAMPLED))
        engine = self._engines["tesseract"].get()
        looks = (sample, sample.rotate(180)) if either_way else (sample,)
        return any(
            self._has_other_letters(engine.recognize(look, dpi=picture.dpi)) for look in looks
        )

    def _has_other_letters(self, segments: Iterable[Segment]) -> bool:
        letters = list(_letters_of_sure_words(segments))
        other = sum(
            unicodedata.name(letter, "").partition(" ")[0] not in self._scripts
            for letter in letters
        )
        return other >= _MANY or other > _SHARE * len(letters)


def _letters_of_sure_words(segments: Iterable[Segment]) -> Iterable[str]:
    for segment in segments:
        letters = [character for character in segment.text if character.isalpha()]
        if len(letters) >= _WORD_LETTERS and (segment.confidence or 0.0) >= _SURE_WORD:
            yield from letters


class _Loaded:
    """An engine, loaded when it is first needed; what kept it from loading is told each time."""

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
