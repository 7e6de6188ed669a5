import numpy as np
import pytest

from processors.ocr.rapid import ctc
from processors.ocr.rapid.lexicon import Lexicon

CHARACTERS = ["", "a", "b", " "]


def steps(*likeliest: int, confidence: float = 0.9) -> np.ndarray:
    """Return what a recognizer says that is so sure of these characters, step by step."""
    table = np.full(
        (len(likeliest), len(CHARACTERS)),
        (1 - confidence) / (len(CHARACTERS) - 1),
        dtype=np.float32,
    )
    table[np.arange(len(likeliest)), likeliest] = confidence
    return table


def test_a_run_of_one_character_is_one_character():
    """A character seen at several steps in a row is written once; nothing between two makes them two."""
    line = ctc.decode(steps(1, 1, 0, 1, 2, 2), CHARACTERS)

    assert line.text == "aab"
    assert line.confidence == pytest.approx(0.9)


def test_words_lie_where_their_characters_were_seen():
    """Words end at spaces, and their places are shares of the width, in order and within it."""
    line = ctc.decode(steps(0, 1, 0, 2, 3, 1, 0, 2, 0, 0), CHARACTERS)

    assert [word.text for word in line.words] == ["ab", "ab"]
    first, second = line.words
    assert (first.start, first.end) == pytest.approx((0.05, 0.45))
    assert (second.start, second.end) == pytest.approx((0.45, 0.85))


def test_nothing_read_is_nothing():
    """A line without a single character has no text, no words and no certainty."""
    assert ctc.decode(steps(0, 0, 0), CHARACTERS) == ctc.DecodedLine("", 0.0, ())


def test_a_likely_space_parts_words():
    """Where nothing is the likeliest but a space not unlikely, two words are written, not one."""
    table = steps(1, 0, 2, confidence=0.97)
    table[1] = [0.8, 0.0, 0.0, 0.2]

    line = ctc.decode(table, CHARACTERS)

    assert line.text == "a b"
    assert line.confidence == pytest.approx(0.97)


def test_a_lexicon_settles_what_is_doubtful():
    """A doubtful letter follows the lexicon, and the word's confidence tells that it was doubtful; the line's stays."""
    table = steps(1, 0, 2, 0, 1, 0, 2, confidence=0.97)
    table[2] = [0.0, 0.4, 0.6, 0.0]
    known = Lexicon({"aaab": 2_000_000})

    line = ctc.decode(table, CHARACTERS, known)

    assert line.text == "aaab"
    assert line.words[0].confidence == pytest.approx((3 * 0.97 + 0.4) / 4)
    assert line.confidence == pytest.approx((3 * 0.97 + 0.6) / 4)
