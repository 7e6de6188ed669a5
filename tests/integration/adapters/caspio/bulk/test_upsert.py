"""A record is inserted or updated by its key, over a local Caspio."""

import pytest

from infra.emulator import Emulator
from pipeline.adapters.caspio.client import (
    CaspioClient,
    KeyMatchesMany,
    Upsert,
    ValueRefused,
)
from pipeline.adapters.caspio.client.errors import InDoubt, ItemError, Misconfigured, Unavailable

from .conftest import INSERT, UPDATE, Between, calls, row, rows

pytestmark = pytest.mark.integration


def test_new_key_is_inserted_and_known_one_updated(
    emulator: Emulator, client: CaspioClient
) -> None:
    """A key that no record has makes one; a key that one has changes that record and no other."""
    upsert = Upsert(client, "Docs", key=["Number"])

    done = [upsert.put({"Number": "d", "Total": 4.0}), upsert.put({"Number": "a", "Total": 2.5})]

    assert [one.done for one in done] == ["inserted", "updated"]
    assert row(emulator, 1)["Total"] == 2.5
    assert [one["Total"] for one in rows(emulator) if one["Number"] == "d"] == [4.0]
    assert len(rows(emulator)) == 4


def test_record_that_has_the_values_is_not_written(
    emulator: Emulator, client: CaspioClient
) -> None:
    """What is there already costs no write.

    Blank is NULL, a date is itself with its time or without.
    """
    done = Upsert(client, "Docs", key=["Number"]).put(
        {"Number": "a", "Total": 1.5, "Day": "2024-01-31", "Name": "x"}
    )

    assert done.done == "unchanged"
    assert calls(emulator, "PUT /v3/tables/{tableName}/records") == 0


def test_key_that_is_taken_meanwhile_is_updated(
    emulator: Emulator, client: CaspioClient, between: Between
) -> None:
    """Somebody else inserts the same key between reading and writing.

    The clash is settled by looking.
    """
    racing = between(
        lambda: client.tables.insert("Docs", {"Number": "d", "Name": "theirs"}), method="POST"
    )

    with racing:
        done = Upsert(racing, "Docs", key=["Number"]).put({"Number": "d", "Total": 4.0})

    (found,) = [one for one in rows(emulator) if one["Number"] == "d"]
    assert done.done == "updated"
    assert (found["Name"], found["Total"]) == ("theirs", 4.0)


def test_record_that_changes_meanwhile_is_read_again(emulator: Emulator, between: Between) -> None:
    """A record somebody changes between reading and writing is not written over unseen.

    It is read again.
    """
    racing = between(lambda: emulator.control.edit("Docs", 1, {"Total": 7.0}), method="PUT")

    with racing:
        done = Upsert(racing, "Docs", key=["Number"]).put({"Number": "a", "Total": 2.5})

    assert done.done == "updated"
    assert calls(emulator, "PUT /v3/tables/{tableName}/records") == 2


def test_record_that_keeps_changing_is_given_up(emulator: Emulator, between: Between) -> None:
    """Somebody who writes faster than we do is not fought for ever."""
    totals = iter(range(100))
    racing = between(
        lambda: emulator.control.edit("Docs", 1, {"Total": next(totals)}), method="PUT", times=100
    )

    with racing, pytest.raises(Unavailable, match="changed 4 times"):
        Upsert(racing, "Docs", key=["Number"]).put({"Number": "a", "Total": 99.5})


@pytest.mark.parametrize(
    ("number", "operation", "done"), [("d", INSERT, "inserted"), ("a", UPDATE, "updated")]
)
def test_answer_that_is_lost_is_settled_by_looking(
    emulator: Emulator, client: CaspioClient, number: str, operation: str, done: str
) -> None:
    """A write whose answer is lost is not sent again: the record shows that it took effect."""
    emulator.control.fault({"kind": "lost", "operation": operation})

    upserted = Upsert(client, "Docs", key=["Number"]).put({"Number": number, "Total": 4.0})

    assert upserted.done == done
    assert [one["Total"] for one in rows(emulator) if one["Number"] == number] == [4.0]
    assert sum(call["operation"] == operation for call in emulator.control.call_log()) == 1


@pytest.mark.parametrize("operation", [INSERT, UPDATE])
def test_write_that_got_lost_is_made_again_where_that_is_safe(
    emulator: Emulator, client: CaspioClient, operation: str
) -> None:
    """A Unique key, and a guard, let a write be repeated that looking shows was not made."""
    emulator.control.fault({"kind": "reset", "operation": operation})

    Upsert(client, "Docs", key=["Number"]).put(
        {"Number": "d" if operation == INSERT else "a", "Total": 4.0}
    )

    assert [one["Total"] for one in rows(emulator)].count(4.0) == 1


def test_insert_that_got_lost_stays_in_doubt_without_a_unique_key(
    emulator: Emulator, client: CaspioClient
) -> None:
    """Without a Unique field nothing refuses a second record: a lost insert is not repeated."""
    emulator.control.fault({"kind": "reset", "operation": INSERT})

    with pytest.raises(InDoubt, match="Unique"):
        Upsert(client, "Loose", key=["Number"]).put({"Number": "d", "Name": "z"})

    assert rows(emulator, "Loose") == []


def test_doubled_key_is_reported(client: CaspioClient, between: Between) -> None:
    """Two who insert the same key at once, with no Unique field between them, are noticed."""
    racing = between(lambda: client.tables.insert("Loose", {"Number": "d"}), method="POST")

    with racing, pytest.raises(KeyMatchesMany, match="1, 2"):
        Upsert(racing, "Loose", key=["Number"]).put({"Number": "d", "Name": "z"})


def test_value_that_is_refused_is_named(client: CaspioClient) -> None:
    """A refusal that has nothing to do with the key is passed on."""
    with pytest.raises(ValueRefused):
        Upsert(client, "Docs", key=["Number"]).put({"Number": "d", "Total": "much"})


def test_key_without_a_value_is_refused(client: CaspioClient) -> None:
    """A blank key would meet every record nobody has numbered yet."""
    with pytest.raises(ItemError, match="Number"):
        Upsert(client, "Docs", key=["Number"]).put({"Number": "", "Total": 1.0})


@pytest.mark.parametrize("key", [[], ["Nmber"]])
def test_key_that_is_none_is_refused(client: CaspioClient, key: list[str]) -> None:
    """A key must name columns of the table."""
    with pytest.raises(Misconfigured):
        Upsert(client, "Docs", key=key)
