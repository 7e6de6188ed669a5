"""What `find_values` promises about account and tax numbers."""

import pytest

from pipeline.model import PageText
from processors.contract import Page
from processors.values import find_values


def value(name: str, text: str) -> str | None:
    """Find one value of a text."""
    page = Page(PageText(number=1, source="text", engine=None, confidence=None, text=text))
    finding = find_values([page]).get(name)
    return finding.value if finding else None


@pytest.mark.parametrize(
    "text",
    [
        "IBAN NL91ABNA0417164300",
        "IBAN: NL91 ABNA 0417 1643 00",
        "IBAN: NL91-ABNA-0417-1643-00",
        "IBAN: NL91.ABNA.0417.1643.00 BIC ABNANL2A",
        "IBAN: NL91 ABNA\n0417 1643 00",
        "IBAN: NL91 ABNA 0417 1643\n00\nThank you",
        "IBAN: NL 91 ABNA 0417 1643 00",
    ],
)
def test_an_account_number_may_be_grouped_and_wrapped(text: str):
    """Blanks, points, dashes and a line end within an IBAN are no part of it."""
    assert value("iban", text) == "NL91ABNA0417164300"


def test_the_bank_of_an_account_need_not_be_known():
    """Lists of banks grow old; the check digits do not."""
    assert value("iban", "IBAN be68 5390 0754 7034") == "BE68539007547034"


@pytest.mark.parametrize(
    "text",
    ["BTW NL4495445B01", "VAT no: NL-004495445-B01", "VAT no: NL 0044.95.445.B.01",
     "VAT no: NL004495\n445B01"],
)  # fmt: skip
def test_a_tax_number_may_be_grouped_and_wrapped(text: str):
    """Blanks, points, dashes and, after the name of the tax, a line end are no part of it."""
    assert value("vat_id", text) in {"NL004495445B01", "NL4495445B01"}


def test_only_a_line_that_names_the_tax_goes_on():
    """Letters and digits of two other lines are not joined to a tax number."""
    assert value("vat_id", "Parcel NL004495\n445B01") is None


def test_a_complete_tax_number_does_not_go_on():
    """A number that is right without the next line takes nothing from it."""
    assert value("vat_id", "VAT no: GB980780684\n001 Long Road") == "GB980780684"


def test_an_account_number_is_no_tax_number():
    """The first digits of this IBAN would be a tax number with a right check digit."""
    text = "IBAN DE23832737800000000012\nUSt-IdNr. DE811569869"

    assert value("vat_id", text) == "DE811569869"


@pytest.mark.parametrize("written", ["CHE-100.155.212 MWST", "CHE100155212", "CHE 100 155 212 TVA"])
def test_an_enterprise_of_switzerland_has_a_number(written: str):
    """The name of the tax behind the number is no part of it."""
    assert value("vat_id", f"UID: {written}") == "CHE100155212"
