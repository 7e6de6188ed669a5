import time
from collections.abc import Iterator

import pytest

from tests.emulator.api import Api, serving

pytestmark = pytest.mark.integration


@pytest.fixture(scope="module")
def table(shared_api: Api) -> str:
    """A table of twelve records; the first has an attachment."""
    rows = [{"A": f"row {n}"} for n in range(1, 13)]
    name = shared_api.table("A", {"Name": "Scan", "Type": "ATTACHMENT"}, rows=rows)
    shared_api.attach(name, 1, "a.bin", b"0123456789" * 10)
    return name


@pytest.fixture
def fresh(api: Api) -> str:
    """A table of twelve records that a test may change."""
    return api.table("A", rows=[{"A": f"row {n}"} for n in range(1, 13)])


def test_latency_delays_the_answer_only(api: Api, table: str):
    """A delayed answer is complete, and was made before the wait."""
    api.control.fault({"kind": "latency", "seconds": 0.2, "operation": "ListTables"})
    begun = time.monotonic()

    reply = api.get("/tables")

    assert table in reply.json()["Result"]
    assert time.monotonic() - begun >= 0.1


def test_a_drip_loses_nothing(api: Api, table: str):
    """A body that is sent in pieces of ten bytes arrives complete, and slowly."""
    api.control.fault({"kind": "drip", "bytes": 10, "seconds": 0.02, "contains": "/Scan/1"})
    begun = time.monotonic()

    body = api.get(f"/tables/{table}/attachments/Scan/1").content

    assert body == b"0123456789" * 10
    assert time.monotonic() - begun >= 0.1


def test_a_duplicate_is_processed_twice(api: Api, fresh: str):
    """A request that a proxy sends again adds two rows and has one answer."""
    api.control.fault({"kind": "duplicate", "operation": "CreateTableRecord"})

    reply = api.post(f"/tables/{fresh}/records", {"A": "twin"}, response="rows")

    assert (reply.status_code, reply.json()["Result"][0]["PK_ID"]) == (201, 14)
    assert api.pks(fresh, "A = 'twin'") == [13, 14]


@pytest.fixture
def own() -> Iterator[Api]:
    """A client whose token may end."""
    with serving() as caller:
        yield caller


def test_a_token_can_end_during_a_download(own: Api):
    """The download continues to its end; the next call is refused."""
    name = own.table({"Name": "Scan", "Type": "ATTACHMENT"}, rows=[{}])
    own.attach(name, 1, "a.bin", b"x" * 1000)
    own.control.fault({"kind": "expired_midway", "bytes": 100, "contains": "/Scan/1"})

    body = own.get(f"/tables/{name}/attachments/Scan/1").content

    assert len(body) == 1000
    assert own.get("/tables").status_code == 401


@pytest.mark.parametrize(("when", "seen"), [("before", 0), ("after", 1)])
def test_a_record_changes_before_or_after_a_call(api: Api, fresh: str, when: str, seen: int):
    """A guarded update matches only before the edit, and the user's value stays."""
    edit = {"table": fresh, "pk": 1, "values": {"A": "by hand"}}
    api.control.fault(
        {"kind": "edit", "operation": "UpdateTableRecords", "when": when, "edits": [edit]}
    )

    reply = api.put(f"/tables/{fresh}/records", {"A": "ours"}, where="PK_ID=1 AND A='row 1'")

    assert reply.json()["RecordsAffected"] == seen
    assert api.rows(fresh, "PK_ID=1")[0]["A"] == "by hand"


def test_a_record_is_deleted_between_two_calls(api: Api, fresh: str):
    """The first read finds the record; the second, after the scripted deletion, does not."""
    edit = {"table": fresh, "pk": 2, "delete": True}
    api.control.fault(
        {"kind": "edit", "operation": "ListTableRecords", "after": 1, "edits": [edit]}
    )

    assert [api.pks(fresh, "PK_ID=2") for _ in range(3)] == [[2], [], []]


def test_a_listing_changes_between_two_pages(api: Api, fresh: str):
    """An insert and a deletion before the second page change what the next pages have."""
    edits = [{"table": fresh, "pk": 1, "delete": True}, {"table": fresh, "insert": {"A": "new"}}]
    api.control.fault({"kind": "edit", "operation": "ListTableRecords", "after": 1, "edits": edits})

    pages = [api.rows(fresh, pageSize=5, pageNumber=n) for n in (1, 2, 3)]

    seen = [row["PK_ID"] for page in pages for row in page]
    assert seen == [1, 2, 3, 4, 5, 7, 8, 9, 10, 11, 12, 13]


def test_an_edit_and_another_fault_apply_to_one_call(api: Api, fresh: str):
    """The edit happens and the answer is lost: both faults are active."""
    edit = {"table": fresh, "pk": 3, "values": {"A": "by hand"}}
    api.control.fault({"kind": "edit", "operation": "GetTable", "edits": [edit]})
    api.control.fault({"kind": "status", "operation": "GetTable", "after": 1, "status": 503})

    statuses = [api.get(f"/tables/{fresh}").status_code for _ in range(2)]

    assert statuses == [200, 503]
    assert api.rows(fresh, "PK_ID=3")[0]["A"] == "by hand"
