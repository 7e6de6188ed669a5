"""Recognize the language of a document with py3langid, whose model is part of the package."""

from collections.abc import Sequence
from functools import cache
from typing import TYPE_CHECKING

from pipeline.model import Finding
from processors.values.lines import TextLine

if TYPE_CHECKING:
    from py3langid.langid import LanguageIdentifier

# More text does not change the result but costs time; a page has about 3,000 characters.
_MOST_CHARS = 6_000
# With fewer letters the model guesses: a receipt of numbers and brand names has no language.
_LEAST_LETTERS = 40
_LEAST_PROBABILITY = 0.5

_LEAST_SHARE_OF_LETTERS = 0.6
"""Share of letters in a line that counts: numbers and codes have no language."""


@cache
def _identifier() -> "LanguageIdentifier":
    """Load the model once; it takes a third of a second."""
    from py3langid.langid import MODEL_FILE, LanguageIdentifier

    return LanguageIdentifier.from_model_file(MODEL_FILE, norm_probs=True)


def find_language(lines: Sequence[TextLine]) -> Finding | None:
    """Return the ISO 639-1 code of the main language; None if there is too little text."""
    text = running_text(lines)
    letters = sum(map(str.isalpha, text))
    if letters < _LEAST_LETTERS:
        return None

    code, probability = _identifier().classify(text)
    # The model is certain of short texts, too: below 400 letters the confidence is reduced.
    confidence = round(min(0.99, float(probability)) * min(1.0, 0.6 + letters / 1000), 2)
    if probability < _LEAST_PROBABILITY:
        reason = f"{letters} letters do not point to one language; the most likely one is {code}"
        return Finding(None, confidence, reason)
    return Finding(str(code), confidence, f"{letters} letters of the text point to it")


def running_text(lines: Sequence[TextLine]) -> str:
    """Return the lines that consist of words, in lower case.

    The model was trained on running text: text in capital letters misleads it.
    """
    chosen: list[str] = []
    length = 0
    for line in lines:
        letters = sum(map(str.isalpha, line.text))
        if letters > _LEAST_SHARE_OF_LETTERS * len(line.text):
            chosen.append(line.text.lower())
            length += len(line.text)
        if length > _MOST_CHARS:
            break
    return "\n".join(chosen)[:_MOST_CHARS]
