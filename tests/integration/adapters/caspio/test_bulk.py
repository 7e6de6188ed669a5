"""What the client does with many records or in several steps, over a local Caspio."""

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import httpx
import pytest
from hypothesis import given, strategies as st

from infra.emulator import Emulator
from pipeline.adapters.caspio.client import (
    CaspioClient,
    KeyMatchesMany,
    Upsert,
    ValueRefused,
    download_field,
    update_many,
)
from pipeline.adapters.caspio.client.bulk.field_download import MANIFEST, local_name
from pipeline.adapters.caspio.client.errors import InDoubt, ItemError, Misconfigured, Unavailable
from pipeline.adapters.caspio.client.where import Clause
from tests.fakes.clock import FakeClock
from tests.support.meanwhile import Meanwhile

from .conftest import Connect, Start

pytestmark = pytest.mark.integration

FIELDS = [
    {"Name": "Number", "Type": "STRING", "Unique": True},
    {"Name": "Name", "Type": "STRING"},
    {"Name": "Total", "Type": "CURRENCY"},
    {"Name": "Day", "Type": "DATE/TIME"},
    {"Name": "Scan", "Type": "ATTACHMENT"},
]
DATA = {f"{n}.bin": bytes([n]) * (n + 1) for n in range(4)}
INSERT, UPDATE = "CreateTableRecord", "UpdateTableRecords"
Between = Callable[..., CaspioClient]


@pytest.fixture
def emulator(start: Start) -> Emulator:
    """Start an account with a table that has a Unique field and one that has none."""
    records = [
        {
            "PK_ID": 1,
            "Number": "a",
            "Name": "x",
            "Total": 1.5,
            "Day": "2024-01-31T00:00:00",
            "Scan": "0.bin",
        },
        {"PK_ID": 2, "Number": "b", "Name": "x", "Scan": "1.bin"},
        {"PK_ID": 9, "Number": "c", "Name": "y", "Scan": "2.bin"},
    ]
    loose = {
        "fields": [{"Name": "Number", "Type": "STRING"}, {"Name": "Name", "Type": "STRING"}],
        "records": [],
    }
    return start({"tables": {"Docs": {"fields": FIELDS, "records": records}, "Loose": loose}}, DATA)


@pytest.fixture
def client(emulator: Emulator, connect: Connect) -> CaspioClient:
    """Connect to the account."""
    return connect(emulator)


@pytest.fixture
def between(emulator: Emulator, clock: FakeClock) -> Between:
    """Return a way to connect such that something happens just before a request."""

    def made(
        happens: Callable[[], object], *, method: str, contains: str = "/records", times: int = 1
    ) -> CaspioClient:
        return CaspioClient(
            url=emulator.url, client_id="id", client_secret="secret", clock=clock, rate="1000000/1s",
            transport=Meanwhile(happens, method=method, contains=contains, times=times),
        )  # fmt: skip

    return made


def rows(emulator: Emulator, table: str = "Docs") -> list[Mapping[str, Any]]:
    """Return a table's records as the account holds them."""
    found: list[Mapping[str, Any]] = emulator.control.dump()["tables"][table]
    return found


def row(emulator: Emulator, pk: int) -> Mapping[str, Any]:
    """Return one record of Docs."""
    return next(one for one in rows(emulator) if one["PK_ID"] == pk)


def calls(emulator: Emulator, key: str) -> int:
    """Return how often an operation was asked for."""
    return emulator.control.calls().get(key, 0)


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


def test_record_that_holds_the_values_is_not_written(
    emulator: Emulator, client: CaspioClient
) -> None:
    """What is there already costs no write: blank is NULL, a date is itself with its time or without."""
    done = Upsert(client, "Docs", key=["Number"]).put(
        {"Number": "a", "Total": 1.5, "Day": "2024-01-31", "Name": "x"}
    )

    assert done.done == "unchanged"
    assert calls(emulator, "PUT /v3/tables/{tableName}/records") == 0


def test_key_that_is_taken_meanwhile_is_updated(
    emulator: Emulator, client: CaspioClient, between: Between
) -> None:
    """Somebody else inserts the same key between reading and writing: the clash is settled by looking."""
    racing = between(
        lambda: client.tables.insert("Docs", {"Number": "d", "Name": "theirs"}), method="POST"
    )

    with racing:
        done = Upsert(racing, "Docs", key=["Number"]).put({"Number": "d", "Total": 4.0})

    (found,) = [one for one in rows(emulator) if one["Number"] == "d"]
    assert done.done == "updated"
    assert (found["Name"], found["Total"]) == ("theirs", 4.0)


def test_record_that_changes_meanwhile_is_read_again(emulator: Emulator, between: Between) -> None:
    """A record somebody changes between reading and writing is not written over unseen: it is read again."""
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
    """Without a Unique field nothing would refuse a second record, so a lost insert is reported and not repeated."""
    emulator.control.fault({"kind": "reset", "operation": INSERT})

    with pytest.raises(InDoubt, match="Unique"):
        Upsert(client, "Loose", key=["Number"]).put({"Number": "d", "Name": "z"})

    assert rows(emulator, "Loose") == []


def test_doubled_key_is_reported(client: CaspioClient, between: Between) -> None:
    """Two who insert the same key at once, with no Unique field between them, are noticed."""
    racing = between(lambda: client.tables.insert("Loose", {"Number": "d"}), method="POST")

    with racing, pytest.raises(KeyMatchesMany, match="1, 2"):
        Upsert(racing, "Loose", key=["Number"]).put({"Number": "d", "Name": "z"})


def test_value_that_is_refused_is_reported(client: CaspioClient) -> None:
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


def test_one_call_for_each_set_of_values(emulator: Emulator, client: CaspioClient) -> None:
    """Records that get the same values are written by one call, and what was met is reported record by record."""
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
    """A view's PK_IDs are texts; what leaves the view by being written is not treated as written unseen."""
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
    """Records that do not meet the condition any more are missed, and reported."""
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
    """Where the answer reports a number alone, looking says which records were met."""
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
    """A lost answer hides nothing: records with the values are met, the others stay in doubt."""
    emulator.control.fault({"kind": kind, "operation": UPDATE})

    done = update_many(client.tables, "Docs", {"1": {"Name": "p"}, "2": {"Name": "p"}})

    assert done.met == met
    assert set(done.met) | set(done.in_doubt) == {"1", "2"}
    assert calls(emulator, "PUT /v3/tables/{tableName}/records") == 1


def test_field_is_downloaded_whole(client: CaspioClient, tmp_path: Path) -> None:
    """Every file of a field is in the folder, under its record's PK_ID, with its digest in the manifest."""
    found = list(download_field(client.tables, "Docs", "Scan", tmp_path / "scans"))

    assert [(one.pk, one.name, one.problem) for one in found] == [
        ("1", "0.bin", ""),
        ("2", "1.bin", ""),
        ("9", "2.bin", ""),
    ]
    assert {path.name: path.read_bytes() for path in (tmp_path / "scans").glob("*.bin")} == {
        "1-0.bin": DATA["0.bin"], "2-1.bin": DATA["1.bin"], "9-2.bin": DATA["2.bin"],
    }  # fmt: skip
    lines = (tmp_path / "scans" / MANIFEST).read_text(encoding="utf-8").splitlines()
    assert [json.loads(line)["sha256"] for line in lines] == [one.sha256 for one in found]


def test_download_goes_on_where_it_stopped(
    emulator: Emulator, client: CaspioClient, tmp_path: Path
) -> None:
    """What is there is not fetched again; what was replaced at Caspio, lost here or half written is."""
    list(download_field(client.tables, "Docs", "Scan", tmp_path))
    (tmp_path / "other.bin").write_bytes(b"replaced")
    emulator.control.replace_attachment("Docs", "Scan", 2, tmp_path / "other.bin", "1.bin")
    (tmp_path / "9-2.bin").unlink()
    with (tmp_path / MANIFEST).open("a", encoding="utf-8") as manifest:
        manifest.write('{"pk": "1", "na')
    emulator.control.reset_calls()

    found = list(download_field(client.tables, "Docs", "Scan", tmp_path))

    assert (
        calls(emulator, "GET /v3/tables/{tableName}/attachments/{attachmentFieldName}/{recordPkId}")
        == 2
    )
    assert [(tmp_path / one.file).read_bytes() for one in found] == [
        DATA["0.bin"],
        b"replaced",
        DATA["2.bin"],
    ]


def test_file_that_is_cut_short_is_not_kept(
    emulator: Emulator, client: CaspioClient, tmp_path: Path
) -> None:
    """Bytes that end early leave no file behind, and the next download fetches it."""
    fault = {
        "kind": "cut",
        "operation": "DownloadFileFromAttachmentTableField",
        "declared": False,
        "contains": "/9",
    }
    emulator.control.fault(fault)

    first = list(download_field(client.tables, "Docs", "Scan", tmp_path))
    second = list(download_field(client.tables, "Docs", "Scan", tmp_path))

    assert "bytes arrived" in first[-1].problem
    assert (second[-1].problem, (tmp_path / second[-1].file).read_bytes()) == ("", DATA["2.bin"])
    assert not list(tmp_path.glob("*.part"))


def test_file_that_is_gone_meanwhile_is_reported(
    client: CaspioClient, between: Between, tmp_path: Path
) -> None:
    """An attachment somebody deletes during the download is a problem of its own; the others arrive."""
    gone = between(
        lambda: client.tables.remove_attachments("Docs", "Scan", condition=Clause("PK_ID = 2")),
        method="GET",
        contains="/attachments/Scan/1",
    )

    with gone:
        found = list(download_field(gone.tables, "Docs", "Scan", tmp_path))

    assert [bool(one.problem) for one in found] == [False, True, False]


@pytest.mark.parametrize(
    ("pk", "name", "local"),
    [
        ("1", "a.pdf", "1-a.pdf"),
        ("1", "../../etc/passwd", "1-.._.._etc_passwd"),
        ("1", "a\x00b\\c:d.pdf", "1-a_b_c_d.pdf"),
        ("1", "CON", "1-CON"),
        ("1", ".bashrc", "1-.bashrc"),
        ("1,2", "ä.pdf", "1,2-ä.pdf"),
        ("1", "x" * 300 + ".pdf", "1-" + "x" * 194 + ".pdf"),
        ("1", "", "1-"),
    ],
)
def test_local_name_is_safe(pk: str, name: str, local: str) -> None:
    """No name leaves the folder, hides, is reserved or is too long."""
    assert local_name(pk, name) == local


@given(st.integers(1, 10**12), st.text())
def test_local_name_is_one_name(pk: int, name: str) -> None:
    """Whatever a file is called, its local name is one part of a path, not too long, and begins with its record."""
    local = local_name(str(pk), name)

    assert Path(local).name == local
    assert local.startswith(f"{pk}-")
    assert len(local.encode()) <= 200
    assert not set(local) & set('/\\:*?"<>|\0')


def test_strange_pk_still_has_a_name_of_its_own() -> None:
    """A PK_ID that no table has cannot make two records share a name."""
    assert local_name("a/b", "x") != local_name("a_b", "x")


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
