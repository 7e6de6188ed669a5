"""What `find_values` promises about labels and months of many languages."""

# ruff: noqa: RUF001 - other alphabets are what is tested here.

import pytest

from pipeline.model import PageText
from processors.contract import Page
from processors.values import find_values


def value(text: str, name: str) -> str | None:
    """Find one value in a text."""
    page = Page(PageText(number=1, source="text", engine=None, confidence=None, text=text))
    finding = find_values([page]).get(name)
    return finding.value if finding else None


@pytest.mark.parametrize(
    "line",
    [
        "Päiväys: 9. maaliskuuta 2031",
        "Kelt: 2031. március 9.",
        "Data facturii: 9 martie 2031",
        "Dátum: 9. marca 2031",
        "Dato: 9. marts 2031",
        "Дата: 9 марта 2031 г.",
        "Дата: 9 березня 2031 р.",
        "Ημερομηνία: 9 Μαρτίου 2031",
        "תאריך: 9 במרץ 2031",
        "التاريخ: 9 مارس 2031",
        "발행일: 2031년 3월 9일",
        "Ngày 9 tháng 3 năm 2031",
    ],
)
def test_months_are_known_in_many_languages(line: str):
    """The month of a date is read without that anybody says in which language it is."""
    assert value(f"Small Shop\n{line}\n", "date") == "2031-03-09"


@pytest.mark.parametrize(
    "line",
    [
        "Rg.-Nr. 834",
        "Nr faktury: 834",
        "Faktura č. 834",
        "Lasku nro 834",
        "Fatura Numarası: 834",
        "Számlaszám: 834",
        "Numărul facturii: 834",
        "Счёт № 834",
        "Счет-фактура № 834",
        "Αριθμός τιμολογίου: 834",
        "发票号码：834",
        "請求書番号：834",
        "송장번호: 834",
        "رقم الفاتورة: 834",
        "מספר חשבונית: 834",
        "Invoice Ref: 834",
        "Invoice number is 834.",
    ],
)
def test_the_number_of_an_invoice_is_announced_in_many_languages(line: str):
    """The words before the number need not be English."""
    assert value(f"Small Shop\n{line}\nTotal 5.00", "invoice_number") == "834"


@pytest.mark.parametrize(
    ("text", "amounts"),
    [
        ("Итого 50,00\nНДС 20% 10,00\nВсего к оплате 60,00 руб.", ["50.00", "10.00", "60.00"]),
        ("Καθαρή αξία 50,00\nΦΠΑ 24% 12,00\nΣύνολο 62,00 €", ["50.00", "12.00", "62.00"]),
        ("공급가액 50,000\n부가세 5,000\n합계 55,000원", ["50000.00", "5000.00", "55000.00"]),
        ("Nettó 1 500 Ft\nÁFA 27% 405 Ft\nFizetendő: 1 905 Ft", ["1500.00", "405.00", "1905.00"]),
        ("المجموع 50.00\nضريبة القيمة المضافة 7.50\nالإجمالي 57.50", ["50.00", "7.50", "57.50"]),
    ],
)
def test_sums_are_announced_in_many_languages(text: str, amounts: list[str]):
    """Net amount, tax and total are distinguished by their words."""
    bill = f"Small Shop\n09.03.2031\n{text}"

    assert [value(bill, name) for name in ("net", "tax", "total")] == amounts


def test_an_order_number_is_not_that_of_the_invoice():
    """An invoice that names only the order has no number of its own."""
    text = "Small Shop\nINVOICE\nOrder No: 834\nTotal 5.00"

    assert value(text, "invoice_number") is None
    assert value(text, "order_number") == "834"


@pytest.mark.parametrize("number", [r"834\31", "834+31", "834 - 31", "8.341,20"])
def test_a_number_whose_end_is_not_known_is_open(number: str):
    """A part of a number is not reported as the whole."""
    assert value(f"Small Shop\nInvoice no: {number}\nTotal 5.00", "invoice_number") is None


def test_a_tax_in_a_number_is_a_part_of_it():
    """The name of a tax that touches a dash begins the number."""
    text = "Small Shop\nInvoice number VAT-31-8\nTotal 5.00"

    assert value(text, "invoice_number") == "VAT-31-8"


@pytest.mark.parametrize(
    "text",
    [
        "Viele Grüße",
        "Cordialement",
        "Expense report",
        "Monat Betrag",
        "領収書",
        "Всего без НДС 50,00",
    ],
)
def test_closings_headings_and_sums_are_no_names(text: str):
    """What ends a letter, heads a table or announces a sum did not issue the document."""
    assert value(f"{text}\nInvoice no: 834\nTotal 5.00", "company") is None
