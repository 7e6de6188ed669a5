"""When a choice of a model is what people have put into a column."""

import pytest

from pipeline.decide.learned import verdict
from pipeline.model import Column
from pipeline.model.learning import Verdict

TEXT = Column("Company", "STRING")
SAME = [
    ("SDN. BHD.", "Sdn Bhd"),
    ("High St. , Leeds", "High  St,LEEDS."),
    ("Sec. 4, Block B", "Sec 4, Block B."),
    ("A. Smith, Sons", "A Smith Sons"),
    ("Łódź, Österreich.", "łódź österreich"),
    ("Contact, a@b.com", "contact a@b.com"),
]
OTHER = [
    ("1.5", "15"),
    ("0.5", "5"),
    (".5", "5"),
    ("Rs..5", "Rs 5"),
    ("-5", "5"),
    ("A+", "A-"),
    ("C++", "C"),
    ("12/34", "1234"),
    ("12-34", "12 34"),
    ("1,234", "1.234"),
    ("12,345.00", "12.345,00"),
    ("10.50", "10 50"),
    ("10, 20", "10 20"),
    ("10 , 50", "10 50"),
    ("12:30", "12.30"),
    ("v2.1", "v2 1"),
    ("A.7", "A 7"),
    ("7.A", "7 A"),
    ("1.5 kg", "1 5 kg"),
    ("192.168.1.1", "192 168 1 1"),
    ("३.४", "३ ४"),
    ("a@b.com", "a@b com"),
    ("a.b@c.com", "a b@c.com"),
    ("Re: Acme", "Re Acme"),
    ("Sul tan", "Sultan"),
    ("Acme Ltd", "Acme"),
    ("Acme & Co", "Acme Co"),
    ("...", "!"),
    ("Acme ...!", "Acme !..."),
]


@pytest.mark.parametrize(("choice", "typed"), SAME)
def test_marks_between_words_make_no_difference(choice: str, typed: str):
    """Nobody reads a document wrongly who leaves out a full stop or sets a blank."""
    assert verdict(choice, typed, TEXT) is Verdict.RIGHT
    assert verdict(typed, choice, TEXT) is Verdict.RIGHT


@pytest.mark.parametrize(("choice", "typed"), OTHER)
def test_other_words_numbers_and_signs_do(choice: str, typed: str):
    """A mark beside a digit or in a mailbox, a sign and a blank in a word change what is said."""
    assert verdict(choice, typed, TEXT) is Verdict.WRONG
    assert verdict(typed, choice, TEXT) is Verdict.WRONG


@pytest.mark.parametrize(("choice", "typed"), SAME)
def test_whoever_changes_a_written_value_says_that_it_was_wrong(choice: str, typed: str):
    """Also where it is only a full stop; the case of letters is none to the database."""
    assert verdict(choice, typed, TEXT, was_written=True) is Verdict.WRONG
    assert verdict(choice, choice.upper(), TEXT, was_written=True) is Verdict.RIGHT


def test_separators_of_codes_make_no_difference_where_people_type_them_in_several_ways():
    """In a value that was written they do, and so do other letters and digits."""
    for typed in ("447781", "44 7781"):
        assert verdict("44-7781", typed, TEXT) is Verdict.WRONG
        assert verdict("44-7781", typed, TEXT, separators_vary=True) is Verdict.RIGHT
        written = verdict("44-7781", typed, TEXT, separators_vary=True, was_written=True)
        assert written is Verdict.WRONG
    assert verdict("44-7781", "447782", TEXT, separators_vary=True) is Verdict.WRONG


def test_numbers_and_dates_are_compared_as_such():
    """Their own types say when two of them are equal."""
    amount, day = Column("Total", "CURRENCY"), Column("Day", "DATE/TIME")

    assert verdict("31.90", 31.9, amount) is Verdict.RIGHT
    assert verdict("31.90", 319.0, amount) is Verdict.WRONG
    assert verdict("2018-03-04", "2018-03-04T00:00:00", day) is Verdict.RIGHT
    assert verdict("2018-03-04", "2018-04-03T00:00:00", day) is Verdict.WRONG
