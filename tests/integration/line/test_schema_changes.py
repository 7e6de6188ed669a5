"""Tables that change after a source was set up."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from pipeline.adapters.caspio.client import NewField
from pipeline.errors import BadSettings
from tests.integration.line.accounts import Line, Source, cli, fields, receipt
from tests.integration.line.conftest import MakeLine

pytestmark = pytest.mark.integration

FILES = {"one.txt": receipt(1), "two.txt": receipt(2)}
TABLE = {"fields": fields(Scan="ATTACHMENT"), "records": [{"PK_ID": 1, "Scan": "one.txt"}]}
OTHER = {"fields": fields(Scan="ATTACHMENT"), "records": [{"PK_ID": 1, "Scan": "two.txt"}]}
ACCOUNT = {"tables": {"Uploads": TABLE, "Others": OTHER}}
UPLOADS = Source()
OTHERS = Source(place={"table": "Others"}, name="others")


class Meddling:
    """A reader during whose first reading something happens."""

    def __init__(self, inner: Any, happens: Callable[[], None]) -> None:
        self._inner = inner
        self._happens = [happens]

    def fingerprint(self) -> str:
        """Return the same fingerprint."""
        return str(self._inner.fingerprint())

    def is_current(self, fingerprint: str) -> bool:
        """Return what the reader returns."""
        return bool(self._inner.is_current(fingerprint))

    def read(self, path: Path, *, name: str, work_dir: Path) -> Any:
        """Read, after what happens."""
        while self._happens:
            self._happens.pop()()
        return self._inner.read(path, name=name, work_dir=work_dir)


def both(make_line: MakeLine) -> Line:
    """Make a line over two tables with one upload each."""
    return make_line(UPLOADS, OTHERS, account=ACCOUNT, files=FILES)


def retype(line: Line, kind: str) -> None:
    """Make the total's column again, of another type."""
    drop(line)
    with line.context() as context:
        context.client.tables.create_field("Uploads", NewField("Total", kind))


def drop(line: Line, table: str = "Uploads") -> None:
    """Delete the total's column."""
    with line.context() as context:
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
    make_line: MakeLine, change: dict[str, str], said: str
):
    """The reason is in the report, nothing of that source is read, and the other source is worked on."""
    line = both(make_line)
    with line.context() as context:
        context.client.tables.update_field("Uploads", "Total", **change)

    report = line.run()

    assert list(report.stopped) == ["uploads"]
    assert said in report.stopped["uploads"][0]
    assert line.statuses() == {"Others 1 Scan": "done"}


def test_a_table_that_is_gone_stops_its_source_alone(make_line: MakeLine):
    """The sentence names the source and the table."""
    line = make_line(Source(place={"table": "Upload"}), OTHERS, account=ACCOUNT, files=FILES)

    (said,) = line.run().stopped["uploads"]

    assert "source 'uploads'" in said
    assert "did you mean 'Uploads'" in said


def test_a_field_that_is_gone_stops_its_source_alone(make_line: MakeLine):
    """It is noticed when the source is listed, and the other source is worked on all the same."""
    line = make_line(Source(more='fields = ["Photo"]'), OTHERS, account=ACCOUNT, files=FILES)

    report = line.run()

    assert "has no 'Photo'" in report.stopped["uploads"][0]
    assert line.statuses() == {"Others 1 Scan": "done"}


def test_a_type_that_changed_stops_the_source_until_it_is_accepted(make_line: MakeLine):
    """A number would take the total, but nobody said so; one run with `yes` does, and the next ones remember."""
    line = both(make_line)
    line.run()
    retype(line, "NUMBER")

    stopped = line.run().stopped
    accepted, later = line.run(yes=True), line.run()

    assert "is of type NUMBER and was CURRENCY" in stopped["uploads"][0]
    assert (accepted.stopped, later.stopped) == ({}, {})


def test_new_settings_begin_again(make_line: MakeLine):
    """Whoever changes the source's settings has looked at it."""
    line = both(make_line)
    line.run()
    retype(line, "NUMBER")
    line.config.write_text(line.config.read_text().replace("doc_type }}", "doc_type }} x"))

    assert line.run().stopped == {}


def test_without_a_source_to_run_it_is_a_matter_of_settings(make_line: MakeLine):
    """Every problem of every source is reported, and nothing is read."""
    line = both(make_line)
    drop(line)
    drop(line, "Others")

    with pytest.raises(BadSettings) as refused:
        line.run()

    assert len(refused.value.problems) == 2
    assert line.states() == {}


def test_a_column_that_goes_in_the_middle_of_a_run_fails_its_records(make_line: MakeLine):
    """The record says so, nothing crashes, the other source is worked on, and the next run stops the source."""
    line = both(make_line)

    line.run(reader=Meddling(line.reader, lambda: drop(line)))

    assert line.statuses() == {"Uploads 1 Scan": "failed", "Others 1 Scan": "done"}
    (failed,) = [
        s.outcome for s in line.states().values() if s.outcome and s.outcome.status == "failed"
    ]
    assert "Total" in failed.reason
    assert "does not exist" in line.run().stopped["uploads"][0]


def test_the_command_ends_with_one_and_says_why(make_line: MakeLine):
    """`run --json` has the reasons under `sources_stopped`; `doctor` gives the same."""
    line = both(make_line)
    drop(line)

    done, checked = cli(line.config, "run", "--json"), cli(line.config, "doctor", "--json")

    assert done.returncode == 1
    assert "'Total'" in json.loads(done.stdout)["sources_stopped"]["uploads"][0]
    wrong = [check["check"] for check in json.loads(checked.stdout) if not check["ok"]]
    assert wrong == ["source uploads"]


def test_doctor_notices_a_type_that_changed(make_line: MakeLine):
    """It compares with what the ledger kept of the last run."""
    line = both(make_line)
    line.run()
    retype(line, "NUMBER")

    checks = {
        check["check"]: check for check in json.loads(cli(line.config, "doctor", "--json").stdout)
    }

    assert "was CURRENCY" in checks["source uploads"]["detail"]
    assert checks["source others"]["ok"]
