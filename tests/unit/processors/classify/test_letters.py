"""What `classify` promises about letters and bills of many countries."""

import pytest

from pipeline.model import PageText
from processors.classify.classifier import classify
from processors.contract import Page


@pytest.mark.parametrize(
    ("text", "doc_class"),
    [
        (
            "May 3, 2031\nMr. Tom Hale\nDear Tom,\nyour book came on Monday.\nYour nephew,\nAda",
            "letter",
        ),
        ("3rd May 2031\nDear Aunt Ida,\nyour book came on Monday.", "letter"),
        (
            "Krakow, dnia 3 maja 2031 r.\nSzanowny Panie,\nakt jest gotowy.\nZ poważaniem\nAda",
            "letter",
        ),
        ("Kära Ida,\nboken kom i måndags.\nMed vänlig hälsning\nAda", "letter"),
        ("Sehr geehrter Herr Hale,\nder Zaun ist fertig.\nMit freundlichen Grüßen\nAda", "letter"),
        ("Buenos días, Sr. Gil:\nla moto está lista.\nUn cordial saludo,\nAda", "letter"),
        (
            "Lontra\nFaktura 12/2031\nData wystawienia: 30.04.2031\nNabywca: Sowa\n700,00 zł",
            "invoice",
        ),
        ("PARAGON FISKALNY\nLontra\nSUMA PLN 4,00\nGotówka 5,00\nReszta 1,00", "receipt"),
        ("領収書\n鷺 様\n金額 900\n上記正に領収いたしました", "receipt"),
    ],
)
def test_letters_and_bills_of_many_countries(text: str, doc_class: str):
    """The day alone on a line and a salutation make a letter; so do the closing words."""
    page = Page(PageText(number=1, source="text", engine=None, confidence=None, text=text))

    assert classify([page], media_type="application/pdf").value == doc_class
