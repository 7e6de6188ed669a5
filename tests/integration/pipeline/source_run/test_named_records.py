import json

import pytest

from tests.integration.pipeline.accounts import Source, receipt
from tests.integration.pipeline.conftest import MakeWorkspace
from tests.integration.pipeline.workspace import cli

pytestmark = pytest.mark.integration

FILES = {f"upload{n}.txt": receipt(n) for n in range(1, 5)}


def test_only_named_records_are_worked_on(make_workspace: MakeWorkspace):
    """The named records are written and no other; a key that is named twice or is gone costs nothing."""
    workspace = make_workspace(files=FILES)

    report = workspace.run(records=["2", "4", "2", "77"])

    rows = workspace.emulator.control.dump()["tables"]["Uploads"]
    assert report.document["documents"]["done"] == 2
    assert [row["PK_ID"] for row in rows if row["DocType"]] == [2, 4]


def test_naming_records_lists_them_alone(make_workspace: MakeWorkspace):
    """What is asked of Caspio names the record; the table is not listed, and a second time nothing is fetched."""
    workspace = make_workspace(files=FILES)
    workspace.run(records=["3"])
    workspace.forget_calls()

    again = workspace.run(records=["3"])

    listings = [
        call
        for call in workspace.emulator.control.call_log()
        if call["operation"] == "ListTableRecords"
    ]
    assert len(listings) == 1
    assert "PK_ID" in listings[0]["query"].split("where")[1]
    assert (
        again.document["documents"]["unchanged"],
        workspace.downloads(),
        workspace.writes(),
    ) == (1, 0, [])


def test_named_records_outside_the_source_are_left_out(make_workspace: MakeWorkspace):
    """A record that does not meet the source's condition is not worked on, named or not."""
    workspace = make_workspace(Source(more='where = "PK_ID > 2"'), files=FILES)

    report = workspace.run(records=["1", "3"])

    assert sum(report.document["documents"].values()) == 1
    assert [
        row["PK_ID"]
        for row in workspace.emulator.control.dump()["tables"]["Uploads"]
        if row["DocType"]
    ] == [3]


def test_named_records_of_a_new_source_are_only_planned(make_workspace: MakeWorkspace):
    """They write nothing while nobody has looked at a plan, and do not represent a look at the whole source."""
    workspace = make_workspace(Source(confirm="first"), files=FILES)

    named, whole = workspace.run(records=["1"]), workspace.run()

    assert (named.planned_only, whole.planned_only, workspace.writes()) == (1, 4, [])


def test_paths_name_the_files_of_a_folder(make_workspace: MakeWorkspace):
    """In a folder source paths are named; one beside the folder is left out."""
    account = {
        "tables": {"Papers": {"fields": [{"Name": "Path", "Type": "STRING"}, {"Name": "DocType", "Type": "STRING"}],
                              "records": []}},
        "files": {f"/In/{name}": name for name in FILES} | {"/Other/upload1.txt": "upload1.txt"},
    }  # fmt: skip
    source = Source(
        {"folder": "/In"}, rename="", columns={"DocType": "doc_type"}, index={"table": "Papers"}
    )
    workspace = make_workspace(source, account=account, files=FILES)

    report = workspace.run(records=["/In/upload2.txt", "/Other/upload1.txt", "/In/gone.txt"])

    assert report.document["documents"]["done"] == 1
    assert [row["Path"] for row in workspace.emulator.control.dump()["tables"]["Papers"]] == [
        "/In/upload2.txt"
    ]


def test_named_records_spend_in_their_own_priority(make_workspace: MakeWorkspace):
    """Their calls are counted as webhook work, in a run of a kind of its own."""
    workspace = make_workspace(files=FILES)

    workspace.run(records=["1"])

    with workspace.ledger() as ledger:
        (run,), used = (
            ledger.usage.runs(),
            ledger.usage.this_month(workspace.emulator.url.removeprefix("http://")),
        )
    assert run.kind == "ingest-record"
    assert set(used.by_priority) <= {"webhook", "new"}
    assert used.by_priority["webhook"] > 0


def test_the_command_names_records_of_one_source(make_workspace: MakeWorkspace):
    """`run --record` works on it, and without exactly one --source says so."""
    workspace = make_workspace(files=FILES)

    done = cli(workspace.config, "run", "--source", "uploads", "--record", "2", "--json")
    refused = cli(workspace.config, "run", "--record", "2")

    assert json.loads(done.stdout)["documents"]["done"] == 1
    assert (refused.returncode, "exactly one --source" in refused.stderr) == (2, True)
