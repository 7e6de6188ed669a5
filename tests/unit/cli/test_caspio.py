"""`caspio`: any call from the shell, over a local Caspio."""

import io
import json
import sys
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from flows import cli
from infra.emulator import Emulator
from pipeline.adapters.caspio.client.operations import OPERATIONS
from pipeline.adapters.sql_ledger import SqlLedger
from pipeline.adapters.system_clock import SystemClock
from pipeline.settings import load_settings
from tests.unit.cli.conftest import Ended

pytestmark = pytest.mark.integration

SETTINGS = """
[caspio]
url = "{url}"
rate = "100000/300s"
[[sources]]
name = "docs"
table = "Docs"
"""
Run = Callable[..., Ended]
ONE = ("--param", "tableName=Docs", "--param", "q.where=PK_ID = 1")


@pytest.fixture(scope="module")
def emulator(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Emulator]:
    """Start an account with two records and an attachment."""
    seed = tmp_path_factory.mktemp("seed")
    (seed / "a.pdf").write_bytes(b"%PDF-1.4 a")
    fields = [{"Name": "Company", "Type": "STRING"}, {"Name": "Scan", "Type": "ATTACHMENT"}]
    records = [{"PK_ID": 1, "Company": "Acme", "Scan": "a.pdf"}, {"PK_ID": 2, "Company": "Bolt"}]
    (seed / "account.json").write_text(
        json.dumps({"tables": {"Docs": {"fields": fields, "records": records}}})
    )
    with Emulator(seed=seed) as started:
        yield started


@dataclass
class Terminal(io.StringIO):
    """A terminal at which a user has typed something already."""

    typed: str = ""

    def __post_init__(self) -> None:
        super().__init__(self.typed)

    def isatty(self) -> bool:
        """Say that a user is there."""
        return True


@pytest.fixture(scope="module")
def ledger_url(tmp_path_factory: pytest.TempPathFactory) -> str:
    """Name one ledger for all tests here."""
    return f"sqlite:///{tmp_path_factory.mktemp('ledger') / 'ledger.db'}"


@pytest.fixture
def run(
    emulator: Emulator,
    ledger_url: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> Run:
    """Return a way to run the command in this process."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("CASPIO_CLIENT_ID", "id")
    monkeypatch.setenv("CASPIO_CLIENT_SECRET", "secret")
    monkeypatch.setenv("COLUMNS", "200")
    monkeypatch.setenv("CASPIO_INGEST_LEDGER__URL", ledger_url)
    (tmp_path / "caspio-ingest.toml").write_text(
        SETTINGS.format(url=emulator.url), encoding="utf-8"
    )

    def run(*arguments: str, typed: str | None = None) -> Ended:
        monkeypatch.setattr(sys, "argv", ["caspio-ingest", "caspio", *arguments])
        monkeypatch.setattr(sys, "stdin", io.StringIO() if typed is None else Terminal(typed))
        code: Any = 0
        stdout = sys.stdout
        try:
            cli.main()
        except SystemExit as ending:
            code = ending.code
        finally:
            sys.stdout = stdout  # which --json reserves until the process ends
        said = capsys.readouterr()
        return Ended(code or 0, said.out, said.err)

    return run


def test_all_operations_are_listed(run: Run) -> None:
    """Without an operation each is listed with what it takes and does."""
    ended = run("--json")

    listed = {one["operation"]: one for one in ended.document}
    assert set(listed) == set(OPERATIONS)
    assert all(one["does"].endswith(".") and one["python"] for one in listed.values())
    assert {"name": "q.where", "kind": "text", "required": True} in listed["DeleteTableRecords"][
        "parameters"
    ]
    assert listed["CreateTableField"]["body_example"]["Type"] == "CURRENCY"
    shown = run().out
    assert "DeleteTableRecords tableName q.where" in shown
    assert """--body '{"FileName": "2026-03-31 invoice"}'""" in shown


def test_answer_is_printed_as_it_came(run: Run, emulator: Emulator) -> None:
    """`--json` prints Caspio's answer and nothing else; the operation's letters may be cased otherwise."""
    emulator.control.edit("Docs", 1, {"Company": "Acme"})

    ended = run(
        "listtablerecords", "--param", "tableName=Docs", "--param", "q.select=Company", "--json"
    )

    assert (ended.code, ended.err) == (0, "")
    assert [row["Company"] for row in ended.document["Result"]] == ["Acme", "Bolt"]


def test_download_goes_to_a_file(run: Run, tmp_path: Path) -> None:
    """A file is written where --output says, with its size and digest reported; one that is there is not overwritten."""
    ask = (
        "--param",
        "tableName=Docs",
        "--param",
        "attachmentFieldName=Scan",
        "--param",
        "recordPkId=1",
    )
    command = ("DownloadFileFromAttachmentTableField", *ask, "--output", "a.pdf", "--json")

    first, second = run(*command), run(*command)

    assert (tmp_path / "a.pdf").read_bytes() == b"%PDF-1.4 a"
    assert (first.code, first.document["bytes"]) == (0, 10)
    assert second.code == 2
    assert "--yes" in second.err


def test_file_goes_up(run: Run, emulator: Emulator, tmp_path: Path) -> None:
    """--file sends a file under its own name."""
    (tmp_path / "new.txt").write_text("new", encoding="utf-8")
    where = (
        "--param",
        "tableName=Docs",
        "--param",
        "attachmentFieldName=Scan",
        "--param",
        "recordPkId=2",
    )

    ended = run("UploadFileToAttachmentTableField", *where, "--file", "new.txt", "--yes")

    assert (ended.code, ended.out) == (0, "Done.\n")
    assert "new.txt" in [one["name"] for one in emulator.control.dump()["attachments"]["Docs"]]


def company(emulator: Emulator) -> str:
    """Return what the first record holds."""
    company: str = emulator.control.dump()["tables"]["Docs"][0]["Company"]
    return company


def test_adding_needs_a_user_or_yes(run: Run, emulator: Emulator) -> None:
    """Every operation that writes asks first, also one that only adds; nobody to ask, no write."""
    emulator.control.reset_calls()
    command = ("CreateTableRecord", "--param", "tableName=Docs", "--body", '{"Company": "New"}')

    refused, declined = run(*command), run(*command, typed="n\n")

    assert (refused.code, declined.code) == (2, 3)
    assert "CreateTableRecord writes to the account, and nobody could be asked." in refused.err
    assert "CreateTableRecord: Creating table record (table 'Docs')" in declined.err
    assert not any(call.startswith("POST /v3") for call in emulator.control.calls())


def test_no_source_is_needed(run: Run, emulator: Emulator, tmp_path: Path) -> None:
    """The account's address is enough, before there are any sources."""
    (tmp_path / "caspio-ingest.toml").write_text(f'[caspio]\nurl = "{emulator.url}"\n')

    ended = run("ListTables", "--json")

    assert (ended.code, ended.document) == (0, {"Result": ["Docs"]})


def test_change_needs_a_user_or_yes(run: Run, emulator: Emulator) -> None:
    """Without a terminal nothing is changed unless --yes is given."""
    ended = run("UpdateTableRecords", *ONE, "--body", '{"Company": "Nobody"}')

    assert ended.code == 2
    assert "--yes" in ended.err
    assert company(emulator) != "Nobody"


@pytest.mark.parametrize(
    ("typed", "code", "then"), [("y\n", 0, "Asked"), ("n\n", 3, "Before"), ("", 3, "Before")]
)
def test_user_is_asked_first(
    run: Run, emulator: Emulator, typed: str, code: int, then: str
) -> None:
    """In a terminal the records meant are shown, and only a yes changes them."""
    emulator.control.edit("Docs", 1, {"Company": "Before"})

    ended = run("UpdateTableRecords", *ONE, "--body", '{"Company": "Asked"}', typed=typed)

    assert ended.code == code
    assert "every record that matches: PK_ID = 1\n  records that match it now: 1" in ended.err
    assert company(emulator) == then


def test_condition_that_is_no_sql_is_refused_before_a_user_is_asked(run: Run) -> None:
    """Nobody is asked to agree to a condition that Caspio does not understand."""
    ended = run(
        "DeleteTableRecords",
        "--param",
        "tableName=Docs",
        "--param",
        "q.where=PK_ID ==",
        typed="y\n",
    )

    assert ended.code == 3
    assert "Continue?" not in ended.err


def test_body_can_come_from_a_file(run: Run, emulator: Emulator, tmp_path: Path) -> None:
    """--body @FILE sends the JSON of a file."""
    (tmp_path / "body.json").write_text('{"Company": "Filed"}', encoding="utf-8")

    ended = run("UpdateTableRecords", *ONE, "--body", "@body.json", "--yes", "--json")

    assert ended.document["RecordsAffected"] == 1
    assert company(emulator) == "Filed"


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("GetTabel",), "GetTable"),
        (("GetTable",), "tableName is missing"),
        (("GetTable", "--param", "tableName"), "NAME=VALUE"),
        (("GetTable", "--param", "tableName=A", "--param", "table=B"), "no parameter table"),
        (("GetTable", "--param", "tableName=.."), "tableName"),
        (
            ("ListTableRecords", "--param", "tableName=A", "--param", "q.limit=many"),
            "q.limit is number",
        ),
        (
            (
                "ListTableRecords",
                "--param",
                "tableName=A",
                "--param",
                "q.limit=5",
                "--param",
                "q.pageSize=5",
            ),
            "q.limit is ignored",
        ),
        (("DeleteTableRecords", "--param", "tableName=Docs", "--yes"), "q.where is missing"),
        (
            ("DeleteTableRecords", "--param", "tableName=Docs", "--param", "q.where= ", "--yes"),
            "q.where is missing",
        ),
        (("CreateTableRecord", "--param", "tableName=A"), "a JSON body is missing"),
        (("CreateTableRecord", "--param", "tableName=A"), """--body '{"Company": """),
        (("CreateTableRecord", "--param", "tableName=A", "--body", "{"), "--body is JSON"),
        (("CreateTableRecord", "--param", "tableName=A", "--body", "@none.json"), "--body is JSON"),
        (("UploadFiles", "--file", "none.pdf"), "no file none.pdf"),
        (("ListTables", "--body", "{}"), "takes no body"),
        (("DownloadFileByPath", "--param", "filePath=/a"), "--output"),
        (("ListTables", "--output", "x"), "--output"),
    ],
)
def test_wrong_usage_ends_with_2(
    run: Run, emulator: Emulator, arguments: tuple[str, ...], said: str
) -> None:
    """What cannot be called so is reported before anything is sent."""
    emulator.control.reset_calls()

    ended = run(*arguments, "--json")

    assert (ended.code, ended.out) == (2, "")
    assert said in ended.err
    assert emulator.control.calls() == {}


def test_calls_count_in_the_budget(
    run: Run, emulator: Emulator, ledger_url: str, tmp_path: Path
) -> None:
    """What a user asks for by hand is counted with everything else: tokens, refusals and all."""
    run("ListTables")
    account = load_settings(tmp_path / "caspio-ingest.toml").caspio.account
    emulator.control.reset_calls()

    with closing(SqlLedger(ledger_url, clock=SystemClock())) as ledger:
        before = ledger.usage.this_month(account).calls
        run("ListTables")
        run("GetTable", "--param", "tableName=Nothing")
        after = ledger.usage.this_month(account).calls

    assert after - before == sum(emulator.control.calls().values()) == 4


def test_ledger_that_is_away_stops_nobody(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    """Support works without the ledger; that the calls are not counted is said."""
    monkeypatch.setenv("CASPIO_INGEST_LEDGER__URL", "sqlite:////nowhere/at/all.db")

    ended = run("ListTables", "--json")

    assert (ended.code, ended.document) == (0, {"Result": ["Docs"]})
    assert "not counted" in ended.err


def test_refusal_ends_with_3(run: Run) -> None:
    """What Caspio refuses ends with 3 and says what was asked and what to do."""
    ended = run("GetTable", "--param", "tableName=Nothing", "--json")

    assert (ended.code, ended.out) == (3, "")
    assert "Getting table (table 'Nothing'): " in ended.err
    assert "404" not in ended.err
