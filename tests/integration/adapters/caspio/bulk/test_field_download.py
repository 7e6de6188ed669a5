"""All files of a field are downloaded, over a local Caspio."""

import json
from pathlib import Path

import pytest

from infra.emulator import Emulator
from pipeline.adapters.caspio.client import (
    CaspioClient,
    download_field,
)
from pipeline.adapters.caspio.client.bulk.field_download import MANIFEST
from pipeline.adapters.caspio.client.where import Clause

from .conftest import DATA, Between, calls

pytestmark = pytest.mark.integration


def test_field_is_downloaded_whole(client: CaspioClient, tmp_path: Path) -> None:
    """Every file of a field is in the folder under its PK_ID, with its digest in the manifest."""
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
    """What is there is not fetched again.

    What was replaced at Caspio, lost here or half written is.
    """
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


def test_file_that_is_gone_meanwhile_is_named(
    client: CaspioClient, between: Between, tmp_path: Path
) -> None:
    """An attachment somebody deletes during the download is a problem of its own.

    The others arrive.
    """
    gone = between(
        lambda: client.tables.remove_attachments("Docs", "Scan", condition=Clause("PK_ID = 2")),
        method="GET",
        contains="/attachments/Scan/1",
    )

    with gone:
        found = list(download_field(gone.tables, "Docs", "Scan", tmp_path))

    assert [bool(one.problem) for one in found] == [False, True, False]
