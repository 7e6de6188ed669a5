from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, strategies as st

from pipeline.model import Column
from pipeline.model.sync import MirrorColumn
from pipeline.sync.conversions import CASPIO_TYPES, ColumnPair, Form, Unfit, mismatch

NEW_YORK = ZoneInfo("America/New_York")


def wall_clock(text: str) -> datetime:
    """A time without a zone."""
    return datetime.fromisoformat(text)


def pair(kind: str, mirror: type, zone: ZoneInfo = NEW_YORK, **options: Any) -> ColumnPair:
    """Two columns, by default of an account in New York."""
    return ColumnPair(Column("C", kind), MirrorColumn("c", mirror, **options), zone)


# What Caspio shows, the common form, what the mirror gets, and what it has then.
TABLE = [
    ("STRING", str, "text", "text", "text"),
    ("STRING", str, "", "", None),
    ("STRING", str, " kept ", " kept ", " kept "),
    ("TEXT", str, "two\r\nlines", "two\r\nlines", "two\r\nlines"),
    ("INTEGER", int, 7, 7, 7),
    ("INTEGER", int, None, None, None),
    ("NUMBER", float, 1, 1.0, 1.0),
    ("NUMBER", float, 0.1, 0.1, 0.1),
    ("NUMBER", Decimal, 0.1, 0.1, Decimal("0.1")),
    ("CURRENCY", Decimal, 12.5, "12.5000", Decimal("12.5000")),
    ("CURRENCY", Decimal, -0.0, "0.0000", Decimal("0.0000")),
    ("CURRENCY", float, 0.1, "0.1000", 0.1),
    ("DATE/TIME", datetime, "2026-01-31T09:15:02", "2026-01-31T09:15:02", wall_clock("2026-01-31T09:15:02")),
    ("DATE/TIME", datetime, None, None, None),
    ("YES/NO", bool, True, True, True),
    ("GUID", str, "0f-1", "0f-1", "0f-1"),
    ("AUTONUMBER", int, 3, 3, 3),
]  # fmt: skip


@pytest.mark.parametrize(("kind", "mirror", "shown", "common", "stored"), TABLE)
def test_a_value_survives_the_way_to_the_mirror_and_back(
    kind: str, mirror: type, shown: Any, common: Any, stored: Any
):
    """What Caspio shows becomes the mirror's value, and that has the same common form."""
    column = pair(kind, mirror)

    found = column.from_caspio(shown)

    assert (found, type(found)) == (common, type(common))
    assert column.to_mirror(found) == stored
    assert column.from_mirror(stored) == common


@pytest.mark.parametrize(("kind", "mirror", "shown", "common", "stored"), TABLE)
def test_a_value_survives_the_way_to_caspio(
    kind: str,
    mirror: type,
    shown: Any,
    common: Any,  # noqa: ARG001 - a part of the table
    stored: Any,
):
    """What is written to Caspio for a value of the mirror is what Caspio showed; a blank is NULL."""
    column = pair(kind, mirror)
    if not column.is_writable:
        pytest.skip("Caspio sets it itself")

    assert column.to_caspio(column.from_mirror(stored)) == (None if shown == "" else shown)


@given(st.decimals(min_value=-(10**9), max_value=10**9, places=4))
def test_every_amount_keeps_its_four_decimals(amount: Decimal):
    """Money goes to Caspio as a float and comes back the same."""
    column = pair("CURRENCY", Decimal, scale=4)

    there = column.to_caspio(column.from_mirror(amount))

    assert column.to_mirror(column.from_caspio(there)) == amount


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_every_number_keeps_its_bits(number: float):
    """A float goes through both conversions unchanged."""
    column = pair("NUMBER", float)

    assert (
        column.to_mirror(column.from_caspio(column.to_caspio(column.from_mirror(number)))) == number
    )


@given(st.datetimes(min_value=wall_clock("1990-01-01"), max_value=wall_clock("2037-01-01")))
def test_an_instant_is_kept_or_refused(moment: datetime):
    """A time with a zone is the account's wall clock at Caspio, and comes back as the same instant."""
    column = pair("DATE/TIME", datetime, has_timezone=True)
    instant = moment.replace(tzinfo=UTC)

    try:
        common = column.from_mirror(instant)
    except Unfit:
        local = instant.astimezone(NEW_YORK)
        assert local.replace(fold=0).utcoffset() != local.replace(fold=1).utcoffset()
        return

    assert column.to_mirror(common) == instant


@pytest.mark.parametrize(
    ("kind", "mirror", "value", "reason"),
    [
        ("STRING", str, "x" * 256, "room for 255"),
        ("TEXT", str, "x" * 64_001, "room for 64,000"),
        ("STRING", str, "hi 😀", "emoji"),
        ("STRING", str, "bell \x07", "control character"),
        ("INTEGER", int, 2**31, "beyond"),
        ("YES/NO", bool, None, "no blank"),
        ("DATE/TIME", datetime, wall_clock("1752-12-31"), "before 1753"),
        ("DATE/TIME", datetime, wall_clock("2026-01-01T00:00:00.000001"), "fraction"),
    ],
)
def test_what_caspio_cannot_hold_is_refused(kind: str, mirror: type, value: Any, reason: str):
    """A value of the mirror that Caspio would cut, round or refuse is not sent."""
    column = pair(kind, mirror)
    common = column.from_mirror(value)

    with pytest.raises(Unfit, match=reason):
        column.to_caspio(common)


@pytest.mark.parametrize(
    ("kind", "mirror", "value", "reason"),
    [
        ("CURRENCY", Decimal, Decimal("0.00001"), "more than four decimals"),
        ("CURRENCY", Decimal, Decimal("922337203685477.5807"), "more digits"),
        ("CURRENCY", Decimal, Decimal("NaN"), "finite"),
        ("CURRENCY", Decimal, Decimal("1e30"), "beyond"),
        ("CURRENCY", float, 1e300, "beyond"),
        ("NUMBER", float, 10**400, "beyond"),
        ("NUMBER", float, float("inf"), "finite"),
        ("NUMBER", Decimal, Decimal("0.12345678901234567890"), "more digits"),
        ("NUMBER", float, 2**53 + 1, "more digits"),
        ("INTEGER", int, 1.5, "whole number"),
        ("YES/NO", bool, 2, "neither yes nor no"),
        ("STRING", str, 5, "not a text"),
    ],
)
def test_a_value_of_the_mirror_without_a_common_form_is_refused(
    kind: str, mirror: type, value: Any, reason: str
):
    """What would lose digits or its type is not compared, and so not overwritten either."""
    with pytest.raises(Unfit, match=reason):
        pair(kind, mirror).from_mirror(value)


@pytest.mark.parametrize(
    ("kind", "mirror", "options", "common", "reason"),
    [
        ("STRING", str, {"length": 3}, "four", "room for 3"),
        ("STRING", str, {}, "nul \x00", "no database stores"),
        ("INTEGER", int, {"nullable": False}, None, "no NULL"),
        ("NUMBER", Decimal, {"scale": 2}, 0.125, "2 decimals"),
        ("DATE/TIME", datetime, {"has_timezone": True}, "2026-03-08T02:30:00", "leaves out"),
        ("DATE/TIME", datetime, {"has_timezone": True}, "9999-12-31T23:00:00", "beyond"),
        ("DATE/TIME", datetime, {"scale": 2}, "2026-03-08T02:30:00.125", "2 decimals"),
    ],
)
def test_what_the_mirror_cannot_hold_is_refused(
    kind: str, mirror: type, options: dict[str, Any], common: Any, reason: str
):
    """A value of Caspio that the mirror would cut or round is not written."""
    with pytest.raises(Unfit, match=reason):
        pair(kind, mirror, **options).to_mirror(common)


@pytest.mark.parametrize(
    ("zone", "shown", "first"),
    [
        ("America/New_York", "2026-11-01T01:30:00", "2026-11-01T05:30:00"),
        ("America/New_York", "2026-11-01T01:00:00", "2026-11-01T05:00:00"),
        ("Europe/Berlin", "2026-10-25T02:30:00", "2026-10-25T00:30:00"),
        ("Europe/Berlin", "2026-10-25T02:59:59", "2026-10-25T00:59:59"),
        ("America/Havana", "2026-11-01T00:00:00", "2026-11-01T04:00:00"),
    ],
)
def test_the_hour_that_clocks_show_twice_is_refused(zone: str, shown: str, first: str):
    """Neither side says which of the two instants is meant, so none is written to the other."""
    column = pair("DATE/TIME", datetime, has_timezone=True, zone=ZoneInfo(zone))
    instant = datetime.fromisoformat(first).replace(tzinfo=UTC)

    with pytest.raises(Unfit, match=r"twice.*without a zone"):
        column.to_mirror(shown)
    for later in (timedelta(), timedelta(hours=1)):
        with pytest.raises(Unfit, match="twice"):
            column.from_mirror(instant + later)


@pytest.mark.parametrize(
    ("zone", "shown", "instant"),
    [
        ("Europe/Berlin", "2026-10-25T01:59:59", "2026-10-24T23:59:59"),
        ("Europe/Berlin", "2026-10-25T03:00:00", "2026-10-25T02:00:00"),
        ("America/New_York", "2026-11-01T02:00:00", "2026-11-01T07:00:00"),
        ("America/New_York", "2026-03-08T03:00:00", "2026-03-08T07:00:00"),
        ("Europe/Berlin", "2026-03-29T01:59:59", "2026-03-29T00:59:59"),
    ],
)
def test_right_beside_a_change_of_clocks_nothing_is_refused(zone: str, shown: str, instant: str):
    """The last moment before the hour in question and the first one after it are exact on both sides."""
    column = pair("DATE/TIME", datetime, has_timezone=True, zone=ZoneInfo(zone))
    there = datetime.fromisoformat(instant).replace(tzinfo=UTC)

    assert column.to_mirror(shown) == there
    assert column.from_mirror(there) == shown


def test_chosen_items_are_a_list_in_the_mirror():
    """A LIST column is a JSON list of texts in the mirror, and is never written at Caspio."""
    column = pair("LIST-STRING", str)

    assert column.from_caspio("Cat, Dog", ["Cat", "Dog"]) == '["Cat", "Dog"]'
    assert column.from_caspio("", []) is None
    assert not column.is_writable


def test_every_type_of_caspio_is_in_the_table_or_refused():
    """Files and passwords are refused; every other type of the documentation has a conversion."""
    refused = {
        kind: mismatch(Column("C", kind), MirrorColumn("c", str))
        for kind in ("ATTACHMENT", "PASSWORD")
    }

    assert all("cannot be in sync" in reason for reason in refused.values())
    assert {kind.form for kind in CASPIO_TYPES.values()} == set(Form)


def test_columns_of_different_kinds_are_refused():
    """A number does not go into a text column, nor money into one with two decimals."""
    text = mismatch(Column("C", "NUMBER"), MirrorColumn("c", str))
    money = mismatch(Column("C", "CURRENCY"), MirrorColumn("c", Decimal, scale=2))

    assert "values of type str, not float or Decimal" in text
    assert "four decimals" in money
    assert mismatch(Column("C", "CURRENCY"), MirrorColumn("c", Decimal, scale=4)) == ""
