import json

import pytest

from tests.integration.line.accounts import Source, cli, receipt
from tests.integration.line.conftest import MakeLine

pytestmark = pytest.mark.integration

FILES = {f"upload{n}.txt": receipt(n) for n in range(1, 5)}


def test_only_named_records_are_worked_on(make_line: MakeLine):
    """The named records are written and no other; a key that is named twice or is gone costs nothing."""
    line = make_line(files=FILES)

    report = line.run(records=["2", "4", "2", "77"])

    rows = line.emulator.control.dump()["tables"]["Uploads"]
    assert report.document["documents"]["done"] == 2
    assert [row["PK_ID"] for row in rows if row["DocType"]] == [2, 4]


def test_naming_records_lists_them_alone(make_line: MakeLine):
    """What is asked of Caspio names the record; the table is not listed, and a second time nothing is fetched."""
    line = make_line(files=FILES)
    line.run(records=["3"])
    line.forget_calls()

    again = line.run(records=["3"])

    listings = [
        call for call in line.emulator.control.call_log() if call["operation"] == "ListTableRecords"
    ]
    assert len(listings) == 1
    assert "PK_ID" in listings[0]["query"].split("where")[1]
    assert (again.document["documents"]["unchanged"], line.downloads(), line.writes()) == (1, 0, [])


def test_named_records_outside_the_source_are_left_out(make_line: MakeLine):
    """A record that does not meet the source's condition is not worked on, named or not."""
    line = make_line(Source(more='where = "PK_ID > 2"'), files=FILES)

    report = line.run(records=["1", "3"])

    assert sum(report.document["documents"].values()) == 1
    assert [
        row["PK_ID"] for row in line.emulator.control.dump()["tables"]["Uploads"] if row["DocType"]
    ] == [3]


def test_named_records_of_a_new_source_are_only_planned(make_line: MakeLine):
    """They write nothing while nobody has looked at a plan, and do not represent a look at the whole source."""
    line = make_line(Source(confirm="first"), files=FILES)

    named, whole = line.run(records=["1"]), line.run()

    assert (named.planned_only, whole.planned_only, line.writes()) == (1, 4, [])


def test_paths_name_the_files_of_a_folder(make_line: MakeLine):
    """In a folder source paths are named; one beside the folder is left out."""
    account = {
        "tables": {"Papers": {"fields": [{"Name": "Path", "Type": "STRING"}, {"Name": "DocType", "Type": "STRING"}],
                              "records": []}},
        "files": {f"/In/{name}": name for name in FILES} | {"/Other/upload1.txt": "upload1.txt"},
    }  # fmt: skip
    source = Source(
        {"folder": "/In"}, rename="", columns={"DocType": "doc_type"}, index={"table": "Papers"}
    )
    line = make_line(source, account=account, files=FILES)

    report = line.run(records=["/In/upload2.txt", "/Other/upload1.txt", "/In/gone.txt"])

    assert report.document["documents"]["done"] == 1
    assert [row["Path"] for row in line.emulator.control.dump()["tables"]["Papers"]] == [
        "/In/upload2.txt"
    ]


def test_named_records_spend_in_their_own_priority(make_line: MakeLine):
    """Their calls are counted as webhook work, in a run of a kind of its own."""
    line = make_line(files=FILES)

    line.run(records=["1"])

    with line.ledger() as ledger:
        (run,), used = (
            ledger.usage.runs(),
            ledger.usage.this_month(line.emulator.url.removeprefix("http://")),
        )
    assert run.kind == "ingest-record"
    assert set(used.by_priority) <= {"webhook", "new"}
    assert used.by_priority["webhook"] > 0


def test_the_command_names_records_of_one_source(make_line: MakeLine):
    """`run --record` works on it, and without exactly one --source says so."""
    line = make_line(files=FILES)

    done = cli(line.config, "run", "--source", "uploads", "--record", "2", "--json")
    refused = cli(line.config, "run", "--record", "2")

    assert json.loads(done.stdout)["documents"]["done"] == 1
    assert (refused.returncode, "exactly one --source" in refused.stderr) == (2, True)
