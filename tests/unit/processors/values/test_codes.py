"""What is promised about barcodes and machine-readable zones."""

import numpy as np
import pytest
import zxingcpp
from hypothesis import given, strategies as st
from PIL import Image

from pipeline.model import PageText
from processors.contract import Code, Line, Page
from processors.ocr.barcodes import codes_in
from processors.values import find_values
from processors.values.mrz import check_digit

IBAN = "CH9300762011623852957"
EPC = f"BCD\n002\n1\nSCT\nBICXXX\nKettle Charity\n{IBAN}\nEUR12.3\n\n\nThanks"
SWISS = "\n".join(["SPC", "0200", "1", IBAN, "K", "Kettle SA", "Rue 1", "1200 Geneve", "", "", "CH", *[""] * 7,
                   "199.95", "CHF", "", "NON", "", "EPD"])  # fmt: skip
LICENCE = (
    "@\n\x1e\rANSI 636026080102DL00410288ZA03290015DLDAQD12345678\nDCSSAMPLE\nDACJANE\nDADQUINN\n"
    "DBB02291980\nDBA02282030\nDBD03012022\nDBC2\nDCGUSA\r"
)
TD3 = (
    "P<UTOERIKSSON<<ANNA<MARIA<<<<<<<<<<<<<<<<<<<",
    "L898902C36UTO7408122F1204159ZE184226B<<<<<10",
)
TD2 = ("I<UTOERIKSSON<<ANNA<MARIA<<<<<<<<<<<", "D231458907UTO7408122F1204159<<<<<<<6")
TD1 = (
    "I<UTOD231458907<<<<<<<<<<<<<<<",
    "7408122F1204159UTO<<<<<<<<<<<6",
    "ERIKSSON<<ANNA<MARIA<<<<<<<<<<",
)
MRVA = (
    "V<UTOERIKSSON<<ANNA<MARIA<<<<<<<<<<<<<<<<<<<",
    "L8988901C4XXX4009078F96121096ZE184226B<<<<<<",
)
MRVB = ("V<UTOERIKSSON<<ANNA<MARIA<<<<<<<<<<<", "L8988901C4XXX4009078F9612109<<<<<<<<")


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
    """A GiroCode tells account, sum, currency and who is to be paid."""
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
    """The barcode of a North American license tells number, name, dates and sex."""
    found = values(codes=(Code("PDF417", LICENCE),))

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


@pytest.mark.parametrize(
    "zone", [TD1, TD2, TD3, MRVA, MRVB], ids=["TD1", "TD2", "TD3", "MRV-A", "MRV-B"]
)
def test_every_format_of_zone_is_read(zone: tuple[str, ...]):
    """Passports, cards of both sizes and visas of both sizes give number, name, dates and sex."""
    found = values("UTOPIA", *zone)

    assert found["person"] == "ANNA MARIA ERIKSSON"
    assert found["document_number"] in {"L898902C3", "D23145890", "L8988901C"}
    assert found["birth_date"] in {"1974-08-12", "1940-09-07"}
    assert found["expiry_date"] in {"2012-04-15", "1996-12-10"}
    assert (found["sex"], found["issuing_country"]) == ("F", "UTO")


def test_zone_has_its_place():
    """The values' box is the zone's."""
    finding = find_values([page("PASSPORT", *TD3)])["document_number"]

    assert finding.box == (10.0, 20.0, 300.0, 52.0)


def test_confused_characters_are_repaired_where_the_check_digit_then_holds():
    """The letter O for a nought and a G for a six are undone by the check digit."""
    broken = TD3[1].replace("L898902C36", "L8989O2C3G").replace("7408122", "74O8I22")

    found = values(TD3[0], broken)

    assert (found["document_number"], found["birth_date"]) == ("L898902C3", "1974-08-12")


def test_a_wrong_check_digit_leaves_the_value_open():
    """A number that no usual confusion explains is not believed."""
    finding = find_values([page(TD3[0], TD3[1].replace("L898902C36", "L898903C36"))])[
        "document_number"
    ]

    assert finding.value is None
    assert "check digit is wrong" in finding.reason


def test_text_is_no_zone():
    """Lines of capitals without check digits that hold are no zone."""
    assert "document_number" not in values(
        "P" + "A" * 43, "1234567890ABC1234567F12345678901234567890123"
    )


@given(st.text("ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789<", max_size=30))
def test_check_digits_are_digits(text: str):
    """The check digit of any field is one digit."""
    assert 0 <= check_digit(text) <= 9


@given(st.lists(st.text("POI<0123456789UTOERIKSSON\u00ab ", min_size=25, max_size=50), max_size=6))
def test_no_zone_upsets_the_reading(lines: list[str]):
    """Whatever looks like a zone, reading it ends."""
    assert all(0 <= finding.confidence <= 1 for finding in find_values([page(*lines)]).values())
