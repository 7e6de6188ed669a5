"""What `find_values` and `classify` promise about any text at all."""

from decimal import Decimal
from time import process_time

import pytest
from hypothesis import given, settings, strategies as st

from pipeline.model import PageText
from processors.classify.classifier import classify
from processors.contract import Page
from processors.values import find_values
from processors.values.lines import HEAD_CHARS, MAX_LINE_CHARS, fold, text_lines_of
from tests.support.properties import examples
from tests.support.samples import sampled

pytestmark = pytest.mark.slow

MEGABYTE = 1_000_000
BOUND_S = 20.0
"""Far above what a slow machine needs (two seconds), far below what a pattern that runs away takes."""

WORDS = [
    "total",
    "date",
    "invoice no",
    "1.00",
    "01/02/2003",
    "EUR",
    "DE89",
    "sdn bhd",
    "\n",
    ":",
    "-",
    "due",
    "tax",
    "GmbH",
    "<<<",
]


def pages_of(text: str) -> list[Page]:
    """Make one page."""
    return [Page(PageText(number=1, source="ocr", engine=None, confidence=None, text=text))]


@given(st.text(max_size=400))
def test_any_text_is_answered(text: str):
    """No text raises, and each confidence is between 0 and 1 and has a reason."""
    findings = [
        *find_values(pages_of(text)).values(),
        classify(pages_of(text), media_type="text/plain"),
    ]

    assert all(0 <= finding.confidence <= 1 and finding.reason for finding in findings)


@given(st.lists(st.sampled_from(WORDS), max_size=60))
def test_amounts_are_plain_decimals(words: list[str]):
    """Whatever the order of a document's words, an amount is a plain decimal."""
    values = find_values(pages_of(" ".join(words)))

    amounts = [values[name].value for name in ("total", "net", "tax") if name in values]
    assert all(amount is None or f"{Decimal(amount):.2f}" == amount for amount in amounts)


UNITS = [
    *("1", "1 ", "1.", "a", "a ", "<", "a@", "a@a.", "_", "-1", "total "),
    "DE89 3704 0044 0532 0130 01 ",
    "\u00e9\u20ac",
]


@pytest.mark.parametrize("unit", sampled(UNITS, sample=["1 ", "a", "a@a.", "total "]))
def test_a_megabyte_on_one_line_is_read_in_bounded_time(unit: str):
    """A hostile line costs no more than its length."""
    pages = pages_of(unit * (MEGABYTE // len(unit)))
    started = process_time()

    find_values(pages)
    classify(pages, media_type="text/plain")

    assert process_time() - started < BOUND_S


def test_a_long_documents_tail_is_read():
    """The closing lines count even where the middle is left out."""
    text = "Contract\n" + "words and words\n" * 30_000 + "Total payable EUR 77.00"

    assert find_values(pages_of(text))["total"].value == "77.00"


def test_a_short_document_is_read_once():
    """Head and tail do not overlap: no line is seen twice."""
    assert [line.text for line in text_lines_of(pages_of("one\ntwo\n\nthree"))] == [
        "one",
        "two",
        "three",
    ]


@given(st.integers(min_value=0, max_value=3 * HEAD_CHARS))
@settings(max_examples=examples(20))
def test_lines_are_short_and_few(length: int):
    """Lines have a bounded length, and all lines together too."""
    lines = text_lines_of(pages_of("x" * length))

    assert all(len(line.text) <= MAX_LINE_CHARS for line in lines)
    assert sum(len(line.text) for line in lines) == min(length, HEAD_CHARS + 15_000)


@given(st.text(max_size=200))
def test_folding_keeps_every_place(text: str):
    """A folded text has as many characters as the text, so that places found in one hold in the other."""
    assert len(fold(text)) == len(text)


def test_a_document_without_lines_has_no_values():
    """A blank page is no reason to fail."""
    assert not find_values([])
