from collections.abc import Iterator
from pathlib import Path

import pytest

from infra.emulator import Quirks
from tests.emulator.api import Api, seed, serving

pytestmark = pytest.mark.integration
_ACCOUNT = {
    "tables": {
        "Docs": {
            "fields": [
                {"Name": "Title", "Type": "STRING"},
                {"Name": "Open", "Type": "YES/NO"},
                {"Name": "Scan", "Type": "ATTACHMENT"},
            ],
            "records": [
                {"Title": f"d{n}", "Open": n % 2 == 0, "Scan": "a.txt"} for n in range(1, 13)
            ],
        }
    },
    "views": {
        "OpenDocs": {"table": "Docs", "where": "Open = 1 AND Title <> 'D12'"},
        "Narrow": {"table": "Docs", "fields": ["Title"]},
    },
}


@pytest.fixture
def account(tmp_path: Path) -> Iterator[Api]:
    """An account with a table and two views of it."""
    with serving(seed=seed(tmp_path, _ACCOUNT, {"a.txt": b"text"})) as caller:
        yield caller


def _pks(api: Api, where: str = "", **params: object) -> list[object]:
    reply = api.get("/views/OpenDocs/records", where=where, **params)
    assert reply.status_code == 200, reply.text
    return [row["PK_ID"] for row in reply.json()["Result"]]


def test_views_are_described(account: Api):
    """Views are listed by name and have a definition and fields."""
    assert account.get("/views").json() == {"Result": ["Narrow", "OpenDocs"]}
    assert account.get("/views/opendocs").json() == {"Result": {"Name": "OpenDocs", "Note": ""}}
    assert account.get("/views/Narrow/fields/Title").json()["Result"]["TableFieldName"] == "Title"


def test_a_view_has_its_columns_only(account: Api):
    """A view of one column shows that column and PK_ID, and refuses other columns."""
    assert set(account.get("/views/Narrow/records").json()["Result"][0]) == {"PK_ID", "Title"}
    assert account.get("/views/Narrow/records", where="Open = 1").json()["Code"] == "SqlServerError"


def test_a_views_pk_id_is_text(account: Api):
    """PK_ID of a view is shown, compared and ordered as text, and a number still finds it."""
    assert _pks(account, orderBy="PK_ID") == ["10", "2", "4", "6", "8"]
    assert _pks(account, "PK_ID = '2'") == _pks(account, "PK_ID = 2") == ["2"]
    assert _pks(account, "PK_ID > '2'", orderBy="PK_ID") == ["4", "6", "8"]


def test_a_views_pk_id_can_be_a_number(tmp_path: Path):
    """With the quirk, PK_ID is compared and ordered as a number."""
    folder = seed(tmp_path, _ACCOUNT, {"a.txt": b"text"})
    with serving(seed=folder, quirks=Quirks(view_pk="number")) as api:
        assert _pks(api, "PK_ID > 2", orderBy="PK_ID") == [4, 6, 8, 10]


def test_a_record_is_updated_through_a_view(account: Api):
    """An update changes only records that the view shows."""
    reply = account.put(
        "/views/OpenDocs/records", {"Title": "new"}, where="Title IN ('d1', 'd2')", response="rows"
    )

    assert reply.json()["RecordsAffected"] == 1
    assert account.rows("Docs", "Title = 'new'", select="PK_ID") == [{"PK_ID": 2}]


def test_a_record_that_leaves_the_view_is_not_shown(account: Api):
    """A record that no longer matches the view is counted, but is not in Result."""
    reply = account.put(
        "/views/OpenDocs/records", {"Open": False}, where="PK_ID = '2'", response="rows"
    )

    assert reply.json() == {"RecordsAffected": 1, "Result": []}


def test_records_are_added_and_deleted_through_a_view(account: Api):
    """Insert and delete work on a view of one table."""
    added = account.post("/views/OpenDocs/records", {"Title": "new", "Open": True}, response="rows")

    assert added.json()["Result"][0]["PK_ID"] == "13"
    assert account.delete("/views/OpenDocs/records", where="1 = 1").json() == {"RecordsAffected": 6}
    assert len(account.rows("Docs")) == 7


def test_a_views_attachments_are_those_of_its_table(account: Api):
    """FileInfo of a view has text PK_IDs, and all calls change the table's attachments."""
    base = "/views/OpenDocs/attachments/Scan"

    (one,) = account.get(f"{base}/fileInfo", where="PK_ID = '4'").json()["Result"]
    uploaded = account.call("PUT", f"{base}/4", files={"File": ("b.txt", b"new")}).status_code
    renamed = account.put(f"{base}/fileInfo", {"FileName": "c"}, where="PK_ID = '4'").json()[
        "RecordsAffected"
    ]
    deleted = account.delete(base, where="PK_ID = '2'").json()

    assert (one["PK_ID"], uploaded, renamed, deleted) == ("4", 204, 1, {"RecordsAffected": 1})
    assert account.get(f"{base}/4").content == b"new"
    assert account.rows("Docs", "PK_ID IN (2, 4)", select="Scan") == [
        {"Scan": None},
        {"Scan": "c.txt"},
    ]


def test_a_record_outside_a_view_has_no_attachment_there(account: Api):
    """The attachment of a record that the view leaves out is not found."""
    assert account.get("/views/OpenDocs/attachments/Scan/1").status_code == 404


def test_a_view_is_named_with_a_prefix_in_sub_selects(account: Api):
    """A sub-select names a view with the prefix _v_."""
    where = "Title IN (SELECT Title FROM _v_OpenDocs) AND PK_ID < 5"

    assert account.rows("Docs", where, select="PK_ID") == [{"PK_ID": 2}, {"PK_ID": 4}]
