"""Numbers that users type: where two may be meant, the page asks before it writes."""

import re

import pytest

from flows.web.review.words import meant_values
from pipeline.decide.fingerprint import settings_hash
from pipeline.ports.ledger import ColumnTypes
from pipeline.source_run.checks import remember_types
from tests.unit.web.conftest import Office, form_of, words
from tests.unit.web.review.test_decisions import decide


@pytest.mark.parametrize(
    ("typed", "column_type", "meant"),
    [
        ("1.234", "CURRENCY", ("1234", "1.2340")),
        ("1,234", "NUMBER", ("1234", "1.2340")),
        ("-KWD 12.345", "CURRENCY", ("-12345", "-12.3450")),
        ("(7,500)", "CURRENCY", ("-7500", "-7.5000")),
        ("1.234", "INTEGER", ("1234",)),
        ("1,234.50", "CURRENCY", ()),
        ("0.125", "NUMBER", ()),
        ("1.234.567", "CURRENCY", ()),
        ("1.234", "STRING", ()),
        ("twelve", "CURRENCY", ()),
    ],
)
def test_a_number_that_is_two_has_both(typed: str, column_type: str, meant: tuple[str, ...]):
    """With one separator and three digits behind it, a number is two, each written without a doubt."""
    assert meant_values(typed, column_type) == meant
    assert [meant_values(one, column_type) for one in meant] == [()] * len(meant)


@pytest.mark.parametrize(("button", "total"), [(0, 1234.0), (1, 1.234)])
def test_a_number_that_is_two_is_asked_about_before_it_is_written(
    office: Office, button: int, total: float
):
    """Dinars have three decimals: the page offers both numbers, and a button writes one."""
    path = office.suggest()
    remember_types(office.spec, target=office.world.caspio, ledger=office.world.ledger)
    browser = office.signed_in()
    page = decide(browser, path, "correct", text="1.234")
    before = office.world.record("1")["Total"]
    picks = re.findall(r'<button name="pick" value="([^"]*)" formnovalidate>Write', page)
    browser.post(f"{path}/decide", **form_of(page, "/decide"), pick=picks[button])

    assert "1.234 is two numbers. Nothing is written yet. Which one is meant?" in words(page)
    assert "Write 1,234.00 Write 1.234" in words(page)
    assert before == 99.0
    assert office.world.record("1")["Total"] == total


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ("20240.101", "Write 20,240,101.00 Write 20,240.10"),
        ("-19991.231", "Write -19,991,231.00 Write -19,991.23"),
    ],
)
def test_a_number_that_looks_like_a_date_stays_a_number(office: Office, typed: str, said: str):
    """The column says what its values are: digits that would be a day are an amount there."""
    path = office.suggest()
    remember_types(office.spec, target=office.world.caspio, ledger=office.world.ledger)
    page = decide(office.signed_in(), path, "correct", text=typed)

    assert f"{typed} is two numbers. Nothing is written yet. Which one is meant?" in words(page)
    assert said in words(page)


@pytest.mark.parametrize(("typed", "number"), [("1.234", "1,234"), ("(7,500)", "-7,500")])
def test_a_number_of_which_one_is_left_is_not_called_two(office: Office, typed: str, number: str):
    """A column of whole numbers holds one of the two: the page says how it is read, and asks."""
    path = office.suggest()
    whole = ColumnTypes(settings_hash(office.spec), {"Total": "INTEGER"})
    office.world.ledger.files.save_column_types(office.spec.name, whole)
    page = decide(office.signed_in(), path, "correct", text=typed)

    said = f"{typed} is read as {number} here. Nothing is written yet. Write {number}"
    assert said in words(page)
    assert office.world.record("1")["Total"] == 99.0


@pytest.mark.parametrize("typed", ["€ 12,50", "12.50 EUR", "(12.50)", "12.50-", "1 234,50", "5"])
def test_the_browser_lets_through_what_is_understood(office: Office, typed: str):
    """The field of a number takes it with its currency and sign, as documents print it."""
    path = office.suggest()
    remember_types(office.spec, target=office.world.caspio, ledger=office.world.ledger)
    page = office.signed_in().get(path)
    pattern = re.search(r'inputmode="decimal"[^>]*pattern="([^"]*)"[^>]*value="12.5"', page)

    assert pattern is not None
    assert re.fullmatch(pattern[1], typed)
