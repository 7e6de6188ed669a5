"""What `find_values` promises about addresses of many countries."""

import pytest

from pipeline.model import PageText
from processors.contract import Page
from processors.values import find_values


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
