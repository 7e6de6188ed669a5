"""What is in one of several records of a file is no value of the whole file."""

from pathlib import Path

import pytest

from tests.unit.processors import documents

_BILL = '"invoice_number": "B-8", "seller": {"name": "Tea Ltd"}, "date": "2031-05-03"'
_FIRST = '{"no": "A-1", "date": "2031-05-03", "total": "10.00"}'
_SECOND = '{"no": "A-2", "date": "2031-05-04", "total": "20.00"}'


@pytest.mark.parametrize(
    "data",
    [
        f'{{"bill1": {_FIRST}, "bill2": {_SECOND}}}',
        f'{{"A-1": {_FIRST}, "A-2": {_SECOND}}}',
        f'{{"bills": {{"1": {_FIRST}, "2": {_SECOND}}}, "date": null}}',
        f'{{"0": {{"head": {_FIRST}}}, "1": {{"head": {_SECOND}}}}}',
        (
            '{"first": {"invoiceNumber": "A-1", "total": "10.00"},'
            ' "second": {"invoiceNumber": "A-2", "total": "20.00"}}'
        ),
        (
            '{"March": {"Rechnungsnummer": "A-1", "amount": "10.00", "seller": "Tea Ltd"},'
            ' "April": {"Rechnungsnummer": "A-2", "amount": "20.00", "seller": "Pot Ltd"}}'
        ),
    ],
)
def test_records_in_json_may_have_names_of_their_own(data: str, tmp_path: Path):
    """An object of bills is a list of them: none of their values is one of the file."""
    findings = documents.read(data.encode(), tmp_path)

    assert {name for name, found in findings.fields.items() if found.value} == set()
    assert "A-2" in findings.text


@pytest.mark.parametrize(
    "beside",
    [
        '"buyer": {"name": "Pot Ltd", "tax_id": "88"}, "seller2": {"name": "Tea Ltd"}',
        '"original": {"invoice_number": "B-7", "date": "2031-01-02"}, "copy": {"invoice_number": "B-6"}',
        '"net": {"value": "10.00", "unit": "EUR"}, "gross": {"value": "12.00", "unit": "EUR"}',
        '"line1": {"text": "Tea"}, "line2": {"text": "Pot"}',
    ],
)
def test_parts_of_one_bill_in_json_are_no_records(beside: str, tmp_path: Path):
    """Parties, sums and references have names of values in common."""
    data = f"{{{_BILL}, {beside}}}"

    fields = documents.read(data.encode(), tmp_path).fields

    assert fields["date"].value == "2031-05-03"
    assert fields["invoice_number"].value == "B-8"


@pytest.mark.parametrize(
    ("headings", "last"),
    [
        ("Bill;Firm;Total", "Total;;30.00"),
        ("Invoice no.;Firm;Amount due", ";Total due;30.00"),
        ("Rechnungsnummer;Firma;Gesamtbetrag", "Summe;;30,00"),
        ("Facture no;Nom;Total TTC", ";Total TTC;30,00"),
        ("Receipt number;Shop;Grand total", "Grand total;;30.00"),
        ("Credit note no;Firm;Total", "Total;;30.00"),
    ],
)
def test_a_list_of_bills_has_no_total(headings: str, last: str, tmp_path: Path):
    """The sum of several bills is the total of none."""
    data = f"{headings}\nB-1;Tea Ltd;10.00\nB-2;Pot Ltd;20.00\n{last}\n"

    fields = documents.read(data.encode(), tmp_path).fields

    assert {name for name, found in fields.items() if found.value} == set()


@pytest.mark.parametrize(
    "table",
    [
        "Invoice no;Item;Total\nB-1;Tea;10.00\nB-1;Pot;20.00\nTotal;;30.00\n",
        "Item;Count;Total\nTea;2;10.00\nPot;1;20.00\nTotal;;30.00\n",
    ],
)
def test_the_sum_of_the_items_of_one_bill_is_its_total(table: str, tmp_path: Path):
    """Each row may have the number of the bill."""
    assert documents.read(table.encode(), tmp_path).fields["total"].value == "30.00"


RECORDS = {
    "toml": "[[bill]]\nno = 'T-4'\ntotal = 12.00\n\n[[bill]]\nno = 'T-5'\ntotal = 9.50\n",
    "ini": "; bills\n[first]\nno=T-4\ntotal=12.00\n[second]\nno=T-5\ntotal=9.50\n",
    "yaml": (
        "bills:\n- no: T-4\n  parts:\n    - name: Tea\n      price: 12.00\n  total: 12.00\n"
        "- no: T-5\n  parts:\n    - name: Rum\n      price: 9.50\n  total: 9.50\n"
    ),
}


@pytest.mark.parametrize("form", RECORDS)
def test_what_is_in_one_of_several_records_is_no_value_of_the_file(form: str, tmp_path: Path):
    """Files of settings and lists in YAML have records, as tables and JSON have."""
    findings = documents.read(RECORDS[form].encode(), tmp_path)

    assert findings.fields.keys().isdisjoint({"total", "amount_due", "invoice_number"})
    assert "12.00" in findings.text


@pytest.mark.parametrize(
    "text",
    [
        "bill number: T-4\nitems:\n  - name: Tea\n    price: 5.00\n  - name: Rum\n    price: 7.00\ntotal: 12.00",
        "[head]\nbill number=T-4\ndate=2031-02-03\n[sum]\ntotal=12.00\ncurrency=EUR\n",
        "Bill\n[1]\nNo: T-4\nTotal: 12.00\n[2]\nNo: T-4\nPaid: 2.00\n",
    ],
)
def test_what_is_beside_records_is_a_value(text: str, tmp_path: Path):
    """The total below a list is of the file; other texts with brackets and dashes stay whole."""
    assert documents.read(text.encode(), tmp_path).fields["total"].value == "12.00"
