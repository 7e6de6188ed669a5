"""What a record gets of documents in one file is what one of them says when it is read alone."""

import tempfile
from collections.abc import Mapping
from pathlib import Path

import pytest
from hypothesis import given, settings, strategies as st

from pipeline.model import Findings
from tests.unit.processors import documents

_NAMES = ("Kettle Works Ltd", "Teapot Trading Inc", "Alder Homes Ltd", "Birch Tools GmbH")
_PEOPLE = ("Ann Fern", "Carl Rowan", "Dora Hazel")


def invoice(company: str, number: int, day: int) -> str:
    """Draw an invoice; many have the same number."""
    return (
        f"{company}\n{number} Quay Road, Bristol\nINVOICE\nInvoice number: INV-{number % 3}\n"
        f"Invoice date: 2026-03-{day:02}\nDue date: 2026-04-{day:02}\nCups {number}.00\n"
        f"Net: EUR {number}.00\nVAT 0%: EUR 0.00\nTotal due: EUR {number}.00"
    )


def receipt(company: str, number: int, day: int) -> str:
    """Draw a receipt of a till."""
    return (
        f"{company}\nRECEIPT\nCashier: 7\n2026-05-{day:02} 10:12\nTea {number}.50\n"
        f"Cash {number + 1}.00\nChange 0.50\nTOTAL {number}.50\nThank you for shopping"
    )


def contract(company: str, number: int, day: int) -> str:
    """Draw a contract."""
    other = _NAMES[(_NAMES.index(company) + 1) % len(_NAMES)]
    return (
        f"SERVICE AGREEMENT\nThis Agreement is made as of 2026-06-{day:02} by and between {company} "
        f"and {other}.\n1. The parties agree to {number} visits a year.\n2. This Agreement is "
        "governed by the laws of England.\nSigned by the parties\nSignature"
    )


def letter(company: str, number: int, day: int) -> str:
    """Draw a letter."""
    person = _PEOPLE[number % len(_PEOPLE)]
    return (
        f"{company}\n{day} July 2026\nDear Ms Miller,\nthank you for the {number} visits of last "
        f"year. We enclose what we have agreed on.\nYours sincerely\n{person}"
    )


_DRAWN = st.builds(
    lambda draw, company, number, day: draw(company, number, day),
    st.sampled_from((invoice, receipt, contract, letter)),
    st.sampled_from(_NAMES),
    st.integers(100, 999),
    st.integers(1, 28),
)


def read_text(*pages: str) -> Findings:
    """Read a text with a form feed between its pages."""
    with tempfile.TemporaryDirectory() as folder:
        return documents.read("\f".join(pages).encode(), Path(folder))


def values_of(findings: Findings) -> Mapping[str, str]:
    """Return the values that are not open."""
    return {name: each.value for name, each in findings.fields.items() if each.value is not None}


@pytest.mark.slow
@settings(max_examples=25, deadline=None)
@given(st.lists(_DRAWN, min_size=2, max_size=4, unique=True))
def test_the_values_of_a_file_are_never_a_mixture(pages: list[str]):
    """Whatever is in one file, all that is not open is what one of its documents says."""
    alone = [values_of(read_text(page)) for page in pages]

    together = values_of(read_text(*pages))

    assert any(together.items() <= one.items() for one in alone), (together, alone)
