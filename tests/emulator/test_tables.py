from pathlib import Path

import pytest

from tests.emulator.api import Api, serving

pytestmark = pytest.mark.integration


def test_tables_are_listed_by_name(api: Api):
    """ListTables gives names only."""
    name = api.table("A")

    assert name in api.get("/tables").json()["Result"]


def test_a_table_is_found_in_any_case(api: Api):
    """Table names do not distinguish case."""
    name = api.table("A")

    assert api.get(f"/tables/{name.lower()}").json() == {"Result": {"Name": name, "Note": ""}}


def test_a_missing_table_is_not_found(api: Api):
    """An unknown table is 404 ObjectNotFound."""
    reply = api.get("/tables/Nowhere")

    assert (reply.status_code, reply.json()["Code"]) == (404, "ObjectNotFound")


def test_fields_come_without_pk_id(api: Api):
    """PK_ID is never among the fields."""
    name = api.table("A", {"Name": "B", "Type": "NUMBER"})

    fields = api.get(f"/tables/{name}/fields").json()["Result"]

    assert [(one["Name"], one["Type"], one["DisplayOrder"]) for one in fields] == [
        ("A", "STRING", 1),
        ("B", "NUMBER", 2),
    ]


def test_members_of_other_types_are_left_out(api: Api):
    """Only an ATTACHMENT field shows its permitted file types."""
    name = api.table(
        "A", {"Name": "B", "Type": "ATTACHMENT", "AttachmentPermittedFileTypes": ["pdf"]}
    )

    first, second = api.get(f"/tables/{name}/fields").json()["Result"]

    assert "AttachmentPermittedFileTypes" not in first
    assert second["AttachmentPermittedFileTypes"] == ["pdf"]


@pytest.mark.parametrize("kind", ["AUTONUMBER", "GUID", "RANDOM ID", "TIMESTAMP", "ATTACHMENT"])
def test_fields_that_caspio_fills_are_not_editable(api: Api, kind: str):
    """Editable is false where a record write may not name the field."""
    unique = kind in {"AUTONUMBER", "GUID", "RANDOM ID"}
    name = api.table({"Name": "A", "Type": kind, "Unique": unique})

    assert api.get(f"/tables/{name}/fields/a").json()["Result"]["Editable"] is False


def test_an_autonumber_must_be_unique(api: Api):
    """A generated field without Unique is refused."""
    reply = api.post(
        "/tables", {"Name": "Refused", "Fields": [{"Name": "A", "Type": "AUTONUMBER"}]}
    )

    assert (reply.status_code, reply.json()["Code"]) == (400, "IncorrectBodyParameter")


def test_columns_of_version_2_are_refused(api: Api):
    """`Columns` in place of `Fields` is 400 IncorrectBodyParameter."""
    reply = api.post("/tables", {"Name": "Refused", "Columns": []})

    assert (reply.status_code, reply.json()["Code"]) == (400, "IncorrectBodyParameter")


def test_a_field_is_added(api: Api):
    """A new field exists for old records, unset."""
    name = api.table("A", rows=[{"A": "x"}])

    reply = api.post(f"/tables/{name}/fields", {"Name": "B", "Type": "TEXT"})

    assert (reply.status_code, reply.content) == (201, b"")
    assert api.rows(name) == [{"PK_ID": 1, "A": "x", "B": ""}]


def test_a_field_is_renamed_with_its_values(api: Api):
    """Renaming a field answers 204 and keeps its values."""
    name = api.table("A", rows=[{"A": "x"}])

    assert api.put(f"/tables/{name}/fields/A", {"Name": "B"}).status_code == 204
    assert api.rows(name) == [{"PK_ID": 1, "B": "x"}]


def test_a_field_is_deleted(api: Api):
    """A deleted field is absent from fields and records."""
    name = api.table("A", {"Name": "B", "Type": "STRING", "Unique": True})

    assert api.delete(f"/tables/{name}/fields/B").status_code == 204
    assert api.get(f"/tables/{name}/fields/B").json()["Code"] == "FieldNotFound"


def test_a_type_is_changed_where_nothing_is_lost(api: Api):
    """A field with values changes from STRING to TEXT only; an empty field to any type."""
    name = api.table("A", "B", rows=[{"A": "x"}])

    assert api.put(f"/tables/{name}/fields/A", {"Type": "TEXT"}).status_code == 204
    assert api.put(f"/tables/{name}/fields/A", {"Type": "NUMBER"}).status_code == 400
    assert api.put(f"/tables/{name}/fields/B", {"Type": "NUMBER"}).status_code == 204
    assert api.rows(name) == [{"PK_ID": 1, "A": "x", "B": None}]


def test_a_state_file_is_read_again(tmp_path: Path):
    """With a state file, tables, records and uploads outlive the server."""
    with serving(state=tmp_path / "state.db") as api:
        name = api.table("A", {"Name": "Scan", "Type": "ATTACHMENT"}, rows=[{"A": "x"}])
        api.attach(name, 1, "a.txt", b"kept")

    with serving(state=tmp_path / "state.db") as api:
        assert api.rows(name) == [{"PK_ID": 1, "A": "x", "Scan": "a.txt"}]
        assert api.get(f"/tables/{name}/attachments/Scan/1").content == b"kept"
