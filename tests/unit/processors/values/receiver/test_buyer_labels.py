"""Labels and forms of address of a buyer in many languages, on a line and in tables."""

import pytest

from processors.confidence.logistic import logit
from processors.confidence.model import WRITE_AT, most_logit
from processors.contract import Page
from tests.unit.processors.confidence.test_probabilities import features_on, page
from tests.unit.processors.values.test_parties import values_of

_HEAD = "Otter Quill Ltd\n5 Heron Row\nEly CB7 4DL\nINVOICE 12\n"


@pytest.mark.parametrize(
    "label",
    [
        "Receptor:", "Datos del cliente:", "Debiteur:", "Rechnungsadresse:", "Adressé à :",
        "Dati cliente:", "Klantgegevens:", "Fakturamottagare:", "Fakturamottaker:", "Platnik:",
        "Faktureres til:", "Müşteri bilgileri:", "Billing address:", "Customer details:",
        "Account of:", "Party's name:", "Details of Receiver (Billed to):", "Intestatario:",
        "Laskutettava:", "Údaje odběratele:",
    ],
)  # fmt: skip
@pytest.mark.parametrize("between", [" ", "\n"])
def test_a_label_of_a_buyer_announces_it(label: str, between: str):
    """It is behind the label or below it."""
    text = f"{_HEAD}{label}{between}Moss Kiln Ltd\n3 Fell Road\nTotal £5.00"

    assert values_of(text)["buyer"] == "Moss Kiln Ltd"


@pytest.mark.parametrize(
    "form", ["M/S", "M/s.", "Messrs", "Say\u0131n", "Exmo(s) Sr(s)", "Exmos. Senhores", "Señores"]
)
@pytest.mark.parametrize("between", [" ", "\n", ":\n"])
def test_a_form_of_address_is_before_a_buyer(form: str, between: str):
    """It needs no colon; on the first line it is before who issues a bill."""
    text = f"{_HEAD}{form}{between}Moss Kiln Ltd\n3 Fell Road\nTotal £5.00"

    assert values_of(text)["buyer"] == "Moss Kiln Ltd"
    assert "buyer" not in values_of("M/s Otter Quill Ltd\n5 Heron Row\nINVOICE 12\nTotal £5.00")


@pytest.mark.parametrize(
    ("label", "other"),
    [
        ("Odběratel", "Faktura č."), ("Nabywca", "Numer faktury"), ("Customer", "Invoice No."),
        ("Kund", "Fakturanr"), ("Bill to", "Job reference"), ("Client", "Date"),
    ],
)  # fmt: skip
def test_the_heading_of_the_next_column_is_no_buyer(label: str, other: str):
    """The name is below its label in a table, and beside it where labels are in a column."""
    columns = f"{_HEAD}| {label} | {other} |\n| Moss Kiln Ltd | 20260112 |\n| 3 Fell Road | |"
    beside = f"{_HEAD}| {label} | Moss Kiln Ltd |\n| {other} | 20260112 |"

    assert values_of(f"{columns}\nTotal £5.00").get("buyer") == "Moss Kiln Ltd"
    assert values_of(f"{beside}\nTotal £5.00").get("buyer") == "Moss Kiln Ltd"


def test_the_holder_of_an_account_at_a_bank_is_paid():
    """Far from a bank it is who gets the bill."""
    at_bank = values_of(f"{_HEAD}Total £5.00\nIBAN DE89 3704\nIntestatario: Otter Quill Ltd")
    far = values_of(f"{_HEAD}Intestatario: Moss Kiln Ltd\nTotal £5.00")

    assert "buyer" not in at_bank
    assert (far["company"], far["buyer"]) == ("Otter Quill Ltd", "Moss Kiln Ltd")


def test_a_letterhead_may_have_its_street_beside_its_name():
    """The line ends with a house number above a town, and the name is still one."""
    street, town = "Ahornweg 12", "50667 Moss"
    text = f"Otter Quill Ltd  {street}\n                 {town}\nHeron GmbH\nSeeweg 3\n20457 Ely\n"

    assert values_of(f"{text}INVOICE 12\nTotal £5.00")["company"] == "Otter Quill Ltd"


@pytest.mark.parametrize("name", ["Moss Kiln Ltd", "Mr T Vole", "Vole Brothers"])
def test_who_is_at_the_only_other_address_receives_a_bill(name: str):
    """Nothing needs to say so; without a legal form or a form of address it is a suggestion."""
    features = features_on([_two_addresses(name, "office@otter-quill.example")], "buyer")

    assert (most_logit(features) > logit(WRITE_AT)) == (name != "Vole Brothers")


def test_without_the_web_address_of_the_issuer_either_may_be_the_other():
    """The issuer may have a picture for its name, and the address of the receiver be the first."""
    features = features_on([_two_addresses("Moss Kiln Ltd", "Tel. 01539 555 123")], "buyer")

    assert most_logit(features) < logit(WRITE_AT)


def test_the_web_address_of_a_third_doubts_the_issuer_beside_a_buyer_at_an_address():
    """Nothing but a place says who is who, so a buyer is no reason to expect another's address."""
    whole = _two_addresses("Moss Kiln Ltd", "office@teal.example")

    assert features_on([whole], "company")["other_in_domain"]
    assert most_logit(features_on([whole], "buyer")) < logit(WRITE_AT)


def _two_addresses(name: str, last: str) -> Page:
    lines = ("Otter Quill Ltd", "5 Heron Row", "Ely CB7 4DL", "", "", name, "3 Fell Road")
    return page(*lines, "Kendal LA9 4AA", "", "INVOICE 12", "Oak £5.00", "Total £5.00", last)


@pytest.mark.parametrize(
    "block",
    [
        "Branch:\nMoss Kiln Ltd\n3 Fell Road\nKendal LA9 4AA",
        "Moss Kiln Ltd\n3 Fell Road\nKendal LA9 4AA\nTel. 01539 555 123",
        "Moss Kiln Ltd\nKendal LA9 4AA",
        "Oak £5.00\nMoss Kiln Ltd\n3 Fell Road\nKendal LA9 4AA",
    ],
)
def test_another_place_is_no_buyer(block: str):
    """It has a label of its own, a contact or no street, or is below the rows of the bill."""
    assert "buyer" not in values_of(f"{_HEAD}{block}\nTotal £5.00")


def test_of_two_other_addresses_neither_is_sure():
    """One may be where the goods go."""
    other = ("Moss Kiln Ltd", "3 Fell Road", "Kendal LA9 4AA", "", "")
    lines = ("Otter Quill Ltd", "5 Heron Row", "Ely CB7 4DL", "", "", *other)
    whole = page(
        *lines, "Teal Ltd", "9 Fell Road", "Kendal LA9 4AB", "", "INVOICE 12", "Total £5.00"
    )

    assert most_logit(features_on([whole], "buyer")) < logit(WRITE_AT)
