import pytest

from processors.ocr.rapid import lexicon
from processors.ocr.rapid.lexicon import Letter, Lexicon

WORDS = Lexicon(
    {"total": 9_000_000, "totem": 5_000_000, "invoice": 8_000_000, "tatal": 20, "date": 9_000_000}
)


def corrected(word: str, **others: str) -> str:
    """Return a word after correction; `at3="ab"` are the alternatives of its fourth letter."""
    letters = [Letter(letter, 0.8) for letter in word]

    def possible(index: int) -> list[Letter]:
        return [Letter(letter, 0.1) for letter in others.get(f"at{index}", "")]

    return "".join(letter.text for letter in WORDS.correct(letters, possible))


def test_a_doubtful_letter_makes_a_word():
    """A word that is not in the list becomes one that is, by a letter found possible."""
    assert corrected("Tota1", at4="lI") == "Total"


def test_capitals_and_punctuation_stay():
    """A word is corrected between its punctuation, and its other letters keep their case."""
    assert corrected("(INVQICE):", at4="O") == "(INVOICE):"


def test_a_word_without_alternatives_stays():
    """A name one letter away from a word stays if no other letter was found possible."""
    assert corrected("Totai") == "Totai"


def test_a_word_of_the_list_stays():
    """A word in the list stays, however rare it is and whatever else was possible."""
    assert corrected("tatal", at1="o") == "tatal"


def test_no_word_becomes_a_rare_one():
    """No word becomes one that hardly ever occurs."""
    assert corrected("tatai", at4="l") == "tatai"


def test_numbers_and_short_codes_stay():
    """Text that is mostly digits or shorter than four characters is not corrected."""
    assert corrected("70781", at1="o", at3="a", at4="l") == "70781"
    assert corrected("da1", at2="y") == "da1"


@pytest.mark.parametrize(("word", "becomes"), [("lnvolce", "invoice"), ("dqfe", "dqfe")])
def test_few_letters_are_corrected(word: str, becomes: str):
    """A longer word may have two corrected letters, a word of four letters one."""
    assert corrected(word, at0="i", at1="a", at2="t", at4="i") == becomes


def test_the_most_probable_word_is_chosen():
    """Of several words, the one with the more probable letters is chosen."""
    letters = [Letter(letter, 0.9) for letter in "tote1"]
    others = {3: [Letter("a", 0.06)], 4: [Letter("l", 0.3), Letter("m", 0.2)]}

    found = WORDS.correct(letters, lambda index: others.get(index, []))

    assert "".join(letter.text for letter in found) == "totem"
    assert found[4].confidence == 0.2


def test_a_word_with_many_alternatives_stays():
    """A smudge that could be anything is not corrected."""
    assert (
        corrected("xxxxxxx", **{f"at{position}": "invoice" for position in range(7)}) == "xxxxxxx"
    )


def test_the_list_comes_with_its_package():
    """The English list is installed and has common words."""
    words = lexicon.english()

    assert words is not None
    letters = [Letter(letter, 0.6) for letter in "pleese"]
    assert (
        words.correct(letters, lambda index: [Letter("a", 0.3)] if index == 3 else [])[3].text
        == "a"
    )
