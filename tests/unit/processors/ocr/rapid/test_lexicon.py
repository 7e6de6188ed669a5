import pytest

from processors.ocr.rapid import lexicon
from processors.ocr.rapid.lexicon import Letter, Lexicon

WORDS = Lexicon(
    {"total": 9_000_000, "totem": 5_000_000, "invoice": 8_000_000, "tatal": 20, "date": 9_000_000}
)


def settled(word: str, **others: str) -> str:
    """Return what becomes of a word whose letters, by their place, might also be others, less surely."""
    letters = [Letter(letter, 0.8) for letter in word]

    def possible(index: int) -> list[Letter]:
        return [Letter(letter, 0.1) for letter in others.get(f"at{index}", "")]

    return "".join(letter.text for letter in WORDS.correct(letters, possible))


def test_a_doubtful_letter_makes_a_word():
    """A word nobody writes becomes one that people write, by a letter the recognizer held possible."""
    assert settled("Tota1", at4="lI") == "Total"


def test_capitals_and_what_stands_beside_it_stay():
    """A word is settled between its punctuation, and its other letters keep their case."""
    assert settled("(INVQICE):", at4="O") == "(INVOICE):"


def test_what_the_recogniser_saw_clearly_stays():
    """A name one letter away from a word stays where the recognizer thought of no other letter."""
    assert settled("Totai") == "Totai"


def test_a_word_that_is_written_stays():
    """A word in the list stays, however rare it is and whatever else was possible."""
    assert settled("tatal", at1="o") == "tatal"


def test_rare_words_are_no_way_out():
    """Nothing becomes a word that is hardly ever written."""
    assert settled("tatai", at4="l") == "tatai"


def test_numbers_and_short_codes_stay():
    """What is mostly digits, or shorter than four characters, is never made a word."""
    assert settled("70781", at1="o", at3="a", at4="l") == "70781"
    assert settled("da1", at2="y") == "da1"


@pytest.mark.parametrize(("word", "becomes"), [("lnvolce", "invoice"), ("dqfe", "dqfe")])
def test_few_letters_are_settled(word: str, becomes: str):
    """A longer word may have two doubtful letters, a word of four letters one."""
    assert settled(word, at0="i", at1="a", at2="t", at4="i") == becomes


def test_the_likeliest_word_is_taken():
    """Of several words the one whose letters are surer is taken."""
    letters = [Letter(letter, 0.9) for letter in "tote1"]
    others = {3: [Letter("a", 0.06)], 4: [Letter("l", 0.3), Letter("m", 0.2)]}

    found = WORDS.correct(letters, lambda index: others.get(index, []))

    assert "".join(letter.text for letter in found) == "totem"
    assert found[4].confidence == 0.2


def test_a_word_of_many_doubts_stays():
    """A smudge that could be anything is not guessed at."""
    assert settled("xxxxxxx", **{f"at{place}": "invoice" for place in range(7)}) == "xxxxxxx"


def test_the_list_comes_with_its_package():
    """The English list is installed, and knows common words."""
    words = lexicon.english()

    assert words is not None
    letters = [Letter(letter, 0.6) for letter in "pleese"]
    assert (
        words.correct(letters, lambda index: [Letter("a", 0.3)] if index == 3 else [])[3].text
        == "a"
    )
