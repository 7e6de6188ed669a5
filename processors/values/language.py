"""The language a document is written in, by py3langid, whose model comes with the package."""

from collections.abc import Sequence
from functools import cache
from typing import TYPE_CHECKING

from pipeline.model import Finding
from processors.values.lines import Line

if TYPE_CHECKING:
    from py3langid.langid import LanguageIdentifier

_MOST_CHARS = 6_000
_LEAST_LETTERS = 40
_LEAST_PROBABILITY = 0.5
_WORDY = 0.6
"""Share of letters a line needs to count: numbers and codes speak no language."""


@cache
def _identifier() -> "LanguageIdentifier":
    from py3langid.langid import MODEL_FILE, LanguageIdentifier

    return LanguageIdentifier.from_model_file(MODEL_FILE, norm_probs=True)


def find_language(lines: Sequence[Line]) -> Finding | None:
    """Return the ISO 639-1 code of the language most of the text is in; None where there is too little of it."""
    text = _words(lines)
    letters = sum(char.isalpha() for char in text)
    if letters < _LEAST_LETTERS:
        return None
    code, probability = _identifier().classify(text)
    confidence = round(min(0.99, float(probability)) * min(1.0, 0.6 + letters / 1000), 2)
    if probability < _LEAST_PROBABILITY:
        return Finding(
            None, confidence, f"{letters} letters point to no language; {code} is likeliest"
        )
    return Finding(str(code), confidence, f"{letters} letters of the text point to it")


def _words(lines: Sequence[Line]) -> str:
    """Return the wordy lines, in lower case: the model was taught running text, and capitals mislead it."""
    chosen: list[str] = []
    length = 0
    for line in lines:
        letters = sum(char.isalpha() for char in line.text)
        if letters > _WORDY * len(line.text):
            chosen.append(line.text.lower())
            length += len(line.text)
        if length > _MOST_CHARS:
            break
    return "\n".join(chosen)[:_MOST_CHARS]
