"""What `find_values` promises about addresses of many countries."""

import pytest

from pipeline.model import Finding, PageText
from processors.contract import Line, Page, Word
from processors.values import find_values
from processors.values.address import APART
from processors.values.address_parts import POSTAL_CODE


def values_of(text: str) -> dict[str, str | None]:
    """Return the values found in a text."""
    page = Page(PageText(number=1, source="text", engine=None, confidence=None, text=text))
    return {name: finding.value for name, finding in find_values([page]).items()}


@pytest.mark.parametrize(
    ("lines", "address"),
    [
        ("Brindle Otter, 12 Fell Rd, Harwick, CO 80218, USA", "12 Fell Rd, Harwick, CO 80218, USA"),
        ("Brindle Otter\n14 E. Fell Ave., Ste. 2\nHarwick, CO 80218", "14 E. Fell Ave., Ste. 2 Harwick, CO 80218"),
        ("Brindle Otter\nShop 5, Long Building\n22 Fell Road\nHarwick", "Shop 5, Long Building 22 Fell Road Harwick"),
        ("Brindle Otter\nVeldgracht 31-bis\n3511 AV Moordrecht", "Veldgracht 31-bis 3511 AV Moordrecht"),
        ("Brindle Otter\n12 Fell Road\nHarwick\n7945\nTotal due", "12 Fell Road Harwick 7945"),
        ("Brindle Otter\nHead office: 3 Fell Road, Harwick HW4 9QT", "3 Fell Road, Harwick HW4 9QT"),
        ("Seller: Brindle Otter\nSeller address: 3 Fell Road, Harwick HW4 9QT", "3 Fell Road, Harwick HW4 9QT"),
        ("Brindle Otter\n12 Fell Road\n80218 Harwick\nGSTIN 29ABCDE1234F1Z5", "12 Fell Road 80218 Harwick"),
        ("Brindle Otter\n3 Fell Road, Harwick HW4 9QT\nFee note 402", "3 Fell Road, Harwick HW4 9QT"),
        ("Brindle Otter\nFell Road No: 12\n80218 Harwick", "Fell Road No: 12 80218 Harwick"),
        ("Brindle Otter\nPlumbers · 7 Fell Street, Harwick HW4 9QT · 0555 000 111", "7 Fell Street, Harwick HW4 9QT"),
        ("Brindle Otter\n7 Fell Cottages, Harwick HW4 9QT | post@otter.example", "7 Fell Cottages, Harwick HW4 9QT"),
        ("Brindle Otter\nBrindle Otter • Fellweg 9 • 80218 Harwick", "Fellweg 9, 80218 Harwick"),
        ("Brindle Otter\n12 Fell Rd\nHarwick, CO 80218\nService address: 9 Elm Ave, Ely, CO 80219", "12 Fell Rd Harwick, CO 80218"),
        ("Receipt from Brindle Otter\nBrindle Otter\tBilled to\n12 Fell Rd\tHeron Ink\nHarwick HW4 9QT\t9 Elm Ave, Ely EL4 9QT", "12 Fell Rd Harwick HW4 9QT"),
        ("Brindle Otter\n12 Fell Rd\n34122 Harwick\nDocumento n. 0044-0012", "12 Fell Rd 34122 Harwick"),
        ("Brindle Otter\nShed 14, Fell Estate II\nHarwick 110020", "Shed 14, Fell Estate II Harwick 110020"),
        ("Brindle Otter\n12 Fell Road\nHarwick HW4 9QT\nTO\nHeron Ink Ltd", "12 Fell Road Harwick HW4 9QT"),
        ("Brindle Otter Inc.\tBill to\n12 Fell Rd\tHeron Ink\nHarwick, CO 80218\t9 Elm Ave\nUSA\tEly, CO 80219", "12 Fell Rd Harwick, CO 80218 USA"),
        ("Brindle Otter | 7 Fell Street | Harwick HW4 9QT | 0555 000 111", "7 Fell Street, Harwick HW4 9QT"),
        ("Brindle Otter, Fellweg 9, 80218 Harwick\nTeal Vole\nSeeweg 3\n80219 Ely", "Fellweg 9, 80218 Harwick"),
        ("Brindle Otter, Fell Street 7, Harwick HW4 9QT\nTeal Vole\n3 Elm Road\nEly EL4 9QT", "Fell Street 7, Harwick HW4 9QT"),
        ("Brindle Otter, Plumbers\nFellweg 9\n80218 Harwick", "Fellweg 9 80218 Harwick"),
        ("Brindle Otter\nL.L.C.\n5 Fell Road, Harwick HW4 9QT\nTo M/s. Vole\nFor Brindle Otter L.L.C.", "5 Fell Road, Harwick HW4 9QT"),
        ("Brindle Otter\nP.O. Box 118, Harwick, U.A.E. · Tel 0555 000 111 · TRN 1001", "P.O. Box 118, Harwick, U.A.E."),
        ("Brindle Otter Ltd\n12 Fell Road\n3511 LK Moordrecht\nHeron Inks B.V.", "12 Fell Road 3511 LK Moordrecht"),
        ("Brindle Otter Ltd\n12 Fell Road\n80218 Harwick\nHeron & Co.", "12 Fell Road 80218 Harwick"),
        ("Brindle Otter Ltd\n12 Fell Road\n80218 Harwick\nTeal S.r.l.", "12 Fell Road 80218 Harwick"),
        ("Brindle Otter\n1475 Fell Street\nHarwick\nCO 80218", "1475 Fell Street Harwick CO 80218"),
        ("Brindle Otter\n21475 N. Fell Parkway\nHarwick\nCO 80218", "21475 N. Fell Parkway Harwick CO 80218"),
        ("Brindle Otter\n1475 Fellway\nHarwick, CO 80218", "1475 Fellway Harwick, CO 80218"),
        ("Brindle Otter\n2210 N Fell Blvd\nFloor 3\nHarwick CO 80218", "2210 N Fell Blvd Floor 3 Harwick CO 80218"),
        ("Brindle Otter\nFellweg 9, 80218 Harwick\nGutschriftnr. 71", "Fellweg 9, 80218 Harwick"),
        ("Brindle Otter\nFellweg 9\n80218 Harwick\nVertrags-Nr.: B-71", "Fellweg 9 80218 Harwick"),
        ("Brindle Otter\n12 Fell Road\n80218 Harwick, Fellshire\nADVANCE SLIP", "12 Fell Road 80218 Harwick, Fellshire"),
        ("Brindle Otter Ltd\n12 Fell Road\n80218 Harwick\nNew Fellshire.", "12 Fell Road 80218 Harwick New Fellshire."),
    ],
)  # fmt: skip
def test_addresses_of_many_countries(lines: str, address: str):
    """Parts of buildings, states and codes belong to an address; labels and numbers do not."""
    assert values_of(f"{lines}\nInvoice no: 8\nTotal 5.00")["address"] == address


def test_a_number_of_letters_and_digits_is_no_address():
    """What follows "no:" is a house only if it is as short as the number of one."""
    assert "address" not in values_of("Brindle Otter\nPolicy no: HW-80218\nTotal 5.00")


@pytest.mark.parametrize(
    "line",
    [
        "Auth. code 584102",
        "Approval: 771902",
        "Trace no. 004417",
        "We bake in every street of this town",
        "Bring goods back within 14 days to the shop in Fell Road",
    ],
)
def test_a_number_of_a_terminal_or_a_sentence_is_no_address(line: str):
    """Six digits may be a postal code, and a sentence may have the word "street"."""
    assert "address" not in values_of(f"Brindle Otter\n{line}\nTea   5.00\nTotal   5.00")


@pytest.mark.parametrize(
    "goods",
    ["2 Brown bread\n1 Butter 250 g", "2 x Brown bread\nMilk", "Brown bread   2.00\nMilk   3.00"],
    ids=["number", "times", "price"],
)
@pytest.mark.parametrize("town", ["Harwick HW4 9QT", "80218 Harwick"])
def test_goods_are_no_part_of_an_address(goods: str, town: str):
    """Below its town an address ends, whatever numbers the goods begin with."""
    values = values_of(f"Brindle Otter\n12 Fell Road\n{town}\n{goods}\nTotal   5.00")

    assert values["address"] == f"12 Fell Road {town}"


def test_goods_below_a_street_without_its_town():
    """A number of pieces begins no line of an address."""
    values = values_of("Brindle Otter\n12 Fell Road\n2 x Brown bread\nMilk\nTotal   5.00")

    assert values["address"] == "12 Fell Road"


@pytest.mark.parametrize(
    "slogan", ["Open 9 to 5 daily", "Over 30 years of craft", "30 years of fine craft"]
)
def test_a_slogan_is_no_line_of_an_address(slogan: str):
    """The number of a house begins or ends its part of the address."""
    values = values_of(f"Brindle Otter Ltd\n{slogan}\nHarwick, CO 80218\nTotal   5.00")

    assert values["address"] == "Harwick, CO 80218"


@pytest.mark.parametrize(
    "line",
    [
        "Paid via Visa ending 4242",
        "Amount paid in cash",
        "Bezahlt per Karte",
        "Mastercard **** 0042",
        "Founded 1921",
        "Membership Application 2031",
        "No\tName\tTotal",
    ],
)
def test_how_it_was_paid_is_no_address(line: str):
    """Neither a payment nor a year behind words belongs to an address."""
    address = "88 Fell Walk, Harwick, CO 80218"

    assert values_of(f"Brindle Otter\n{address}\n{line}\nTotal 5.00")["address"] == address
    assert "address" not in values_of(f"Brindle Otter\n{line}\nTotal 5.00")


@pytest.mark.parametrize(
    ("lines", "address"),
    [
        ("P.O. Box 9120\nHarwick, NJ 08650\nANN R TEAL\n1884 FELL VIEW DR", "P.O. Box 9120 Harwick, NJ 08650"),
        ("3 Fell Road\nHarwick HW4 9QT\nANN TEAL", "3 Fell Road Harwick HW4 9QT"),
        ("2100 Fell Street · Harwick, OR 97103 · EIN 93-1234567", "2100 Fell Street, Harwick, OR 97103"),
        ("4 Fell Quay, Dublin 2, D02 X285", "4 Fell Quay, Dublin 2, D02 X285"),
        ("3 Fell Road\nHarwick HW4 9QT\nNo 55", "3 Fell Road Harwick HW4 9QT"),
        ("3 Fell Road\nHarwick\nNr. 55a", "3 Fell Road Harwick"),
        ("Fell Road\nNo. 55\nHarwick HW4 9QT", "Fell Road No. 55 Harwick HW4 9QT"),
        ("Fell Valley Park\nHarwick\nHW4 9QT", "Fell Valley Park Harwick HW4 9QT"),
        ("12 Fell Road\n43300 Harwick\nSELANGOR", "12 Fell Road 43300 Harwick SELANGOR"),
    ],
)  # fmt: skip
def test_an_address_ends_with_its_code(lines: str, address: str):
    """Who is named below a code is somebody else; a code alone has its town above it."""
    assert values_of(f"Brindle Otter\n{lines}\nInvoice no: 8\nTotal 5.00")["address"] == address


def placed(row: float, *pieces: tuple[str, float, float]) -> Line:
    """Make a line of pieces, each with its left and its right edge."""
    top = 40.0 + 14 * row
    words = []
    for text, left, right in pieces:
        parts = text.split()
        width = (right - left) / len(parts)
        places = [left + width * number for number in range(len(parts))]
        boxes = [(place, top, place + width, top + 10) for place in places]
        words += [Word(part, box, 1.0) for part, box in zip(parts, boxes, strict=True)]
    box = (pieces[0][1], top, pieces[-1][2], top + 10)
    return Line("  ".join(text for text, _, _ in pieces), box, words=tuple(words))


@pytest.mark.parametrize(("left", "right"), [(430.0, 540.0), (400.0, 500.0), (452.0, 520.0)])
def test_the_address_in_the_column_below_a_name(left: float, right: float):
    """A column at the right is the name's if it ends with it, is centered or is alone below it."""
    lines = [
        placed(0, ("BRINDLE BANK", 430, 540)),
        placed(2, ("Mr Jon Vole", 60, 120), ("PO Box 311", left, right)),
        placed(3, ("9 Elm Court", 60, 120), ("Harwick", left, right)),
        placed(4, ("Ely EL4 9QT", 60, 120), ("HW4 9QT", left, right)),
        placed(6, ("Dear Mr Vole", 60, 130)),
        placed(7, ("your new terms are below, and they hold from the summer on.", 60, 400)),
        placed(8, ("Yours sincerely", 60, 130)),
    ]
    text = "\n".join(line.text for line in lines)
    page = PageText(number=1, source="text", engine=None, confidence=None, text=text)

    found = find_values([Page(page, tuple(lines))], doc_class="letter")

    assert found["address"].value == "PO Box 311 Harwick HW4 9QT"


def test_the_address_of_a_receiver_is_not_that_of_who_signs():
    """Above the salutation of a letter is where it goes."""
    text = "Ms Ann Vole\n9 Elm Court\nEly EL4 9QT\nDear Ms Vole\nyour policy ends soon.\n"
    signed = "Yours sincerely\nJon Teal\nBrindle Otter Ltd"
    page = Page(PageText(1, "text", None, None, text + signed))

    found = find_values([page], doc_class="letter")

    assert found["company"].value == "Brindle Otter Ltd"
    assert "address" not in found


def address_below(*rows: Line) -> str | None:
    """Return the address that a bill of placed lines has."""
    text = "\n".join(line.text for line in rows)
    found = find_values([Page(PageText(1, "text", None, None, text), rows)])
    return found["address"].value if "address" in found else None


@pytest.mark.parametrize(
    ("logo", "above"),
    [
        (("Kettle Ltd", 60, 150), ("Ann Fox", 60, 110)),
        (("Kettle Ltd", 60, 150), ("Deliver to", 60, 110)),
        (("Kettle Ltd", 400, 500), ("Ann Fox", 60, 110)),
        (("Kettle Ltd", 230, 330), ("Otter plc", 60, 110)),
    ],
)
def test_the_address_in_the_window_of_a_bill_is_the_receivers(
    logo: tuple[str, float, float], above: tuple[str, float, float]
):
    """It has a name of its own far below the logo, or is to the left of it."""
    bill = [
        placed(0, logo),
        placed(5, above, ("Invoice number: 4711", 400, 500)),
        placed(6, ("2 Fell Row", 60, 120), ("Date: 3 May 2031", 400, 500)),
        placed(7, ("York YO1 1AA", 60, 130)),
    ]
    foot = placed(50, ("Kettle Ltd, 5 Mill Lane, Dover CT16 1AA", 60, 300))

    assert address_below(*bill) is None
    assert address_below(*bill, foot) == "5 Mill Lane, Dover CT16 1AA"


def test_an_address_far_below_a_logo_without_another_name_is_its_own():
    """A slogan may be between them if it is near the name, and goods are no name."""
    street, town = placed(6, ("5 Mill Lane", 60, 120)), placed(7, ("Dover CT16 1AA", 60, 140))

    assert address_below(placed(0, ("Kettle Ltd", 60, 150)), street, town)
    assert address_below(placed(5, ("Kettle Ltd", 60, 150)), street, town)
    assert address_below(
        placed(4, ("Kettle Ltd", 60, 150)), placed(5, ("Teas and cakes", 60, 150)), street, town
    )


@pytest.mark.parametrize("shift", [0.0, 0.5])
@pytest.mark.parametrize("left", [200.0, 380.0])
def test_of_two_addresses_beside_each_other_that_at_the_name_counts(shift: float, left: float):
    """The rows of the columns may be level or not; a name between them has neither."""
    own = [placed(1, ("5 Mill Lane", 60, 120)), placed(2, ("Dover CT16 1AA", 60, 140))]
    other = [
        placed(1 + shift, ("9 Low Road", left, left + 60)),
        placed(2 + shift, ("Leeds LS1 1AA", left, left + 80)),
    ]
    rows = [own[0], other[0], own[1], other[1]]
    if not shift:
        rows = [
            placed(1, ("5 Mill Lane", 60, 120), ("9 Low Road", left, left + 60)),
            placed(2, ("Dover CT16 1AA", 60, 140), ("Leeds LS1 1AA", left, left + 80)),
        ]

    assert address_below(placed(0, ("Kettle Ltd", 60, 150)), *rows) == "5 Mill Lane Dover CT16 1AA"
    middle = (140 + left) / 2
    assert address_below(placed(0, ("Kettle Ltd", middle - 20, middle + 20)), *rows) is None


def test_a_code_of_ireland_ends_an_address():
    """Others are models of goods: "D02 X285 pump"."""
    assert not POSTAL_CODE.search("model d02 x285 pump")
    assert POSTAL_CODE.search("dublin 2, d02 x285, ireland")


def test_the_words_of_a_name_may_be_far_apart():
    """A legal form behind nothing but "company" is the end of a name."""
    rows = (
        placed(0, ("RILL", 60, 80), ("WATER", 160, 190), ("COMPANY LTD", 260, 330)),
        placed(2, ("5 Mill Lane", 60, 120)),
        placed(3, ("Dover CT16 1AA", 60, 140)),
    )
    text = "\n".join(line.text for line in rows)

    found = find_values([Page(PageText(1, "text", None, None, text), rows)])

    assert found["company"].value == "RILL WATER COMPANY LTD"


@pytest.mark.parametrize(
    ("lines", "address"),
    [
        (["12 Fell Road, 8O218 Harwick"], "12 Fell Road, 80218 Harwick"),
        (["12 Fell Road", "3512O Harwick, Fellshire"], "12 Fell Road 35120 Harwick, Fellshire"),
        (["12 Fell Road, Harwick 4l0I9"], "12 Fell Road, Harwick 41019"),
        (["Unit I2345", "12 Fell Road", "Harwick HW4 9QT"], "Unit I2345 12 Fell Road Harwick HW4 9QT"),
        (["Lot l2345, Fell Road", "Harwick HW4 9QT"], "Lot l2345, Fell Road Harwick HW4 9QT"),
    ],
)  # fmt: skip
def test_misread_digits_of_a_code_are_corrected(lines: list[str], address: str):
    """OCR takes 0 for O and 1 for I beside a town; the number of a unit may have letters."""
    rows = ["Brindle Otter Ltd", *lines]
    placed_lines = tuple(
        placed(row, (text, 60, 60 + 5.0 * len(text))) for row, text in enumerate(rows)
    )
    page = PageText(1, "ocr", None, None, "\n".join(rows))

    assert find_values([Page(page, placed_lines)])["address"].value == address


def test_a_text_layer_has_no_misread_digits():
    """What was typed stays as it is."""
    text = "Brindle Otter Ltd\n12 Fell Road, 8O218 Harwick\nTotal 5.00"

    assert values_of(text)["address"] == "12 Fell Road, 8O218 Harwick"


@pytest.mark.parametrize("goods", ["Model D02 X285 pump", "Pumps A65 F4E2 and parts"])
def test_an_irish_code_is_at_the_end_of_its_line(goods: str):
    """Elsewhere letters and digits are those of goods."""
    text = f"Brindle Otter Ltd\n{goods}\n5 Fell Lane\nHarwick HW4 9QT\nTotal 5.00"

    assert values_of(text)["address"] == "5 Fell Lane Harwick HW4 9QT"


_WINDOW = (("Jon Vole", 60, 110), ("9 Elm Court", 60, 115), ("Ely EL4 9QT", 60, 118))
_OWN = (("5 Fell Lane", 420, 475), ("Harwick HW4 9QT", 420, 500))


def found_on(*rows: tuple[int, tuple[tuple[str, float, float], ...]]) -> dict[str, Finding]:
    """Find the values of a bill with these rows of pieces, and goods below them."""
    lines = [placed(row, *pieces) for row, pieces in rows]
    lines += [placed(30, ("Tea 12.00", 60, 110)), placed(31, ("Total 12.00", 60, 120))]
    text = "\n".join(line.text for line in lines)
    return find_values([Page(PageText(1, "text", None, None, text), tuple(lines))])


@pytest.mark.parametrize(
    ("left", "window"),
    [
        (60, _WINDOW),
        (430, _WINDOW),
        (60, (("Vole Inks plc", 60, 125), *_WINDOW[1:])),
        (250, (("Deliver to", 60, 110), *_WINDOW[1:])),
        (60, (("Invoice for works at", 60, 160), *_WINDOW[1:])),
        (60, _WINDOW[1:]),
    ],
    ids=["below", "at the right", "a company", "labeled", "place of works", "no name"],
)
def test_the_address_in_the_window_is_the_receivers(
    left: float, window: tuple[tuple[str, float, float], ...]
):
    """A wide gap or another column is between the issuer's name and it."""
    beside = (("Invoice number: 4711", 400, 500), ("Date: 3 May 2026", 400, 480))
    rows = [
        (6 + row, (piece, *beside[row : row + 1]) if left < 200 else (piece,))
        for row, piece in enumerate(window)
    ]
    address = found_on((0, (("Otter Ltd", left, left + 90),)), *rows).get("address")

    assert address is None or APART in address.reason


def test_the_place_of_works_right_below_the_name_is_no_address_of_it():
    """The words "Invoice for works at" announce another place, however close it is."""
    place = [(row, (piece,)) for row, piece in enumerate(_WINDOW[1:], start=2)]
    rows = [(0, (("Otter Ltd", 60, 110),)), (1, (("Invoice for works at", 60, 160),)), *place]

    assert "address" not in found_on(*rows)


@pytest.mark.parametrize(("left", "address"), [(250, None), (420, "5 Fell Lane Harwick HW4 9QT")])
def test_two_addresses_are_not_mixed(left: float, address: str | None):
    """Only the pieces in the column of the name are taken; the rows of the other may be more."""
    rows = [
        (2, (("Jon Vole", 60, 110), _OWN[0])),
        (3, (("9 Elm Court", 60, 115), _OWN[1])),
        (4, (("Ely EL4 9QT", 60, 118),)),
    ]
    found = found_on((0, (("Otter Ltd", left, left + 90),)), *rows).get("address")

    assert (found.value if found else None) == address


def test_an_address_ends_above_a_second_town():
    """What is below its town is another's, and such an address is a suggestion."""
    rows = [
        (row, ((text, 60, 160),))
        for row, text in enumerate(("Otter Ltd", "5 Fell Lane", "Harwick HW4 9QT", "Ely EL4 9QT"))
    ]
    address = found_on(*rows)["address"]

    assert address.value == "5 Fell Lane Harwick HW4 9QT"
    assert APART in address.reason


def test_the_address_at_the_foot_is_found_below_a_window():
    """The name with its address in small print says whose address that is."""
    window = [(6 + row, (piece,)) for row, piece in enumerate(_WINDOW)]
    foot = (40, (("Otter Ltd, 5 Fell Lane, Harwick HW4 9QT", 60, 300),))

    address = found_on((0, (("Otter Ltd", 60, 150),)), *window, foot)["address"]

    assert address.value == "5 Fell Lane, Harwick HW4 9QT"
