"""What is promised about barcodes."""

import numpy as np
import pytest
import zxingcpp
from hypothesis import given, strategies as st
from PIL import Image

from pipeline.model import PageText
from processors.contract import Code, Line, Page
from processors.ocr.barcodes import codes_in
from processors.values import find_values

IBAN = "CH9300762011623852957"
EPC = f"BCD\n002\n1\nSCT\nBICXXX\nKettle Charity\n{IBAN}\nEUR12.3\n\n\nThanks"
SWISS = "\n".join(["SPC", "0200", "1", IBAN, "K", "Kettle SA", "Rue 1", "1200 Geneve", "", "", "CH", *[""] * 7,
                   "199.95", "CHF", "", "NON", "", "EPD"])  # fmt: skip
LICENSE = (
    "@\n\x1e\rANSI 636026080102DL00410288ZA03290015DLDAQD12345678\nDCSSAMPLE\nDACJANE\nDADQUINN\n"
    "DBB02291980\nDBA02282030\nDBD03012022\nDBC2\nDCGUSA\r"
)


def page(*lines: str, codes: tuple[Code, ...] = ()) -> Page:
    """Make a page of lines, each with its place, and barcodes."""
    placed = tuple(
        Line(text, (10.0, 20.0 * n, 300.0, 20.0 * n + 12)) for n, text in enumerate(lines)
    )
    text = "\n".join(lines)
    return Page(
        PageText(number=1, source="ocr", engine=None, confidence=None, text=text),
        placed,
        codes=codes,
    )


def values(*lines: str, codes: tuple[Code, ...] = ()) -> dict[str, str | None]:
    """Find the values of one page."""
    return {
        name: finding.value for name, finding in find_values([page(*lines, codes=codes)]).items()
    }


@pytest.mark.parametrize("kind", ["QRCode", "Code128", "EAN13", "PDF417", "DataMatrix", "Aztec"])
def test_barcodes_are_seen_with_their_place(kind: str):
    """A barcode on a picture is read, whatever its symbology, and its box is in points."""
    text = "4006381333931" if kind == "EAN13" else "KETTLE-42"
    barcode = zxingcpp.create_barcode(text, getattr(zxingcpp.BarcodeFormat, kind))
    drawn = Image.fromarray(np.array(zxingcpp.write_barcode_to_image(barcode, scale=4)))
    sheet = Image.new("L", (1200, 1600), 255)
    sheet.paste(drawn, (200, 400))

    (code,) = codes_in(sheet, scale=0.5)

    assert (code.format, code.text) == (kind, text)
    assert code.box is not None
    assert 100 <= code.box[0] < code.box[2] <= 100 + drawn.width / 2
    assert 200 <= code.box[1] < code.box[3] <= 200 + drawn.height / 2


def test_a_page_without_barcodes_has_none():
    """An empty page gives no barcode."""
    assert codes_in(Image.new("L", (400, 400), 255), scale=1) == ()


def test_every_barcode_is_a_finding_with_its_place():
    """All barcodes of a document are one value, with page and box of the first."""
    finding = find_values(
        [page("x", codes=(Code("EAN13", "4006381333931", (1, 2, 3, 4)), Code("QRCode", "b")))]
    )["barcodes"]

    assert (finding.value, finding.page, finding.box) == ("4006381333931; b", 1, (1, 2, 3, 4))


def test_payment_code_of_the_epc():
    """A GiroCode has account, amount, currency and payee."""
    found = values(codes=(Code("QRCode", EPC),))

    assert [found[n] for n in ("iban", "amount_due", "currency", "company")] == [
        IBAN,
        "12.30",
        "EUR",
        "Kettle Charity",
    ]


def test_swiss_payment_slip():
    """So does the code of a Swiss QR bill."""
    found = values(codes=(Code("QRCode", SWISS),))

    assert [found[n] for n in ("iban", "amount_due", "currency", "company")] == [
        IBAN,
        "199.95",
        "CHF",
        "Kettle SA",
    ]


def test_payment_code_with_a_wrong_account():
    """An account with wrong check digits is not reported."""
    assert "iban" not in values(codes=(Code("QRCode", EPC.replace("CH93", "CH94")),))


def test_license():
    """The barcode of a North American license has number, name, dates and sex."""
    found = values(codes=(Code("PDF417", LICENSE),))

    assert found["document_number"] == "D12345678"
    assert found["person"] == "JANE QUINN SAMPLE"
    assert (found["birth_date"], found["expiry_date"], found["sex"]) == (
        "1980-02-29",
        "2030-02-28",
        "F",
    )


@given(st.text(max_size=300), st.sampled_from(["BCD\n002\n1\nSCT\n", "SPC\n", "@\nANSI DLDAQ", ""]))
def test_no_barcode_upsets_the_reading(text: str, start: str):
    """Whatever a barcode says, reading it ends."""
    found = find_values([page(codes=(Code("PDF417", start + text), Code("QRCode", start + text)))])

    assert all(0 <= finding.confidence <= 1 and finding.reason for finding in found.values())
