"""An address in the window of an envelope is the receiver's: features say what is around one."""

import pytest

from pipeline.model import Finding
from processors.confidence import with_probabilities
from processors.confidence.addresses import address_features
from processors.confidence.evidence import Evidence, FoundValue
from processors.confidence.features import features_of
from processors.confidence.logistic import logit
from processors.confidence.model import WRITE_AT, most_logit
from processors.contract import Line, Page, Word
from processors.values import find_values
from processors.values.lines import TextLine, text_lines_of
from tests.unit.processors.confidence.test_probabilities import features_on, page

_STREET, _TOWN = "5 Heron Row", "Ely CB7 4DL"


def features(*lines: str, small: int | None = None, doc_class: str = "invoice") -> dict[str, float]:
    """Return the features of the address of two lines; the line of number `small` has low letters."""
    pages = [page(*lines)]
    if small is not None:
        pages = [_with_small_line(pages[0], small)]
    read = text_lines_of(pages)
    found = {"company": read[0].finding("Otter Quill Ltd", 0.8, "")}
    evidence = Evidence.of(read, pages, found, Finding(doc_class, 0.97, ""), ("eng",))
    finding = _address_in(read)
    return address_features(evidence, FoundValue("address", finding, evidence.lines_of(finding)))


def _with_small_line(whole: Page, number: int) -> Page:
    line = whole.lines[number]
    assert line.box
    left, top, right, bottom = line.box
    words = tuple(
        Word(word.text, (word.box[0], top, word.box[2], bottom - 6), word.confidence)
        for word in line.words
    )
    lower = Line(line.text, (left, top, right, bottom - 6), line.confidence, words)
    lines = (*whole.lines[:number], lower, *whole.lines[number + 1 :])
    return Page(whole.text, lines)


def _address_in(lines: list[TextLine]) -> Finding:
    first = next(line for line in lines if line.text == _STREET)
    last = lines[first.number + 1]
    assert first.box
    assert last.box
    box = (first.box[0], first.box[1], max(first.box[2], last.box[2]), last.box[3])
    return Finding(f"{first.text} {last.text}", 0.7, "it is below a name", 1, box)


def test_nothing_is_above_the_address_below_the_name():
    """The issuer's own street is below its name, and above what the document says."""
    own = features("Otter Quill Ltd", _STREET, _TOWN, "Tel. 01353 555 010", "INVOICE")

    assert not any(own[each] for each in ("person_above", "return_line_above", "in_window"))


@pytest.mark.parametrize("who", ["Mrs Vole", "Herrn Wolf Dachs", "Dhr. Das", "Mme Loutre"])
def test_a_form_of_address_above_a_street_is_who_gets_the_letter(who: str):
    """It is in no name of a company."""
    assert features("Otter Quill Ltd", "INVOICE", who, _STREET, _TOWN)["person_above"]


def test_the_small_line_above_a_window_is_the_senders():
    """It has name, street and town; a line of the usual size may be anything."""
    lines = (
        "Otter Quill Ltd",
        "Otter Quill Ltd - 1 Mere Road - York YO1 7HB",
        "Vole",
        _STREET,
        _TOWN,
    )

    assert features(*lines, small=1)["return_line_above"]
    assert not features(*lines)["return_line_above"]


def test_a_name_that_only_begins_like_a_form_of_address_is_none():
    """Drury Tools is no doctor."""
    assert not features("Otter Quill Ltd", "Drury Tools", _STREET, _TOWN)["person_above"]


def test_an_address_a_fifth_down_the_page_is_where_a_window_is():
    """Receipts are in no envelopes."""
    lines = ("Otter Quill Ltd", "1", "2", "3", "4", "5", _STREET, _TOWN)

    assert features(*lines)["in_window"]
    assert not features(*lines, doc_class="receipt").get("in_window")


def test_a_web_address_of_another_is_a_doubt():
    """Whose web address it is issued the document."""
    lines = ("Otter Quill Ltd", _STREET, _TOWN)

    assert features(*lines, "office@heron.example")["other_in_domain"]
    assert not features(*lines, "office@otter-quill.example")["other_in_domain"]
    assert not features(*lines)["other_in_domain"]


def test_a_buyer_is_expected_in_a_window():
    """Where it is says nothing against it, and neither does a web address that is not its own."""
    lines = ("1", "2", "3", "4", "5", "6", "Otter Quill Ltd", _STREET, _TOWN)
    pages = [page(*lines, "office@heron.example")]
    read = text_lines_of(pages)
    named = next(each for each in read if each.text == "Otter Quill Ltd")
    found = {name: named.finding("Otter Quill Ltd", 0.8, "") for name in ("company", "buyer")}
    evidence = Evidence.of(read, pages, found, Finding("invoice", 0.97, ""), ("eng",))

    most = {name: most_logit(features_of(evidence, name)) for name in found}

    assert most["company"] < logit(WRITE_AT) < most["buyer"]


def test_an_address_without_its_code_above_words_may_be_cut():
    """The words may be the town; then it is a suggestion."""
    cut = features("Otter Quill Ltd", _STREET, "Ely", "Harwick Moor", "INVOICE 12")
    whole = features("Otter Quill Ltd", _STREET, _TOWN, "Harwick Moor", "INVOICE 12")

    assert most_logit(cut) < logit(WRITE_AT) < most_logit(whole)


@pytest.mark.parametrize("code", ["802", "80", "8"])
def test_an_address_that_ends_within_its_code_is_a_suggestion(code: str):
    """Few digits behind a comma are a part of a code whose rest is elsewhere."""
    cut = features("Otter Quill Ltd", _STREET, f"Ely, {code}", "INVOICE 12")

    assert most_logit(cut) < logit(WRITE_AT)


def test_what_is_in_a_window_is_a_suggestion_where_another_has_the_web_address():
    """It is the receiver's, whose web address nobody prints; elsewhere it may be anybody's."""
    window = ("Otter Quill Ltd", "1", "2", "3", "4", "5", _STREET, _TOWN)
    head = ("Otter Quill Ltd", _STREET, _TOWN)

    def most(*lines: str) -> float:
        return most_logit(features(*lines, "office@heron.example"))

    assert most(*window) < logit(WRITE_AT) < most(*head)
    assert most_logit(features(*window, "office@otter-quill.example")) > logit(WRITE_AT)


@pytest.mark.parametrize(
    ("lines", "is_both"),
    [
        (
            ("Otter Quill Ltd", "1", "2", "3", "4", "5", _STREET, _TOWN, "office@heron.example"),
            True,
        ),
        (
            ("Otter Quill Ltd", "1", "2", "3", "4", "5", _STREET, _TOWN, "office@otter.example"),
            False,
        ),
        (("Otter Quill Ltd", _STREET, _TOWN, "office@heron.example"), False),
    ],
)
def test_a_window_and_the_web_address_of_another_are_a_doubt_together(
    lines: tuple[str, ...], *, is_both: bool
):
    """A letterhead may be as far down, and a domain that of a bank: both are seldom by chance."""
    assert bool(features(*lines)["window_of_another"]) == is_both


def test_room_for_a_letter_behind_a_value_is_a_doubt():
    """OCR leaves out a letter at the end of a line, and is certain of the others."""
    whole = page("Otter Quil", "Total 5.00", certainty=0.99)
    first, *rest = whole.lines
    assert first.box
    end = first.words[-1].box[2]

    def room(behind: float) -> float:
        box = (first.box[0], first.box[1], end + behind, first.box[3])
        line = Line(first.text, box, first.confidence, first.words)
        return features_on([Page(whole.text, (line, *rest))], "company")["room_behind"]

    assert room(1.0) == 0.0
    assert room(4.0) == 0.0
    assert room(9.0) > 0.5
    assert room(40.0) == 1.0


def test_an_address_is_no_more_certain_than_whose_it_is():
    """Of an issuer that may be another, the address may be another's; a receipt has one."""
    lines = ("Otter Quill", _STREET, _TOWN, "office@heron.example", "INVOICE 12", "Total 5.00")
    pages = [page(*lines)]
    found = find_values(pages, doc_class="invoice")

    def rated(doc_class: str) -> dict[str, Finding]:
        return with_probabilities(found, pages, doc_type=Finding(doc_class, 0.97, ""))

    invoice, receipt = rated("invoice"), rated("receipt")

    assert invoice["address"].confidence <= invoice["company"].confidence < WRITE_AT
    assert receipt["address"].confidence > invoice["address"].confidence
