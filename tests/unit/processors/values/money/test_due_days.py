"""The day until which is to be paid has many names; those of installments and payments are others."""

import pytest

from pipeline.model import Finding, PageText
from processors.classify.classifier import classify
from processors.confidence import with_probabilities
from processors.confidence.model import MOST_OF_SUGGESTION, WRITE_AT
from processors.contract import Page
from processors.values import find_values


def _found(text: str) -> dict[str, Finding]:
    page = Page(PageText(number=1, source="text", engine=None, confidence=None, text=text))
    doc_type = classify([page], media_type="text/plain")
    found = find_values([page], doc_class=doc_type.value)
    return with_probabilities(found, [page], doc_type=doc_type)


@pytest.mark.parametrize(
    "label",
    [
        "Uiterste betaaldatum", "Vade Tarihi", "Fälligkeitstag", "Payable le", "Fecha de vto.",
        "Scade il", "Vence em", "Płatne do", "Splatno do", "Betalas senast", "Sidste betalingsdato",
        "Betales innen", "Viimeinen maksupäivä", "Data scadenței", "Rok plaćanja", "Maksetähtaeg",
        "Apmokėti iki", "Apmaksas termiņš", "To be paid by", "Last date for payment",
        "Payable on or before", "Jatuh tempo", "付款截止日期", "Προθεσμία πληρωμής",
    ],
)  # fmt: skip
def test_a_label_for_the_last_day_to_pay_gives_the_due_date(label: str):
    """It is written, and the day of the bill stays its date."""
    found = _found(
        f"Otter\nInvoice\nInvoice no: K-71\nInvoice date: 02.05.2031\n{label}: 30.05.2031\n"
        "Lamp 121,00 EUR\nTotal 121,00 EUR"
    )

    assert found["due_date"].value == "2031-05-30"
    assert found["due_date"].confidence >= WRITE_AT
    assert found["date"].value == "2031-05-02"


@pytest.mark.parametrize(
    ("first", "second", "third"),
    [
        ("Payment date: 1 May 2031 £80.00", "Payment date: 1 June 2031 £80.00", ""),
        ("1st payment due 01/05/2031 £80.00", "2nd payment due 01/06/2031 £90.00", "Total £170.00"),
        ("Fällig am 01.05.2031: 80,00 EUR", "Fällig am 01.06.2031: 80,00 EUR", "Summe 160,00 EUR"),
    ],
)
def test_the_days_of_installments_are_no_due_date(first: str, second: str, third: str):
    """A part is due on each of them, and what is due on one of them is no total."""
    found = _found(f"Otter Ltd\n5 April 2031\nYour plan\n{first}\n{second}\n{third}")

    assert found["due_date"].value is None
    assert "total" not in found or found["total"].confidence < WRITE_AT or third


@pytest.mark.parametrize(
    ("lines", "day", "due"),
    [
        ("Payment receipt\nPayment date: 9 May 2031\nAmount paid £20.00", "2031-05-09", None),
        (
            "Receipt\nInvoice date: 1 May 2031\nPayment date: 9 May 2031\nAmount paid £20.00",
            "2031-05-01",
            None,
        ),
        (
            "Invoice\nInvoice date: 1 May 2031\nPayment date: 9 May 2031\nAmount paid £0.00",
            "2031-05-01",
            "2031-05-09",
        ),
    ],
)
def test_the_payment_date_of_a_receipt_is_the_day_of_the_payment(
    lines: str, day: str, due: str | None
):
    """Nothing is due of what was paid."""
    found = _found(f"Otter Ltd\n{lines}\nTea £20.00\nTotal £20.00")

    assert found["date"].value == day
    assert (found["due_date"].value if "due_date" in found else None) == due


@pytest.mark.parametrize(
    "lines",
    [
        "Dispatched 4 May 2031\nOrder Date\n1 May 2031",
        "Expédié le 4 mai 2031\nCommandé le 1 mai 2031",
        "Versendet am 4.5.2031\nBestelldatum: 1.5.2031",
        "Order Date   Despatched\n1 May 2031   4 May 2031",
        "Besteld op 1 mei 2031\nVerzonden op 4 mei 2031",
    ],
)
def test_the_days_of_an_order_and_of_its_delivery_are_suggestions(lines: str):
    """None of them is the day of a bill."""
    found = _found(f"Otter Ltd\n{lines}\nLamp €63.00\nTotal €63.00")

    assert found["date"].confidence <= MOST_OF_SUGGESTION


@pytest.mark.parametrize(
    "label",
    [
        "Notanummer", "Fra. nº", "Fra. simplif.", "Factura simplificada nº", "Rēķina nr.",
        "Regningsnr.", "Numero documento", "Fatura simplificada n.º", "Nr faktury", "No. Faktur",
        "Fiş No", "Bilagsnr.",
    ],
)  # fmt: skip
def test_a_label_for_the_number_of_a_bill_gives_its_number(label: str):
    """It is written."""
    found = _found(f"Otter\n{label}: K-71\n02.05.2031\nLamp 121,00 EUR\nTotal 121,00 EUR")

    assert found["invoice_number"].value == "K-71"
    assert found["invoice_number"].confidence >= WRITE_AT


@pytest.mark.parametrize(
    ("title", "is_money"),
    [
        ("Order confirmation", True),
        ("Angebot Nr. 77", True),
        ("Devis n° 77", True),
        ("Presupuesto 77", True),
        ("Harvest list", False),
    ],
)
def test_the_total_of_an_order_is_money_without_a_currency(title: str, *, is_money: bool):
    """An order has prices; other lists may add up anything."""
    found = _found(
        f"Otter\n{title}\nShelf   2   50.00   100.00\nLamp   1   45.00   45.00\nTotal 145.00"
    )

    assert found["total"].value == "145.00"
    assert (found["total"].confidence >= WRITE_AT) == is_money


@pytest.mark.parametrize(
    "line",
    [
        "Date of contravention: 4 May 2031",
        "Konzert: Abendlied, 4.5.2031, 20:00 Uhr",
        "Patient: Eva Lutz, geb. 4.5.2031",
    ],
)
def test_the_day_of_a_concert_an_offense_or_a_birth_is_no_date_of_a_paper(line: str):
    """Such a day is what the paper is about."""
    found = _found(f"Otter Ltd\nDate of notice: 9 May 2031\n{line}\nFee €63.00\nTotal €63.00")

    assert found["date"].value == "2031-05-09"


def test_the_day_of_the_only_entry_of_a_statement_is_not_its_date():
    """The heading of a column announces the days of its entries."""
    found = _found(
        "Otter Ltd\nStatement of account\n31 May 2031\nDate   Ref   Amount   Balance\n"
        "02/05/2031   OT-71   £45.00   £45.00\nBalance due   £45.00"
    )

    assert found["date"].value == "2031-05-31"


@pytest.mark.parametrize(
    ("line", "number"),
    [
        ("FACTURA A N° 0003-00001182", "0003-00001182"),
        ("Factura B Nº 0003-00001182", "0003-00001182"),
        ("Folio: A-1182", "A-1182"),
        ("Boleta electrónica N° 88120", "88120"),
    ],
)
def test_bills_of_latin_america_have_their_numbers(line: str, number: str):
    """A letter says the kind of a bill, and a folio or a boleta is one."""
    found = _found(f"Otter S.A.\n{line}\n21/02/2031\nPapel $ 45,00\nTotal $ 45,00")

    assert found["invoice_number"].value == number


@pytest.mark.parametrize("country", ["Bangkok, Thailand", "Tel Aviv", "Nairobi, Kenya"])
def test_more_countries_have_the_day_first(country: str):
    """Such a place decides how a date is read."""
    assert _found(f"Otter\n{country}\nDate: 01/07/2031\nTotal 45.00")["date"].value == "2031-07-01"
