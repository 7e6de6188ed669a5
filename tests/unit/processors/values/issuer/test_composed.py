"""What `find_values` promises about names that a line, a heading or a signature only hints at."""

import pytest

from pipeline.model import PageText
from processors.contract import Line, Page
from processors.values import find_values


def company_of(text: str) -> str | None:
    """Return the company found in a text."""
    page = Page(PageText(number=1, source="text", engine=None, confidence=None, text=text))
    found = find_values([page]).get("company")
    return found.value if found else None


@pytest.mark.parametrize(
    ("text", "name"),
    [
        (
            (
                "INVOICE 12\nBill to: Ann Fox\n3 Hill Row\nEly CB6 1AA\nTiles 2 19,50 39,00\nTotal 39.00\n"
                "Otter Tiling - 5 Weir Lane - Ely CB7 4AB"
            ),
            "Otter Tiling",
        ),
        ("Invoice from Otter Tiling to Heron Gallery\nInvoice # 12\nTotal 39.00", "Otter Tiling"),
        ("From: Otter Tiling <ann@otter.example>\nInvoice 12\nTotal 39.00", "Otter Tiling"),
        (
            "Invoice 12\nTiles 39.00\nTotal 39.00\nKind regards,\nAnn Fox\nOtter Tiling\nottertiling.example",
            "Otter Tiling",
        ),
        ("Cab No. 12\nDriver ID 220\nTotal 9.00\nOtter Cab Co.", "Otter Cab Co."),
        ("FOR HERE\nOtter Grill\nTotal 9.00", "Otter Grill"),
        ("To Go Noodles\nLevel 2, Otter Mall\nTotal 9.00", "To Go Noodles"),
        ("Receipt 12\nStore: Otter Foods\nTotal 9.00", "Otter Foods"),
        ("HERON INKS\nStore: Ely Quay\nReceipt 12\nTotal 9.00", "HERON INKS"),
        ("HERON INKS\nInvoice 12\nPrepared by: Ann Fox\nTotal 9.00", "HERON INKS"),
        (
            "Heron Inks\nInvoice 12\nAnn Fox, 5 Weir Lane, Ely CB7 4AB\nInk\nPen\nTotal 9.00",
            "Heron Inks",
        ),
        ("Receipt 12\nMS Trading House\nServed by Ann\nTotal 9.00", "MS Trading House"),
        ("거래명세서\n공급자: 수달 문구\n합계 900원", "수달 문구"),
        ("Otter City\nUtilities\nAccount holder: Ann Fox\nAmount due $9.00", "Otter City"),
        (
            "TAXI RECEIPT\nOtter Cars\nFrom: Weir Station\nTo: Harbor\nFare $9.00\nTotal 9.00",
            "Otter Cars",
        ),
        (
            "Rail ticket receipt\nWeir Vale Lines\nFrom: Ely\nTo: Ash Halt\nDate of travel: 14 May 2031\nTotal 9.00",
            "Weir Vale Lines",
        ),
        (
            "TAX INVOICE\nFrom   To\nTeal Wares   Heron Ltd\n12 Mill Road   9 Fell Row\nPune 411001   Ely 422007\nGSTIN 27ABCDE1234F1Z5\nTotal 9.00",
            "Teal Wares",
        ),
        ("Otter Outfitters\n50 Teal Ave\nLarkton AB T5K 2P4\nTotal 9.00", "Otter Outfitters"),
        ("Otter Outfitters\n50 Teal Ave\nLarkton SA 5000\nTotal 9.00", "Otter Outfitters"),
        ("Library Card Application\nTotal 9.00\nOtter Books Ltd", "Otter Books Ltd"),
        ("Reparaturauftrag / Rechnung\nOtter Kfz\nSumme 9,00", "Otter Kfz"),
        ("Aanvraagformulier gelden\nTotaal 9,00\nOtter Tegels B.V.", "Otter Tegels B.V."),
        ("Trattoria Lontra\ndi Ada Teal & C. s.n.c.\nTotale 9,00", "Trattoria Lontra"),
        ("領収書\n鷺花子 様\n但し お食事代として\n合計 900\nかわうそ亭", "かわうそ亭"),
        ("請求書\n株式会社さぎ 御中\n有限会社かわうそ\n合計 900", "有限会社かわうそ"),
        ("FACTUUR\nVan:\nOtter Tegels\nAan:\nGemeente Weir\nTotaal 9,00", "Otter Tegels"),
        ("Store 0042 Mgr. Ann\nOtter Foods\nTotal 9.00", "Otter Foods"),
    ],
)
def test_name_is_found(text: str, name: str):
    """A name is found at a signature, in a mail's header, and before its address on one line."""
    assert company_of(text) == name


@pytest.mark.parametrize(
    "text",
    [
        "Invoice 12\nTo: Otter School\nWeirplein 2\n3511 AB Utrecht\nTotal 9.00",
        "Invoice 12\nMessrs. Fox & Otter\nSolicitors\n8 Weir Hill\nEly CB6 1AA\nTotal 9.00",
        "Belegnummer B-17\nBetrag 9,00",
        "株式会社かわうそ 御中\n合計 900",
        "Invoice 12\nFrom: Ann Fox <ann@heron.example>\nTotal 9.00",
    ],
)
def test_receiver_is_no_issuer(text: str):
    """Neither a receiver, nor its street, nor who passes a mail on has issued the document."""
    assert company_of(text) is None


def test_letterhead_of_a_body():
    """A letter has its sender in its head, above the address, and no person for a company."""
    letter = "Otter Society\n80 Mill Lane, Ely CB6 1AA\n4 June 2024\nDear Ann,\nall is done."

    found = find_values([_text_page(letter)], doc_class="letter")
    private = find_values([_text_page(letter.replace("Society", "Fox"))], doc_class="letter")

    assert found["company"].value == "Otter Society"
    assert found["address"].value == "80 Mill Lane, Ely CB6 1AA"
    assert "company" not in private


def _text_page(text: str) -> Page:
    return Page(PageText(number=1, source="text", engine=None, confidence=None, text=text))


@pytest.mark.parametrize(
    ("letter", "name"),
    [
        ("Otter SA\n4 June 2024\nDear Ann,\nall is done.", "Otter SA"),
        ("Otter Clinic\n8 Mill Lane\nEly CB6 1AA\nAnn Vole\n3 Fen Road\nEly CB6 2BB\nDear Ann,", "Otter Clinic"),
        ("Otter Clinic\n8 Mill Lane\nEly CB6 1AA\nDear all,\nthanks.\nSincerely", None),
        ("4 June 2024\nDear Ann,\nall is done.\nYours sincerely,\nOtter & Vole", "Otter & Vole"),
        ("4 June 2024\nDear Ann,\nall is done.\nYours sincerely,\nClaims Department", None),
    ],
)  # fmt: skip
def test_sender_of_a_letter(letter: str, name: str | None):
    """A legal form, a second address or a signature proves who wrote; a first line alone does not."""
    found = find_values([_text_page(letter)], doc_class="letter")

    assert (found["company"].value if "company" in found else None) == name


@pytest.mark.parametrize(
    ("first", "second", "height_pt", "name"),
    [
        ("THE OTTER", "WEIR WORKS", 20, "THE OTTER WEIR WORKS"),
        ("BOULANGERIE", "DU VIEUX GUE", 12, "BOULANGERIE DU VIEUX GUE"),
        ("BOULANGERIE", "5 Weir Lane", 12, "BOULANGERIE"),
        ("BOULANGERIE", "DU VIEUX GUE", 10, "BOULANGERIE"),
    ],
)
def test_name_over_two_lines_in_large_letters(first: str, second: str, height_pt: float, name: str):
    """Two lines of one height are one name; OCR encloses capitals more closely than others."""
    lines = [
        Line(first, (50, 30, 150, 30 + height_pt)),
        Line(second, (50, 34 + height_pt, 160, 34 + 2 * height_pt)),
        *(Line(text, (50, 100 + 14 * row, 200, 110 + 14 * row)) for row, text in enumerate(
            ["5 Weir Lane, Ely", "Invoice No: 12", "Tiles 39.00", "VAT 0.00", "Total 39.00"]
        )),
    ]  # fmt: skip
    text = "\n".join(line.text for line in lines)
    page = PageText(number=1, source="text", engine=None, confidence=None, text=text)

    found = find_values([Page(page, tuple(lines))])

    assert found["company"].value == name


@pytest.mark.parametrize(
    ("text", "buyer"),
    [
        ("Invoice 12\nBuyer   Seller\nHeron Hotel   Otter Tiling\nTotal 9.00", "Heron Hotel"),
        ("Invoice 12\nBuyer   Seller\nOtterweg 88   Otter Ltd\nTotal 9.00", None),
        (
            "Otter Inc.\tBill to\n9 Row\tHeron Hotel\nEly\tAsh\nInvoice 12\nTotal 9.00",
            "Heron Hotel",
        ),
        ("Invoice 12\nIssued to: Heron Hotel Ltd\nTotal 9.00", "Heron Hotel Ltd"),
        ("Invoice 12\nBill from   Bill to\nOtter Ltd   Heron Hotel\nTotal 9.00", "Heron Hotel"),
    ],
)
def test_buyer_is_in_its_column(text: str, buyer: str | None):
    """The name below a label is in the label's column, and another label is no name."""
    page = Page(PageText(number=1, source="text", engine=None, confidence=None, text=text))

    found = find_values([page]).get("buyer")

    assert (found.value if found else None) == buyer


@pytest.mark.parametrize(
    "address",
    [
        "Office 12, Otter Tower P.O. Box 33120 Dubai, United Arab Emirates",
        "Plot 15, Otter Road Ikoyi, Lagos Nigeria",
        "3 bis, rue des Loutres BP 40012 75011 Paris Cedex",
        "24 Otter Street Gardens Cape Town 8001 South Africa",
    ],
)
def test_address_ends_with_its_country(address: str):
    """The number of a box is no postal code, and a country is the end of an address."""
    broken = address
    for place in (" P.O. Box", " Dubai", " Ikoyi", " Nigeria", " BP ", " 75011", " Gardens"):
        broken = broken.replace(place, "\n" + place.strip() + " " * place.endswith(" "))
    broken = broken.replace(" Cape", "\nCape").replace(" South", "\nSouth")
    text = f"Otter Tiling Ltd\n{broken}\n\nInvoice 12\nTotal 9.00"
    page = Page(PageText(number=1, source="text", engine=None, confidence=None, text=text))

    assert find_values([page])["address"].value == address


def test_title_of_a_document_ends_its_address():
    """Words in capitals below a postal code are a town, unless they are a title."""
    page = _text_page("Otter Tiling Ltd\nWeirstr. 12, 20457 Hamburg\nGUTSCHRIFT\nDatum: 3.5.2031")

    assert find_values([page])["address"].value == "Weirstr. 12, 20457 Hamburg"


def test_title_of_who_signs_is_no_company():
    """A group has a leader, who signs a letter for somebody else."""
    page = _text_page("Dear Fox,\nhere it is.\nSincerely,\nAnn Vole, Ph.D.\nGroup Leader, Optics")

    assert "company" not in find_values([page], doc_class="letter")


@pytest.mark.parametrize("below", ["Freelance Cartographer", "Royal Miles account 12"])
def test_a_profession_below_a_signature_is_no_company(below: str):
    """A line below a person's name is who the letter was signed for only if the page says so."""
    page = _text_page(f"Invoice 12\nMaps 39.00\nTotal 39.00\nKind regards,\nAnn Fox\n{below}")

    company = find_values([page]).get("company")

    assert company is None or company.value != below


@pytest.mark.parametrize("head", ["", "Heron Trading\n5 Weir Lane, Ely CB7 4AB\n"])
def test_who_gets_a_letter_is_not_who_wrote_it(head: str):
    """A name above an address over several lines is as often the receiver's."""
    receiver = "Otter Trading\n12 Hill Row\nEly CB6 1AA\n19 May 2031\n"
    letter = f"{head}{receiver}Dear Ann,\nThank you for the pots.\nKind regards,\nBen Lee\n"

    company = find_values([_text_page(letter)], doc_class="letter").get("company")

    assert company is None or company.value != "Otter Trading"


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ("BRINDLE BOATS &", "OARS"),
        ("BRINDLE BOATS", "AND OARS LTD"),
        ("Brindle Boote und", "Segel"),
    ],
)
def test_a_name_goes_on_at_an_and(first: str, second: str):
    """A line that ends with "and", or begins with it below a name, is a part of the name."""
    text = f"{first}\n{second}\n3 Fell Road\nHarwick HW4 9QT\nTotal 5.00"
    page = PageText(number=1, source="text", engine=None, confidence=None, text=text)

    assert find_values([Page(page)])["company"].value == f"{first} {second}"


def test_a_name_that_is_wrapped_is_known_from_where_it_is_whole():
    """A narrow column breaks it; a line at the foot has all of it."""
    text = (
        "Alder Hill Tile\nCollective\n5 Mill Lane\nEly CB7 4DL\nInvoice 8\n9 June 2031\nTotal 5.00"
    )
    foot = "\nMake checks payable to Alder Hill Tile Collective"

    def company(lines: str) -> str | None:
        page = Page(PageText(number=1, source="text", engine=None, confidence=None, text=lines))
        return find_values([page])["company"].value

    assert company(text + foot) == "Alder Hill Tile Collective"
    assert company(text.replace("Tile", "Co-op") + "\nThanks") != "Alder Hill Co"
