"""What may be somebody else's, or more than the value, is a suggestion."""

import pytest

from pipeline.model import Finding
from processors.confidence.logistic import logit
from processors.confidence.model import MOST_UNANNOUNCED, WRITE_AT, most_logit
from processors.contract import Page
from tests.unit.processors.confidence.test_probabilities import features_on, page, read

_SLIP = Finding("other", 0.5, "nothing says more")


@pytest.mark.parametrize(
    ("named", "is_sure"),
    [
        ("Vole Nursery, Fell Row 9, 30-002 Kendal", True),
        ("Vole Nursery, 14 Fell Lane", True),
        ("Vole, 5 Senses Ltd", True),
        ("Vole, 5 Senses Cooking", False),
        ("Vole, 20002 Leagues Diving", False),
    ],
)
def test_a_buyer_with_a_number_behind_a_comma_is_a_suggestion(named: str, *, is_sure: bool):
    """It may be a name with a number or one with its town; a street or a legal form decides."""
    features = features_on([page("INVOICE 12", f"Buyer: {named}", "Total 5.00")], "buyer")

    assert (most_logit(features) > logit(WRITE_AT)) == is_sure


@pytest.mark.parametrize(
    "address", ["ann@vole.example", "teal@gmail.example", "www.paypal.example"]
)
def test_the_web_address_of_a_named_buyer_or_of_anybody_is_no_doubt(address: str):
    """Without a buyer, who is named may be the receiver: then any other address is a doubt."""
    lines = ("Otter Quill Ltd", "INVOICE 12", "Total 5.00", address)
    named = (*lines, "Bill to: Ann Vole")

    assert features_on([page(*lines)], "company")["other_in_domain"]
    assert not features_on([page(*named)], "company")["other_in_domain"]
    assert features_on([page(*named, "www.heron.example")], "company")["other_in_domain"]


def test_the_first_name_of_a_letter_in_its_window_is_a_suggestion():
    """Its letterhead is a picture; at the head, or beside a named buyer, it is the issuer."""
    lines = ("Otter Quill Ltd", "5 Heron Row", "Ely CB7 4DL", "INVOICE 12", "Total 5.00")

    def most(*lines: str, skipped: int, name: str = "company") -> float:
        whole = page(*("" for _ in range(skipped)), *lines)
        shown = Page(whole.text, whole.lines[skipped:])
        return most_logit(features_on([shown], name))

    assert most(*lines, skipped=5) < logit(WRITE_AT)
    assert most(*lines, skipped=5, name="address") < logit(WRITE_AT)
    assert most(*lines, skipped=0) > logit(WRITE_AT)
    assert most(*lines, "Bill to: Ann Vole", skipped=5) > logit(WRITE_AT)
    assert most(*lines, "www.otter-quill.example", skipped=5) > logit(WRITE_AT)


@pytest.mark.parametrize(
    ("line", "is_sure"),
    [("Visit £99.00", False), ("Total £99.00", True), ("Amount due £99.00", True)],
)
def test_the_largest_amount_is_hardly_a_suggestion(line: str, *, is_sure: bool):
    """Nothing says that it is a total: it may be a price, or what was given."""
    features = features_on([page("Otter Ltd", "INVOICE 12", "Shelf £12.50", line)], "total")

    assert (most_logit(features) > logit(MOST_UNANNOUNCED)) == is_sure


@pytest.mark.parametrize(
    ("lines", "is_sure"),
    [
        (("Day   3 March 2031",), False),
        (("Week 2   3 March 2031   8.00",), False),
        (("Shift", "3 March 2031"), False),
        (("Visit   Task   Hours", "3 March 2031   Painting   8.00"), False),
        (("Tag   3.3.2031",), False),
        (("3 March 2031",), True),
        (("Date   3 March 2031",), True),
        (("Ely   3 March 2031",), True),
    ],
)
def test_the_day_of_a_row_is_a_suggestion(lines: tuple[str, ...], *, is_sure: bool):
    """It is what was done on that day, and not the date of the bill."""
    features = features_on([page("Otter Ltd", "INVOICE 12", *lines, "Total 5.00")], "date")

    assert (most_logit(features) > logit(WRITE_AT)) == is_sure


@pytest.mark.parametrize(
    ("lines", "is_sure"),
    [
        (("03/14/2031 Room 90.00", "03/15/2031 Room 90.00"), False),
        (("14.03.2031 Miete -90,00", "16.03.2031 Gehalt 90,00"), False),
        (("14 March 2031 Card 9.00 80.00", "16 March 2031 Salary 9.00 89.00"), False),
        (("03/14/2031", "03/14/2031 Room 90.00", "03/15/2031 Room 90.00"), True),
        (("Date: 03/14/2031", "03/14/2031 Room 90.00", "03/15/2031 Room 90.00"), True),
        (("03/14/2031 Room 90.00", "Breakfast 9.00"), True),
    ],
)
def test_the_day_of_a_booking_is_a_suggestion(lines: tuple[str, ...], *, is_sure: bool):
    """Each row of a statement or of a hotel's bill begins with a day of its own."""
    features = features_on([page("Otter Ltd", "INVOICE 12", *lines, "Total 5.00")], "date")

    assert (most_logit(features) > logit(WRITE_AT)) == is_sure


@pytest.mark.parametrize("label", ["Eintritt", "Eintrittsdatum", "Date d'embauche", "Joining date"])
def test_the_day_on_which_somebody_was_hired_is_no_date_of_a_payslip(label: str):
    """Payslips print it in their head."""
    found = read([page("Otter Ltd", "PAYSLIP", f"{label}: 01.03.2020", "Total 5.00")], _SLIP)

    assert "date" not in found or found["date"].confidence < WRITE_AT
