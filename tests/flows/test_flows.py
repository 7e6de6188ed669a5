import json
import signal
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from flows.app.run_report import Report
from flows.prefect.names import TAG
from flows.prefect.ui.states import final_state
from infra.emulator import Emulator
from tests.flows.conftest import Prefect
from tests.flows.serving import serving
from tests.integration.pipeline.accounts import (
    Source,
    documents,
    receipt,
    uploads,
    write_account,
    write_settings,
)
from tests.integration.pipeline.workspace import cli

pytestmark = pytest.mark.integration

PREFECTS_OWN = ("Beginning flow run", "View at", "Created task run", "Finished in state")
GOOD = {f"upload{n}.txt": receipt(n) for n in range(1, 8)}


@dataclass(frozen=True)
class Runs:
    """What a few runs of the command left at Prefect's server, in order."""

    reports: list[dict[str, Any]]
    flow_runs: list[dict[str, Any]]


@pytest.fixture(scope="session")
def runs(prefect_server: Prefect, tmp_path_factory: pytest.TempPathFactory) -> Runs:
    """Plan, write after a user added an empty file, look again and reprocess, each through the command line with PREFECT_API_URL set."""
    folder = tmp_path_factory.mktemp("flows")
    seed = write_account(folder / "seed", uploads(GOOD | {"": b""}), GOOD)
    empty = folder / "empty.txt"
    empty.touch()
    with Emulator(seed=seed) as emulator:
        config = write_settings(
            folder, emulator.url, Source(name="mixed", confirm="first"), workers=1
        )

        def said(*command: str) -> "subprocess.CompletedProcess[str]":
            return cli(config, *command, "--json", **prefect_server.environment)

        planned = said("run")
        emulator.control.replace_attachment("Uploads", "Scan", 8, empty)
        commands = [
            ("run",),
            ("run",),
            ("reprocess", "--record", "2", "--as", "receipt"),
            ("reprocess",),
        ]
        done = [planned, *(said(*command) for command in commands)]
    for one in done:
        assert one.returncode in {0, 1}, one.stderr
    names = ("ingest mixed", "reprocess mixed")
    return Runs([json.loads(one.stdout) for one in done], prefect_server.runs_of(*names))


def test_every_source_is_a_flow_run_with_a_descriptive_state(runs: Runs):
    """Runs are named after flow and source; planned, partly failed and done look different; what an earlier run rejected keeps a run of the source red."""
    shown = [(run["name"], run["state"]["name"]) for run in runs.flow_runs]

    assert shown == [
        ("ingest mixed", "Planned"),
        ("ingest mixed", "Partly failed"),
        ("ingest mixed", "Partly failed"),
        ("reprocess mixed", "Completed"),
        ("reprocess mixed", "Partly failed"),
    ]
    assert [run["parameters"]["as_class"] for run in runs.flow_runs[-2:]] == ["receipt", ""]


def test_a_plan_is_red_while_a_document_needs_a_user():
    """What is to be repaired is known before anything is written; once a user has acknowledged it, the plan is green."""
    shown = []
    for needs_a_user, acknowledged in ((1, 0), (0, 1)):
        document = {
            "needs_a_user": needs_a_user,
            "acknowledged": acknowledged,
            "sources_stopped": {},
        }
        report = Report(document, failed=1, planned_only=7)
        state = final_state(report, {"done": 7, "rejected": 1})
        shown.append((state.type.value, state.name, str(state.message).partition(":")[0]))

    assert shown == [
        ("FAILED", "Partly failed", "planned, run again to write"),
        ("COMPLETED", "Planned", "run again to write"),
    ]


def test_runs_by_hand_are_found_when_they_are_lost(runs: Runs):
    """A run of the command has the tag that the rule for lost runs goes by."""
    assert all(TAG in run["tags"] for run in runs.flow_runs)


def test_the_command_reports_what_the_flow_did(runs: Runs):
    """The command's JSON is that of a run without Prefect."""
    planned, written, again, reread, all_again = (report["documents"] for report in runs.reports)

    assert runs.reports[0]["planned_only"] == 7
    assert [report["needs_a_user"] for report in runs.reports] == [0, 1, 1, 0, 1]
    assert (planned["rejected"], written["done"], written["rejected"]) == (0, 7, 1)
    assert (again["unchanged"], reread["done"]) == (8, 1)
    assert (all_again["done"], all_again["rejected"]) == (7, 1)


def test_there_is_a_task_run_for_each_batch_and_none_for_a_file(
    prefect_server: Prefect, runs: Runs
):
    """Eight documents of a moment are one batch; a run with nothing to do has no task run."""
    counts = [
        len(prefect_server.task_runs(run["id"], expected=expected))
        for run, expected in zip(runs.flow_runs, (1, 1, 0, 1, 1), strict=True)
    ]

    assert counts == [1, 1, 0, 1, 1]


def test_progress_ends_at_a_hundred(prefect_server: Prefect, runs: Runs):
    """The progress a user watched ends full, also where there was nothing to do."""
    found = [
        prefect_server.artifacts(run["id"])["progress-mixed"]["data"] for run in runs.flow_runs
    ]

    assert found == [100.0] * 5


def test_a_run_leaves_its_report_and_its_documents(prefect_server: Prefect, runs: Runs):
    """What it came to, what it cost and what needs a user is in the run's report, and a table of documents."""
    artifacts = prefect_server.artifacts(runs.flow_runs[4]["id"])

    report = artifacts["report-mixed"]
    rows = json.loads(artifacts["documents-mixed"]["data"])
    assert report["type"] == "markdown"
    assert "mixed: 7 done, 1 rejected" in report["data"]
    assert "of 500,000 used" in report["data"]
    assert "### Slowest" in report["data"]
    assert "#### rejected: Uploads 8, empty\\.txt" in report["data"]
    assert rows[0]["status"] == "rejected"
    assert len(rows) == 8


def test_a_run_with_nothing_to_do_leaves_no_table(prefect_server: Prefect, runs: Runs):
    """Where nothing was done there is a report that says so, and no table of nothing."""
    artifacts = prefect_server.artifacts(runs.flow_runs[2]["id"])

    assert set(artifacts) == {"progress-mixed", "report-mixed"}


def test_a_run_logs_a_line_a_batch_and_a_line_a_problem(prefect_server: Prefect, runs: Runs):
    """Besides Prefect's own lines a run's log has one for each batch and one for each document that needs a user."""
    run = runs.flow_runs[1]

    lines = prefect_server.logged(run["id"], until="rejected: ")

    ours = [line for line in lines if not line.startswith(PREFECTS_OWN)]
    assert sorted(line.split(":")[0] for line in ours) == ["batch 1", "rejected"]


@pytest.mark.full
def test_a_run_that_mostly_fails_is_red(prefect_server: Prefect, tmp_path: Path):
    """From a share of failures on, a flow run ends as Failed and the command with 1."""
    files = {name: documents()[name] for name in ("upload1.txt", "empty.txt", "damaged.pdf")}
    with Emulator(seed=write_account(tmp_path / "seed", uploads(files), files)) as emulator:
        config = write_settings(tmp_path, emulator.url, Source(name="bad"))
        done = cli(config, "run", "--json", **prefect_server.environment)

    (run,) = prefect_server.runs_of("ingest bad")
    assert (run["state"]["type"], run["state"]["name"], done.returncode) == ("FAILED", "Failed", 1)


def test_a_source_that_contradicts_the_account_ends_red_and_alone(
    prefect_server: Prefect, tmp_path: Path
):
    """Its flow run fails with the reason as its message; the other source's goes through; the command ends with 1."""
    broken = Source(name="broken", columns={"Amount": "total"})
    with Emulator(seed=write_account(tmp_path / "seed", uploads(GOOD), GOOD)) as emulator:
        config = write_settings(
            tmp_path, emulator.url, broken, Source(name="sound", confirm="never")
        )
        done = cli(config, "run", "--json", "--limit", "1", **prefect_server.environment)

    (stopped,), (through,) = (
        prefect_server.runs_of("ingest broken"),
        prefect_server.runs_of("ingest sound"),
    )
    assert done.returncode == 1, done.stderr
    assert list(json.loads(done.stdout)["sources_stopped"]) == ["broken"]
    assert stopped["state"]["type"] == "FAILED"
    assert "column 'Amount' of 'Uploads' does not exist" in stopped["state"]["message"]
    assert through["state"]["type"] == "COMPLETED"


def test_serve_registers_runs_on_demand_and_ends_on_sigterm(
    prefect_server: Prefect, tmp_path: Path
):
    """`serve` registers four deployments a source, carries out a run asked for in the UI, and ends when it is asked to."""
    with Emulator(seed=write_account(tmp_path / "seed", uploads(GOOD), GOOD)) as emulator:
        source = Source(name="served", more='schedule = "17 3 * * *"')
        config = write_settings(tmp_path, emulator.url, source)
        with serving(prefect_server, config, deployments=9) as served:
            found = {
                name: one for name, one in served.deployments.items() if "served" in one["tags"]
            }
            state = served.wait(served.start("ingest-served"))
            served.process.send_signal(signal.SIGTERM)
            code = served.process.wait(120)
        rows = emulator.control.dump()["tables"]["Uploads"]

    schedule = found["ingest-served"]["schedules"][0]["schedule"]
    kinds = ("ingest", "reprocess", "ingest-record", "acknowledge")
    assert set(found) == {f"{kind}-served" for kind in kinds}
    assert (schedule["cron"], schedule["timezone"]) == ("17 3 * * *", "Europe/Berlin")
    assert found["reprocess-served"]["schedules"] == []
    assert found["ingest-served"]["global_concurrency_limit"]["limit"] == 1
    assert state["type"] == "COMPLETED"
    assert all(row["DocType"] == "receipt" for row in rows)
    assert code in {0, -signal.SIGTERM, 128 + signal.SIGTERM}


def test_the_line_knows_nothing_of_prefect():
    """Importing the pipeline, and all commands, does not import Prefect."""
    code = "import sys, pipeline.record, pipeline.source_run.worker_pool, flows.app.direct, flows.cli; sys.exit('prefect' in sys.modules)"

    assert subprocess.run([sys.executable, "-c", code], check=False, timeout=240).returncode == 0
