"""Where values are printed that have a page and no place, as those on later pages of long documents."""

import pytest

from flows.web.review.printed_place import place_of_value, with_places
from pipeline.model import Finding, Findings, ReadStatus
from tests.unit.web.conftest import Office
from tests.unit.web.review.pages import LINES
from tests.unit.web.review.test_document import read_as
from tests.unit.web.review.test_words import page_words


@pytest.mark.parametrize(
    ("name", "value", "box"),
    [
        ("total", "1234.56", (70.0, 60.0, 160.0, 70.0)),
        ("date", "2026-03-31", (50.0, 20.0, 180.0, 30.0)),
        ("company", "ACME Ltd.", (0.0, 80.0, 80.0, 90.0)),
        ("invoice_number", "4711", (80.0, 0.0, 120.0, 10.0)),
        ("total", "99.00", None),
        ("company", "Acme", (0.0, 80.0, 40.0, 90.0)),
        ("company", "", None),
    ],
)
def test_a_value_is_found_where_it_is_printed(name: str, value: str, box: tuple[float, ...] | None):
    """However it is written: an amount with separators, a date in words, a name in other case."""
    assert place_of_value(page_words(*LINES), name, value) == box


@pytest.mark.parametrize(("name", "value"), [("total", "12.50"), ("company", "Acme Ltd")])
def test_what_is_printed_twice_has_no_place(name: str, value: str):
    """Nobody is shown a place that may be another one."""
    words = page_words("Subtotal 12.50", "Total 12.50", "Acme Ltd", "paid to Acme Ltd")

    assert place_of_value(words, name, value) is None


def test_a_place_that_was_read_stays():
    """Only what is on the page, and has no place, gets one."""
    known = Finding("1234.56", 0.9, "", 1, (1.0, 2.0, 3.0, 4.0))
    elsewhere = Finding("1000.00", 0.9, "", 2)
    findings = Findings(
        "application/pdf",
        ReadStatus.OK,
        Finding(None, 0.0, ""),
        fields={"total": known, "net": elsewhere},
    )

    assert with_places(findings, 1, page_words(*LINES)) == findings


def test_a_page_of_numbers_takes_little_time():
    """Only some thousand texts of a page are read as numbers."""
    words = page_words(*(" ".join(str(number) for number in range(100)) for _ in range(200)))

    assert place_of_value(words, "total", "12345.00") is None


def test_a_value_on_a_later_page_is_marked(office: Office):
    """The page of the value is shown, with its place on the page and cut out beside it."""
    read_as(
        office, pages=25, lines=("Net 10.00", "Total 12.50"), total=Finding("12.50", 0.99, "", 23)
    )
    page = office.signed_in().get(office.suggest())

    assert "Page 23 of 25" in page
    assert 'data-number="1"' in page
    assert 'class="cut"' in page
