"""What `find_values` promises about an issuer that only the small print at the foot names."""

import pytest

from pipeline.model import Finding, PageText
from processors.contract import Page
from processors.values import find_values

RECEIVER = "Marlpit Bakers Ltd\n14 Weaver Street\nEly CB7 4AA"
BODY = "Invoice 2207\n3 March 2031\nFlour, 20 bags 180.00\nVAT 20% 36.00\nTotal 216.00"
IMPRINT = "Fenwick Mills Ltd, registered in England 01234567, 8 Weir Lane, Ely CB7 5AB"


def values_of(*parts: str) -> dict[str, Finding]:
    """Return the findings of a text."""
    page = Page(
        PageText(number=1, source="text", engine=None, confidence=None, text="\n".join(parts))
    )
    return find_values([page])


@pytest.mark.parametrize(
    ("foot", "name"),
    [
        (IMPRINT, "Fenwick Mills Ltd"),
        ("Fenwick & Partner | 8 Weir Lane | Ely CB7 5AB | VAT no GB123456782", "Fenwick & Partner"),
        (
            "Müllerei Fenwick\nFeldweg 3, 50769 Köln\nSteuernummer 215/5123/4567",
            "Müllerei Fenwick",
        ),
        (
            "Fenwick Mills Ltd - 8 Weir Lane - Ely CB7 5AB\nIBAN GB33 BUKB 2020 1555 5555 55",
            "Fenwick Mills Ltd",
        ),
        ("Fenwick Mills. Company no. 08812345. VAT no. GB 123 4567 82", "Fenwick Mills"),
    ],
    ids=["registered", "on one line", "tax number", "bank", "no address"],
)
def test_issuer_at_the_foot_below_the_receiver(foot: str, name: str):
    """A head with a name and its address alone is the window of an envelope."""
    found = values_of(RECEIVER, BODY, foot)

    assert found["company"].value == name
    address = found.get("address")
    assert address is None or "Weaver" not in (address.value or "")


@pytest.mark.parametrize(
    ("head", "foot"),
    [
        (f"{RECEIVER}\nTel. 01353 555 111", IMPRINT),
        (f"{RECEIVER}\nVAT no GB123456782", IMPRINT),
        (RECEIVER, f"Bill to: Ann Fox\n{IMPRINT}"),
        (RECEIVER, f"Parcels by {IMPRINT}"),
        (RECEIVER, f"Insured with: {IMPRINT}"),
        (RECEIVER, "Fenwick Mills Ltd"),
    ],
    ids=["telephone", "registered", "receiver is named", "sentence", "label", "no imprint"],
)
def test_issuer_at_the_head(head: str, foot: str):
    """Who has a telephone or registration at the head, or names the receiver, is the issuer."""
    assert values_of(head, BODY, foot)["company"].value == "Marlpit Bakers Ltd"


@pytest.mark.parametrize(
    ("sign", "foot", "name"),
    [
        ("otter", "Otter Tiles, 5 Weir Lane, Ely CB7 4AB", "Otter Tiles"),
        ("OTTER", "Otter & Heron GmbH", "Otter & Heron GmbH"),
        ("Otter Tiles", "Otter Tiles Ltd, 5 Weir Lane, Ely CB7 4AB", "Otter Tiles Ltd"),
        ("otter", "Otterburn Tiles, 5 Weir Lane, Ely CB7 4AB", "otter"),
        ("Seller: Otter Tiles", "Otter Tiles Ltd", "Otter Tiles"),
        ("Otter Tiles", "Heron Tiles, 5 Weir Lane, Ely CB7 4AB", "Otter Tiles"),
    ],
)
def test_a_sign_is_spelled_out_by_the_name_at_the_foot(sign: str, foot: str, name: str):
    """A sign may have no more than the first words of a name, which its address has whole."""
    text = (
        f"{sign}\nCustomer\nKestrel Kites Ltd\nNorth Street 58\nInvoice\nDate 09/08/2031\n"
        f"Total 39.00\n{foot}\noffice@otter.example Tel. +44 20 107253"
    )

    assert values_of(text)["company"].value == name
