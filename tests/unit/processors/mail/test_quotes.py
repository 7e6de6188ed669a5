"""Tests of what in a mail is the sender's own."""

import pytest

from processors.mail.quotes import split_quoted

QUOTED = "> Rent for May 640.00\n> Due on the first\n"


@pytest.mark.parametrize(
    "attribution",
    [
        "On Tue, 5 May 2026 at 08:00, Lena <lena@flats.example> wrote:\n",
        "On Tue, 5 May 2026 at 08:00, Lena\n<lena@flats.example> wrote:\n\n",
        "Am 05.05.26 um 08:00 schrieb Lena:\n",
        "Le 05/05/2026 à 08:00, Lena a écrit :\n",
        "Den tis 5 maj 2026 kl 08:00 skrev Lena <lena@flats.example>:\n",
        "",
    ],
)
def test_an_answer_below_a_quotation_is_the_senders(attribution: str):
    """Words below the quoted mail are the sender's, however few; the quoted ones are not."""
    own, quoted = split_quoted(f"{attribution}{QUOTED}\nPaid.\n")

    assert own.strip() == "Paid."
    assert "640.00" in quoted


def test_a_signature_below_a_quotation_is_no_answer():
    """A mail of a quotation and a signature forwards what it quotes."""
    text = f"On Tuesday Lena wrote:\n{QUOTED}\n-- \nOtto Brand, Brand and Daughters\n"

    assert split_quoted(text) == (text, "")


def test_few_words_under_the_subject_of_an_answer_are_the_senders():
    """What "Re:" announces is an answer, not a mail that was passed on."""
    text = f"Paid.\n\nOn Tuesday Lena wrote:\n{QUOTED}"

    assert split_quoted(text, subject="Re: May")[0].strip() == "Paid."
    assert split_quoted(text, subject="May") == (text, "")


def test_marks_below_a_forwarding_line_are_what_was_sent():
    """A mail that is forwarded may itself be marked as quoted."""
    text = f"Please pay this one today.\n\n---------- Forwarded message ---------\n{QUOTED}"

    assert split_quoted(text) == (text, "")


@pytest.mark.parametrize(
    "attribution",
    ["On 3 May 2031, Bob wrote:\n", "On 3 May 2031, Bob\n<bob@flats.example> wrote:\n"],
)
def test_one_mark_within_an_older_mail_makes_it_no_answer(attribution: str):
    """Marked lines say what is quoted only where they follow the attribution at once."""
    text = f"The answer is here, thanks.\n\n{attribution}Hi\n> you said 5\nTotal: 55.00 EUR"

    own, quoted = split_quoted(text)

    assert own.strip() == "The answer is here, thanks."
    assert "55.00" in quoted


@pytest.mark.parametrize(
    ("head", "is_older"),
    [
        ("Frå: Lena <lena@flats.example>\nSendt: 5. mai 2026 08:00\nTil: Otto", True),
        ("발신: Lena <lena@flats.example>\n날짜: 2026년 5월 5일 08:00\n수신: Otto", True),
        ("Caretaker: Lena, lena@flats.example\nKeys: Otto\nRoof: Ada", False),
        ("E-mail: lena@flats.example\nOrdered: 5 May 2026 08:00\nKeys: 2", False),
        ("Caretaker: Lena\nOpen: 5 May 2026 08:00\nKeys: Otto", False),
    ],
)
def test_the_form_of_a_head_shows_an_older_mail(head: str, *, is_older: bool):
    """The head of an older mail has the sender's address and a time, in every language."""
    text = f"We have paid this long ago, in April.\n\n{head}\n\nRent 640.00\n"

    assert ("640.00" in split_quoted(text)[1]) is is_older


def test_marks_below_a_forwarding_line_are_what_was_sent_under_its_subject():
    """Mail programs mark a forwarded mail like a quoted one, and say so above it."""
    text = "Please pay this one by Friday.\n\nBegin forwarded message:\n\n> Total: 12.00\n> Thanks"

    own, quoted = split_quoted(text, subject="Fwd: Lamps")

    assert "12.00" in own
    assert not quoted


@pytest.mark.parametrize(("mark", "is_quoted"), [("KO> ", True), ("Ko> ", False), ("SKU ", False)])
def test_marks_with_initials_quote_older_mail(mark: str, *, is_quoted: bool):
    """Some programs put the initials of the writer before the mark."""
    text = f"We have sent the lamps today.\n{mark}Total: 12.00"

    assert ("12.00" in split_quoted(text)[1]) is is_quoted


@pytest.mark.parametrize(
    ("above", "line", "is_quoted"),
    [
        ("Kofi wrote:", "| Total: 12.00", True),
        ("On 3 May 2031, Kofi Ade wrote:\n", "| Total: 12.00", True),
        ("Here is the table:", "| Total: 12.00", False),
        ("Kofi wrote:", "| Total | 12.00 |", False),
    ],
)
def test_bars_below_the_name_of_a_writer_quote_older_mail(
    above: str, line: str, *, is_quoted: bool
):
    """A bar marks a quotation below who wrote it; a table has bars between its cells."""
    text = f"We have sent the lamps today.\n\n{above}\n{line}\n"

    assert ("12.00" in split_quoted(text)[1]) is is_quoted
