"""Text and delimited tables are read."""

import base64
import re
from pathlib import Path

import pytest

from processors.detect.machine_text import without_cards
from tests.unit.processors import documents


def test_csv_cells_are_separated_by_tabs(tmp_path: Path):
    """A table in text is read row by row, its quotes resolved."""
    findings = documents.read(b'item;price\n"Tea; green";"3,50"\nMilk;1,10\n', tmp_path)

    assert findings.text.split() == ["item", "price", "Tea;", "green", "3,50", "Milk", "1,10"]
    assert "Tea; green\t3,50\nMilk\t1,10" in findings.text


@pytest.mark.parametrize("named", ["sep={}", '"sep={}"', "\ufeffSEP={} "])
@pytest.mark.parametrize("delimiter", [",", ";", "|"])
def test_the_line_of_excel_that_names_the_delimiter_is_no_row(
    named: str, delimiter: str, tmp_path: Path
):
    """The line "sep=" says how to read the table, and is not part of it."""
    rows = [["Tea", "3,50"], ["Pot", "4"], ["Cup, blue", "5"]]
    lines = [delimiter.join(f'"{cell}"' for cell in row) for row in rows]

    findings = documents.read("\r\n".join([named.format(delimiter), *lines]).encode(), tmp_path)

    assert findings.text == "Tea\t3,50\nPot\t4\nCup, blue\t5"


def test_a_quoted_cell_may_hold_line_breaks(tmp_path: Path):
    """A line break inside quotes ends no row."""
    table = b'Tea,"green,\nloose",3.50\nPot,"blue",4.00\nCup,"a ""mug"",\r\nred",5.00\n'

    findings = documents.read(table, tmp_path)

    assert findings.media_type == "text/csv"
    assert findings.text.splitlines() == [
        "Tea\tgreen, loose\t3.50",
        "Pot\tblue\t4.00",
        'Cup\ta "mug", red\t5.00',
    ]


def test_a_list_has_no_values_of_its_own(tmp_path: Path):
    """The records of a list are apart from the values; the row of their sum is not."""
    data = b"Item;Firm;Total\nB-1;Tea Ltd;10.00\nB-2;Pot Ltd;20.00\nSum total;;30.00\n"

    findings = documents.read(data, tmp_path)

    assert "B-2\tPot Ltd\t20.00" in findings.text
    assert findings.pages[0].reason
    assert {"10.00", "20.00"}.isdisjoint({found.value for found in findings.fields.values()})
    assert "Total\nSum total\t\t30.00" in findings.text


def test_remarks_above_a_table_are_no_rows_of_it(tmp_path: Path):
    """A comma between two cells is none of the number behind it."""
    data = b"# Export, by shop\n# all bills\nInvoice number,Total\nA-1,100.00\nA-2,1.00\n"

    findings = documents.read(data, tmp_path)

    assert findings.media_type == "text/csv"
    assert findings.text.endswith("Invoice number\tTotal\n\nA-1\t100.00\nA-2\t1.00")
    assert "total" not in findings.fields or findings.fields["total"].value is None


def test_a_heading_may_begin_like_a_remark(tmp_path: Path):
    """The first of the headings is then a remark in no other row."""
    findings = documents.read(b"#Bill,Firm,Total\nB-1,Tea Ltd,10.00\n", tmp_path)

    assert findings.text == "#Bill: B-1\nFirm: Tea Ltd\nTotal: 10.00"


def test_one_record_is_read_with_its_headings(tmp_path: Path):
    """Of one record alone, each value is beside its heading."""
    findings = documents.read(b"Invoice number,Firm,Total\nB-1,Tea Ltd,10.00\n", tmp_path)

    assert findings.text == "Invoice number: B-1\nFirm: Tea Ltd\nTotal: 10.00"


@pytest.mark.parametrize("headings", ["Item;Price", "Name;Price"])
def test_one_row_of_goods_has_no_values(headings: str, tmp_path: Path):
    """Neither is its price a total, nor a heading the value of the one beside it."""
    findings = documents.read(f"{headings}\nLamp;12,50\n".encode(), tmp_path)

    assert findings.media_type == "text/csv"
    assert not {"total", "label:name"} & set(findings.fields)


def test_a_table_may_have_a_title(tmp_path: Path):
    """Lines above a table do not hide it."""
    data = b"Exported on Monday\nBill;Firm;Total\nB-1;Tea Ltd;10.00\nB-2;Pot Ltd;20.00\n"

    findings = documents.read(data, tmp_path)

    assert findings.media_type == "text/csv"
    assert "B-1\tTea Ltd\t10.00" in findings.text


def test_a_form_feed_starts_a_page(tmp_path: Path):
    """Programs for printers divide a text into pages."""
    findings = documents.read(b"First page\n\x0cSecond page\n\x0c", tmp_path)

    assert [page.text for page in findings.pages] == ["First page", "Second page"]


def test_a_table_of_labels_and_values_is_one_record(tmp_path: Path):
    """Values of several kinds in one column are not those of a list."""
    data = b"Firm;Tea Ltd\nInvoice number;B-17\nDate;03.05.2026\nTotal;31,00\n"

    findings = documents.read(data, tmp_path)

    assert findings.text == "Firm: Tea Ltd\nInvoice number: B-17\nDate: 03.05.2026\nTotal: 31,00"
    assert findings.fields["invoice_number"].value == "B-17"


@pytest.mark.parametrize("before", [b"", b"data:application/pdf;base64,"])
def test_a_file_in_base64_is_read(before: bytes, tmp_path: Path):
    """What an API returns is the file that it encodes, and no text."""
    data = before + base64.encodebytes(documents.pdf("Ten crates of milk"))

    findings = documents.read(data, tmp_path)

    assert findings.text == "Ten crates of milk"
    assert len(findings.children) == 1


def test_letters_that_encode_no_file_are_text(tmp_path: Path):
    """Long words alone do not make a file."""
    data = b"MILK" * 60

    assert documents.read(data, tmp_path).text == data.decode()


def test_a_text_of_blanks_is_read_at_once(tmp_path: Path):
    """Thousands of empty lines are no letters that encode a file, wherever they are."""
    for blanks in ("\n" * 9_000, "\n" * 9_000 + "a" * 300 + "\n" * 9_000):
        assert documents.read(f"{blanks}Ten crates!".encode(), tmp_path).text.endswith(
            "Ten crates!"
        )


def test_marks_of_byte_order_inside_a_text_are_left_out(tmp_path: Path):
    """They are left from files that were joined."""
    assert documents.read("\ufeffMilk\n\ufeffTea\n".encode(), tmp_path).text == "Milk\nTea"


@pytest.mark.parametrize(
    ("table", "total"),
    [
        ("Item;Note;Price\nTea;green;9,55\n", None),
        ("Bill no;Firm;Total\nB-1;Tea Ltd;9,55\n", "9.55"),
    ],
)
def test_a_record_alone_is_a_bill_if_it_has_a_number_or_a_total(
    table: str, total: str | None, tmp_path: Path
):
    """The only row of a list of goods has a price, which is not the total of a bill."""
    found = documents.read(table.encode(), tmp_path).fields.get("total")

    assert (found.value if found else None) == total


@pytest.mark.parametrize(
    "message",
    [
        "UNA:+.? 'UNB+UNOC:3+A+B+310312:1011+1'UNH+1+INVOIC:D:96A:UN'BGM+380+B-8'MOA+77:297.50'",
        "UNB+UNOC:3+A+B+310312:1011+1'UNH+1+INVOIC:D:96A:UN'BGM+380+B-8'MOA+77:297.50'",
        "ISA*00*          *00*          *ZZ*A~GS*IN*A*B~BIG*20310312*B-8~TDS*29750~",
        "OFXHEADER:100\nDATA:OFXSGML\n\n<OFX><LEDGERBAL><BALAMT>400.10<DTASOF>20310331</LEDGERBAL>",
        "UNH+1+INVOIC:D:96A:UN'\nBGM+380+B-8'\nCUX+2:EUR:4'\nMOA+86:120.00'",
        "<OFX><SIGNONMSGSRSV1></SIGNONMSGSRSV1><LEDGERBAL><BALAMT>400.10</LEDGERBAL></OFX>",
        "MSH|^~\\&|A|B|C|D|20310503||ORU^R01|1|P|2.3\nPID|1||5||Tea^Ann||19800503|F",
        ":20:B-8\n:23B:CRED\n:32A:310503EUR100,00\n:50K:Tea Ltd\n:59:Cup Ltd",
        "!Type:Bank\nD12/03/2031\nT-1,200.50\nPTotal Fitness Ltd\n^\n",
        ":20:START\n:25:37040044/532013000\n:28C:1/1\n:60F:C310301EUR1200,00\n:62F:C310331EUR400,10\n",
        "BEGIN:VCALENDAR\nBEGIN:VEVENT\nDTSTART:20310312T090000Z\nSUMMARY:Pay bill 4471\nEND:VEVENT",
        "BEGIN:VCARD\nVERSION:3.0\nORG:Tea Ltd\nBDAY:1980-05-08\nEND:VCARD",
        (
            "2031-03-12 10:00:01 Bill B-8 total=300.00\n2031-03-12T10:00:02 Bill B-9 total=60.00\n"
            "2031-03-13 10:00:01 done"
        ),
        "2031-03-12 10:00:01 INFO Bill B-8\n2031-03-12 10:00:02 WARN total=60.00",
        "Mar 12 10:00:01 host Bill B-8\nMar 12 10:00:02 host total 60.00\nMar 12 10:00:03 host x",
        '[{"number": "B-8", "total": 300.5}, {"number": "B-9", "total": 60.5}]',
        '{"number": "B-8", "total": 300.5}\n{"number": "B-9", "total": 60.5}\n',
        "{1:F01BANKDEFFXXXX0000000000}{2:I940}{4:\n:20:START\n:25:37040044/532013000\n:62F:C310331EUR400,10",
    ],
)
def test_a_message_between_programs_is_text_without_values(message: str, tmp_path: Path):
    """Its amounts have codes and no labels; a wrong one would cost more than an open one."""
    findings = documents.read(message.encode(), tmp_path)

    assert set(re.findall(r"\w+", findings.text)) >= {*re.findall(r"\w{4,}", message)}
    assert not [name for name, each in findings.fields.items() if each.value]


@pytest.mark.parametrize("kind", ["VCALENDAR", "VCARD"])
def test_a_calendar_below_other_text_is_kept_apart(kind: str, tmp_path: Path):
    """A program added it; the text around it says the values."""
    card = f"BEGIN:{kind}\nDTSTART:20310312T090000Z\nSUMMARY:Total 999.00\nEND:{kind}"
    text = f"Receipt\nTotal 12.00\n{card}\nThank you"

    findings = documents.read(text.encode(), tmp_path)

    assert findings.text.split("\n\n")[-1] == card
    assert findings.fields["total"].value == "12.00"


def test_a_bill_in_json_is_read_value_by_value(tmp_path: Path):
    """Each value is behind its name, without the signs of the format."""
    bill = '{"bill": {"number": "B-8", "seller": {"name": "Tea Ltd"}, "paid": null,\n "notes": ["a", "b"]}}'

    text = documents.read(bill.encode(), tmp_path).text

    assert text == "bill number: B-8\nseller: Tea Ltd\nnotes: a\nnotes: b"


_BILL = '"invoice_number": "B-8", "seller": {"name": "Tea Ltd"}, "date": "2031-05-03"'


@pytest.mark.parametrize(
    ("amounts", "total"),
    [
        ('"total": 1999, "amount_due": 1999', None),
        ('"total_cents": 1999', None),
        ('"total": "1999"', None),
        ('"total_money": {"amount": 1999}', None),
        ('"total": 1.5e3, "net": 1200.5', None),
        ('"total": 1234.15, "total_paid": 1000.25', "1234.15"),
        ('"grandTotal": "1,234.15", "totalPaid": "1,000.25"', "1234.15"),
        ('"total": 100.00, "refund": {"total": 20.00}', "100.00"),
        ('"tax": {"amount": 20.0}, "total": {"amount": "120.00"}', "120.00"),
        ('"total": 100, "amount_due": 60.5', "100.00"),
        ('"total_price": "119.00", "subtotal": "100.00"', None),
        ('"total": "30.00", "lines": [{"total": "10.00"}, {"total": "20.00"}]', "30.00"),
        ('"total": 12345678901234567.89', None),
    ],
)
def test_an_amount_in_json_is_one_only_if_its_name_says_so(
    amounts: str, total: str | None, tmp_path: Path
):
    """What may be cents, or another sum, is text and no value."""
    findings = documents.read(f"{{{_BILL}, {amounts}}}".encode(), tmp_path)

    found = findings.fields.get("total")
    assert (found.value if found else None) == total
    assert findings.fields["invoice_number"].value == "B-8"
    assert findings.fields["company"].value == "Tea Ltd"


@pytest.mark.parametrize(
    "parts",
    [
        '"line1": {"title": "Cup", "price": "50.00"}, "line2": {"title": "Pot", "price": "70.00"}',
        '"vat_1": {"rate": "19", "amount": "10.00"}, "vat_2": {"rate": "7", "amount": "2.00"}',
        '"site1": {"road": "Elm 1", "zip": "12345"}, "site2": {"road": "Ash 2", "zip": "54321"}',
        (
            '"corrected": {"invoice_number": "Z-9", "total": "500.00"},'
            ' "present": {"invoice_number": "B-8", "total": "120.00"}'
        ),
    ],
)
def test_numbered_parts_of_a_bill_in_json_are_no_bills(parts: str, tmp_path: Path):
    """Number and total beside them are those of the bill; nothing in them is."""
    bill = f'{{{_BILL}, "total": "120.00", {parts}}}'

    fields = documents.read(bill.encode(), tmp_path).fields

    assert (fields["invoice_number"].value, fields["total"].value) == ("B-8", "120.00")
    assert fields["company"].value == "Tea Ltd"


def test_a_total_beside_bills_in_json_is_that_of_none(tmp_path: Path):
    """The sum of all bills in a list is no value of the file."""
    bills = ", ".join(f'"bill{at}": {{{_BILL}, "total": "{at}0.00"}}' for at in (1, 2))

    fields = documents.read(f'{{"total": "30.00", {bills}}}'.encode(), tmp_path).fields

    assert {name for name, found in fields.items() if found.value} == set()


def test_each_list_of_objects_in_json_is_a_list(tmp_path: Path):
    """The values of one of its entries are not those of the file, wherever the list is."""
    data = f'{{"page": {{"data": [{{{_BILL}, "total": "10.00"}}, {{{_BILL}, "total": "20.00"}}]}}}}'

    fields = documents.read(data.encode(), tmp_path).fields

    assert {name for name, found in fields.items() if found.value} == set()


@pytest.mark.parametrize(
    "above",
    [
        "UNB+ is the first segment of a message.",
        "OFXHEADER: what it means",
        "\n".join(f"2031-03-12 10:00:{second} host x" for second in range(10, 50)),
    ],
)
def test_what_only_speaks_of_messages_is_no_message(above: str, tmp_path: Path):
    """A bill in the same text has its values."""
    bill = "Tea Ltd\nInvoice no. 4410\nTotal 120.00 EUR"
    text = f"{bill}\n{above}" if above.startswith("2") else f"{above}\n{bill}"

    fields = documents.read(text.encode(), tmp_path).fields

    assert (fields["invoice_number"].value, fields["total"].value) == ("4410", "120.00")


@pytest.mark.parametrize("text", ["{not: json}\nTotal 40.00", "[1] A note\nTotal 40.00"])
def test_what_only_begins_like_json_is_plain_text(text: str, tmp_path: Path):
    """Its lines stay as they are."""
    assert documents.read(text.encode(), tmp_path).text == text


@pytest.mark.parametrize("depth", [200, 200_000])
def test_deep_json_ends(depth: int, tmp_path: Path):
    """A file of nothing but brackets breaks nothing."""
    data = b"[" * depth + b"1" + b"]" * depth

    assert documents.read(data, tmp_path).status.readable


@pytest.mark.parametrize("sign", ["\u200b", "\u2060"])
def test_signs_without_a_width_are_left_out(sign: str, tmp_path: Path):
    """They are in numbers and amounts that were copied from a web page."""
    text = f"Invoice number: B-{sign}77\nTotal: £3{sign}00.00\n"

    fields = documents.read(text.encode(), tmp_path).fields

    assert (fields["invoice_number"].value, fields["total"].value) == ("B-77", "300.00")


def test_a_card_without_an_end_ends_with_its_last_line():
    """What follows such a card is not of the card."""
    text = "Kettle Ltd\nBEGIN:VCARD\nVERSION:3.0\nORG;LANGUAGE=en:Heron Ltd\nTotal due: 12.00\nDate: 3 May 2031"

    kept, cards = without_cards(text)

    assert kept == "Kettle Ltd\n\nTotal due: 12.00\nDate: 3 May 2031"
    assert "Heron" in cards
