"""What is promised about machine-readable zones; the samples are those of ICAO Doc 9303."""

import pytest
from hypothesis import given, strategies as st

from pipeline.model import PageText
from processors.contract import Line, Page
from processors.values import find_values
from processors.values.mrz import check_digit

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


def page(*lines: str) -> Page:
    """Make a page of lines, each with its place."""
    placed = tuple(
        Line(text, (10.0, 20.0 * n, 300.0, 20.0 * n + 12)) for n, text in enumerate(lines)
    )
    text = "\n".join(lines)
    return Page(
        PageText(number=1, source="ocr", engine=None, confidence=None, text=text),
        placed,
    )


def values(*lines: str) -> dict[str, str | None]:
    """Find the values of one page."""
    return {name: finding.value for name, finding in find_values([page(*lines)]).items()}


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
    """The letters O for zero and G for six are repaired with the check digit."""
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
    """Lines of capitals without a right check digit are no zone."""
    assert "document_number" not in values(
        "P" + "A" * 43, "1234567890ABC1234567F12345678901234567890123"
    )


@given(st.text("ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789<", max_size=30))
def test_check_digits_are_digits(text: str):
    """The check digit of any field is one digit."""
    assert 0 <= check_digit(text) <= 9


@pytest.mark.slow
@given(st.lists(st.text("POI<0123456789UTOERIKSSON\u00ab ", min_size=25, max_size=50), max_size=6))
def test_no_zone_upsets_the_reading(lines: list[str]):
    """Whatever looks like a zone, reading it ends."""
    assert all(0 <= finding.confidence <= 1 for finding in find_values([page(*lines)]).values())
