"""The sum below a list of bills is the total of none of them, and the days in it are theirs."""

from pathlib import Path

import pytest

from pipeline.model import Finding
from tests.unit.processors import documents


def _values(text: str, folder: Path) -> dict[str, str | None]:
    found: dict[str, Finding] = dict(documents.read(text.encode(), folder).fields)
    return {name: finding.value for name, finding in found.items()}


LISTS = {
    "headings": (
        "Otter Lifts Ltd\nDear Mr Reed,\nThese are past due:\nInvoice #   Date   Amount\n"
        "611   02/03/2031   £40.00\n640   09/03/2031   £60.00\nTotal amount due      £100.00\n"
    ),
    "headings of two words": (
        "Otter GmbH\nZahlungsavis\nIhre Rechnung   vom   Brutto   Zahlbetrag\n"
        "611   02.03.2031   40,00   39,00\n640   09.03.2031   60,00   59,00\n"
        "Summe   EUR   100,00   98,00\n"
    ),
    "words": (
        "Otter Srl\nSollecito di pagamento\nFattura n. 611 del 02/03/2031   € 40,00\n"
        "Fattura n. 640 del 09/03/2031   € 60,00\nTotale da pagare   € 100,00\n"
    ),
    "words and a series": (
        "Otter Lda\nFatura n.º FT B/611 de 02/03/2031   40,00 €\n"
        "Fatura n.º FT B/640 de 09/03/2031   60,00 €\nTotal em dívida   100,00 €\n"
    ),
    "a sentence": (
        "Otter SARL\nLes factures suivantes sont impayées :\n- F611 02/03/2031 40,00 €\n"
        "- F640 09/03/2031 60,00 €\nTotal à payer 100,00 €\n"
    ),
    "an advice with a number": (
        "REMITTANCE ADVICE\nOtter plc\nInvoice no: 9\nPayment date: 12/03/2031\n"
        "Invoice   Date   Amount\nA-611   02/03/2031   £40.00\nA-640   09/03/2031   £60.00\n"
        "Total paid      £100.00\n"
    ),
}


@pytest.mark.parametrize("text", LISTS.values(), ids=LISTS)
def test_the_sum_of_several_bills_is_no_total(text: str, tmp_path: Path):
    """A reminder, a statement and an advice of a payment have no total and no number of a bill."""
    found = _values(text, tmp_path)

    assert found.get("total") is None
    assert found.get("invoice_number") is None


BILLS = {
    "a number of its own": (
        "Otter GmbH\nSammelrechnung Nr. S-77\nLieferschein   Datum   Betrag\n"
        "L-1   02.03.2031   40,00 EUR\nL-2   09.03.2031   60,00 EUR\nGesamtbetrag      100,00 EUR\n"
    ),
    "a receipt for several bills": (
        "Otter Dental\nOFFICIAL RECEIPT\nReceipt No: 12\nInvoice 611   £40.00\n"
        "Invoice 640   £60.00\nTotal received   £100.00\nThank you\n"
    ),
    "the bill before": (
        "Otter plc\nYour bill\nPrevious invoice 611   £40.00\nPayment   -£40.00\n"
        "Invoice 640   £100.00\nTotal   £100.00\n"
    ),
    "goods below the headings of the bill": (
        "Otter SL\nFactura\nFactura nº   Fecha de factura   Pedido\nF-9   02/03/2031   771\n"
        "Artículo   Cantidad   Importe\nPala   4   40,00 EUR\nCubo   6   60,00 EUR\n"
        "Total      100,00 EUR\n"
    ),
    "goods below a heading of the date": (
        "Otter SARL\nFACTURE\nClient   Date de facture\nC-9   02/03/2031\n"
        "Pelle   4   40,00 EUR\nSeau   6   60,00 EUR\nTotal      100,00 EUR\n"
    ),
    "goods below the number of the bill": (
        "Otter SL\nFactura\nPedido   Factura nº\n771   F-9\nArtículo   Cantidad   Importe\n"
        "Pala   4   40,00 EUR\nCubo   6   60,00 EUR\nTotal      100,00 EUR\n"
    ),
    "visits below a note on invoices": (
        "Otter Ltd\nINVOICE\nInvoices are payable within 14 days.\nVisit   Date   Price\n"
        "V-1   02/03/2031   £40.00\nV-2   09/03/2031   £60.00\nTotal      £100.00\n"
    ),
}


@pytest.mark.parametrize("text", BILLS.values(), ids=BILLS)
def test_a_bill_with_rows_of_its_own_has_a_total(text: str, tmp_path: Path):
    """Deliveries, visits, one bill before and the bills of a receipt make no list of bills."""
    assert _values(text, tmp_path).get("total") == "100.00"


def test_the_days_of_listed_bills_are_not_those_of_the_list(tmp_path: Path):
    """A statement is dated by its own day, and what its rows have to be paid by is theirs."""
    text = (
        "Otter SARL\nRelevé au 31/08/2031\nPièce   Date   Débit\n"
        "Facture 611   03/08/2031   40,00 €\nFacture 640   14/08/2031   60,00 €\n"
        "Solde à payer   100,00 €\n"
    )

    assert _values(text, tmp_path).get("date") == "2031-08-31"


def test_a_bill_before_with_an_amount_far_from_the_own_number_is_no_list(tmp_path: Path):
    """Both have an amount on their lines, and only rows of a list are below each other."""
    text = (
        "Otter Ltd\nInvoice no 640   Amount £100.00\n2 March 2031\nTea   £60.00\nCake   £40.00\n"
        "Total   £100.00\nThank you for your order\nStill open is\nInvoice no 611   £40.00\n"
    )

    assert _values(text, tmp_path).get("invoice_number") == "640"


@pytest.mark.parametrize("number", ["FT A2031/88", "FS 12B/4", "FT LOJA1/118"])
def test_a_number_with_a_series_of_letters_and_digits_is_read_whole(number: str, tmp_path: Path):
    """Programs in Portugal name a series as they like."""
    text = f"Otter Lda\nFatura {number}\n02-05-2031\nTotal 40,00 €\n"

    assert _values(text, tmp_path).get("invoice_number") == number
