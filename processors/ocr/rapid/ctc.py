"""Decode a line recognizer's predictions into text, confidence and the positions of words.

The recognizer is trained with Connectionist Temporal Classification (CTC; Graves et al., 2006): at
each step along a line it predicts a character or "blank". Decoding is greedy: the most probable
character of each step, with repeats merged and blanks removed.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from processors.ocr.rapid.lexicon import Letter, Lexicon

_BLANK = 0  # the index of CTC's blank among the characters; the last index is the space
# The probability from which a letter is an alternative if the most probable one makes no word.
_LEAST_ALTERNATIVE = 0.03
# The probability from which a space is decoded where blank is the most probable: joined words are
# the most frequent error of the recognizer.
_LEAST_SPACE = 0.1


@dataclass(frozen=True, slots=True)
class WordSpan:
    """One word with the shares of the line's width at which it begins and ends.

    Confidence is from 0 to 1.
    """

    text: str
    start: float
    end: float
    confidence: float


@dataclass(frozen=True, slots=True)
class DecodedLine:
    """The text of one line; confidence is from 0 to 1."""

    text: str
    confidence: float
    words: tuple[WordSpan, ...]


def decode(
    probabilities: Any, characters: Sequence[str], lexicon: Lexicon | None = None
) -> DecodedLine:
    """Decode probabilities (steps x characters).

    With a lexicon, doubtful words are corrected by it. The line's confidence is the mean
    probability of its characters before any correction, spaces excluded.
    """
    import numpy as np

    best = probabilities.argmax(axis=1)
    space = len(characters) - 1
    best[(best == _BLANK) & (probabilities[:, -1] > _LEAST_SPACE)] = space
    is_character = best != _BLANK
    is_character[1:] &= best[1:] != best[:-1]  # of a run of the same character, the first step
    steps = np.flatnonzero(is_character)
    if not len(steps):
        return DecodedLine("", 0.0, ())

    confidences = probabilities[steps, best[steps]].astype(float).tolist()
    letters = []
    for index, confidence in zip(best[steps], confidences, strict=True):
        letters.append(Letter(characters[index], confidence))
    visible = [letter.confidence for letter in letters if not letter.text.isspace()]

    def alternatives(position: int) -> list[Letter]:
        """Return the letters that a step may be beside the most probable one."""
        of_step = probabilities[steps[position]]
        likely = np.flatnonzero(of_step >= _LEAST_ALTERNATIVE).tolist()
        return [
            Letter(characters[index], float(of_step[index]))
            for index in likely
            if index != of_step.argmax() and characters[index].isalpha()
        ]

    # Only a step whose best character is this improbable can have an alternative.
    if lexicon is not None and min(confidences) < 1 - _LEAST_ALTERNATIVE:
        letters = lexicon.correct(letters, alternatives)
    words = _words(letters, steps.tolist(), count=len(best))
    text = " ".join(word.text for word in words)
    return DecodedLine(text, float(np.mean(visible)) if visible else 0.0, tuple(words))


def _words(letters: Sequence[Letter], steps: Sequence[int], *, count: int) -> list[WordSpan]:
    """Split at spaces; `count` is the number of steps along the line."""
    found: list[WordSpan] = []
    start = 0
    for index in range(len(letters) + 1):
        if index < len(letters) and not letters[index].text.isspace():
            continue
        if index > start:
            word, own = letters[start:index], steps[start:index]
            # A step marks the middle of its character. A word begins and ends half a character
            # beyond its outer steps; of a single character, half the width is taken to be one step.
            half = (own[-1] - own[0]) / (2 * (len(own) - 1)) if len(own) > 1 else 1.0
            span = WordSpan(
                text="".join(letter.text for letter in word),
                start=max(0.0, (own[0] + 0.5 - half) / count),
                end=min(1.0, (own[-1] + 0.5 + half) / count),
                confidence=sum(letter.confidence for letter in word) / len(word),
            )
            found.append(span)
        start = index + 1
    return found
