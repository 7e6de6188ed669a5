"""A mail with several papers of no class has the values of one of them, or none."""

from email.message import EmailMessage
from pathlib import Path

from tests.unit.processors import documents

_DELIVERY = "Ash Paints Ltd\nDelivery note No. 44\nDate: 2 May 2031\nOrder No. 9001\nPaint 20\n"
_QUOTE = "Elm Roofs Ltd\nQuotation Q-7\nDate: 1 May 2031\nTotal GBP 900.00\n"


def _mail(*papers: str) -> bytes:
    mail = EmailMessage()
    mail["From"], mail["To"], mail["Subject"] = "ann@fox.example", "bob@ash.example", "papers"
    mail.set_content("Here they are.")
    for number, paper in enumerate(papers):
        mail.add_attachment(paper, filename=f"{number}.txt")
    return mail.as_bytes()


def test_papers_of_no_class_do_not_complete_each_other(tmp_path: Path):
    """The order of a delivery does not join the total of somebody's quotation."""
    fields = documents.read(_mail(_QUOTE, _DELIVERY), tmp_path).fields

    values = {name: found.value for name, found in fields.items() if found.value is not None}
    assert not ({"900.00"} & {*values.values()} and {"9001"} & {*values.values()})
    assert "date" not in values


def test_one_paper_in_a_mail_has_its_values(tmp_path: Path):
    """Nothing else is there that it could be mixed up with."""
    fields = documents.read(_mail(_DELIVERY), tmp_path).fields

    assert fields["order_number"].value == "9001"
    assert fields["date"].value == "2031-05-02"
