from pathlib import Path

import httpx
import pytest

from infra.emulator import Quirks
from tests.emulator.api import Api, seed, serving

pytestmark = pytest.mark.integration
_SCAN = {"Name": "Scan", "Type": "ATTACHMENT"}


@pytest.fixture
def docs(api: Api) -> str:
    """Three records; the first two have a file."""
    name = api.table("A", _SCAN, rows=[{"A": "one"}, {"A": "two"}, {"A": "three"}])
    api.attach(name, 1, "first.tar.gz", b"one")
    api.attach(name, 2, "Zweite Ümläut.pdf", b"two")
    return name


def _download(api: Api, table: str, pk: object) -> httpx.Response:
    return api.get(f"/tables/{table}/attachments/Scan/{pk}")


def _rename(api: Api, table: str, where: str, new: str) -> httpx.Response:
    return api.put(
        f"/tables/{table}/attachments/Scan/fileInfo",
        {"FileName": new},
        where=where,
        response="rows",
    )


def test_an_upload_has_an_empty_answer(api: Api, docs: str):
    """A stored attachment is 204 without a body."""
    reply = api.attach(docs, 3, "x.txt", b"x")

    assert (reply.status_code, reply.content) == (204, b"")


def test_a_download_has_bytes_length_name_and_type(api: Api, docs: str):
    """A download has its length, its name, and the type that the name suggests."""
    reply = _download(api, docs, 2)

    assert reply.content == b"two"
    assert (reply.headers["content-length"], reply.headers["content-type"]) == (
        "3",
        "application/pdf",
    )
    assert reply.headers["content-disposition"].endswith(
        "filename*=UTF-8''Zweite%20%C3%9Cml%C3%A4ut.pdf"
    )


def test_a_download_can_have_a_wrong_type():
    """With the quirk, every download has the type text/plain."""
    with serving(quirks=Quirks(download_content_type="text/plain")) as api:
        name = api.table("A", _SCAN, rows=[{"A": "x"}])
        api.attach(name, 1, "a.pdf", b"%PDF")

        assert _download(api, name, 1).headers["content-type"].startswith("text/plain")


@pytest.mark.parametrize("pk", [3, 99, "x"])
def test_a_missing_file_is_not_found(api: Api, docs: str, pk: object):
    """A record without a file, a missing record and a wrong PK_ID are 404."""
    assert _download(api, docs, pk).status_code == 404


def test_an_upload_replaces(api: Api, docs: str):
    """A second upload replaces the first, and sets only the date of the update."""
    (before,) = api.info(docs, "PK_ID = 1")

    api.attach(docs, 1, "other.pdf", b"changed")

    (after,) = api.info(docs, "PK_ID = 1")
    assert _download(api, docs, 1).content == b"changed"
    assert after["DateCreated"] == before["DateCreated"]
    assert after["DateUpdated"] > before["DateUpdated"]


def test_an_upload_needs_a_part_called_file(api: Api, docs: str):
    """Another part name is 400 IncorrectBodyParameter."""
    reply = api.call("PUT", f"/tables/{docs}/attachments/Scan/1", files={"Files": ("a", b"x")})

    assert (reply.status_code, reply.json()["Code"]) == (400, "IncorrectBodyParameter")


def test_an_upload_takes_one_file(api: Api, docs: str):
    """Two parts are 400, and nothing changes."""
    parts = [("File", ("a.txt", b"x")), ("File", ("b.txt", b"y"))]

    assert api.call("PUT", f"/tables/{docs}/attachments/Scan/1", files=parts).status_code == 400
    assert _download(api, docs, 1).content == b"one"


def test_an_upload_must_be_multipart(api: Api, docs: str):
    """A body that is not multipart is 415."""
    assert api.call("PUT", f"/tables/{docs}/attachments/Scan/1", content=b"x").status_code == 415


def test_an_upload_to_a_missing_record_is_not_found(api: Api, docs: str):
    """A record that does not exist is 404 ObjectNotFound."""
    reply = api.attach(docs, 99, "a.txt", b"x")

    assert (reply.status_code, reply.json()["Code"]) == (404, "ObjectNotFound")


def test_a_field_that_does_not_exist_is_not_found(api: Api, docs: str):
    """An unknown attachment field is 404 FieldNotFound."""
    assert api.attach(docs, 1, "a.txt", b"x", field="Nope").json()["Code"] == "FieldNotFound"


def test_an_upload_over_the_limit_is_refused():
    """With the quirk, larger uploads are 413."""
    with serving(quirks=Quirks(max_upload_bytes=1000)) as api:
        name = api.table("A", _SCAN, rows=[{"A": "x"}])

        assert api.attach(name, 1, "a.txt", b"x" * 2000).status_code == 413


def test_a_fields_rules_are_enforced(api: Api):
    """A wrong extension and a size outside the limits are 400."""
    rules = {
        "AttachmentPermittedFileTypes": ["pdf"],
        "AttachmentMinFileSize": 2,
        "AttachmentMaxFileSize": 4,
    }
    name = api.table("A", _SCAN | rules, rows=[{"A": "x"}])

    statuses = [
        api.attach(name, 1, file, data).status_code
        for file, data in [
            ("a.txt", b"xxx"),
            ("a.pdf", b"x"),
            ("a.pdf", b"xxxxx"),
            ("a.PDF", b"xxx"),
        ]
    ]

    assert statuses == [400, 400, 400, 204]


def test_file_info_splits_the_name(api: Api, docs: str):
    """FileName has no extension, FileType no dot; records without a file are absent."""
    listed = [
        (one["PK_ID"], one["FileName"], one["FileType"], one["Size"]) for one in api.info(docs)
    ]

    assert listed == [(1, "first.tar", "gz", 3), (2, "Zweite Ümläut", "pdf", 3)]


def test_file_info_accepts_a_bare_condition(api: Api, docs: str):
    """`where` without its prefix filters fileInfo."""
    reply = api.call(
        "GET", f"/tables/{docs}/attachments/Scan/fileInfo", params={"where": "A = 'TWO'"}
    )

    assert [one["PK_ID"] for one in reply.json()["Result"]] == [2]


@pytest.mark.parametrize(
    ("quirks", "item"),
    [
        (Quirks(fileinfo_filename="with-extension"), ("a.pdf", "pdf")),
        (Quirks(fileinfo_filetype="with-dot"), ("a", ".pdf")),
    ],
    ids=["filename", "filetype"],
)
def test_file_info_can_have_the_extension_or_the_dot(quirks: Quirks, item: tuple[str, str]):
    """With the quirks, FileName has the extension, or FileType the dot."""
    with serving(quirks=quirks) as api:
        name = api.table("A", _SCAN, rows=[{"A": "x"}])
        api.attach(name, 1, "a.pdf", b"x")

        (one,) = api.info(name)

    assert (one["FileName"], one["FileType"]) == item


def test_file_info_can_list_records_without_a_file_up_to_a_limit():
    """With the quirks, records without a file are listed, and the rows are limited."""
    with serving(quirks=Quirks(fileinfo_empty_rows="null-rows", fileinfo_row_cap=2)) as api:
        name = api.table("A", _SCAN, rows=[{"A": "x"}] * 3)

        items = api.info(name)

    assert [one["PK_ID"] for one in items] == [1, 2]
    assert items[0]["FileName"] is items[0]["Size"] is None


def test_a_rename_keeps_bytes_and_extension(api: Api, docs: str):
    """A new FileName is the base name: the extension stays, and the date changes."""
    (before,) = api.info(docs, "PK_ID = 2")

    reply = _rename(api, docs, "PK_ID = 2", "Invoice.2026")

    (after,) = api.info(docs, "PK_ID = 2")
    assert reply.json() == {
        "RecordsAffected": 1,
        "Result": [{"PK_ID": 2, "A": "two", "Scan": "Invoice.2026.pdf"}],
    }
    assert (after["FileName"], after["FileType"]) == ("Invoice.2026", "pdf")
    assert after["DateUpdated"] > before["DateUpdated"]
    assert _download(api, docs, 2).content == b"two"


def test_a_rename_applies_to_all_matching_records(api: Api, docs: str):
    """A condition that is too wide renames all files that match."""
    assert _rename(api, docs, "1 = 1", "same").json()["RecordsAffected"] == 2
    assert [one["FileName"] for one in api.info(docs)] == ["same", "same"]


def test_a_rename_of_no_file_counts_none(api: Api, docs: str):
    """A record without a file is not counted."""
    assert _rename(api, docs, "PK_ID = 3", "x").json()["RecordsAffected"] == 0


@pytest.mark.parametrize(
    "body", [{}, {"FileName": ""}, {"FileName": None}, {"FileName": "x", "FileType": "pdf"}]
)
def test_a_rename_needs_a_name_and_nothing_else(api: Api, docs: str, body: dict[str, object]):
    """A missing or blank FileName and further members are 400."""
    reply = api.put(f"/tables/{docs}/attachments/Scan/fileInfo", body, where="PK_ID = 1")

    assert (reply.status_code, reply.json()["Code"]) == (400, "IncorrectBodyParameter")


@pytest.mark.parametrize(
    ("rule", "name"), [("base", "new.PDF.pdf"), ("strip-same", "new.pdf"), ("full", "new.PDF")]
)
def test_a_new_name_is_read_as_the_quirk_says(rule: str, name: str):
    """A FileName with an extension is a base name, loses a repeated one, or is the full name."""
    with serving(quirks=Quirks(rename_filename=rule)) as api:  # type: ignore[arg-type]
        table = api.table("A", _SCAN, rows=[{"A": "x"}])
        api.attach(table, 1, "a.pdf", b"x")
        _rename(api, table, "PK_ID = 1", "new.PDF")

        assert api.rows(table)[0]["Scan"] == name


def test_a_delete_clears_all_matching_records(api: Api, docs: str):
    """Delete takes a condition, counts the records, and leaves them without a file."""
    reply = api.delete(f"/tables/{docs}/attachments/Scan", where="PK_ID IN (1, 3)")

    assert reply.json() == {"RecordsAffected": 2}
    assert [one["PK_ID"] for one in api.info(docs)] == [2]
    assert _download(api, docs, 1).status_code == 404


def test_a_delete_needs_a_condition(api: Api, docs: str):
    """Without q.where nothing is deleted."""
    assert api.delete(f"/tables/{docs}/attachments/Scan").status_code == 400
    assert len(api.info(docs)) == 2


def test_a_deleted_record_loses_its_file(api: Api, docs: str):
    """The attachment of a deleted record is deleted."""
    api.delete(f"/tables/{docs}/records", where="PK_ID = 1")

    assert [one["PK_ID"] for one in api.info(docs)] == [2]


def test_writing_a_column_keeps_the_dates_of_the_file(api: Api, docs: str):
    """An update of other columns does not change fileInfo."""
    before = api.info(docs)

    api.put(f"/tables/{docs}/records", {"A": "changed"}, where="1 = 1")

    assert api.info(docs) == before


@pytest.mark.parametrize(
    ("shown", "row"), [("null", {"Scan": None}), ("absent", {}), ("name", {"Scan": "a.pdf"})]
)
def test_a_record_shows_an_attachment_as_the_quirk_says(shown: str, row: dict[str, object]):
    """A record shows an attachment field by name, as null, or not at all."""
    with serving(quirks=Quirks(attachment_column=shown)) as api:  # type: ignore[arg-type]
        table = api.table("A", _SCAN, rows=[{"A": "x"}])
        api.attach(table, 1, "a.pdf", b"x")

        assert api.rows(table) == [{"PK_ID": 1, "A": "x"} | row]


@pytest.mark.parametrize("stamps", [False, True])
def test_an_upload_sets_a_timestamp_only_with_the_quirk(*, stamps: bool):
    """Whether an upload sets an OnUpdate TIMESTAMP is a quirk."""
    with serving(quirks=Quirks(attachment_stamps=stamps)) as api:
        table = api.table(
            "A", _SCAN, {"Name": "At", "Type": "TIMESTAMP", "OnUpdate": True}, rows=[{"A": "x"}]
        )
        api.attach(table, 1, "a.pdf", b"x")

        assert bool(api.rows(table)[0]["At"]) is stamps


def test_a_seeds_file_is_read_from_its_folder(tmp_path: Path):
    """A seed's attachment is read from the seed's file when it is asked for, and has its date."""
    account = {"tables": {"D": {"fields": [_SCAN], "records": [{"PK_ID": 7, "Scan": "a.txt"}, {}]}}}
    folder = seed(tmp_path, account, {"a.txt": b"before"})
    with serving(seed=folder) as api:
        (tmp_path / "a.txt").write_bytes(b"behind")

        assert _download(api, "D", 7).content == b"behind"
        assert [one["PK_ID"] for one in api.info("D")] == [7]
        assert [row["PK_ID"] for row in api.rows("D")] == [7, 8]


def test_a_generated_file_is_the_same_every_time(tmp_path: Path):
    """A rule in the seed generates a file of any size without a file on disk."""
    rule = {"generate": {"name": "big.bin", "size": 3_000_001, "seed": 4}}
    folder = seed(tmp_path, {"tables": {"D": {"fields": [_SCAN], "records": [{"Scan": rule}]}}})
    with serving(seed=folder) as api:
        first, second = _download(api, "D", 1).content, _download(api, "D", 1).content

        assert (api.info("D")[0]["FileName"], len(first)) == ("big", 3_000_001)
        assert first == second


def test_a_seed_with_a_missing_file_is_refused(tmp_path: Path):
    """A seed with a missing file stops the start, and the error names the file."""
    folder = seed(
        tmp_path, {"tables": {"D": {"fields": [_SCAN], "records": [{"Scan": "gone.pdf"}]}}}
    )

    with pytest.raises(ValueError, match=r"gone\.pdf"), serving(seed=folder):
        pass
