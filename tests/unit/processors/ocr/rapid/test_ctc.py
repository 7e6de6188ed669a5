import numpy as np
import pytest

from processors.ocr.rapid import ctc
from processors.ocr.rapid.lexicon import Lexicon

CHARACTERS = ["", "a", "b", " "]


def steps(*likeliest: int, confidence: float = 0.9) -> np.ndarray:
    """Return predictions with these characters as the most probable ones, step by step."""
    table = np.full(
        (len(likeliest), len(CHARACTERS)),
        (1 - confidence) / (len(CHARACTERS) - 1),
        dtype=np.float32,
    )
    table[np.arange(len(likeliest)), likeliest] = confidence
    return table


def test_repeats_are_merged():
    """A character at several steps in a row is written once; a blank between makes it two."""
    line = ctc.decode(steps(1, 1, 0, 1, 2, 2), CHARACTERS)

    assert line.text == "aab"
    assert line.confidence == pytest.approx(0.9)


def test_words_have_the_positions_of_their_characters():
    """Words end at spaces, and their positions are shares of the width, in order."""
    line = ctc.decode(steps(0, 1, 0, 2, 3, 1, 0, 2, 0, 0), CHARACTERS)

    assert [word.text for word in line.words] == ["ab", "ab"]
    first, second = line.words
    assert (first.start, first.end) == pytest.approx((0.05, 0.45))
    assert (second.start, second.end) == pytest.approx((0.45, 0.85))


def test_blanks_alone_are_no_text():
    """A line without a character has no text, no words and no confidence."""
    assert ctc.decode(steps(0, 0, 0), CHARACTERS) == ctc.DecodedLine("", 0.0, ())


def test_a_likely_space_separates_words():
    """Where blank is most probable but a space is likely, two words are written."""
    table = steps(1, 0, 2, confidence=0.97)
    table[1] = [0.8, 0.0, 0.0, 0.2]

    line = ctc.decode(table, CHARACTERS)

    assert line.text == "a b"
    assert line.confidence == pytest.approx(0.97)


def test_a_lexicon_corrects_doubtful_letters():
    """A corrected letter lowers its word's confidence; the line's stays the same."""
    table = steps(1, 0, 2, 0, 1, 0, 2, confidence=0.97)
    table[2] = [0.0, 0.4, 0.6, 0.0]
    known = Lexicon({"aaab": 2_000_000})

    line = ctc.decode(table, CHARACTERS, known)

    assert line.text == "aaab"
    assert line.words[0].confidence == pytest.approx((3 * 0.97 + 0.4) / 4)
    assert line.confidence == pytest.approx((3 * 0.97 + 0.6) / 4)
