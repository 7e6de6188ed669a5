"""The heading of a page, and who receives mail there, are no issuers that are written."""

import pytest

from pipeline.model import Finding
from processors.confidence.evidence import Evidence
from processors.confidence.features import features_of
from processors.confidence.logistic import logit
from processors.confidence.model import WRITE_AT, most_logit
from processors.values import find_values
from processors.values.lines import text_lines_of
from tests.unit.processors.confidence.test_probabilities import page

_OTHER = Finding("other", 0.5, "nothing says more")
_INVOICE = Finding("invoice", 0.97, "its title")


def _is_sure(name: str, *lines: str, doc_type: Finding = _OTHER) -> bool:
    pages = [page(*lines)]
    found = find_values(pages, doc_class=None if doc_type is _OTHER else doc_type.value)
    evidence = Evidence.of(text_lines_of(pages), pages, found, doc_type, ("eng",))
    return most_logit(features_of(evidence, name)) > logit(WRITE_AT)


@pytest.mark.parametrize("title", ["Sales May", "Weekly takings", "Umsatz Juni", "Top customers"])
def test_the_heading_of_sums_is_a_suggestion(title: str):
    """Money on a page makes no company of its title; an address or a contact below it does."""
    rows = ("Lamp   £20.00", "Chair   £45.00", "Total   £65.00")

    assert not _is_sure("company", title, *rows)
    assert _is_sure("company", title, "5 Heron Row", "Ely CB7 4DL", *rows)
    assert _is_sure("company", title, "Tel 01353 555 123", *rows)
    assert _is_sure("company", f"{title} Ltd", *rows)


def test_a_contact_of_another_party_is_none_of_the_heading():
    """What is below "employee" is where that one is."""
    rows = ("Employee: Ida Vole", "5 Heron Row", "Ely CB7 4DL", "Total   £65.00")

    assert not _is_sure("company", "Travel costs", *rows)


@pytest.mark.parametrize("name", ["Mrs J Vole", "Ms. Ida Vole", "Sra. Ida Vole", "Herrn Karl Vole"])
def test_a_name_with_a_form_of_address_is_a_suggestion(name: str):
    """A letter or a bill is sent to who is called so; a company has its form, or a mailbox."""
    rows = ("5 Heron Row", "Ely CB7 4DL", "INVOICE 12", "Total £65.00")

    assert not _is_sure("company", name, *rows, doc_type=_INVOICE)
    assert not _is_sure("address", name, *rows, doc_type=_INVOICE)
    assert _is_sure("company", f"{name} Ltd", *rows, doc_type=_INVOICE)
    assert _is_sure("company", "Vole Nursery", *rows, doc_type=_INVOICE)


@pytest.mark.parametrize("name", ["The Occupier", "The Resident"])
def test_whoever_lives_somewhere_is_no_issuer(name: str):
    """A letter is sent to who has no known name."""
    pages = [page(name, "5 Heron Row", "Ely CB7 4DL", "INVOICE 12", "Total £65.00")]

    assert "company" not in find_values(pages, doc_class="invoice")


@pytest.mark.parametrize(
    "title", ["PURCHASE ORDER", "Bestellung", "Bon de commande", "Inkooporder"]
)
def test_who_gets_an_order_is_a_suggestion(title: str):
    """An order is issued by who buys, whatever its supplier is called; a bill by its supplier."""
    rows = ("Supplier: Moss Kiln Ltd", "3 Fell Road", "Kendal LA9 4AA", "Total £65.00")

    assert not _is_sure("company", "Otter Quill", title, *rows)
    assert not _is_sure("address", "Otter Quill", title, *rows)
    assert _is_sure("company", "INVOICE", *rows)


def test_an_address_in_care_of_somebody_is_a_suggestion():
    """It is where somebody else is."""
    lines = ("Otter Association", "c/o Heron", "3 Fell Road", "Kendal LA9 4AA", "INVOICE 12")

    assert not _is_sure("address", *lines, "Total £65.00", doc_type=_INVOICE)
