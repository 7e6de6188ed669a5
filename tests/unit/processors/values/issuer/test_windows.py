"""Who is named below the small line above the window of an envelope gets the document."""

import pytest

from pipeline.model import PageText
from processors.contract import Line, Page, Word
from processors.values import find_values

_INSIDE = ("Heron Freight Ltd", "3 Elm Road", "Ely EL4 9QT")


def line(text: str, *, top: float, height: float, left: float = 60.0) -> Line:
    """Return a line of a text layer."""
    width = height / 2
    words: list[Word] = []
    at = left
    for word in text.split():
        words.append(Word(word, (at, top, at + width * len(word), top + height), None))
        at += width * (len(word) + 1)
    return Line(text, (left, top, at, top + height), None, tuple(words))


def values_of(above: str, *, height: float = 7.0, top: float = 125.0) -> dict[str, str | None]:
    """Return the values of an invoice with a line above its window."""
    lines = (
        line(above, top=top, height=height),
        *(line(text, top=140.0 + 15 * row, height=12) for row, text in enumerate(_INSIDE)),
        line("Invoice no: 8", top=300, height=12),
        line("Total 5.00", top=330, height=12),
    )
    text = "\n".join(each.text for each in lines)
    page = Page(PageText(1, "text", None, None, text, 595.0, 842.0), lines)
    return {
        name: finding.value for name, finding in find_values([page], doc_class="invoice").items()
    }


@pytest.mark.parametrize("mark", [" - ", ", ", " | ", " · "])
def test_the_name_on_the_small_line_is_the_senders(mark: str):
    """The receiver has a legal form, and is larger and nearly as high on the page."""
    values = values_of(mark.join(("Brindle Otter", "Fellweg 9", "80218 Harwick")))

    assert values["company"] == "Brindle Otter"
    assert values["address"] == "Fellweg 9, 80218 Harwick"


def test_a_line_as_large_as_what_is_below_it_says_nothing_about_it():
    """A name, street and town on one line may also be that of a customer."""
    values = values_of("Brindle Otter - Fellweg 9 - 80218 Harwick", height=12)

    assert values["company"] == "Heron Freight Ltd"


def test_a_small_line_far_above_is_not_that_of_a_window():
    """Between it and the window there would be no room."""
    values = values_of("Brindle Otter - Fellweg 9 - 80218 Harwick", top=60)

    assert values["company"] == "Heron Freight Ltd"


def test_the_address_at_the_name_goes_before_what_is_above_a_signature():
    """Above the name of who signed is the text of a letter, or to whom it was sent."""
    page = Page(
        PageText(
            number=1,
            source="text",
            engine=None,
            confidence=None,
            text="Brindle Otter Ltd - 7 Fell Street - Harwick HW4 9QT\nTeal Vole\n3 Elm Road\n"
            "Ely EL4 9QT\n3 March 2031\nDear Sir,\nwe thank you.\nYours sincerely\nBrindle Otter Ltd",
        )
    )

    assert find_values([page], doc_class="letter")["address"].value == (
        "7 Fell Street, Harwick HW4 9QT"
    )


def test_the_small_line_spells_out_the_word_of_a_logo():
    """A logo has the first word of the name; another word above says nothing."""
    address = "Fellweg 9 - 80218 Harwick"
    rest = "Teal Vole\n3 Elm Road\nEly EL4 9QT\nInvoice no: 8\nTotal 5.00"

    def company(logo: str) -> str | None:
        text = f"{logo}\nOtter Tiles - {address}\n{rest}"
        page = Page(PageText(1, "text", None, None, text))
        return find_values([page], doc_class="invoice")["company"].value

    assert company("otter") == "Otter Tiles"
    assert company("Heron") == "Heron"


@pytest.mark.parametrize(
    "small",
    ["Otter Tiles & Co - 9 Fell Way - Ely CB7 4DL", "9 Fell Way | Ely CB7 4DL", "9 Fell Way, Ely"],
)
def test_the_small_line_of_a_window_ends_the_address_above(small: str):
    """It repeats the street of the letterhead."""
    text = f"Otter Tiles\n9 Fell Way\nEly CB7 4DL\n{small}\nTeal Vole\nInvoice 8\nTotal 5.00"
    page = Page(PageText(1, "text", None, None, text))

    assert find_values([page])["address"].value.replace(",", "") == "9 Fell Way Ely CB7 4DL"
