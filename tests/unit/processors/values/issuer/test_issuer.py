"""What `find_values` promises about the issuer's name and address beyond the plain cases."""

import pytest

from pipeline.model import PageText
from processors.contract import Line, Page
from processors.values import find_values


def values_of(text: str) -> dict[str, str | None]:
    """Return the values found in a text."""
    page = Page(PageText(number=1, source="text", engine=None, confidence=None, text=text))
    return {name: finding.value for name, finding in find_values([page]).items()}


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ("KETTLE & SONS", "CO. (M) SDN BHD"),
        ("GOLDEN KETTLE", "RESTAURANT SDN BHD"),
        ("Three Kettles", "Bistro & Cafe"),
        ("KETTLE BOOK", "Trading Company Ltd"),
    ],
)
def test_name_over_two_lines(first: str, second: str):
    """A line of legal forms and trades alone completes the name before it."""
    text = f"{first}\n{second}\n12 Long Street\nTotal 5.00"

    assert values_of(text)["company"] == f"{first} {second}"


@pytest.mark.parametrize(
    ("line", "name"),
    [
        ("KETTLE MART 5/8 (519537-X)", "KETTLE MART S/B"),
        ("KETTLE MART S/8", "KETTLE MART S/B"),
        ("KETTLE TEA SON BHD", "KETTLE TEA SDN BHD"),
        ("KETTLE TEA SDN 8HD", "KETTLE TEA SDN BHD"),
        ("KETTLE SON", "KETTLE SON"),
        ("MR. T.1.P. KETTLE SDN BHD", "MR. T.I.P. KETTLE SDN BHD"),
        ("KETTLE TEA (NTI SDN BHD", "KETTLE TEA (NT) SDN BHD"),
        ("KETTLE TEA (MI) SDN BHD", "KETTLE TEA (MI) SDN BHD"),
    ],
)
def test_misread_legal_form(line: str, name: str):
    """Letters that OCR confuses are corrected where the rest of the form or a number proves it."""
    values = values_of(f"{line}\n12 Jalan Teh\n41150 Klang\nTotal 5.00")

    assert values["company"] == name
    assert values["address"] == "12 Jalan Teh 41150 Klang"


@pytest.mark.parametrize(
    "heading",
    [
        "Sheet",
        "Sheet1",
        "Tabelle 2",
        "請求書",
        "請求番号 請求日 金額",
        "Bescheid",
        "sep=;",
        "Hallo",
    ],
)
def test_headings_are_no_issuers(heading: str):
    """The name of a sheet, a title, a heading and a greeting are nobody's name."""
    assert "company" not in values_of(f"{heading}\n2024-03-15\nTotal 5.00")


@pytest.mark.parametrize(
    "following",
    [
        "CREDIT NOTE",
        "Fakturanr 4711",
        "Ref: CN-2041",
        "15 March 2024",
        "Founded 12 April 1961",
        "Mr. Rolf Dorn\n1 Any Street",
        "Dear Mr. Dorn,\nThank you for your letter.",
    ],
)
def test_address_ends_where_it_ends(following: str):
    """A title, a label, a date, an addressee and a greeting are not part of the address."""
    text = f"Kettle Trading Ltd\n14 Long Street, Hexham\n{following}\nTotal 5.00"

    assert values_of(text)["address"] == "14 Long Street, Hexham"


@pytest.mark.parametrize("line", ["Order: NO-8812", "Since 12 April 1961", "Konto nr: 4471"])
def test_number_is_no_address(line: str):
    """A number with a label and a date with its year are no address."""
    assert "address" not in values_of(f"Kettle Trading Ltd\n{line}\nTotal 5.00")


def test_postal_code_in_two_groups():
    """Five digits in two groups before a town are a postal code."""
    text = "Kettle Bygg AB\nStorgatan 4, 412 55 Lund\nFaktura\nTotal 5.00"

    assert values_of(text)["address"] == "Storgatan 4, 412 55 Lund"


@pytest.mark.parametrize(
    ("text", "company"),
    [
        (
            (
                "INVOICE\nHarbor Gate Studio  Invoice # 1042\n14 Quay Street  Date: 3/4/2021\n"
                "Bill To  Ship To\nJane Cooper  Jane Cooper\n12 High St  12 High St\nTotal $400.00"
            ),
            "Harbor Gate Studio",
        ),
        (
            (
                "Invoice\nDate due April 3, 2021\nHarbor Gate Studio  Bill to\n"
                "14 Quay Street  Jane Cooper\nPortland, OR 97201  12 High St\nUnited States  Boise\n"
                "Total $400.00"
            ),
            "Harbor Gate Studio",
        ),
        (
            (
                "BLUEBIRD COURIERS  INVOICE\n5 Dock Road, Boise, ID 83702  No. 1042\nBILL TO:\n"
                "HALE INSTRUMENTS INC\n12 HIGH ST\nTOTAL 100.00"
            ),
            "BLUEBIRD COURIERS",
        ),
    ],
    ids=["beside its number", "beside the receiver", "beside the title"],
)
def test_seller_in_a_column(text: str, company: str):
    """A name is a piece of its line, and the block of the receiver is only in its own column."""
    assert values_of(text)["company"] == company


@pytest.mark.parametrize(
    "evidence",
    [
        "Make all checks payable to Cedar & Pine Plumbing",
        "Account holder: Cedar & Pine Plumbing Sort code 12-34-56",
        "Kontoinhaber: Cedar & Pine Plumbing",
        "Payment to: Cedar & Pine Plumbing",
        "Beneficiary\nCedar & Pine Plumbing",
    ],
)
def test_who_is_to_be_paid_is_the_seller(evidence: str):
    """The holder of the account counts more than a receiver with a legal form."""
    text = (
        "INVOICE\n[Company slogan]\nInvoice # 100\nHale Instruments Inc\n12 High St\n"
        f"Boise, ID 83702\nTotal 100.00\n{evidence}"
    )

    assert values_of(text)["company"] == "Cedar & Pine Plumbing"


@pytest.mark.parametrize(
    ("text", "company"),
    [
        ("Quill & Thread\nHale Instruments Inc\nAttn: Accounts\n12 High St", "Quill & Thread"),
        ("Klara Brandt\nKaiweg 3\nFirma Kessel GmbH\nLindenweg 4", "Klara Brandt"),
        ("Invoice for Hale Instruments Inc\nMira Solano\n5 Dock Road", "Mira Solano"),
        ("Tidal Surf School\nPowered by Billsoft Ltd", "Tidal Surf School"),
        ("Panorama Tours\nHotel: Grand Kettle Ltd\nwww.panoramatours.example", "Panorama Tours"),
        ("Percent 0.19\nNegative -50\nThree Kettles", "Three Kettles"),
        ("Fern Street Cafe\nCustomer Name: Jane Cooper", "Fern Street Cafe"),
        ("Ivy Road Nursery\n88 Ivy Road\nDayton, OH 45401", "Ivy Road Nursery"),
        ("1020 Orchard Way\nDayton, OH 45401\nThree Kettles", "Three Kettles"),
    ],
    ids=[
        "attention",
        "firm",
        "for",
        "program",
        "label",
        "amounts",
        "street",
        "road",
        "address first",
    ],
)
def test_receivers_programs_and_places_are_no_sellers(text: str, company: str):
    """A receiver, the maker of the program, a labeled name and a street issue no invoice."""
    assert values_of(f"{text}\nInvoice no: 1042\nTotal 100.00")["company"] == company


def test_large_letters_are_a_name():
    """Letters that are much higher than the others are those of a sign or a logo."""
    rows = ["Fresh every day", "Three Kettles", "12 Long Walk", "Tea 5.00", "Total 5.00"]
    heights = [10, 24, 10, 10, 10]
    lines = tuple(
        Line(text, (0.0, 40.0 * n, 200.0, 40.0 * n + height))
        for n, (text, height) in enumerate(zip(rows, heights, strict=True))
    )
    text = PageText(number=1, source="ocr", engine=None, confidence=None, text="\n".join(rows))

    found = find_values([Page(text, lines)])["company"]

    assert found.value == "Three Kettles"
    assert "in large letters" in found.reason


@pytest.mark.parametrize(
    "address",
    [
        ["No 18, 20, 22, Long Street 2/16,", "40000 Kettleham, North"],
        ["13, Long Street 8", "Tea Garden", "57000 KT"],
        ["Lot 1626, Long Village", "Tumley", "16200 Kettleham, North"],
        ["Lot No2, Long Street", "Section 5, 40150 Kettleham,", "North Kettleshire"],
        ["Long Street 1", "28700 Kettleham", "North Kettleshire."],
        ["109, K21/1A,", "Kettle Garden"],
    ],
    ids=["numbers", "short town", "village", "comma", "full stop", "house number"],
)
def test_whole_addresses(address: list[str]):
    """An address begins with its numbers and goes on to its region."""
    text = "\n".join(["Three Kettles Ltd", *address, "Tel: 03-555 0134", "Total 5.00"])

    assert values_of(text)["address"] == " ".join(address)


def test_address_in_a_column():
    """What is beside an address is none of it."""
    text = (
        "Three Kettles Ltd\n14 Long Street  Date: 3/4/2021\n57000 Kettleham  Invoice # 1042\n"
        "Bill to: Jane Cooper\nTotal 5.00"
    )

    assert values_of(text)["address"] == "14 Long Street 57000 Kettleham"


def test_address_above_a_late_name():
    """Where the name of the company is below everything else, its address is at the head."""
    text = (
        "Thanks for your visit\n5, Long Street, 46350 Kettleham\nHotline 1800 88 12\n"
        "care@kettles.example\nShop 12\nThree Kettles Retail Ltd\nTax reg. 000709361664\n"
        "Tea 5.00\nTotal 5.00"
    )

    assert values_of(text)["address"] == "5, Long Street, 46350 Kettleham"


@pytest.mark.parametrize(
    "rows", ["Net amount 1000\nVAT 19% 190\nGrand total 1190", "Terminal T-20418\nTotal 5.00"]
)
def test_sums_and_terminals_are_no_address(rows: str):
    """Sheets print sums without decimals, and the number of a till is no postal code."""
    assert "address" not in values_of(f"Three Kettles Ltd\nInvoice no. R-2024-7\n{rows}")


def test_dinars_are_no_legal_form():
    """Berhad is written like the currency of Bahrain, which is before an amount."""
    found = values_of("Three Kettles Trading\nInvoice no: 8\nSubtotal BHD 4.500\nTotal BHD 4.500")

    assert found["company"] == "Three Kettles Trading"


def test_cells_of_a_table_are_no_names():
    """The cells of a row are separated by tabs, and are not looked at one by one."""
    assert "company" not in values_of("Number\tGoods\tSum\nINV-1001\tpens\t12.00\nTotal 12.00")


@pytest.mark.parametrize(
    "address",
    [
        ["Calle Larga 8, 2º B", "28200 Kettleham"],
        ["Rua Longa, 8", "4200-120 Kettleham"],
        ["ul. Długa 8", "02-950 Kettleham"],
        ["8 Long Street", "Kettleham, ON K2H 3N2"],
    ],
    ids=["ordinal", "Portugal", "Poland", "Canada"],
)
def test_postal_codes_of_several_countries_end_an_address(address: list[str]):
    """A code with a dash or with letters is one like that of five digits."""
    text = "\n".join(["Three Kettles Ltd", *address, "Invoice no: 1042", "Total 5.00"])

    assert values_of(text)["address"] == " ".join(address)


def test_address_beside_the_name():
    """Above the window of an envelope the sender is on one line; the receiver is below it."""
    text = (
        "Three Kettles GmbH · Long Street 8 · 57000 Kettleham\nJane Cooper\nShort Street 1\n"
        "58000 Tumley\nInvoice no: 1042\nTotal 5.00"
    )

    assert values_of(text)["address"] == "Long Street 8, 57000 Kettleham"


def test_a_telephone_behind_an_address_is_none_of_it():
    """What is before the number of the telephone is the address."""
    text = "Three Kettles Ltd\n8 Long Street, 57000 Kettleham Tel: 03-555 0134\nTotal 5.00"

    assert values_of(text)["address"] == "8 Long Street, 57000 Kettleham"


@pytest.mark.parametrize(
    "title",
    [
        "Confidential",
        "Original Copy",
        "Payment received",
        "Booking Confirmation",
        "Zahlungserinnerung",
        "Ticket de caisse",
        "Scontrino",
        "Dodací list",
        "Kassabon",
        "Paragon fiskalny",
        "Følgeseddel",
        "Кассовый чек",
        "거래명세서",
    ],
)
def test_words_of_titles_alone_are_no_name(title: str):
    """A line of nothing but such words says what the document is."""
    text = f"{title}\nInvoice no: 1042\n3 July 2031\nTotal 5.00"

    assert values_of(text).get("company") is None


def test_words_of_titles_may_be_in_a_name():
    """With a word of its own it is a name."""
    text = "Kettle Ticket Return\nInvoice no: 1042\n3 July 2031\nTotal 5.00"

    assert values_of(text)["company"] == "Kettle Ticket Return"


@pytest.mark.parametrize(
    "address",
    [
        ["Langegade 8, 2. tv.", "1200 Kettleham"],
        ["8 Old Terrace", "Kettleham", "BA1 1AA"],
        ["Rua Longa, 8", "Kettleham - SP", "04200-120"],
    ],
    ids=["joined word", "terrace", "code alone"],
)
def test_streets_of_several_countries_begin_an_address(address: list[str]):
    """What a street is called there says that the line is one."""
    text = "\n".join(["Three Kettles Ltd", *address, "Invoice no: 1042", "Total 5.00"])

    assert values_of(text)["address"] == " ".join(address)


def test_the_year_of_foundation_is_no_postal_code():
    """A line that ends with a year is a slogan."""
    text = "Three Kettles Ltd\nGood tea since 1974\nInvoice no: 1042\nTotal 5.00"

    assert "address" not in values_of(text)


@pytest.mark.parametrize(
    "line",
    [
        "Harwick HW4 9QT",
        "3107 Moorstadt",
        "Store 31",
        "VOID IF DETACHED",
        "In account with",
        "Mr. and Mrs. Quillfeather",
        "Tea 3 kg x USD 2,100.00",
        "Supply agreement",
        "Item Ex Tax Inc Tax",
        "Total (inc GST) 5.00",
    ],
)
def test_what_is_no_name(line: str):
    """A town with its code, the number of a shop, a remark or an item is not the issuer."""
    values = values_of(f"{line}\nBrindle Otter\nVAT no. 12\nTotal 5.00")

    assert values["company"] == "Brindle Otter"


@pytest.mark.parametrize(
    ("line", "name"),
    [
        ("Invoice from Brindle Otter", "Brindle Otter"),
        ("Exporter: Brindle Otter Exports, 12 Fell Road", "Brindle Otter Exports"),
        ("(1) Brindle Otter Limited", "Brindle Otter Limited"),
        ("Operator: Brindle Otter Ltd", "Brindle Otter Ltd"),
        ("Brindle Otter, CPA", "Brindle Otter, CPA"),
    ],
)
def test_name_with_words_around_it(line: str, name: str):
    """Labels and numbers before a name are none of it; the degree behind it is."""
    assert values_of(f"{line}\n4 March 2031\nTotal 5.00")["company"] == name


def test_seller_beside_buyer_in_a_table():
    """Below a row that names both parties, each cell is one of them."""
    rows = ("Supplier\tCustomer", "Brindle Otter\tVole & Sons", "3 Fell Road\t9 Moor Road")
    values = values_of("\n".join([*rows, "HW4 9QT Harwick\tHW5 1AB Wickham", "Total 5.00"]))

    assert values["company"] == "Brindle Otter"
    assert values["address"] == "3 Fell Road HW4 9QT Harwick"
