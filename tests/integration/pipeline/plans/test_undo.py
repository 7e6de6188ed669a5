import json
import os
import subprocess
import time
from pathlib import Path
from typing import Any

import pytest

from pipeline.errors import BadSettings
from pipeline.source_run.selection import Selection
from tests.integration.pipeline.accounts import Source, fields, receipt
from tests.integration.pipeline.conftest import MakeWorkspace
from tests.integration.pipeline.plans.test_apply import EVERYWHERE, FILES, SOURCES, THREE, row
from tests.integration.pipeline.workspace import (
    CREDENTIALS,
    Workspace,
    account_state,
    cli,
    cli_command,
)

pytestmark = pytest.mark.integration


def _run(workspace: Workspace) -> str:
    return str(workspace.run().document["run_id"])


def _without_keys(workspace: Workspace) -> dict[str, Any]:
    state = account_state(workspace.emulator)
    return {
        **state,
        "attachments": {
            t: [{k: a[k] for k in ("pk", "name", "sha256")} for a in f]
            for t, f in state["attachments"].items()
        },
    }


def test_undone_everywhere_is_as_before(make_workspace: MakeWorkspace):
    """Columns, attachment names, Files-area paths and index rows are as before, and the next run repeats nothing."""
    workspace = make_workspace(*SOURCES, account=EVERYWHERE, files=THREE)
    before = _without_keys(workspace)
    run = _run(workspace)

    report = workspace.undo(run)

    assert report.document["documents"]["done"] == 3
    assert _without_keys(workspace) == before
    assert workspace.unsettled() == 0
    workspace.forget_calls()
    assert workspace.run().document["documents"]["unchanged"] == 3
    assert workspace.writes() == []


def test_a_file_that_two_records_share_stays_as_undone(make_workspace: MakeWorkspace):
    """A Files-area file named by two records gets its name back for both, and the next run renames it no more."""
    records = [{"PK_ID": 1, "File": "/In/two.txt"}, {"PK_ID": 2, "File": "/In/two.txt"}]
    account = {
        "tables": {"Papers": {"fields": fields(File="FILE"), "records": records}},
        "files": {"/In/two.txt": "two.txt"},
    }
    workspace = make_workspace(
        Source({"table": "Papers"}, name="papers"), account=account, files={"two.txt": receipt(2)}
    )
    before = _without_keys(workspace)
    run = _run(workspace)
    workspace.run()

    workspace.undo(run)
    undone = _without_keys(workspace)
    workspace.forget_calls()
    again = workspace.run()

    assert undone == before
    assert workspace.writes() == []
    assert again.document["documents"]["unchanged"] == 2


def test_an_undo_is_undone(make_workspace: MakeWorkspace):
    """RunEffects the undo puts everything again as the run had left it, also a row that had been deleted."""
    workspace = make_workspace(*SOURCES, account=EVERYWHERE, files=THREE)
    run = _run(workspace)
    after = _without_keys(workspace)
    undo = workspace.undo(run).document["run_id"]

    report = workspace.undo(str(undo))

    again = _without_keys(workspace)
    for state in (after, again):
        for found in state["tables"]["Found"]:
            del found["PK_ID"]  # a row inserted again has another key
    assert again == after
    assert report.document["documents"]["done"] == 3
    workspace.forget_calls()
    workspace.run()
    assert workspace.writes() == []


def test_undoing_twice_changes_nothing_more(make_workspace: MakeWorkspace):
    """A run that is undone already is left as it is, without a write."""
    workspace = make_workspace(*SOURCES, account=EVERYWHERE, files=THREE)
    run = _run(workspace)
    workspace.undo(run)
    workspace.forget_calls()

    again = workspace.undo(run)

    assert workspace.writes() == []
    assert again.document["documents"]["unchanged"] == 3


def test_what_a_user_changed_since_stays_and_is_reported(make_workspace: MakeWorkspace):
    """A column changed since the run is left alone with a sentence; the others are put back."""
    workspace = make_workspace(files=FILES)
    run = _run(workspace)
    workspace.emulator.control.edit("Uploads", 1, {"Total": 99.5})

    report = workspace.undo(run)

    reported = next(o for o in report.outcomes if o.ref.record and o.ref.record.pk == "1")
    assert (row(workspace, 1)["Total"], row(workspace, 1)["DocType"]) == (99.5, "")
    assert reported.status == "partial"
    assert "Total holds 99.5" in reported.reason


@pytest.mark.parametrize("number", [1, pytest.param(9, marks=pytest.mark.full)])
def test_a_file_replaced_since_keeps_its_name_and_is_read(
    make_workspace: MakeWorkspace, tmp_path: Path, number: int
):
    """A replaced file is not renamed by undoing, and is still unprocessed work for the next run.

    Until then nobody knows whether it has the same bytes under another name.
    """
    workspace = make_workspace(files={"upload1.txt": receipt(1)})
    run = _run(workspace)
    fresh = tmp_path / "fresh.txt"
    fresh.write_bytes(receipt(number))
    workspace.emulator.control.replace_attachment("Uploads", "Scan", 1, fresh)

    report = workspace.undo(run)

    assert "was replaced or renamed since; the next run reads it" in report.outcomes[0].reason
    (kept,) = workspace.emulator.control.dump()["attachments"]["Uploads"]
    assert kept["name"] == "fresh.txt"
    assert workspace.run().document["documents"]["done"] == 1


@pytest.mark.full
def test_a_file_that_is_known_to_be_another_one_is_said_to_be(
    make_workspace: MakeWorkspace, tmp_path: Path
):
    """The run after the replacement has read its bytes."""
    workspace = make_workspace(files={"upload1.txt": receipt(1)})
    run = _run(workspace)
    fresh = tmp_path / "fresh.txt"
    fresh.write_bytes(receipt(9))
    workspace.emulator.control.replace_attachment("Uploads", "Scan", 1, fresh)
    _run(workspace)

    report = workspace.undo(run)

    assert "was replaced by another file" in report.outcomes[0].reason


def test_a_files_area_file_replaced_since_is_kept(make_workspace: MakeWorkspace, tmp_path: Path):
    """Bytes a user put under the new path stay there, and rows go on pointing at them."""
    workspace = make_workspace(SOURCES[1], account=EVERYWHERE, files=THREE)
    run = _run(workspace)
    new = row(workspace, 1, "Papers")["File"]
    fresh = tmp_path / "fresh.txt"
    fresh.write_bytes(receipt(9))
    workspace.emulator.control.replace_file(new, fresh)

    report = workspace.undo(run)

    assert "other bytes" in report.outcomes[0].reason
    assert row(workspace, 1, "Papers")["File"] == new
    assert workspace.emulator.control.dump()["files"][new]["size"] == len(receipt(9))


def test_an_index_row_somebody_filled_stays(make_workspace: MakeWorkspace):
    """An inserted row in which a user has changed anything is not deleted."""
    workspace = make_workspace(SOURCES[2], account=EVERYWHERE, files=THREE)
    run = _run(workspace)
    (found,) = workspace.emulator.control.dump()["tables"]["Found"]
    workspace.emulator.control.edit("Found", found["PK_ID"], {"Company": "Typed"})

    report = workspace.undo(run)

    (kept,) = workspace.emulator.control.dump()["tables"]["Found"]
    assert kept["Company"] == "Typed"
    assert "stays: Company changed since" in report.outcomes[0].reason


def _undone_by(manifest: Path) -> dict[int, int]:
    """Return the effects that take back others, and which."""
    effects = json.loads(manifest.read_text(encoding="utf-8"))["effects"]
    return {effect["id"]: effect["undoes"] for effect in effects if effect["undoes"]}


def test_an_undo_that_was_cut_short_before_the_archive_knew_is_reported_to_it_by_the_next(
    make_workspace: MakeWorkspace,
):
    """Where everything is put back already, the manifests that do not say so yet are amended."""
    workspace = make_workspace(files=FILES)
    run = _run(workspace)
    manifests = {
        path: path.read_text(encoding="utf-8") for path in workspace.archive.rglob("manifest.json")
    }
    workspace.undo(run)
    reported = {path: _undone_by(path) for path in manifests}
    for path, text in manifests.items():
        path.write_text(text, encoding="utf-8")
    workspace.forget_calls()

    workspace.undo(run)

    assert all(reported.values())
    assert {path: _undone_by(path) for path in manifests} == reported
    assert workspace.writes() == []


def test_a_redo_writes_again_what_an_undo_put_back(make_workspace: MakeWorkspace):
    """It takes the id of the undo alone, and what a user has typed since stays."""
    workspace = make_workspace(files=FILES)
    run = _run(workspace)
    undo = workspace.undo(run).document["run_id"]
    workspace.emulator.control.edit("Uploads", 2, {"DocType": "typed"})

    with pytest.raises(BadSettings, match=f"is no undo, .* undone by run '{undo}': name that one"):
        workspace.undo(run, redo=True)
    report = workspace.undo(undo, redo=True)

    assert [row(workspace, pk)["DocType"] for pk in (1, 2, 3)] == ["receipt", "typed", "receipt"]
    assert report.document["redoes"] == undo
    with pytest.raises(BadSettings, match="is no undo"):
        workspace.undo(report.document["run_id"], redo=True)


def test_only_the_named_record_is_undone(make_workspace: MakeWorkspace):
    """With a record named, the others stay as the run left them."""
    workspace = make_workspace(files=FILES)
    run = _run(workspace)

    workspace.undo(run, "2")

    assert [row(workspace, pk)["DocType"] for pk in (1, 2, 3)] == ["receipt", "", "receipt"]


def test_a_users_value_that_was_put_back_is_theirs(make_workspace: MakeWorkspace):
    """What an undo restored is a user's value again: a policy that spares those spares it."""
    workspace = make_workspace(
        Source(more='overwrite = "always"'), files={"upload1.txt": receipt(1)}
    )
    workspace.emulator.control.edit("Uploads", 1, {"Company": "Typed"})
    run = _run(workspace)
    overwritten = row(workspace, 1)["Company"]
    workspace.undo(run)
    text = workspace.config.read_text(encoding="utf-8").replace(
        'overwrite = "always"', 'overwrite = "ours"'
    )
    workspace.config.write_text(text, encoding="utf-8")

    workspace.run(selection=Selection())

    assert overwritten == "Northwind Hardware Ltd"
    assert row(workspace, 1)["Company"] == "Typed"


def test_an_unknown_run_is_reported(make_workspace: MakeWorkspace):
    """A run that changed nothing, or a record it did not touch, is reported, and the command ends with 2."""
    workspace = make_workspace(files=FILES)
    run = _run(workspace)

    with pytest.raises(BadSettings, match="'no-such-run'"):
        workspace.undo("no-such-run")
    done = cli(workspace.config, "undo", run, "--record", "99")

    assert done.returncode == 2
    assert "knows of nothing" in done.stderr


@pytest.mark.full
@pytest.mark.parametrize(
    "operation",
    ["UpdateTableRecords", "UpdateFileMetadataInAttachmentTableFields", "DeleteFileByPath"],
)
def test_a_killed_undo_is_finished_by_the_next(make_workspace: MakeWorkspace, operation: str):
    """Killed in the middle and undone again, everything is as before the run, and no run repeats it."""
    sources = SOURCES[1:2] if operation == "DeleteFileByPath" else SOURCES[:1]
    workspace = make_workspace(*sources, account=EVERYWHERE, files=THREE)
    before = _without_keys(workspace)
    run = _run(workspace)
    workspace.emulator.control.fault({"kind": "lost", "operation": operation, "times": 1})

    command = cli_command(workspace.config, "undo", run)
    with subprocess.Popen(
        command, env=os.environ | CREDENTIALS, stderr=subprocess.DEVNULL
    ) as process:
        while process.poll() is None and not any(
            f["matched"] > 0 for f in workspace.emulator.control.faults()
        ):
            time.sleep(0.02)
        process.kill()
    workspace.emulator.control.clear_faults()
    workspace.undo(run)

    assert _without_keys(workspace) == before
    assert workspace.unsettled() == 0
    workspace.forget_calls()
    workspace.run()
    assert workspace.writes() == []


def test_a_record_that_several_sources_have_is_undone_only_of_a_named_one(
    make_workspace: MakeWorkspace,
):
    """A PK_ID that names records of two sources is refused without the source; with it, the other one stays."""
    workspace = make_workspace(*SOURCES, account=EVERYWHERE, files=THREE)
    run = _run(workspace)

    with pytest.raises(BadSettings, match=r"Several sources have a record '1': .*Name one: with"):
        workspace.undo(run, "1")
    with pytest.raises(BadSettings, match="changed in record '4711'"):
        workspace.undo(run, "1", "4711", sources=["papers"])
    workspace.undo(run, "1", sources=["papers"])

    assert row(workspace, 1, "Papers")["DocType"] in {"", None}
    assert row(workspace, 1, "Uploads")["DocType"] == "receipt"
