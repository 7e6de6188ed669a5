"""The commands over a local Caspio: one account, one life, looked at from many sides."""

import json
import os
import signal
import socket
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from infra.emulator import Emulator
from pipeline.metering.summary import STAGES
from tests.unit.cli.conftest import ENVIRONMENT, Ended, command

pytestmark = pytest.mark.integration

SETTINGS = """
[caspio]
url = "{url}"
rate = "100000/300s"
[processing]
workers = 1
[[sources]]
name = "receipts"
table = "Receipts"
write_at = 0.5
{more}
[sources.columns]
DocType = "doc_type"
Total = "total"
"""
STATUSES = {"done", "unchanged", "partial", "rejected", "conflict", "failed"}


def seed(folder: Path) -> Path:
    """Write an account with a receipt, one a user has begun, and one whose file is empty."""
    folder.mkdir()
    (folder / "a.txt").write_text("Invoice\nInvoice total: 12.50 EUR\n", encoding="utf-8")
    (folder / "b.txt").write_text("Invoice\nInvoice total: 20.00 EUR\n", encoding="utf-8")
    (folder / "c.txt").touch()
    kinds = {"Scan": "ATTACHMENT", "DocType": "STRING", "Total": "CURRENCY"}
    records = [
        {"PK_ID": 1, "Scan": "a.txt"},
        {"PK_ID": 2, "Scan": "b.txt", "Total": 99.0},
        {"PK_ID": 3, "Scan": "c.txt"},
    ]
    fields = [{"Name": name, "Type": kind} for name, kind in kinds.items()]
    account = {"tables": {"Receipts": {"fields": fields, "records": records}}}
    (folder / "account.json").write_text(json.dumps(account), encoding="utf-8")
    return folder


@dataclass
class Life:
    """An account, a settings file, and what each command said."""

    folder: Path
    said: dict[str, Ended] = field(default_factory=dict)

    def do(self, name: str, *arguments: str, **environment: str) -> None:
        """Run a command and keep what it said under a name."""
        self.said[name] = command(*arguments, cwd=self.folder, **environment)


@pytest.fixture(scope="module")
def life(tmp_path_factory: pytest.TempPathFactory) -> Life:
    """Plan, write, run again, reprocess and look, once for all tests here."""
    folder = tmp_path_factory.mktemp("life")
    made = Life(folder)
    with Emulator(seed=seed(folder / "seed")) as emulator:
        settings = SETTINGS.format(url=emulator.url, more="")
        (folder / "caspio-ingest.toml").write_text(settings, encoding="utf-8")
        wrong = settings.replace('DocType = "doc_type"', 'doctype = "doc_type"\nNone = "date"')
        (folder / "wrong.toml").write_text(wrong, encoding="utf-8")
        made.do("doctor", "doctor", "--json")
        made.do("planned", "run", "--json")
        made.do("written", "run", "--json")
        made.do("again", "run")
        made.do("reprocessed", "reprocess", "--json", "--record", "1")
        made.do("status", "status", "--json")
        made.do("acknowledged", "acknowledge", "receipts", "--note", "blank", "--by", "ann")
        made.do("known", "run", "--json")
        made.do("status, known", "status", "--json")
        made.do("explained, known", "explain", "receipts", "3")
        made.do("planned again", "plan", "-o", "again.jsonl")
        made.do("reprocessed, known", "reprocess", "--record", "3")
        made.do("withdrawn", "acknowledge", "receipts", "--record", "3", "--withdraw")
        made.do("unknown to acknowledge", "acknowledge", "receipts", "--record", "1")
        made.do("explained", "explain", "--json", "receipts", "2")
        made.do("unknown record", "explain", "receipts", "77")
        made.do("unknown source to explain", "explain", "recipes", "1")
        made.do("unknown source", "run", "--json", "--source", "recipes")
        made.do("wrong columns", "run", "--json", "--config", "wrong.toml")
        made.do("wrong secret", "run", "--json", CASPIO_CLIENT_SECRET="canary-secret")
        made.do("doctor, wrong secret", "doctor", "--json", CASPIO_CLIENT_SECRET="canary-secret")
    return made


def test_first_run_only_plans(life: Life):
    """The first run of a source reads everything and writes nothing."""
    document = life.said["planned"].document

    assert document["planned_only"] == 2
    assert not any(
        call.startswith(("PUT", "POST /v3/tables", "DELETE"))
        for call in document["caspio_calls"]["by"]
    )


def test_run_prints_one_document(life: Life):
    """`run --json` prints the documented counts, with every status named."""
    document = life.said["written"].document

    assert {"run_id", "documents", "pages", "bytes", "caspio_calls", "seconds"} <= set(document)
    assert list(document["stage_seconds"]) == list(STAGES)
    assert sum(document["stage_seconds"].values()) > 0
    assert set(document["documents"]) == STATUSES
    assert document["documents"]["done"] == 2
    assert document["documents"]["unchanged"] == 1
    assert document["caspio_calls"]["total"] == sum(document["caspio_calls"]["by"].values())


def test_a_document_that_needs_a_user_ends_each_run_with_1(life: Life):
    """A run that meets it for the first time ends with 1, whether it only plans or writes, and so does each later one."""
    codes = [life.said[name].code for name in ("planned", "written", "again")]

    assert codes == [1, 1, 1]
    assert life.said["planned"].document["documents"]["rejected"] == 1
    assert life.said["written"].document["needs_a_user"] == 1
    assert "3 unchanged" in life.said["again"].out
    assert "1 document need a user" not in life.said["again"].out
    assert "1 document needs a user" in life.said["again"].out


def test_an_acknowledged_document_lets_runs_end_with_0(life: Life):
    """Then `run`, `plan` and `reprocess` all end with 0, and what was said is shown with its author; it can be withdrawn."""
    codes = [life.said[name].code for name in ("known", "planned again", "reprocessed, known")]
    said = life.said["status, known"].document
    withdrawn, unknown = life.said["withdrawn"], life.said["unknown to acknowledge"]

    assert (
        life.said["acknowledged"].out
        == "receipts: 1 document acknowledged; no other document needs a user.\n"
    )
    assert codes == [0, 0, 0], [life.said[name].err for name in ("known", "planned again")]
    assert (life.said["known"].document["needs_a_user"], said["needs_a_user"]) == (0, [])
    assert [one["acknowledged"]["note"] for one in said["acknowledged"]] == ["blank"]
    assert "by ann" in life.said["explained, known"].out
    assert (withdrawn.code, "1 document open again" in withdrawn.out) == (0, True)
    assert (unknown.code, "no document of '1'" in unknown.err) == (2, True)


def test_reprocess_takes_up_the_named_record_alone(life: Life):
    """Reprocessing one record reads that one again, and not from Caspio."""
    ended = life.said["reprocessed"]

    assert ended.code == 0, ended.err
    assert sum(ended.document["documents"].values()) == 1


def test_status_counts_and_names_what_needs_a_user(life: Life):
    """`status --json` has counts by source, the month's calls, the runs, and each problem with its reason."""
    ended = life.said["status"]

    status = ended.document
    assert ended.code == 0
    assert sum(status["sources"]["receipts"].values()) == 3
    assert status["unsettled_effects"] == 0
    assert status["caspio_calls_this_month"] > 0
    assert [run["kind"] for run in status["runs"]] == ["reprocess", "ingest", "ingest", "ingest"]
    planned = status["runs"][-1]
    assert (planned["documents"]["rejected"], planned["caspio_calls"]["total"] > 0) == (1, True)
    (problem,) = status["needs_a_user"]
    assert (problem["record"], problem["status"]) == ("3", "rejected")
    assert problem["reason"]


def test_explain_shows_a_documents_life(life: Life):
    """`explain --json` says what was read, what was written over what, and what was left to a user and why."""
    ended = life.said["explained"]

    (version,) = ended.document
    assert ended.code == 0
    assert version["findings"]["total"]["value"] == "20.00"
    assert version["outcome"]["status"] == "done"
    assert [(s["column"], s["current"]) for s in version["outcome"]["suggestions"]] == [
        ("Total", 99.0)
    ]
    (effect,) = version["effects"]
    assert effect["after"] == {"DocType": "invoice"}
    assert effect["state"] in {"applied", "verified"}


def test_unknown_record_ends_with_2(life: Life):
    """A record the ledger has never seen is reported by its key and source."""
    ended = life.said["unknown record"]

    assert ended.code == 2
    assert ended.out == ""
    assert "77" in ended.err


@pytest.mark.parametrize("name", ["unknown source", "unknown source to explain"])
def test_unknown_source_ends_with_2(name: str, life: Life):
    """A source that is not in the settings is reported with those that are."""
    ended = life.said[name]

    assert ended.code == 2
    assert ended.out == ""
    assert "recipes" in ended.err
    assert "receipts" in ended.err


def test_wrong_columns_end_with_2_before_anything_is_read(life: Life):
    """Mapped columns that the account does not have are all reported before a run begins."""
    ended = life.said["wrong columns"]

    assert ended.code == 2
    assert "'doctype'" in ended.err
    assert "'None'" in ended.err


@pytest.mark.parametrize("name", ["wrong secret", "doctor, wrong secret"])
def test_refused_credentials_end_with_3(name: str, life: Life):
    """Credentials that Caspio refuses stop a command with 3, and are not shown."""
    ended = life.said[name]

    assert ended.code == 3
    assert "canary" not in ended.out + ended.err
    assert "Traceback" not in ended.err


def test_doctor_finds_everything_well(life: Life):
    """`doctor --json` lists its checks, each with a detail, and ends with 0 when all is fine."""
    ended = life.said["doctor"]

    checks = {check["check"]: check for check in ended.document}
    assert ended.code == 0, ended.out
    assert list(checks) == [
        "settings",
        "ledger",
        "ledger account",
        "archive",
        "reading",
        "safety",
        "credentials",
        "api version",
        "source receipts",
    ]
    safety = checks.pop("safety")
    assert safety["ok"]
    assert safety["detail"].startswith('isolation "')
    assert ("root" in safety["remedy"]) is (os.geteuid() == 0)
    assert all(check["ok"] and check["detail"] and not check["remedy"] for check in checks.values())


def test_doctor_says_what_to_do(life: Life):
    """A check that fails comes with its remedy; what depends on it is left out."""
    *well, refused = life.said["doctor, wrong secret"].document

    assert all(check["ok"] for check in well)
    assert refused["check"] == "credentials"
    assert "CASPIO_CLIENT_SECRET" in refused["remedy"]


def test_interrupted_run_ends_with_130(tmp_path: Path):
    """Ctrl-C ends a run with 130 and says that nothing is lost."""
    with socket.create_server(("127.0.0.1", 0)) as silent:
        silent.settimeout(240)
        settings = SETTINGS.format(url=f"http://127.0.0.1:{silent.getsockname()[1]}", more="")
        (tmp_path / "caspio-ingest.toml").write_text(settings, encoding="utf-8")
        # What ignores SIGINT, as a shell's background jobs do, hands that on; a handler of this process's own is not.
        signal.signal(signal.SIGINT, signal.default_int_handler)
        running = subprocess.Popen(
            [sys.executable, "-m", "flows.cli", "run", "--json"],
            cwd=tmp_path,
            env={**os.environ, "PYTHONPATH": str(Path.cwd()), **ENVIRONMENT},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        try:
            connection, _ = silent.accept()
            running.send_signal(signal.SIGINT)
            out, err = running.communicate(timeout=240)
            connection.close()
        finally:
            running.kill()
            running.communicate()

    assert running.returncode == 130
    assert out == ""
    assert "Nothing is lost" in err
