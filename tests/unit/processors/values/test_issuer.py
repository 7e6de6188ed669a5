"""What `find_values` promises about the issuer's name and address beyond the plain cases."""

import pytest

from pipeline.model import PageText
from processors.contract import Page
from processors.values import find_values


def values_of(text: str) -> dict[str, str | None]:
    """Return the values found in a text."""
    page = Page(PageText(number=1, source="text", engine=None, confidence=None, text=text))
    return {name: finding.value for name, finding in find_values([page]).items()}


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ("KETTLE & SONS", "CO. (M) SDN BHD"),
        ("GOLDEN KETTLE", "RESTAURANT SDN BHD"),
        ("Three Kettles", "Bistro & Cafe"),
        ("KETTLE BOOK", "Trading Company Ltd"),
    ],
)
def test_name_over_two_lines(first: str, second: str):
    """A line of legal forms and trades alone completes the name before it."""
    text = f"{first}\n{second}\n12 Long Street\nTotal 5.00"

    assert values_of(text)["company"] == f"{first} {second}"


@pytest.mark.parametrize(
    ("line", "name"),
    [
        ("KETTLE MART 5/8 (519537-X)", "KETTLE MART S/B"),
        ("KETTLE MART S/8", "KETTLE MART S/B"),
        ("KETTLE TEA SON BHD", "KETTLE TEA SDN BHD"),
        ("KETTLE TEA SDN 8HD", "KETTLE TEA SDN BHD"),
        ("KETTLE SON", "KETTLE SON"),
    ],
)
def test_misread_legal_form(line: str, name: str):
    """Letters that OCR confuses are corrected where the rest of the form or a number proves it."""
    values = values_of(f"{line}\n12 Jalan Teh\n41150 Klang\nTotal 5.00")

    assert values["company"] == name
    assert values["address"] == "12 Jalan Teh 41150 Klang"


@pytest.mark.parametrize(
    "heading",
    [
        "Sheet",
        "Sheet1",
        "Tabelle 2",
        "請求書",
        "請求番号 請求日 金額",
        "Bescheid",
        "sep=;",
        "Hallo",
    ],
)
def test_headings_are_no_issuers(heading: str):
    """The name of a sheet, a title, a heading and a greeting are nobody's name."""
    assert "company" not in values_of(f"{heading}\n2024-03-15\nTotal 5.00")


@pytest.mark.parametrize(
    "following",
    [
        "CREDIT NOTE",
        "Fakturanr 4711",
        "Ref: CN-2041",
        "15 March 2024",
        "Founded 12 April 1961",
        "Mr. Rolf Dorn\n1 Any Street",
        "Dear Mr. Dorn,\nThank you for your letter.",
    ],
)
def test_address_ends_where_it_ends(following: str):
    """A title, a label, a date, an addressee and a greeting are not part of the address."""
    text = f"Kettle Trading Ltd\n14 Long Street, Hexham\n{following}\nTotal 5.00"

    assert values_of(text)["address"] == "14 Long Street, Hexham"


@pytest.mark.parametrize("line", ["Order: NO-8812", "Since 12 April 1961", "Konto nr: 4471"])
def test_number_is_no_address(line: str):
    """A number with a label and a date with its year are no address."""
    assert "address" not in values_of(f"Kettle Trading Ltd\n{line}\nTotal 5.00")


def test_postal_code_in_two_groups():
    """Five digits in two groups before a town are a postal code."""
    text = "Kettle Bygg AB\nStorgatan 4, 412 55 Lund\nFaktura\nTotal 5.00"

    assert values_of(text)["address"] == "Storgatan 4, 412 55 Lund"
