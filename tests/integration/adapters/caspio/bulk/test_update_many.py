"""Many records are written in few calls, over a local Caspio."""

import httpx
import pytest

from infra.emulator import Emulator
from pipeline.adapters.caspio.client import (
    CaspioClient,
    update_many,
)
from pipeline.adapters.caspio.client.where import Clause
from tests.integration.adapters.caspio.conftest import Connect, Start

from .conftest import FIELDS, UPDATE, Between, calls, row, rows

pytestmark = pytest.mark.integration


def test_one_call_for_each_set_of_values(emulator: Emulator, client: CaspioClient) -> None:
    """Records that get the same values are written by one call and reported one by one."""
    changes = {"1": {"Name": "p"}, "2": {"Name": "q"}, "9": {"Name": "p"}, "77": {"Name": "p"}}

    done = update_many(client.tables, "Docs", changes)

    assert calls(emulator, "PUT /v3/tables/{tableName}/records") == 2
    assert (set(done.met), done.missed, done.in_doubt) == ({"1", "2", "9"}, ("77",), ())
    assert [one["Name"] for one in rows(emulator)] == ["p", "q", "p"]


def test_record_without_values_is_refused(emulator: Emulator, client: CaspioClient) -> None:
    """A record with nothing to write is a mistake, reported before anything is written."""
    with pytest.raises(ValueError, match="record 2"):
        update_many(client.tables, "Docs", {"1": {"Name": "p"}, "2": {}})

    assert row(emulator, 1)["Name"] == "x"


def test_records_are_split_where_the_address_ends(start: Start, connect: Connect) -> None:
    """However many records are named, no address is too long and each is written once."""
    records = [{"PK_ID": 10_000_000 + 1000 * n, "Name": "x"} for n in range(600)]
    emulator = start({"tables": {"Docs": {"fields": FIELDS[1:2], "records": records}}})
    changes = {str(one["PK_ID"]): {"Name": "p"} for one in records}

    done = update_many(connect(emulator).tables, "Docs", changes)

    assert sorted(done.met) == sorted(changes)
    assert {one["Name"] for one in rows(emulator)} == {"p"}
    assert 2 < calls(emulator, "PUT /v3/tables/{tableName}/records") < 10


def test_records_of_a_view_are_named_as_text(start: Start, connect: Connect) -> None:
    """A view's PK_IDs are texts.

    What leaves the view by being written is not treated as written unseen.
    """
    records = [{"PK_ID": pk, "Name": "x"} for pk in (1, 2)]
    tables = {"Docs": {"fields": FIELDS[1:2], "records": records}}
    emulator = start(
        {"tables": tables, "views": {"V": {"table": "Docs", "where": "Name <> 'gone'"}}}
    )
    client = connect(emulator)

    done = update_many(client.views, "V", {"1": {"Name": "p"}, "3": {"Name": "p"}})
    left = update_many(client.views, "V", {"2": {"Name": "gone"}, "3": {"Name": "gone"}})

    assert (done.met, done.missed) == (("1",), ("3",))
    assert set(left.met) | set(left.in_doubt) == {"2", "3"}
    assert "3" not in left.met


def test_condition_keeps_records_from_being_written(
    emulator: Emulator, client: CaspioClient
) -> None:
    """Records that do not meet the condition any more are missed, and listed."""
    done = update_many(
        client.tables,
        "Docs",
        {pk: {"Total": 3.0} for pk in ("1", "2", "9")},
        only=Clause("Name = 'x'"),
    )

    assert (done.met, done.missed) == (("1", "2"), ("9",))
    assert not done.are_complete
    assert row(emulator, 9)["Total"] is None


def test_update_of_many_without_rows_in_the_answer_is_looked_up(
    start: Start, connect: Connect
) -> None:
    """Where the answer has a number alone, looking finds which records were met."""
    records = [{"PK_ID": 1, "Name": "x"}, {"PK_ID": 2, "Name": "x"}]
    account = {"tables": {"Docs": {"fields": FIELDS[1:2], "records": records}}}
    client = connect(start(account, empty_result_after_put=True))

    done = update_many(
        client.tables, "Docs", {"1": {"Name": "p"}, "2": {"Name": "p"}, "3": {"Name": "p"}}
    )

    assert (done.met, done.missed) == (("1", "2"), ("3",))


@pytest.mark.parametrize(("kind", "met"), [("lost", ("1", "2")), ("reset", ())])
def test_update_of_many_in_doubt_is_settled_by_looking(
    emulator: Emulator, client: CaspioClient, kind: str, met: tuple[str, ...]
) -> None:
    """A lost answer hides nothing.

    Records that have the values are met, the others stay in doubt.
    """
    emulator.control.fault({"kind": kind, "operation": UPDATE})

    done = update_many(client.tables, "Docs", {"1": {"Name": "p"}, "2": {"Name": "p"}})

    assert done.met == met
    assert set(done.met) | set(done.in_doubt) == {"1", "2"}
    assert calls(emulator, "PUT /v3/tables/{tableName}/records") == 1


def test_network_that_fails_before_sending_is_repeated(
    emulator: Emulator, between: Between
) -> None:
    """A helper writes once, even where the connection failed at first."""

    def refuse() -> None:
        raise httpx.ConnectError("refused")

    with between(refuse, method="PUT") as made:
        done = update_many(made.tables, "Docs", {"1": {"Name": "p"}})

    assert done.are_complete
    assert row(emulator, 1)["Name"] == "p"
