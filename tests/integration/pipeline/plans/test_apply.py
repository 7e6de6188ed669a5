import os
import re
import stat
import subprocess
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from flows.app.changes import apply_plan
from pipeline.errors import BadSettings
from tests.integration.pipeline.accounts import Source, fields, receipt, write_settings
from tests.integration.pipeline.conftest import MakeWorkspace
from tests.integration.pipeline.workspace import CREDENTIALS, Workspace, cli, cli_command

pytestmark = pytest.mark.integration

FILES = {f"upload{n}.txt": receipt(n) for n in range(1, 4)}
NAMED = "2026-03-11 Northwind Hardware Ltd receipt.txt"
EVERYWHERE = {
    "tables": {
        "Uploads": {
            "fields": fields(Scan="ATTACHMENT"),
            "records": [{"PK_ID": 1, "Scan": "one.txt"}],
        },
        "Papers": {"fields": fields(File="FILE"), "records": [{"PK_ID": 1, "File": "/In/two.txt"}]},
        "Found": {"fields": fields(Path="STRING"), "records": []},
    },
    "files": {"/In/two.txt": "two.txt", "/Mail/three.txt": "three.txt"},
}
SOURCES = (
    Source(),
    Source({"table": "Papers"}, name="papers"),
    Source({"folder": "/Mail"}, name="mail", index={"table": "Found", "path_column": "Path"}),
)
THREE = {"one.txt": receipt(1), "two.txt": receipt(2), "three.txt": receipt(3)}


def row(workspace: Workspace, pk: int, table: str = "Uploads") -> Mapping[str, Any]:
    """Return a record."""
    found: Mapping[str, Any] = next(
        r for r in workspace.emulator.control.dump()["tables"][table] if r["PK_ID"] == pk
    )
    return found


def test_planning_writes_nothing(make_workspace: MakeWorkspace):
    """A plan says what would be written to each record, from what, how sure and why, and writes none of it."""
    workspace = make_workspace(files=FILES)

    made = workspace.plan()

    assert workspace.writes() == []
    record = next(record for record in made.records if record.key == "1")
    assert record.after["Total"] == 1.5
    assert record.before["Total"] is None
    assert record.basis["Total"].reason
    assert record.files[0].new_name == NAMED
    assert made.document["plan"]["records"] == 3


def test_applying_leaves_what_a_run_leaves(make_workspace: MakeWorkspace):
    """A plan over attachments, file fields, a folder and its index table, applied, ends as a run would have."""
    planned = make_workspace(*SOURCES, account=EVERYWHERE, files=THREE)
    run = make_workspace(*SOURCES, account=EVERYWHERE, files=THREE)
    planned.plan()

    applied = planned.apply()
    run.run()

    assert applied.document["documents"]["done"] == 3
    assert planned.end_state() == run.end_state()
    planned.forget_calls()
    assert planned.run().document["documents"]["unchanged"] == 3
    assert planned.writes() == []


def test_a_plan_says_what_applying_costs(make_workspace: MakeWorkspace):
    """The calls a plan forecasts are those that applying makes, but for the schema and the token."""
    workspace = make_workspace(*SOURCES, account=EVERYWHERE, files=THREE)
    made = workspace.plan()
    workspace.forget_calls()

    workspace.apply()

    counted = workspace.emulator.control.calls()
    once = sum(
        n
        for call, n in counted.items()
        if "fields" in call or "oauth" in call or call.endswith("/tables")
    )
    assert abs(sum(counted.values()) - once - made.plan.cost.calls) <= 0.2 * made.plan.cost.calls


def test_applying_twice_writes_once(make_workspace: MakeWorkspace):
    """The same plan applied again makes no write and calls every document unchanged."""
    workspace = make_workspace(*SOURCES, account=EVERYWHERE, files=THREE)
    workspace.plan()
    workspace.apply()
    workspace.forget_calls()

    again = workspace.apply()

    assert workspace.writes() == []
    assert again.document["documents"]["unchanged"] == 3


def test_a_record_that_moved_is_refused_alone(make_workspace: MakeWorkspace, tmp_path: Path):
    """An edited record, a replaced file and a deleted record are conflicts with sentences; the others are written."""
    files = {f"upload{n}.txt": receipt(n) for n in range(1, 5)}
    workspace = make_workspace(files=files)
    workspace.plan()
    control = workspace.emulator.control
    control.edit("Uploads", 1, {"Company": "Typed"})
    fresh = tmp_path / "fresh.txt"
    fresh.write_bytes(receipt(9))
    control.replace_attachment("Uploads", "Scan", 2, fresh)

    report = workspace.apply()

    reasons = {
        o.ref.record.pk: o.reason
        for o in report.outcomes
        if o.ref.record and o.status == "conflict"
    }
    assert "Company was empty and is 'Typed'" in reasons["1"]
    assert "replaced" in reasons["2"]
    assert report.document["documents"] == {
        "done": 2, "conflict": 2, "unchanged": 0, "partial": 0, "rejected": 0, "failed": 0,
    }  # fmt: skip
    assert row(workspace, 1)["DocType"] == ""
    assert row(workspace, 3)["DocType"] == "receipt"


def test_an_edit_elsewhere_in_the_record_is_no_conflict(make_workspace: MakeWorkspace):
    """A column the plan does not write may change meanwhile."""
    workspace = make_workspace(Source(columns={"Total": "total"}), files=FILES)
    workspace.plan()
    workspace.emulator.control.edit("Uploads", 1, {"Company": "Typed"})

    report = workspace.apply()

    assert report.document["documents"]["done"] == 3
    assert (row(workspace, 1)["Total"], row(workspace, 1)["Company"]) == (1.5, "Typed")


def test_only_the_named_records_are_written(make_workspace: MakeWorkspace):
    """With records named, the others wait for the next apply."""
    workspace = make_workspace(files=FILES)
    workspace.plan()

    workspace.apply("2")
    first = [row(workspace, pk)["DocType"] for pk in (1, 2, 3)]
    workspace.apply()

    assert first == ["", "receipt", ""]
    assert [row(workspace, pk)["DocType"] for pk in (1, 2, 3)] == ["receipt"] * 3


def test_an_unknown_record_is_reported(make_workspace: MakeWorkspace):
    """A record the plan does not have is named before anything is written."""
    workspace = make_workspace(files=FILES)
    workspace.plan()

    with pytest.raises(BadSettings, match="'99'"):
        workspace.apply("1", "99")

    assert workspace.writes() == []


def test_changed_settings_refuse_the_plan(make_workspace: MakeWorkspace):
    """A plan made under other settings of its source is refused whole."""
    workspace = make_workspace(files=FILES)
    workspace.plan()
    write_settings(workspace.config.parent, workspace.emulator.url, Source(rename="{{ company }}"))

    with pytest.raises(BadSettings, match="have changed since"):
        workspace.apply()

    assert workspace.writes() == []


def test_planning_confirms_no_source_and_applying_does(make_workspace: MakeWorkspace):
    """After a plan alone the next run still only plans; after applying it writes."""
    workspace = make_workspace(Source(confirm="first"), files=FILES)
    workspace.plan()
    workspace.apply("1")

    report = workspace.run()

    assert report.planned_only == 0
    other = make_workspace(Source(confirm="first"), files=FILES)
    other.plan()
    assert other.run().planned_only == 3


@pytest.mark.full
@pytest.mark.parametrize(
    "operation", ["UpdateTableRecords", "UpdateFileMetadataInAttachmentTableFields"]
)
def test_a_killed_apply_is_finished_by_the_next(make_workspace: MakeWorkspace, operation: str):
    """Killed between an effect and its record, the same plan applied again ends as if nothing had happened."""
    workspace = make_workspace(files=FILES)
    undisturbed = make_workspace(files=FILES)
    workspace.plan()
    undisturbed.plan()
    undisturbed.apply()
    workspace.emulator.control.fault(
        {"kind": "lost", "operation": operation, "after": 1, "times": 1}
    )

    command = cli_command(workspace.config, "apply", str(workspace.config.parent / "plan.jsonl"))
    with subprocess.Popen(
        command, env=os.environ | CREDENTIALS, stderr=subprocess.DEVNULL
    ) as process:
        while process.poll() is None and not any(
            f["matched"] > 1 for f in workspace.emulator.control.faults()
        ):
            time.sleep(0.02)
        process.kill()
    workspace.emulator.control.clear_faults()
    workspace.apply()

    assert workspace.end_state()["account"] == undisturbed.end_state()["account"]
    assert workspace.unsettled() == 0
    workspace.forget_calls()
    workspace.run()
    assert workspace.writes() == []


def test_the_page_holds_no_strangers_markup_and_needs_nothing_from_outside(
    make_workspace: MakeWorkspace, tmp_path: Path
):
    """A name or value with markup is shown as text, and the page asks for no other resource."""
    hostile = "<img src=x onerror=alert(1)> & Sons Ltd"
    workspace = make_workspace(
        Source(columns={"Company": "company"}, rename=""),
        files={"a.txt": receipt(1), "no<b>thing.txt": b""},
    )
    workspace.emulator.control.edit("Uploads", 1, {"Company": hostile})
    page = tmp_path / "plan.html"

    workspace.plan(html=page)

    text = page.read_text(encoding="utf-8")
    assert "<img src=x" not in text
    assert "&lt;img src=x onerror" in text
    left_out = text.partition("Not in the plan</h1>")[2]
    assert "no&lt;b&gt;thing.txt" in left_out
    assert "rejected" in left_out
    assert not re.search(r"(src|href)=\"(?!data:)|url\(|<script|@import", text)
    assert "default-src &#39;none&#39;" in text or "default-src 'none'" in text


def test_the_commands_leave_and_take_a_plan(make_workspace: MakeWorkspace):
    """`plan -o FILE --json` leaves the file and says so; `apply FILE --json` reports like a run, with the plan's id."""
    workspace = make_workspace(files=FILES)
    file = workspace.config.parent / "my.plan"

    planned = cli(workspace.config, "plan", "-o", str(file), "--json")
    applied = cli(workspace.config, "apply", str(file), "--json")

    assert (planned.returncode, applied.returncode) == (0, 0), planned.stderr + applied.stderr
    assert f'"file": "{file}"' in planned.stdout
    assert '"done": 3' in applied.stdout
    assert workspace.writes()


def test_a_changed_plan_ends_with_2(make_workspace: MakeWorkspace):
    """A plan with another byte than it was sealed with ends the command with 2, and nothing is written."""
    workspace = make_workspace(files=FILES)
    workspace.plan()
    file = workspace.config.parent / "plan.jsonl"
    file.write_bytes(file.read_bytes().replace(b'"receipt"', b'"invoice"'))

    done = cli(workspace.config, "apply", str(file), "--json")

    assert (done.returncode, done.stdout) == (2, "")
    assert "seal" in done.stderr
    assert workspace.writes() == []


def test_a_plan_of_another_ledger_ends_with_2(make_workspace: MakeWorkspace):
    """A plan that another installation sealed ends the command with 2 and a way out, and nothing is written."""
    workspace = make_workspace(files=FILES)
    workspace.plan()
    for part in workspace.config.parent.glob("ledger.db*"):
        part.unlink()

    done = cli(workspace.config, "apply", str(workspace.config.parent / "plan.jsonl"), "--json")

    assert (done.returncode, done.stdout) == (2, "")
    assert "sealed by another installation" in done.stderr
    assert "make a new plan" in done.stderr
    assert workspace.writes() == []


def test_what_a_plan_leaves_is_for_this_user_alone(make_workspace: MakeWorkspace):
    """The plan and its page hold values of documents: others may not read them, even a page that was there before."""
    workspace = make_workspace(files=FILES)
    page = workspace.config.parent / "plan.html"
    page.write_text("of an earlier plan")
    page.chmod(0o644)

    workspace.plan(html=page)

    left = [page, workspace.config.parent / "plan.jsonl"]
    assert [stat.S_IMODE(path.stat().st_mode) for path in left] == [0o600, 0o600]


def test_only_the_named_source_of_a_plan_is_applied(make_workspace: MakeWorkspace):
    """`apply --source` carries out that part of the plan, and refuses a source that it does not plan for."""
    workspace = make_workspace(*SOURCES, account=EVERYWHERE, files=THREE)
    workspace.plan()
    file = workspace.config.parent / "plan.jsonl"

    with workspace.context() as context:
        report = apply_plan(context, file, sources=["papers"])
        with pytest.raises(BadSettings, match="plans nothing for a source 'other'"):
            apply_plan(context, file, sources=["other"])

    assert {outcome.ref.source for outcome in report.outcomes} == {"papers"}


def test_a_record_that_several_sources_have_is_applied_only_of_a_named_one(
    make_workspace: MakeWorkspace,
):
    """A PK_ID that names records of two sources of the plan is refused without the source; nothing is written."""
    workspace = make_workspace(*SOURCES, account=EVERYWHERE, files=THREE)
    workspace.plan()
    workspace.forget_calls()

    with pytest.raises(BadSettings, match="Several sources have a record '1': "):
        workspace.apply("1")
    assert workspace.writes() == []
    workspace.apply("1", sources=["papers"])

    assert row(workspace, 1, "Papers")["DocType"] == "receipt"
    assert row(workspace, 1, "Uploads")["DocType"] in {"", None}
