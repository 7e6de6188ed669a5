"""`doctor --deep`: the local Caspio's quirks, found out from outside."""

import io
import json
import sys
from collections.abc import Mapping
from dataclasses import asdict
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from flows import cli
from infra.emulator import Emulator
from infra.emulator.clock import Clock as CaspioClock
from infra.emulator.quirks import Quirks, parse_quirks
from pipeline.adapters.caspio.probes import MARK, NOT_PROBED, probe_account
from pipeline.model.probes import PROBE_TABLE as TABLE
from tests.fakes.clock import FakeClock
from tests.integration.adapters.caspio.conftest import Connect, Start

pytestmark = pytest.mark.integration

ACCOUNT: dict[str, Any] = {
    "tables": {
        "Docs": {
            "fields": [{"Name": "Company", "Type": "STRING"}],
            "records": [{"PK_ID": 1, "Company": "A"}],
        }
    },
    "views": {"AllDocs": {"table": "Docs"}},
}
HOOK = {"Name": "hook", "OutgoingUrls": ["https://127.0.0.1:9/hook"]}
ODD: list[dict[str, Any]] = [
    {},
    {
        "fileinfo_filename": "with-extension", "fileinfo_filetype": "with-dot",
        "fileinfo_empty_rows": "null-rows", "fileinfo_dates": "z", "attachment_column": "null",
        "attachment_stamps": True, "rename_filename": "full", "empty_result_after_put": True,
        "unset_text": "blank", "view_pk": "number", "files_dates": "us", "files_case": "sensitive",
        "overwrite_key": "new", "webhook_envelope": "result", "webhook_list_secret": True,
        "fileinfo_row_cap": 10, "list_update": "uncounted",
    },
    {
        "fileinfo_filename": "with-extension", "rename_filename": "base",
        "attachment_column": "absent",
    },
    {
        "fileinfo_filename": "with-extension", "rename_filename": "strip-same",
        "fileinfo_row_cap": 25,
    },
    {"rename_filename": "strip-same", "fileinfo_empty_rows": "null-rows"},
    {"rename_filename": "full", "fileinfo_filetype": "with-dot"},
]  # fmt: skip


@pytest.fixture(autouse=True)
def clock(monkeypatch: pytest.MonkeyPatch) -> FakeClock:
    """A clock on which waiting costs no time, while the local Caspio's stamps show that it has."""
    clock, now = FakeClock(), CaspioClock.now

    def later(caspio: CaspioClock) -> datetime:
        return now(caspio) + timedelta(seconds=sum(clock.slept))

    monkeypatch.setattr(CaspioClock, "now", later)
    return clock


def values(
    emulator: Emulator, connect: Connect, clock: FakeClock, folder: Path
) -> Mapping[str, str | None]:
    """Return what is found out, by name."""
    found = probe_account(connect(emulator), clock=clock, folder=folder, may_write=True)
    return {one.name: one.value for one in found.probed}


@pytest.mark.parametrize(
    "quirks", ODD, ids=["usual", *(f"odd{number}" for number in range(1, len(ODD)))]
)
def test_the_report_names_exactly_the_accounts_quirks(
    start: Start, connect: Connect, clock: FakeClock, tmp_path: Path, quirks: dict[str, Any]
):
    """Whatever is probed has the value that was set.

    Started with the options it prints, a local Caspio is alike.
    """
    emulator = start(ACCOUNT, **quirks)
    client = connect(emulator)
    client.call("CreateOutgoingWebhook", json=HOOK)

    found = probe_account(client, clock=clock, folder=tmp_path, may_write=True)

    learned = {one.name: one.value for one in found.probed if one.name not in NOT_PROBED}
    expected = {name: str(value).lower() for name, value in asdict(Quirks(**quirks)).items()}
    assert {name: value for name, value in learned.items() if name in expected} == {
        name: value for name, value in expected.items() if name not in NOT_PROBED
    }
    assert parse_quirks([option.split()[1] for option in found.quirks]) == Quirks(**quirks)


def test_refusals_are_listed(start: Start, connect: Connect, clock: FakeClock, tmp_path: Path):
    """Status and code of what a user may meet."""
    found = values(start(ACCOUNT), connect, clock, tmp_path)

    assert found["error_long_text"] == "400 InvalidInputValue"
    assert found["error_name_taken"] == "409"
    assert str(found["error_unique"]).startswith("400")
    assert str(found["error_no_file"]).startswith("404")


def test_rows_and_files_are_removed(
    start: Start, connect: Connect, clock: FakeClock, tmp_path: Path
):
    """What cannot be removed, the empty table, is named with what to do.

    A second examination uses it again.
    """
    emulator = start(ACCOUNT)
    client = connect(emulator)

    first = probe_account(client, clock=clock, folder=tmp_path, may_write=True)
    second = probe_account(client, clock=clock, folder=tmp_path, may_write=True)

    dump = emulator.control.dump()
    assert (dump["tables"][TABLE], dump["files"]) == ([], {})
    assert first.left == second.left
    assert f"Table {TABLE} is left" in first.left[0]
    assert [one.value for one in first.probed] == [one.value for one in second.probed]


@pytest.mark.parametrize(
    "operation",
    [
        "UpdateFileMetadataInAttachmentTableFields",
        "UploadFileToAttachmentTableField",
        "GetFileMetadataByPath",
    ],
)
def test_a_probe_that_fails_stops_no_other_and_leaves_nothing(
    start: Start, connect: Connect, clock: FakeClock, tmp_path: Path, operation: str
):
    """What could not be learned is unknown with the reason; rows and files go all the same."""
    emulator = start(ACCOUNT)
    emulator.control.fault({"kind": "status", "operation": operation, "status": 403, "times": 0})

    found = values(emulator, connect, clock, tmp_path)

    dump = emulator.control.dump()
    assert None in {found["rename_filename"], found["fileinfo_filename"], found["files_dates"]}
    assert found["webhook_envelope"] == "bare"
    assert (dump["tables"][TABLE], dump["files"]) == ([], {})


def test_what_a_killed_examination_left_is_removed_by_the_next(
    start: Start, connect: Connect, clock: FakeClock, tmp_path: Path
):
    """Its rows bear our mark; rows of anybody else stay."""
    emulator = start(ACCOUNT)
    client = connect(emulator)
    probe_account(client, clock=clock, folder=tmp_path, may_write=True)
    client.tables.insert(TABLE, {"Mark": MARK})
    client.tables.insert(TABLE, {"Mark": "mine"})

    probe_account(client, clock=clock, folder=tmp_path, may_write=True)

    assert [row["Mark"] for row in emulator.control.dump()["tables"][TABLE]] == ["mine"]


def test_a_profile_that_may_not_create_tables_learns_the_rest(
    start: Start, connect: Connect, clock: FakeClock, tmp_path: Path
):
    """The table's questions stay open with the reason, and nothing is left behind."""
    profile = {"client_id": "id", "client_secret": "secret", "create_objects": False}
    emulator = start({**ACCOUNT, "profiles": [profile]})

    found = probe_account(connect(emulator), clock=clock, folder=tmp_path, may_write=True)

    learned = {one.name: one for one in found.probed}
    assert learned["rename_filename"].value is None
    assert learned["files_dates"].value == "iso"
    assert found.left == ()


def test_a_table_of_that_name_that_is_somebody_elses_is_left_alone(
    start: Start, connect: Connect, clock: FakeClock, tmp_path: Path
):
    """Its columns are not ours, so nothing is written to it."""
    tables = {
        TABLE: {
            "fields": [{"Name": "Mark", "Type": "STRING"}],
            "records": [{"PK_ID": 1, "Mark": MARK}],
        }
    }
    emulator = start({"tables": tables})

    found = values(emulator, connect, clock, tmp_path)

    assert found["unset_text"] is None
    assert len(emulator.control.dump()["tables"][TABLE]) == 1


@pytest.fixture
def settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder to write settings in, with credentials in the environment."""
    monkeypatch.setenv("CASPIO_CLIENT_ID", "id")
    monkeypatch.setenv("CASPIO_CLIENT_SECRET", "secret")
    return tmp_path / "caspio-ingest.toml"


def doctor(
    emulator: Emulator, settings: Path, monkeypatch: pytest.MonkeyPatch, *options: str
) -> int:
    """Run `doctor --deep` where nobody can be asked, and return its exit code."""
    settings.write_text(
        f'[caspio]\nurl = "{emulator.url}"\n[[sources]]\nname = "docs"\nfolder = "/"\n'
    )
    monkeypatch.setattr(sys, "stdin", io.StringIO(""))
    monkeypatch.setattr(
        sys, "argv", ["caspio-ingest", "doctor", "--config", str(settings), "--deep", *options]
    )
    try:
        cli.main()
    except SystemExit as ending:
        return int(ending.code or 0)
    return 0


@pytest.mark.full
def test_doctor_deep_prints_one_document(
    start: Start,
    settings: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
):
    """The checks, what was found, how to start a local Caspio alike, and what is left behind."""
    assert doctor(start(ACCOUNT, fileinfo_dates="z"), settings, monkeypatch, "--yes", "--json") == 0

    document = json.loads(capsys.readouterr().out)
    assert document["behavior"]["fileinfo_dates"]["value"] == "z"
    assert "--quirk fileinfo_dates=z" in document["emulator"]
    assert TABLE in document["left_behind"][0]
    assert {"credentials", "ledger"} <= {check["check"] for check in document["checks"]}


def test_where_nobody_can_be_asked_nothing_is_made(
    start: Start, settings: Path, monkeypatch: pytest.MonkeyPatch
):
    """Exit code 2, and the account was not called."""
    emulator = start(ACCOUNT)

    assert doctor(emulator, settings, monkeypatch) == 2

    assert emulator.control.calls() == {}
