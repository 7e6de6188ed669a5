"""`init`, over a local Caspio."""

import io
import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from flows import cli
from infra.emulator import Emulator
from pipeline.adapters.caspio.discovery import discover_schema
from pipeline.settings import load_settings
from tests.integration.adapters.caspio.conftest import Connect, Start

pytestmark = pytest.mark.integration

ACCOUNT = {
    "tables": {
        "Receipts": {
            "fields": [
                {"Name": "DocType", "Type": "STRING"},
                {"Name": "Total", "Type": "CURRENCY"},
                {"Name": "Status", "Type": "STRING"},
                {"Name": "Scan", "Type": "ATTACHMENT"},
            ],
            "records": [{"PK_ID": 1, "Scan": "a.pdf"}, {"PK_ID": 2, "Scan": "b.pdf"}, {"PK_ID": 3}],
        },
        "Papers": {
            "fields": [{"Name": "SignedOn", "Type": "DATE/TIME"}, {"Name": "File", "Type": "FILE"}],
            "records": [{"PK_ID": 1, "File": "/c.pdf"}, {"PK_ID": 2, "File": "/gone.pdf"}],
        },
        # What `doctor --deep` leaves behind.
        "caspio_ingest_probe": {
            "fields": [
                {"Name": "DocType", "Type": "STRING"},
                {"Name": "File", "Type": "ATTACHMENT"},
            ],
            "records": [{"PK_ID": 1, "File": "a.pdf"}],
        },
        "Nothing": {"fields": [{"Name": "Total", "Type": "CURRENCY"}], "records": []},
    },
    "files": {"/c.pdf": "c.pdf"},
}
FILES = {"a.pdf": b"%PDF-1.4 a", "b.pdf": b"%PDF-1.4 bb", "c.pdf": b"%PDF-1.4 ccc"}
READER = {
    "client_id": "id",
    "client_secret": "secret",
    "create_objects": False,
    "objects": {"receipts": ["read", "update"]},
}

Init = Callable[..., int]


class Terminal(io.StringIO):
    """A terminal at which a user has typed something already."""

    def isatty(self) -> bool:
        """Say that a user is there."""
        return True


@pytest.fixture
def init(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Init:
    """Run `init` in a folder of its own and return its exit code."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("CASPIO_CLIENT_ID", "id")
    monkeypatch.setenv("CASPIO_CLIENT_SECRET", "secret")

    def run(emulator: Emulator, *options: str, typed: str | None = None) -> int:
        monkeypatch.setattr(sys, "stdin", io.StringIO("") if typed is None else Terminal(typed))
        monkeypatch.setattr(sys, "argv", ["caspio-ingest", "init", "--url", emulator.url, *options])
        try:
            cli.main()
        except SystemExit as ending:
            return int(ending.code or 0)
        return 0

    return run


def mapped() -> dict[str, dict[str, str]]:
    """Return the columns of each source in the file that was written."""
    return {
        name: dict(spec.columns)
        for name, spec in load_settings(Path("caspio-ingest.toml")).specs().items()
    }


def changes(emulator: Emulator) -> list[str]:
    """Return the operations the account saw that read nothing."""
    return [
        c["operation"]
        for c in emulator.control.call_log()
        if c["method"] != "GET" and "oauth" not in c["path"]
    ]


def test_files_are_counted_in_fields_and_area(start: Start, connect: Connect, tmp_path: Path):
    """Attachments by fileInfo, FILE fields by the Files area.

    A path without a file counts, without bytes.
    """
    seen = discover_schema(connect(start(ACCOUNT, FILES)), scratch_dir=tmp_path)

    counted = {
        one.name: (one.records, one.files, one.size_bytes) for one in seen.containers if one.fields
    }
    assert counted == {"Receipts": (3, 2, 21), "Papers": (2, 2, 12)}
    assert (seen.files_area.files, seen.files_area.size_bytes) == (1, 12)


def test_counting_stops_and_says_so(start: Start, connect: Connect, tmp_path: Path):
    """Behind the pages that are looked at, the numbers are carried on."""
    fields = [{"Name": "Scan", "Type": "ATTACHMENT"}]
    records: list[dict[str, Any]] = [
        {"PK_ID": n, **({"Scan": "a.pdf"} if n % 500 == 0 else {})} for n in range(1, 1501)
    ]
    emulator = start({"tables": {"Big": {"fields": fields, "records": records}}}, FILES)

    (big,) = discover_schema(connect(emulator), scratch_dir=tmp_path, pages=1).containers

    assert (big.counted_records, big.records, big.counted_all) == (1000, 1500, False)
    assert big.files == 3


def test_a_container_that_may_not_be_read_is_named(start: Start, connect: Connect, tmp_path: Path):
    """The others are proposed all the same."""
    seen = discover_schema(
        connect(start({**ACCOUNT, "profiles": [READER]}, FILES)), scratch_dir=tmp_path
    )

    assert [one.name for one in seen.containers] == ["Receipts"]
    assert "the Files area" in seen.unreadable


def test_yes_takes_the_proposal(start: Start, init: Init):
    """The file loads, maps what is sure and comments the rest; the account is not changed."""
    emulator = start(ACCOUNT, FILES)

    assert init(emulator, "--yes") == 0

    assert mapped() == {
        "papers": {"SignedOn": "date"},
        "receipts": {"DocType": "doc_type", "Total": "total"},
    }
    assert '# Status = "status"' in Path("caspio-ingest.toml").read_text()
    assert changes(emulator) == []


def test_without_a_terminal_the_proposal_is_shown_only(
    start: Start, init: Init, capsys: pytest.CaptureFixture[str]
):
    """Nobody was asked, so nothing is written; the text is there to be looked at."""
    assert init(start(ACCOUNT, FILES)) == 2

    out, err = capsys.readouterr()
    assert 'table = "Receipts"' in out
    assert "Add --yes" in err
    assert list(Path.cwd().glob("*.toml*")) == []


def test_json_says_what_was_found_and_what_it_costs(
    start: Start, init: Init, capsys: pytest.CaptureFixture[str]
):
    """One document: sources, reasons, doubts, cost of the first run and the calls used."""
    emulator = start(ACCOUNT, FILES)
    init(emulator, "--yes", "--json")

    document = json.loads(capsys.readouterr().out)
    receipts = next(source for source in document["sources"] if source["name"] == "receipts")
    assert (receipts["files"], receipts["bytes"], receipts["columns"]["Total"]["finding"]) == (
        2,
        21,
        "total",
    )
    assert document["first_run"]["planning_calls"] == 7
    assert document["caspio_calls"] == sum(emulator.control.calls().values())


@pytest.mark.parametrize("typed", [None, "n\n"])
def test_a_settings_file_is_kept(start: Start, init: Init, typed: str | None):
    """One that is there is not written over, and the account is not even called."""
    Path("caspio-ingest.toml").write_text("mine")
    emulator = start(ACCOUNT, FILES)

    assert init(emulator, *([] if typed else ["--yes"]), typed=typed) == 2

    assert Path("caspio-ingest.toml").read_text() == "mine"
    assert emulator.control.calls() == {}


def test_overwrite_writes_over_it(start: Start, init: Init):
    """Asked for, the new file takes its place."""
    Path("caspio-ingest.toml").write_text("mine")

    assert init(start(ACCOUNT, FILES), "--yes", "--overwrite") == 0

    assert "receipts" in mapped()


def test_a_user_chooses(start: Start, init: Init):
    """Leaves a source, takes a mapping, names a finding for a column, and creates what is missing."""
    emulator = start(ACCOUNT, FILES)
    typed = "n\n" + "y\n" + "y\n" + "Status = status\n\n" + "y\n" + "-\n" + "y\n"

    assert init(emulator, typed=typed) == 0

    assert mapped() == {
        "receipts": {
            "DocType": "doc_type", "Total": "total", "Status": "status", "DocDate": "date",
            "Currency": "currency", "Company": "company", "InvoiceNumber": "invoice_number",
        }
    }  # fmt: skip
    assert changes(emulator) == ["CreateTableField"] * 4


def test_columns_are_created_when_asked_for(start: Start, init: Init):
    """With --yes it takes --create-columns, too."""
    emulator = start(ACCOUNT, FILES)

    assert init(emulator, "--yes", "--create-columns") == 0

    assert mapped()["papers"]["Total"] == "total"


BARE = {
    "fields": [{"Name": "Shelf", "Type": "STRING"}, {"Name": "Page", "Type": "FILE"}],
    "records": [{"PK_ID": 1, "Page": "/c.pdf"}],
}


@pytest.mark.parametrize(
    ("options", "ending"), [((), 2), (("--yes",), 0), (("--yes", "--create-columns"), 0)]
)
def test_a_source_without_columns_is_said_to_be_left_out(
    start: Start,
    init: Init,
    capsys: pytest.CaptureFixture[str],
    options: tuple[str, ...],
    ending: int,
):
    """On screen, too, and only of what is left out in the end."""
    account = {**ACCOUNT, "tables": {**ACCOUNT["tables"], "Loose_Leaves": BARE}}

    assert init(start(account, FILES), *options) == ending

    said = capsys.readouterr().err
    is_said = "loose_leaves is left out: no column takes a value" in said
    assert is_said is ("--create-columns" not in options)
    assert "receipts is left out" not in said


def test_a_column_that_may_not_be_created_is_left_out(
    start: Start, init: Init, capsys: pytest.CaptureFixture[str]
):
    """The settings are written without it, and the reason is said."""
    emulator = start({**ACCOUNT, "profiles": [READER]}, FILES)

    assert init(emulator, "--yes", "--create-columns") == 0

    assert mapped() == {"receipts": {"DocType": "doc_type", "Total": "total"}}
    assert "could not be created" in capsys.readouterr().err


def test_an_account_without_files_is_no_beginning(
    start: Start, init: Init, capsys: pytest.CaptureFixture[str]
):
    """Nothing is written, and what to do is said."""
    emulator = start({"tables": {"Nothing": ACCOUNT["tables"]["Nothing"]}})

    assert init(emulator, "--yes") == 2

    assert "ATTACHMENT or FILE field" in capsys.readouterr().err
    assert not Path("caspio-ingest.toml").exists()
