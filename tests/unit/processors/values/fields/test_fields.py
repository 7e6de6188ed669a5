"""What `with_fields` and `field_findings` promise about the labels and values of forms."""

from dataclasses import replace
from pathlib import Path

import pytest

from pipeline.labels import fold_label
from pipeline.model import Finding, PageText
from processors.contract import FormField, Line, Page, Word
from processors.values import find_values
from processors.values.fields import field_findings, with_fields
from tests.unit.processors import documents

CHAR_PT, LINE_PT = 6.0, 12.0


def page_of(text: str, *, placed: bool = False) -> Page:
    """Make a page of lines; `placed` gives every word its place, as in a typewriter's grid."""
    lines = []
    for number, row in enumerate(text.split("\n")):
        top = number * LINE_PT
        words, start = [], 0
        for word in row.split():
            left = row.index(word, start)
            start = left + len(word)
            box = (left * CHAR_PT, top, start * CHAR_PT, top + LINE_PT)
            words.append(Word(word, box))
        box = (words[0].box[0], top, words[-1].box[2], top + LINE_PT)
        lines.append(Line(row, box, words=tuple(words)) if placed else Line(row))
    page_text = PageText(number=1, source="text", engine=None, confidence=None, text=text)
    return Page(page_text, tuple(lines))


def found_in(text: str, *, placed: bool = False) -> dict[str, str | None]:
    """Return the fields of a page by label."""
    findings = field_findings([with_fields(page_of(text, placed=placed))])
    return {name.removeprefix("label:"): each.value for name, each in findings.items()}


@pytest.mark.parametrize(
    ("line", "fields"),
    [
        ("Policy Number: PA-117", {"policy number": "PA-117"}),
        ("Requested by: T. Orwin  Date: 4/11/88", {"requested by": "T. Orwin", "date": "4/11/88"}),
        ("Start: 4/11/88 Phone: 555-0118", {"start": "4/11/88", "phone": "555-0118"}),
        ("Policy No.: PA 7 Claim number: 12", {"policy no": "PA 7", "claim number": "12"}),
        ("Name:   Ada   Marlowe", {"name": "Ada Marlowe"}),
        ("Name ________ Ada Marlowe", {"name": "Ada Marlowe"}),
        ("Name: __Ada Marlowe______", {"name": "Ada Marlowe"}),
        ("Store name  Dunmore Mart", {"store name": "Dunmore Mart"}),
        ("Geburtsdatum: 3.4.1980", {"geburtsdatum": "3.4.1980"}),
    ],
)
def test_values_on_the_line_of_their_label(line: str, fields: dict[str, str]):
    """A value is behind a colon, on a blank line or behind a gap."""
    assert found_in(line) == fields


@pytest.mark.parametrize(
    "line",
    [
        "First name ________ Last name ________",
        "Call us at 10:30 or see https://example.org",
        "Name:",
        "Date of birth: (mm/dd/yyyy)",
        "We were glad to see that it was as follows: all of it",
    ],
    ids=["empty", "time and address", "nothing", "hint", "sentence"],
)
def test_what_is_not_filled_in_has_no_value(line: str):
    """Labels without values, hints and sentences are no fields."""
    found = found_in(line)

    assert not found.keys() & {"name", "first name", "date of birth", "call us at 10"}
    assert not any("follows" in label for label in found)


@pytest.mark.parametrize("placed", [True, False])
def test_values_below_their_labels(*, placed: bool):
    """In a grid each value belongs to the label above it."""
    text = "Policy Number  Date of Loss  Claim Number\nPA 123-4456    06/12/2019    C-9911"

    found = found_in(text, placed=placed)

    expected = {"policy number": "PA 123-4456", "date of loss": "06/12/2019"}
    assert found == expected | {"claim number": "C-9911"}


def test_an_empty_column_of_a_grid_stays_empty():
    """A value is not taken from the column beside it."""
    text = "Policy Number       Claim Number\n                    C-9911"

    assert found_in(text, placed=True) == {"claim number": "C-9911"}


def test_numbered_boxes_of_a_tax_form():
    """A label may begin with the number of its box; a line of goods is none."""
    text = "1 Wages and tips    2 Tax withheld\n37160.56            3894.54"

    assert found_in(text, placed=True) == {
        "1 wages and tips": "37160.56",
        "2 tax withheld": "3894.54",
    }
    assert found_in("2 Hours    30.00    60.00\n3 Days     10.00    30.00", placed=True) == {}


@pytest.mark.parametrize(
    ("line", "fields"),
    [
        ("[x] Contract signed  [ ] Bank details", {"contract signed": "Yes", "bank details": "No"}),
        ("Are you insured? ☐ Yes ☒ No", {"are you insured": "No"}),
        ("Status: [ ] single [X] married", {"status": "married"}),
        ("[x] Yes [ ] No", {}),
    ],
)
def test_check_boxes(line: str, fields: dict[str, str]):
    """What is checked answers a question, or is Yes or No by itself."""
    assert found_in(line) == fields


@pytest.mark.parametrize("placed", [False, True])
def test_a_table_of_labels_and_values(*, placed: bool):
    """Labels that nobody knows are labels where others in their column are; the row below is not.

    A list of goods has numbers in one of its columns.
    """
    text = """Requested by    Ada Marlowe
Rabbit hutch    Blue one
Department      Geology
Loan period     3 - 14 March"""
    goods = "Description  Amount\nOak shelf    140.00\nPine shelf   120.00"

    assert found_in(text, placed=placed) == {
        "requested by": "Ada Marlowe",
        "rabbit hutch": "Blue one",
        "department": "Geology",
        "loan period": "3 - 14 March",
    }
    assert "oak shelf" not in found_in(goods, placed=placed)


@pytest.mark.parametrize(
    ("text", "fields"),
    [
        ("Fence painted?  _X_ Yes  ___ No", {"fence painted": "Yes"}),
        ("Kind of fence:\n[ ] Wood  [x] Wire", {"kind of fence": "Wire"}),
        ("Fence?  [x] Yes  [ ] No   Hedge?  [ ] Yes  [x] No", {"fence": "Yes", "hedge": "No"}),
        ("Kind (check one):  \u2610 Wood  \u2612 Wire", {"kind (check one)": "Wire"}),
    ],
)
def test_questions_and_their_boxes(text: str, fields: dict[str, str]):
    """A question is before its boxes or on the line above; several may be in one line."""
    assert found_in(text) == fields


def test_a_label_with_other_values_is_unsure():
    """A label that is there twice keeps its first value, and is hardly certain."""
    findings = field_findings([with_fields(page_of("Phone: 555-0118\nPhone: 555-0119"))])

    found = findings["label:phone"]
    assert (found.value, found.confidence) == ("555-0118", 0.4)
    assert "more than once" in found.reason


def test_interactive_fields_come_first():
    """What is entered into a field counts more than what is printed."""
    entered = FormField("Policy_Number:", "PA-1", (1.0, 2.0, 3.0, 4.0), "interactive")
    page = replace(page_of("Policy number: PA-2"), fields=(entered,))

    found = field_findings([with_fields(page)])["label:policy number"]

    assert found == Finding(
        "PA-1", 0.95, "is entered into the field 'Policy_Number'", 1, (1.0, 2.0, 3.0, 4.0)
    )


def test_what_is_entered_completes_a_bill():
    """A tooltip says what is entered, where the page has no label; what the page says counts."""
    entered = (
        FormField("Invoice number", "QT-41", None, "interactive"),
        FormField("Due date", "14 May 2031", None, "interactive"),
        FormField("Total due", "9.00", None, "interactive"),
    )
    page = replace(page_of("Small Shop\nInvoice\nTea 8.00\nTotal GBP 8.00"), fields=entered)

    found = {name: each.value for name, each in find_values([page]).items()}

    assert (found["invoice_number"], found["due_date"]) == ("QT-41", "2031-05-14")
    assert found["total"] == "8.00"


def test_a_field_about_something_else_does_not_complete_a_bill():
    """The label of a field is one of a bill as a whole, or none."""
    labels = {"Original invoice number": "66", "Related order number": "7", "Total pages": "2.00"}
    entered = tuple(FormField(each, of, None, "interactive") for each, of in labels.items())
    page = replace(page_of("Small Shop\nCredit note\nTea"), fields=entered)

    assert find_values([page]).keys().isdisjoint({"invoice_number", "total", "order_number"})


def test_number_and_length_are_bounded():
    """A hostile page of labels yields a bounded number of short fields."""
    page = page_of("\n".join(f"Label {'ab' * (n % 40)} x{n}: {'v' * 5000}" for n in range(3000)))

    findings = field_findings([with_fields(page)] * 5)

    assert 0 < len(findings) <= 200
    assert max(len(each.value or "") for each in findings.values()) <= 300
    assert max(map(len, findings)) <= 66


def test_labels_are_folded():
    """Case, blanks, underscores and the marks around a label make no difference."""
    assert fold_label("  Policy_Number  : ") == fold_label("policy   NUMBER") == "policy number"


def test_an_address_of_a_letter_is_no_field():
    """Short lines below each other are labels with values in a form, and an address in a letter."""
    pages = [with_fields(page_of("Policy number   Issued on\nPA-117   4/11/88", placed=True))]

    assert field_findings(pages, doc_class="form") != {}
    assert field_findings(pages) != {}
    assert field_findings(pages, doc_class="letter") == {}


def test_fields_behind_page_twenty_are_values(tmp_path: Path):
    """A long application has its boxes behind the terms, and the lines there are not kept."""
    pages = ["Terms\nThe parties agree on what follows."] * 22
    text = "\f".join([*pages, "Policy number: K-77\nRenewal: [x] Yes  [ ] No"])

    fields = documents.read(text.encode(), tmp_path).fields

    assert fields["label:policy number"].value == "K-77"
    assert (fields["label:renewal"].value, fields["label:renewal"].page) == ("Yes", 23)
