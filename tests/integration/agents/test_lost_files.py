"""What raw writes replaced or deleted stays findable: in the archive is its only copy."""

import base64
import hashlib
import json
from pathlib import Path
from typing import Any

import pytest

from pipeline.archive_layout import REPLACED, original_key
from pipeline.verify.reconcile import compare_archive
from tests.integration.agents.desk import RAW, Desk

pytestmark = [pytest.mark.integration]

PLACE = {"table": "Receipts", "field": "Scan"}


def put(desk: Desk, token: str, record: str, text: str) -> list[str]:
    """Put a file into a record, and return what was archived for it."""
    file = {"name": "lost.txt", "base64": base64.b64encode(text.encode()).decode()}
    arguments: dict[str, Any] = {**PLACE, "record": record, "file": file}
    answer = desk.call(token, "update_a_caspio_attachment_by_id", arguments)
    assert not answer.is_error, answer.structured_content
    archived: list[str] = answer.structured_content.get("archived", [])
    return archived


def a_record(desk: Desk, token: str) -> str:
    """Insert a record without a file, and return its PK_ID."""
    (made,) = desk.result(token, "create_a_caspio_record", table="Receipts", values={"Title": "x"})
    return str(made["PK_ID"])


def test_what_a_raw_write_replaced_is_no_leftover(desk: Desk, tmp_path: Path):
    """`verify` does not call it unknown, with the advice to remove it."""
    token, account = desk.token(scope=RAW), desk.accounts["main"]
    record = a_record(desk, token)
    put(desk, token, record, "the only copy")

    (digest,) = put(desk, token, record, "another")
    unknown = [d.subject for d in compare_archive(account.archive, account.ledger, folder=tmp_path)]

    assert account.archive.head(original_key(digest)) is not None
    assert unknown == []


def test_the_archive_says_which_file_it_was(desk: Desk, tmp_path: Path):
    """A note beside the bytes names the record and field that had them, and the token that wrote."""
    token, account = desk.token(scope=RAW), desk.accounts["main"]
    record = a_record(desk, token)
    put(desk, token, record, "found again")

    (digest,) = put(desk, token, record, "its successor")
    (note,) = account.archive.list(f"{REPLACED}{digest}/")
    account.archive.get(note.key, tmp_path / "note")
    said = json.loads((tmp_path / "note").read_bytes())

    assert digest == hashlib.sha256(b"found again").hexdigest()
    assert said["place"] == {
        "tableName": "Receipts",
        "attachmentFieldName": "Scan",
        "recordPkId": record,
    }
    assert said["token"].startswith("t")


def test_the_same_bytes_are_noted_for_each_file_that_had_them(desk: Desk):
    """Two records with one document are two notes beside one original."""
    token, account = desk.token(scope=RAW), desk.accounts["main"]
    records = [a_record(desk, token), a_record(desk, token)]
    for record in records:
        put(desk, token, record, "twice there")

    (digest,), again = (put(desk, token, record, "gone") for record in records)

    assert again == [digest]
    assert len(list(account.archive.list(f"{REPLACED}{digest}/"))) == 2


@pytest.mark.parametrize("tool", ["update_a_caspio_file_by_id", "delete_a_caspio_file_by_id"])
def test_the_archive_says_the_name_of_a_file_that_only_a_key_named(
    desk: Desk, tmp_path: Path, tool: str
):
    """Once a file is gone, its key leads nobody to it: the note has its name as well."""
    token, archive = desk.token(scope=RAW), desk.accounts["main"].archive
    data = f"lost by {tool}".encode()

    def file(name: str, content: bytes) -> dict[str, str]:
        return {"name": name, "base64": base64.b64encode(content).decode()}

    name = f"{tool}.txt"
    desk.result(token, "create_a_caspio_file", file=file(name, data))
    info = desk.result(token, "list_all_caspio_path_file_infos", path=f"/{name}")
    gone = {"key": info["ExternalKey"]} if "delete" in tool else {"file": file(name.upper(), b"n")}
    desk.result(token, tool, **gone)

    (note,) = archive.list(f"{REPLACED}{hashlib.sha256(data).hexdigest()}/")
    archive.get(note.key, tmp_path / "note")
    said = json.loads((tmp_path / "note").read_bytes())
    assert said["place"] == {"externalKey": info["ExternalKey"], "name": name}
