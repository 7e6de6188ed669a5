"""Tables that change after a source was set up."""

import json

import pytest

from pipeline.adapters.caspio.client import NewField
from pipeline.errors import BadSettings
from tests.fakes.reader import acting_once
from tests.integration.pipeline.accounts import Source, fields, receipt
from tests.integration.pipeline.conftest import MakeWorkspace
from tests.integration.pipeline.workspace import Workspace, cli

pytestmark = pytest.mark.integration

FILES = {"one.txt": receipt(1), "two.txt": receipt(2)}
TABLE = {"fields": fields(Scan="ATTACHMENT"), "records": [{"PK_ID": 1, "Scan": "one.txt"}]}
OTHER = {"fields": fields(Scan="ATTACHMENT"), "records": [{"PK_ID": 1, "Scan": "two.txt"}]}
ACCOUNT = {"tables": {"Uploads": TABLE, "Others": OTHER}}
UPLOADS = Source()
OTHERS = Source(place={"table": "Others"}, name="others")


def both(make_workspace: MakeWorkspace) -> Workspace:
    """Make a workspace for two tables with one upload each."""
    return make_workspace(UPLOADS, OTHERS, account=ACCOUNT, files=FILES)


def retype(workspace: Workspace, kind: str) -> None:
    """Make the total's column again, of another type."""
    drop(workspace)
    with workspace.context() as context:
        context.client.tables.create_field("Uploads", NewField("Total", kind))


def drop(workspace: Workspace, table: str = "Uploads") -> None:
    """Delete the total's column."""
    with workspace.context() as context:
        context.client.tables.delete_field(table, "Total")


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"name": "Amount"}, "column 'Total' of 'Uploads' does not exist"),
        ({"name": "TOTAL"}, "spelled 'TOTAL' there"),
        ({"type": "LIST-STRING"}, "of type LIST-STRING"),
    ],
    ids=["renamed", "another case", "unfit type"],
)
def test_a_changed_column_stops_its_source_alone(
    make_workspace: MakeWorkspace, change: dict[str, str], said: str
):
    """The reason is in the report, nothing of that source is read, and the other source is worked on."""
    workspace = both(make_workspace)
    with workspace.context() as context:
        context.client.tables.update_field("Uploads", "Total", **change)

    report = workspace.run()

    assert list(report.stopped) == ["uploads"]
    assert said in report.stopped["uploads"][0]
    assert workspace.statuses() == {"Others 1 Scan": "done"}


def test_a_table_that_is_gone_stops_its_source_alone(make_workspace: MakeWorkspace):
    """The sentence names the source and the table."""
    workspace = make_workspace(
        Source(place={"table": "Upload"}), OTHERS, account=ACCOUNT, files=FILES
    )

    (said,) = workspace.run().stopped["uploads"]

    assert "source 'uploads'" in said
    assert "did you mean 'Uploads'" in said


def test_a_field_that_is_gone_stops_its_source_alone(make_workspace: MakeWorkspace):
    """It is noticed when the source is listed, and the other source is worked on all the same."""
    workspace = make_workspace(
        Source(more='fields = ["Photo"]'), OTHERS, account=ACCOUNT, files=FILES
    )

    report = workspace.run()

    assert "has no 'Photo'" in report.stopped["uploads"][0]
    assert workspace.statuses() == {"Others 1 Scan": "done"}


def test_a_type_that_changed_stops_the_source_until_it_is_accepted(make_workspace: MakeWorkspace):
    """A number would take the total, but nobody said so; one run with `yes` does, and the next ones remember."""
    workspace = both(make_workspace)
    workspace.run()
    retype(workspace, "NUMBER")

    stopped = workspace.run().stopped
    accepted, later = workspace.run(yes=True), workspace.run()

    assert "is of type NUMBER and was CURRENCY" in stopped["uploads"][0]
    assert (accepted.stopped, later.stopped) == ({}, {})


def test_new_settings_begin_again(make_workspace: MakeWorkspace):
    """Whoever changes the source's settings has looked at it."""
    workspace = both(make_workspace)
    workspace.run()
    retype(workspace, "NUMBER")
    workspace.config.write_text(
        workspace.config.read_text().replace("doc_type }}", "doc_type }} x")
    )

    assert workspace.run().stopped == {}


def test_without_a_source_to_run_it_is_a_matter_of_settings(make_workspace: MakeWorkspace):
    """Every problem of every source is reported, and nothing is read."""
    workspace = both(make_workspace)
    drop(workspace)
    drop(workspace, "Others")

    with pytest.raises(BadSettings) as refused:
        workspace.run()

    assert len(refused.value.problems) == 2
    assert workspace.states() == {}


def test_a_column_that_goes_in_the_middle_of_a_run_fails_its_records(make_workspace: MakeWorkspace):
    """The record says so, nothing crashes, the other source is worked on, and the next run stops the source."""
    workspace = both(make_workspace)

    workspace.run(reader=acting_once(workspace.reader, lambda: drop(workspace)))

    assert workspace.statuses() == {"Uploads 1 Scan": "failed", "Others 1 Scan": "done"}
    (failed,) = [
        s.outcome for s in workspace.states().values() if s.outcome and s.outcome.status == "failed"
    ]
    assert "Total" in failed.reason
    assert "does not exist" in workspace.run().stopped["uploads"][0]


def test_the_command_ends_with_one_and_says_why(make_workspace: MakeWorkspace):
    """`run --json` has the reasons under `sources_stopped`; `doctor` gives the same."""
    workspace = both(make_workspace)
    drop(workspace)

    done, checked = (
        cli(workspace.config, "run", "--json"),
        cli(workspace.config, "doctor", "--json"),
    )

    assert done.returncode == 1
    assert "'Total'" in json.loads(done.stdout)["sources_stopped"]["uploads"][0]
    wrong = [check["check"] for check in json.loads(checked.stdout) if not check["ok"]]
    assert wrong == ["source uploads"]


def test_doctor_notices_a_type_that_changed(make_workspace: MakeWorkspace):
    """It compares with what the ledger kept of the last run."""
    workspace = both(make_workspace)
    workspace.run()
    retype(workspace, "NUMBER")

    checks = {
        check["check"]: check
        for check in json.loads(cli(workspace.config, "doctor", "--json").stdout)
    }

    assert "was CURRENCY" in checks["source uploads"]["detail"]
    assert checks["source others"]["ok"]
