"""A bill that a sentence of another one mentions is no second document."""

from pathlib import Path

from tests.unit.processors import documents


def test_a_sentence_that_mentions_another_bill_begins_none(tmp_path: Path):
    """The number and the amount of an unpaid bill below a total are no second document."""
    text = (
        "Otter Ltd\nInvoice No: 640\nDate: 2 March 2031\nTotal   £100.00\n"
        "Payment due: 16 March 2031\n"
        "Please note that invoice no 611 of 3 May 2030 for £40.00 was not paid yet.\n"
    )

    found = documents.read(text.encode(), tmp_path)

    assert not found.children
    assert found.fields["invoice_number"].value == "640"
    assert found.fields["total"].value == "100.00"
