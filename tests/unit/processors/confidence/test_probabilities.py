"""Findings get the probability that they are right; the weights are the packaged ones."""

import json
import math
from collections.abc import Sequence
from dataclasses import replace
from importlib import resources

import pytest
from hypothesis import given, strategies as st

from infra.samples.invoices import OFFICE
from pipeline.model import Finding, PageText
from pipeline.model.reading import MOST_CANDIDATES
from processors.confidence import as_findings, with_probabilities
from processors.confidence.evidence import Evidence
from processors.confidence.features import KIND_OF, features_of
from processors.confidence.logistic import logit
from processors.confidence.model import (
    SHARED,
    WEIGHTS,
    WRITE_AT,
    load_model,
    most_logit,
    with_caution,
)
from processors.contract import Code, Line, Page, Word
from processors.values import find_values
from processors.values.date_labels import LETTERHEAD, QUOTED
from processors.values.lines import text_lines_of

_INVOICE = Finding("invoice", 0.97, "it says so")
_CONTRACT = Finding("contract", 0.97, "it says so")
_LINES = (
    "Brightwater Office Supplies Ltd",
    "14 Canal Wharf, Birmingham B1 2JT",
    "INVOICE",
    "Invoice number: INV-20417",
    "Invoice date: 4 March 2026",
    "Bill to: Juniper House Studios",
    "Standing desk £1,070.40",
    "Subtotal £1,070.40",
    "VAT 20% £214.08",
    "Total £1,284.48",
)


def page(*lines: str, certainty: float | None = None, codes: tuple[Code, ...] = ()) -> Page:
    """Return a page whose lines are below each other; with a certainty it was read by OCR."""
    made: list[Line] = []
    for number, text in enumerate(lines):
        top = 40.0 + 20 * number
        words: list[Word] = []
        left = 50.0
        for word in text.split():
            words.append(Word(word, (left, top, left + 6 * len(word), top + 12), certainty))
            left += 6 * len(word) + 5
        made.append(Line(text, (50.0, top, left, top + 12), certainty, tuple(words)))
    text = PageText(
        number=1,
        source="text" if certainty is None else "ocr",
        engine=None if certainty is None else "rapidocr",
        confidence=certainty,
        text="\n".join(lines),
        width_pt=595.0,
        height_pt=842.0,
    )
    return Page(text, tuple(made), codes=codes)


def read(pages: Sequence[Page], doc_type: Finding = _INVOICE) -> dict[str, Finding]:
    """Return the findings of pages with their probabilities."""
    found = find_values(pages, doc_class=doc_type.value)
    return with_probabilities(found, pages, doc_type=doc_type)


@pytest.mark.parametrize("name", ["invoice_number", "date", "total", "net", "tax", "currency"])
def test_the_values_of_a_plain_invoice_are_nearly_certain(name: str) -> None:
    """Labeled values that add up, in a text layer, are written at the default."""
    assert read([page(*_LINES)])[name].confidence >= 0.95


def test_a_probability_has_the_reason_and_place_of_the_finding() -> None:
    """Only the confidence of a finding changes, and those of its candidates."""
    found = find_values([page(*_LINES)], doc_class="invoice")

    rated = with_probabilities(found, [page(*_LINES)], doc_type=_INVOICE)

    assert rated.keys() == found.keys()
    assert all(
        replace(rated[name], confidence=0, others=())
        == replace(found[name], confidence=0, others=())
        for name in found
    )
    assert all(0 <= finding.confidence < 1 for finding in rated.values())


@pytest.mark.parametrize("name", ["company", "address", "date", "total"])
def test_letters_that_ocr_is_unsure_of_are_doubted(name: str) -> None:
    """The same page with uncertain letters has lower probabilities."""
    sure, unsure = read([page(*_LINES, certainty=0.999)]), read([page(*_LINES, certainty=0.8)])

    assert unsure[name].confidence < sure[name].confidence


def test_a_rival_total_is_a_doubt() -> None:
    """Another amount that is called a total makes the total less certain."""
    rival = read([page(*_LINES, "Total 1,300.00", "Total 1,290.00")])["total"]

    assert rival.confidence < read([page(*_LINES)])["total"].confidence


def test_what_is_made_for_machines_keeps_its_confidence() -> None:
    """A payment code has check digits: no statistics of pages apply to it."""
    code = Code(
        "QRCode", "BCD\n002\n1\nSCT\n\nLindenhof GmbH\nDE89370400440532013000\nEUR12.30\n\n\nR7"
    )
    made = page("Rechnung", "Bitte bezahlen", codes=(code,))

    found = find_values([made], doc_class="invoice")
    rated = read([made])

    assert rated["iban"] == found["iban"]
    assert rated["iban"].confidence >= 0.95
    assert rated["barcodes"] == found["barcodes"]


def test_an_open_value_stays_as_it_is() -> None:
    """A finding without a value says between which values, and no probability of one."""
    pages = [page("Invoice no: 4711", "Date: 03/04/2026", "Total 10.00")]

    found = find_values(pages, doc_class="invoice")

    rated = read(pages)["date"]
    assert found["date"].value is None
    assert replace(rated, others=()) == replace(found["date"], others=())
    assert {each.value for each in rated.others} == {"2026-04-03", "2026-03-04"}


def test_a_value_and_its_candidates_are_not_more_certain_than_one_of_them_right() -> None:
    """One of several totals is right at most, so that their probabilities have a sum of 1."""
    pages = [page("Shop Ltd", "Total 40.00", "Total 50.00", "Amount due 60.00", "Subtotal 35.00")]

    total = read(pages)["total"]

    shares = [each.confidence for each in total.others]
    assert len(shares) == MOST_CANDIDATES
    assert shares == sorted(shares, reverse=True)
    assert 0.5 < sum(shares) + (total.confidence if total.value else 0.0) <= 1.001


def test_the_names_of_a_contract_have_probabilities() -> None:
    """Parties and effective dates are kinds of their own."""
    text = (
        "CONSULTING AGREEMENT",
        'This Agreement is made as of 12 January 2026 between Juniper House Ltd (the "Client")',
        'and Thornbury Interiors Ltd (the "Consultant").',
    )

    rated = read([page(*text)], _CONTRACT)

    assert 0 < rated["parties"].confidence < 1
    assert 0 < rated["date"].confidence < 1


def test_a_page_without_places_has_probabilities() -> None:
    """Text files have lines and nothing else."""
    plain = Page(PageText(1, "text", None, None, "\n".join(_LINES)))

    assert read([plain])["total"].confidence > 0.5


def test_the_weights_are_numbers_and_have_no_words_of_documents() -> None:
    """Names of weights are those of features: letters of the code, and no text that was read."""
    text = resources.files("processors.confidence").joinpath(WEIGHTS).read_text("utf-8")
    folder = resources.files("processors.confidence")
    code = " ".join(
        file.read_text("utf-8") for file in folder.iterdir() if file.name.endswith(".py")
    )

    kinds = {LETTERHEAD, QUOTED}

    weights = json.loads(text)["weights"]

    for own in weights.values():
        assert all(math.isfinite(weight) for weight in own.values())
        for name in own:
            stem = name.removeprefix("is_").removeprefix("in_").removeprefix("called_")
            assert any(f'"{each}"' in code for each in (name, stem)) or stem in kinds, name


def test_a_kind_without_weights_has_those_of_all_kinds() -> None:
    """A value that nobody knows the truth of is rated by what all kinds have in common."""
    model = load_model()
    features = {"always": 1.0, "rule": 0.5}

    assert model.probability("unheard of", features) == model.probability(SHARED, features)


def test_a_name_on_an_unknown_kind_of_document_is_doubted() -> None:
    """No letter was among the documents with known values: its sender is less certain."""
    letter = read([page(*_LINES)], Finding("letter", 0.97, "it says so"))

    assert letter["company"].confidence < read([page(*_LINES)])["company"].confidence


def test_a_drawn_sample_has_certain_values() -> None:
    """The invoice of the demo is written: its number is printed behind its label."""
    lines = (OFFICE.company, *OFFICE.address, "INVOICE", f"Invoice number: {OFFICE.number}",
             f"Date: {OFFICE.printed_date}", f"Total £{OFFICE.total}")  # fmt: skip

    assert read([page(*lines)])["invoice_number"].confidence >= 0.95


_PIECES = (
    *(
        "Total",
        "Net",
        "VAT 20%",
        "1.234,56",
        "1234.5678901",
        "0.01",
        "9,999,999.99",
        "-50",
        "$ 7.00",
    ),
    *("Invoice no. A-17", "Date: 4 March 2026", "12/11/2025", "Harbor Books Ltd", "Bill to:"),
    *("12 Mill Road, Leeds LS1 4AB", "www.harborlane.example", "GB123456789", "", "Change 3.00"),
)


@pytest.mark.slow
@given(st.lists(st.sampled_from(_PIECES), max_size=40), st.integers(1, 40))
def test_no_feature_outweighs_all_others(pieces: list[str], width: int) -> None:
    """Whatever a document holds, its features have the size that those of the fitted ones have."""
    lines = [" ".join(pieces[start : start + width]) for start in range(0, len(pieces), width)]
    pages = [page(*lines)]
    found = find_values(pages)
    evidence = Evidence.of(text_lines_of(pages), pages, found, _INVOICE, ("eng",))

    for name, finding in found.items():
        if finding.value is not None and name in KIND_OF:
            assert all(abs(size) <= 2 for size in features_of(evidence, name).values())


def test_a_total_with_all_its_decimals_is_no_doubt() -> None:
    """A sheet holds what was calculated, of which the value has two decimals."""
    total = read([page("Invoice", "Item 0.30", "Total 1234.5678901")])["total"]

    assert total.value == "1234.57"
    assert total.confidence > 0.5


@pytest.mark.parametrize("caution", [-0.3, 0.0, 0.9])
def test_caution_moves_the_limit_of_writing_and_keeps_the_order(caution: float) -> None:
    """The caution decides what is written; nothing overtakes anything, and doubts stay doubts."""
    limit = logit(WRITE_AT)

    bent = [with_caution(each / 10, caution) for each in range(-40, 60)]

    assert bent == sorted(bent)
    assert with_caution(limit + caution, caution) == pytest.approx(limit)
    assert with_caution(limit + caution - 0.01, caution) < limit
    assert [with_caution(each, caution) for each in (-1.0, 0.0)] == [-1.0, 0.0]


def test_a_label_of_the_seller_speaks_for_a_name():
    """A short name without a legal form is a suggestion at least where a label names the seller."""
    rest = ("Invoice number: 20417", "4 March 2026", "Total £84.48")

    def company(*head: str) -> Finding:
        pages = [page(*head, *rest)]
        found = find_values(pages, doc_class="invoice")
        return with_probabilities(found, pages, doc_type=_INVOICE)["company"]

    beside, below = company("INVOICE", "Seller: Otter Quill"), company("Seller:", "Otter Quill")

    assert (beside.value, below.value) == ("Otter Quill", "Otter Quill")
    assert min(beside.confidence, below.confidence) > 0.5


def test_the_owner_of_a_shop_is_not_announced():
    """People call a shop by its own name."""
    pages = [page("Otter Grill", "owned by Quill Foods Ltd", "RECEIPT", "Total 5.00")]
    lines = text_lines_of(pages)
    named = replace(lines[1].finding("Quill Foods Ltd", 0.7, ""), page=1)
    evidence = Evidence.of(lines, pages, {"company": named}, _INVOICE, ("eng",))

    assert not features_of(evidence, "company").get("announced")


def features_on(pages: Sequence[Page], name: str) -> dict[str, float]:
    """Return the features of a value of some pages."""
    found = find_values(pages, doc_class="invoice")
    evidence = Evidence.of(text_lines_of(pages), pages, found, _INVOICE, ("eng",))
    return features_of(evidence, name)


def test_a_doubted_letter_counts_more_the_longer_its_word_is():
    """The certainty of a word is the mean of its letters: of ten at 0.97, three tenths are wrong."""
    short = features_on([page("Otter Ltd", "Total 5.00", certainty=0.97)], "company")
    long = features_on([page("Otterbournegate Ltd", "Total 5.00", certainty=0.97)], "company")

    assert long["least_doubt"] == short["least_doubt"]
    assert long["slips_in_word"] > short["slips_in_word"]
    assert long["slips"] > short["slips"]


def test_what_is_read_twice_needs_no_certain_letters():
    """A second place with the same value speaks for letters that OCR was unsure of."""
    once = [page("Otter Quill Ltd", "Total 5.00", certainty=0.9)]
    twice = [page("Otter Quill Ltd", "Total 5.00", "Otter Quill Ltd", certainty=0.9)]

    assert features_on(once, "company")["slips_unproven"] > 0
    assert "slips_unproven" not in features_on(twice, "company")


def test_a_close_rival_is_a_smaller_lead():
    """A name without its form has a smaller lead over another such name than one with it."""
    body = ("Invoice no: 7", "Total 5.00")
    sure = features_on([page("Otter Quill Ltd", "Heron Teal", *body)], "company")
    close = features_on([page("Otter Quill", "Heron Teal", *body)], "company")

    assert sure["lead"] > close["lead"]


def test_a_candidate_has_the_value_as_its_rival():
    """What was ranked below the value is behind it, and has no lead of its own."""
    body = ("Invoice no: 7", "Total 5.00")
    found = find_values([page("Otter Quill Ltd", "Heron Teal", *body)], doc_class="invoice")

    first = as_findings(found["company"])[0]

    assert found["company"].value in {each.value for each in first.others}
    assert first.value not in {each.value for each in first.others}


def test_a_name_beside_one_that_differs_in_a_letter_is_misread_at_one_of_them():
    """Two places that nearly agree are a doubt."""
    lines = ("Otterbourne Quill Ltd", "Total 5.00")
    near = features_on([page(*lines, "0tterbourne Quill Ltd")], "company")

    assert near["nearly_repeated"]
    assert not features_on([page(*lines, "Otterbourne Quill Ltd")], "company")["nearly_repeated"]
    assert not features_on([page(*lines, "Heronbourne Teal Ltd")], "company")["nearly_repeated"]


def test_a_name_like_the_line_above_may_begin_there():
    """Two lines of one size, close to each other, may be one name."""
    above = features_on([close_page("OTTER AND HERON", "QUILLS LTD", "Total 5.00")], "company")

    assert above["word_and_form"]
    assert above["like_above"]
    assert not features_on([page("Otter Quill Ltd", "Total 5.00")], "company").get("like_above")


def close_page(*lines: str) -> Page:
    """Return a page whose lines have no room between them."""
    made = page(*lines)
    close = [
        replace(line, box=(50.0, 40.0 + 13 * number, 200.0, 52.0 + 13 * number))
        for number, line in enumerate(made.lines)
    ]
    return replace(made, lines=tuple(close))


def test_an_address_apart_from_the_name_is_a_suggestion():
    """It may be the receiver's: no weight lets it be written."""
    lines = ("Brightwater Supplies Ltd", "Juniper Vole", "14 Canal Wharf", "Birmingham B1 2JT")
    address = read([page(*lines, "Invoice number: 20417", "Total 5.00")])["address"]

    assert address.value == "14 Canal Wharf Birmingham B1 2JT"
    assert 0.5 < address.confidence < WRITE_AT


@pytest.mark.parametrize("trade", ["Stationery Store", "BAKERY", "Bar & Grill", "Tankstelle"])
def test_a_trade_alone_is_a_suggestion(trade: str):
    """It says what a shop is, and may be on its sign above its name."""
    lines = (trade, "14 Canal Wharf", "Birmingham B1 2JT", trade, "RECEIPT", "Total 5.00")

    assert read([page(*lines)])["company"].confidence < WRITE_AT


def test_a_trade_that_is_a_web_address_is_a_name():
    """Nobody has the domain of a word that only says what it does."""
    lines = ("Bakery", "14 Canal Wharf", "www.bakery.example", "RECEIPT", "Total 5.00")

    assert most_logit(features_on([page(*lines[:2], *lines[3:])], "company")) < logit(WRITE_AT)
    assert most_logit(features_on([page(*lines)], "company")) > logit(WRITE_AT)


def test_the_word_of_a_logo_is_a_part_of_the_name_elsewhere():
    """The whole name is in the small print; a name that is repeated as it is, is whole."""
    logo = features_on([page("otter", "Total 5.00", "Otter Quill Tiles. VAT 12")], "company")
    whole = features_on([page("Otter", "Total 5.00", "Otter, 5 Mere Road")], "company")

    assert logo["goes_on_elsewhere"]
    assert not whole["goes_on_elsewhere"]
