import json
import os
import subprocess
import time
from pathlib import Path
from typing import Any

import pytest

from pipeline.errors import BadSettings
from pipeline.source_run.selection import Selection
from tests.integration.line.accounts import (
    CREDENTIALS,
    Line,
    Source,
    account_state,
    cli,
    cli_command,
    fields,
    receipt,
)
from tests.integration.line.conftest import MakeLine
from tests.integration.line.test_plan_apply import EVERYWHERE, FILES, SOURCES, THREE, row

pytestmark = pytest.mark.integration


def _run(line: Line) -> str:
    return str(line.run().document["run_id"])


def _without_keys(line: Line) -> dict[str, Any]:
    state = account_state(line.emulator)
    return {
        **state,
        "attachments": {
            t: [{k: a[k] for k in ("pk", "name", "sha256")} for a in f]
            for t, f in state["attachments"].items()
        },
    }


def test_undone_everywhere_is_as_before(make_line: MakeLine):
    """Columns, attachment names, Files-area paths and index rows are as before, and the next run repeats nothing."""
    line = make_line(*SOURCES, account=EVERYWHERE, files=THREE)
    before = _without_keys(line)
    run = _run(line)

    report = line.undo(run)

    assert report.document["documents"]["done"] == 3
    assert _without_keys(line) == before
    assert line.unsettled() == 0
    line.forget_calls()
    assert line.run().document["documents"]["unchanged"] == 3
    assert line.writes() == []


def test_a_file_that_two_records_share_stays_as_undone(make_line: MakeLine):
    """A Files-area file named by two records gets its name back for both, and the next run renames it no more."""
    records = [{"PK_ID": 1, "File": "/In/two.txt"}, {"PK_ID": 2, "File": "/In/two.txt"}]
    account = {
        "tables": {"Papers": {"fields": fields(File="FILE"), "records": records}},
        "files": {"/In/two.txt": "two.txt"},
    }
    line = make_line(
        Source({"table": "Papers"}, name="papers"), account=account, files={"two.txt": receipt(2)}
    )
    before = _without_keys(line)
    run = _run(line)
    line.run()

    line.undo(run)
    undone = _without_keys(line)
    line.forget_calls()
    again = line.run()

    assert undone == before
    assert line.writes() == []
    assert again.document["documents"]["unchanged"] == 2


def test_an_undo_is_undone(make_line: MakeLine):
    """RunEffects the undo puts everything again as the run had left it, also a row that had been deleted."""
    line = make_line(*SOURCES, account=EVERYWHERE, files=THREE)
    run = _run(line)
    after = _without_keys(line)
    undo = line.undo(run).document["run_id"]

    report = line.undo(str(undo))

    again = _without_keys(line)
    for state in (after, again):
        for found in state["tables"]["Found"]:
            del found["PK_ID"]  # a row inserted again has another key
    assert again == after
    assert report.document["documents"]["done"] == 3
    line.forget_calls()
    line.run()
    assert line.writes() == []


def test_undoing_twice_changes_nothing_more(make_line: MakeLine):
    """A run that is undone already is left as it is, without a write."""
    line = make_line(*SOURCES, account=EVERYWHERE, files=THREE)
    run = _run(line)
    line.undo(run)
    line.forget_calls()

    again = line.undo(run)

    assert line.writes() == []
    assert again.document["documents"]["unchanged"] == 3


def test_what_a_user_changed_since_stays_and_is_reported(make_line: MakeLine):
    """A column changed since the run is left alone with a sentence; the others are put back."""
    line = make_line(files=FILES)
    run = _run(line)
    line.emulator.control.edit("Uploads", 1, {"Total": 99.5})

    report = line.undo(run)

    reported = next(o for o in report.outcomes if o.ref.record and o.ref.record.pk == "1")
    assert (row(line, 1)["Total"], row(line, 1)["DocType"]) == (99.5, "")
    assert reported.status == "partial"
    assert "Total holds 99.5" in reported.reason


def test_a_file_replaced_since_keeps_its_name_and_is_read(make_line: MakeLine, tmp_path: Path):
    """A replaced file is not renamed by undoing, and is still unprocessed work for the next run."""
    line = make_line(files={"upload1.txt": receipt(1)})
    run = _run(line)
    fresh = tmp_path / "fresh.txt"
    fresh.write_bytes(receipt(9))
    line.emulator.control.replace_attachment("Uploads", "Scan", 1, fresh)

    report = line.undo(run)

    assert "replaced or renamed by somebody else" in report.outcomes[0].reason
    (kept,) = line.emulator.control.dump()["attachments"]["Uploads"]
    assert kept["name"] == "fresh.txt"
    assert line.run().document["documents"]["done"] == 1


def test_a_files_area_file_replaced_since_is_kept(make_line: MakeLine, tmp_path: Path):
    """Bytes a user put under the new path stay there, and rows go on pointing at them."""
    line = make_line(SOURCES[1], account=EVERYWHERE, files=THREE)
    run = _run(line)
    new = row(line, 1, "Papers")["File"]
    fresh = tmp_path / "fresh.txt"
    fresh.write_bytes(receipt(9))
    line.emulator.control.replace_file(new, fresh)

    report = line.undo(run)

    assert "other bytes" in report.outcomes[0].reason
    assert row(line, 1, "Papers")["File"] == new
    assert line.emulator.control.dump()["files"][new]["size"] == len(receipt(9))


def test_an_index_row_somebody_filled_stays(make_line: MakeLine):
    """An inserted row in which a user has changed anything is not deleted."""
    line = make_line(SOURCES[2], account=EVERYWHERE, files=THREE)
    run = _run(line)
    (found,) = line.emulator.control.dump()["tables"]["Found"]
    line.emulator.control.edit("Found", found["PK_ID"], {"Company": "Typed"})

    report = line.undo(run)

    (kept,) = line.emulator.control.dump()["tables"]["Found"]
    assert kept["Company"] == "Typed"
    assert "stays: Company changed since" in report.outcomes[0].reason


def _undone_by(manifest: Path) -> dict[int, int]:
    """Return the effects that take back others, and which."""
    effects = json.loads(manifest.read_text(encoding="utf-8"))["effects"]
    return {effect["id"]: effect["undoes"] for effect in effects if effect["undoes"]}


def test_an_undo_that_was_cut_short_before_the_archive_knew_is_reported_to_it_by_the_next(
    make_line: MakeLine,
):
    """Where everything is put back already, the manifests that do not say so yet are amended."""
    line = make_line(files=FILES)
    run = _run(line)
    manifests = {
        path: path.read_text(encoding="utf-8") for path in line.archive.rglob("manifest.json")
    }
    line.undo(run)
    reported = {path: _undone_by(path) for path in manifests}
    for path, text in manifests.items():
        path.write_text(text, encoding="utf-8")
    line.forget_calls()

    line.undo(run)

    assert all(reported.values())
    assert {path: _undone_by(path) for path in manifests} == reported
    assert line.writes() == []


def test_only_the_named_record_is_undone(make_line: MakeLine):
    """With a record named, the others stay as the run left them."""
    line = make_line(files=FILES)
    run = _run(line)

    line.undo(run, "2")

    assert [row(line, pk)["DocType"] for pk in (1, 2, 3)] == ["receipt", "", "receipt"]


def test_a_users_value_that_was_put_back_is_theirs(make_line: MakeLine):
    """What an undo restored is a user's value again: a policy that spares those spares it."""
    line = make_line(Source(more='overwrite = "always"'), files={"upload1.txt": receipt(1)})
    line.emulator.control.edit("Uploads", 1, {"Company": "Typed"})
    run = _run(line)
    overwritten = row(line, 1)["Company"]
    line.undo(run)
    text = line.config.read_text(encoding="utf-8").replace(
        'overwrite = "always"', 'overwrite = "ours"'
    )
    line.config.write_text(text, encoding="utf-8")

    line.run(selection=Selection())

    assert overwritten == "Northwind Hardware Ltd"
    assert row(line, 1)["Company"] == "Typed"


def test_an_unknown_run_is_reported(make_line: MakeLine):
    """A run that changed nothing, or a record it did not touch, is reported, and the command ends with 2."""
    line = make_line(files=FILES)
    run = _run(line)

    with pytest.raises(BadSettings, match="'no-such-run'"):
        line.undo("no-such-run")
    done = cli(line.config, "undo", run, "--record", "99")

    assert done.returncode == 2
    assert "knows of nothing" in done.stderr


@pytest.mark.parametrize(
    "operation",
    ["UpdateTableRecords", "UpdateFileMetadataInAttachmentTableFields", "DeleteFileByPath"],
)
def test_a_killed_undo_is_finished_by_the_next(make_line: MakeLine, operation: str):
    """Killed in the middle and undone again, everything is as before the run, and no run repeats it."""
    sources = SOURCES[1:2] if operation == "DeleteFileByPath" else SOURCES[:1]
    line = make_line(*sources, account=EVERYWHERE, files=THREE)
    before = _without_keys(line)
    run = _run(line)
    line.emulator.control.fault({"kind": "lost", "operation": operation, "times": 1})

    command = cli_command(line.config, "undo", run)
    with subprocess.Popen(
        command, env=os.environ | CREDENTIALS, stderr=subprocess.DEVNULL
    ) as process:
        while process.poll() is None and not any(
            f["matched"] > 0 for f in line.emulator.control.faults()
        ):
            time.sleep(0.02)
        process.kill()
    line.emulator.control.clear_faults()
    line.undo(run)

    assert _without_keys(line) == before
    assert line.unsettled() == 0
    line.forget_calls()
    line.run()
    assert line.writes() == []
