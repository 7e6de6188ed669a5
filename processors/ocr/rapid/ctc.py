"""Turn what a line recognizer says at each step along a line into text, certainty and the places of words."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from processors.ocr.rapid.lexicon import Letter, Lexicon

_POSSIBLE = 0.03
"""How likely a letter must be to be thought of where the likeliest makes no word."""
_LIKELY_SPACE = 0.1
"""Where nothing is the likeliest, a space this likely is one: joined words are a recognizer's commonest fault."""


@dataclass(frozen=True, slots=True)
class WordSpan:
    """One word with the shares of the picture's width at which it begins and ends; confidence runs from 0 to 1."""

    text: str
    start: float
    end: float
    confidence: float


@dataclass(frozen=True, slots=True)
class LineText:
    """What one line says; confidence runs from 0 to 1."""

    text: str
    confidence: float
    words: tuple[WordSpan, ...]


def decode(
    probabilities: Any, characters: Sequence[str], lexicon: Lexicon | None = None
) -> LineText:
    """Take the likeliest character of each step (steps x characters), once for each run of the same one.

    The first character stands for nothing, the last is the space. A character is surest at its middle; a word is taken
    to begin and end half a character's step beyond its outer ones. With a lexicon, doubtful words are settled by it;
    the line's confidence is still that of what was likeliest.
    """
    import numpy as np

    likeliest = probabilities.argmax(axis=1)
    likeliest[(likeliest == 0) & (probabilities[:, -1] > _LIKELY_SPACE)] = len(characters) - 1
    chosen = likeliest != 0
    chosen[1:] &= likeliest[1:] != likeliest[:-1]
    steps = np.flatnonzero(chosen)
    if not len(steps):
        return LineText("", 0.0, ())
    sure = probabilities[steps, likeliest[steps]].astype(float).tolist()
    letters = [
        Letter(characters[index], share)
        for index, share in zip(likeliest[steps], sure, strict=True)
    ]
    written = [letter.certainty for letter in letters if not letter.text.isspace()]
    if lexicon is not None and min(sure) < 1 - _POSSIBLE:
        letters = lexicon.settle(
            letters, lambda index: _others(probabilities[steps[index]], characters)
        )
    words = tuple(_words(letters, steps.tolist(), count=len(likeliest)))
    return LineText(
        " ".join(word.text for word in words), float(np.mean(written)) if written else 0.0, words
    )


def _others(probabilities: Any, characters: Sequence[str]) -> list[Letter]:
    """Return the letters a step may say beside the likeliest."""
    import numpy as np

    possible = [int(index) for index in np.flatnonzero(probabilities >= _POSSIBLE)]
    likeliest = int(probabilities.argmax())
    return [
        Letter(characters[index], float(probabilities[index]))
        for index in possible
        if index != likeliest and characters[index].isalpha()
    ]


def _words(letters: Sequence[Letter], steps: Sequence[int], *, count: int) -> list[WordSpan]:
    """Split at spaces."""
    found: list[WordSpan] = []
    start = 0
    for index in range(len(letters) + 1):
        if index < len(letters) and not letters[index].text.isspace():
            continue
        if index > start:
            found.append(_word(letters[start:index], steps[start:index], count=count))
        start = index + 1
    return found


def _word(letters: Sequence[Letter], steps: Sequence[int], *, count: int) -> WordSpan:
    half = (steps[-1] - steps[0]) / (2 * (len(steps) - 1)) if len(steps) > 1 else 1.0
    return WordSpan(
        text="".join(letter.text for letter in letters),
        start=max(0.0, (steps[0] + 0.5 - half) / count),
        end=min(1.0, (steps[-1] + 0.5 + half) / count),
        confidence=sum(letter.certainty for letter in letters) / len(letters),
    )
