"""What stops a source is said by every command that would have worked on it."""

import sys
from pathlib import Path

import pytest

from flows.cli import main
from pipeline.ports.ledger import Block
from tests.integration.pipeline.accounts import Source, fields, receipt
from tests.integration.pipeline.conftest import MakeWorkspace
from tests.integration.pipeline.workspace import CREDENTIALS, Workspace

pytestmark = pytest.mark.integration

FILES = {"one.txt": receipt(1), "two.txt": receipt(2)}
TABLE = {"fields": fields(Scan="ATTACHMENT"), "records": [{"PK_ID": 1, "Scan": "one.txt"}]}
OTHER = {"fields": fields(Scan="ATTACHMENT"), "records": [{"PK_ID": 1, "Scan": "two.txt"}]}
ACCOUNT = {"tables": {"Uploads": TABLE, "Others": OTHER}}
WHY = "PK_ID is not unique in this view"

COMMANDS = [
    (["plan", "-o", "plan.jsonl", "--html", "plan.html"], 1),
    (["run"], 1),
    (["reprocess", "--dry-run"], 1),
    (["reprocess"], 1),
    (["verify"], 1),
    (["run", "--source", "uploads"], 2),
    (["plan", "--source", "uploads"], 2),
    (["doctor"], 3),
]


@pytest.fixture
def blocked(
    make_workspace: MakeWorkspace, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> Workspace:
    """Two sources, of which one is blocked."""
    workspace = make_workspace(
        Source(), Source(place={"table": "Others"}, name="others"), account=ACCOUNT, files=FILES
    )
    with workspace.ledger() as ledger:
        ledger.effects.block("Uploads", Block(WHY, run_id="run-1"))
    for name, value in CREDENTIALS.items():
        monkeypatch.setenv(name, value)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "500")
    return workspace


def _said(
    arguments: list[str],
    workspace: Workspace,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> tuple[int, str, str]:
    """Run a command here; return its exit code and what it printed."""
    command = ["caspio-ingest", *arguments, "--config", str(workspace.config)]
    monkeypatch.setattr(sys, "argv", command)
    with pytest.raises(SystemExit) as ended:
        main()
    printed = capsys.readouterr()
    return int(ended.value.code or 0), printed.out, printed.err


def test_each_command_says_what_stops_a_source(
    blocked: Workspace, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
):
    """On stderr, with the exit code of a run that did not do all; `doctor` finds it, too, and the page of a plan has it."""
    for arguments, expected in COMMANDS:
        code, out, err = _said(arguments, blocked, monkeypatch, capsys)

        assert (code, WHY in (out if arguments == ["doctor"] else err)) == (expected, True), (
            arguments
        )
    assert WHY in Path("plan.html").read_text(encoding="utf-8")

    code, out, _ = _said(["status"], blocked, monkeypatch, capsys)

    assert (code, WHY in out) == (0, True)


def test_what_stopped_a_source_is_forgotten_when_it_runs(
    blocked: Workspace, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
):
    """Once an operator has looked and run it with --yes, `status` says nothing of it any more."""
    before = _said(["run"], blocked, monkeypatch, capsys)[0]
    after = _said(["run", "--yes"], blocked, monkeypatch, capsys)[0]

    _, out, _ = _said(["status"], blocked, monkeypatch, capsys)

    assert (before, after) == (1, 0)
    assert WHY not in out
