"""What `find_values` promises about signs around the issuer's name."""

import pytest

from pipeline.model import PageText
from processors.contract import Page
from processors.values import find_values


def values_of(text: str) -> dict[str, str | None]:
    """Return the values found in a text."""
    page = Page(PageText(number=1, source="text", engine=None, confidence=None, text=text))
    return {name: finding.value for name, finding in find_values([page]).items()}


@pytest.mark.parametrize("line", ["Once more:", "Updated figures:", "Please note :"])
def test_what_leads_to_the_next_line_is_no_name(line: str):
    """A colon at the end of a line announces what is below it."""
    assert values_of(f"{line}\nInvoice no: 8\nTotal 5.00").get("company") is None


@pytest.mark.parametrize(
    ("line", "name"),
    [
        ("ПАО «Выдра»", "ПАО «Выдра»"),
        ('ПАО "Выдра"', 'ПАО "Выдра"'),
        ("PHU „Wydra”", "PHU „Wydra”"),
        ("«Wydra»", "Wydra"),
        ('"Wydra"', "Wydra"),
    ],
)
def test_a_quotation_mark_in_a_name_is_closed(line: str, name: str):
    """Marks around a whole name are none of it, those around a part of it are."""
    assert values_of(f"{line}\nInvoice no: 8\nTotal 5.00")["company"] == name


@pytest.mark.parametrize(
    "line",
    [
        "Registered in Scotland, No. SC012345",
        "Registered in Wales No. 04471203",
        "Open daily 8-6\nCall us on 0555 000 1111",
        "Opening hours 8-6",
    ],
)
def test_what_is_said_of_a_shop_is_no_address(line: str):
    """Registers, opening hours and telephones have numbers, too."""
    assert "address" not in values_of(f"Brindle Otter\n{line}\nInvoice no: 8\nTotal 5.00")


@pytest.mark.parametrize(
    "title", ["I N V O I C E", "RE CHN UNG", "T A X  I N V O I C E", "Q u o t e"]
)
def test_a_title_whose_letters_are_apart_is_no_name(title: str):
    """Designers put room between letters, and programs that read them take it for blanks."""
    assert values_of(f"{title}\nInvoice no: 8\nTotal 5.00").get("company") is None
    assert values_of(f"{title}\nOtter Ltd\nInvoice no: 8\nTotal 5.00")["company"] == "Otter Ltd"


def test_no_word_of_a_name_whose_letters_are_apart_is_the_name():
    """A wide gap is between its words, and no column begins there."""
    found = values_of("INVOICE\nO T T E R  T I L E S\nInvoice no: 8\nTotal 5.00")

    assert found.get("company") in {None, "O T T E R T I L E S"}
