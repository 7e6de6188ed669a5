"""Who is to read a document works for its buyer, and who gets goods may be another."""

import pytest

from processors.confidence.logistic import logit
from processors.confidence.model import WRITE_AT, most_logit
from tests.unit.processors.confidence.test_probabilities import features_on, page
from tests.unit.processors.values.test_parties import values_of

_HEAD = "Otter Quill Ltd\n5 Heron Row\nEly CB7 4DL\nINVOICE 12\n"


@pytest.mark.parametrize(
    "block",
    [
        "Bill to:\nAttn: Ida Vole\nMoss Kiln Ltd\n3 Fell Road",
        "Bill to:\nFAO Ida Vole\nMoss Kiln Ltd\n3 Fell Road",
        "Customer:\nFor the attention of Ida Vole\nMoss Kiln Ltd\n3 Fell Road",
        "Sold to\nAccounts Payable\nMoss Kiln Ltd\n3 Fell Road",
        "Invoice to:\nAttention: Accounts Department\nMoss Kiln Ltd\n3 Fell Road",
        "Attn: Ida Vole\nMoss Kiln Ltd\n3 Fell Road",
        "Att: Accounts Payable\nMoss Kiln Ltd\n3 Fell Road",
        "Bill to:\nMoss Kiln Ltd\nAttn: Ida Vole\n3 Fell Road",
        "Kunde:\nz. Hd. Frau Vole\nMoss Kiln Ltd\nTeichweg 3",
        "Client :\nÀ l'attention de Mme Vole\nMoss Kiln Ltd\n3 rue du Lac",
        "Cliente:\nA la atención de Ida Vole\nMoss Kiln Ltd\nCalle Alta 3",
        "Klant:\nT.a.v. mevrouw Vole\nMoss Kiln Ltd\nKerkstraat 3",
    ],
)
def test_the_company_of_who_reads_a_bill_is_its_buyer(block: str):
    """It is above or below that line, whether or not a label of the buyer is above both."""
    assert values_of(f"{_HEAD}{block}\nTotal £5.00")["buyer"] == "Moss Kiln Ltd"


def test_a_company_without_a_form_below_its_reader_has_a_street():
    """Without either it may be anything, such as a remark."""
    assert values_of(f"{_HEAD}Attn: Ida Vole\nMoss Kiln\n3 Fell Road\nTotal £5")["buyer"] == (
        "Moss Kiln"
    )
    assert values_of(f"{_HEAD}Attn: Ida Vole\nBlue Paint\nTotal £5.00")["buyer"] == "Ida Vole"


def test_a_letterhead_far_above_who_reads_keeps_its_address():
    """Its last line is not the name of who gets the document."""
    lines = ("Otter Quill Ltd", "5 Heron Row", "Ely CB7 4DL", "", "", "", "Attn: Ida Vole")
    whole = page(*lines, "Moss Kiln Ltd", "3 Fell Road", "INVOICE 12", "Total £5.00")

    assert features_on([whole], "address")["postal_code"]


def _is_sure(*lines: str) -> bool:
    features = features_on([page("Otter Ltd", "INVOICE 12", *lines, "Total £5.00")], "buyer")
    return most_logit(features) > logit(WRITE_AT)


@pytest.mark.parametrize(
    "label",
    [
        "Ship to:", "Deliver to", "Delivered to:", "Delivery address:", "Lieferanschrift",
        "Adresse de livraison :", "Afleveradres:", "Indirizzo di consegna:", "Leveransadress",
    ],
)  # fmt: skip
def test_who_gets_goods_is_a_suggestion(label: str):
    """The bill may be for another one, unless that is named: then the name of that counts."""
    assert not _is_sure(label, "Moss Kiln Ltd")
    assert _is_sure("Bill to:", "Moss Kiln Ltd", label, "Moss Kiln Ltd")


def test_who_only_reads_a_bill_is_a_suggestion():
    """Behind "attn" is somebody of a company that nothing names."""
    assert not _is_sure("Attn: Ida Vole")
    assert _is_sure("Bill to: Ida Vole")


def test_where_goods_go_is_no_sentence_to_a_buyer():
    """Behind other words, "to" is not the label of a buyer."""
    assert "buyer" not in values_of(f"{_HEAD}Goods to: Moss Kiln Ltd\nTotal £5.00")


@pytest.mark.parametrize("label", ["Employee:", "Worker:", "Mitarbeiter:", "Claimant:"])
def test_who_works_is_no_buyer(label: str):
    """Who fills in a sheet of hours or claims its expenses buys nothing."""
    text = f"Otter Quill Ltd\nTIME SHEET\n{label} Ida Vole\nMonday 8.00\nTotal pay £80.00"

    assert "buyer" not in values_of(text)
