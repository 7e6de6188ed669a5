"""A Prefect server that does not answer is one sentence and exit code 3, in every command."""

import sys
from pathlib import Path

import pytest

from flows.cli import main

COMMANDS = [
    ["run"],
    ["reprocess"],
    ["verify"],
    ["undo", "20260101-000000-00000000"],
    ["redo", "20260101-000000-00000000"],
    ["serve"],
    ["deploy", "--pool", "p"],
    ["worker", "--pool", "p"],
    ["blocks"],
]


@pytest.fixture
def config(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Settings of an account, with credentials in the environment."""
    path = tmp_path / "caspio-ingest.toml"
    path.write_text(
        '[caspio]\nurl = "https://abc12345.caspio.com"\n[[sources]]\nname = "a"\ntable = "T"\n'
    )
    monkeypatch.setenv("CASPIO_CLIENT_ID", "id")
    monkeypatch.setenv("CASPIO_CLIENT_SECRET", "secret")
    return path


def _exit_code(arguments: list[str], config: Path, monkeypatch: pytest.MonkeyPatch) -> int:
    options = [] if arguments == ["blocks"] else ["--config", str(config)]
    monkeypatch.setattr(sys, "argv", ["caspio-ingest", *arguments, *options])
    with pytest.raises(SystemExit) as ended:
        main()
    return int(ended.value.code or 0)


@pytest.mark.parametrize("arguments", COMMANDS, ids=" ".join)
def test_a_server_that_does_not_answer_stops_a_command(
    config: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    arguments: list[str],
):
    """No traceback, no retry for minutes: the address, and what to do."""
    # Port 9 is "discard"; nothing listens there.
    monkeypatch.setenv("PREFECT_API_URL", "http://127.0.0.1:9/api")

    code = _exit_code(arguments, config, monkeypatch)

    printed = capsys.readouterr()
    assert code == 3
    assert "Prefect's server at http://127.0.0.1:9/api does not answer. Start it" in printed.err
    assert "Traceback" not in printed.err
    assert printed.out == ""


@pytest.mark.parametrize(
    "arguments",
    [one for one in COMMANDS if one[0] in {"serve", "deploy", "worker", "blocks"}],
    ids=" ".join,
)
def test_without_a_server_services_do_not_start_one(
    config: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    arguments: list[str],
):
    """The message says how to start one, with the exit code of settings."""
    monkeypatch.delenv("PREFECT_API_URL", raising=False)

    code = _exit_code(arguments, config, monkeypatch)

    assert code == 2
    assert "No Prefect server is named. Start one with" in capsys.readouterr().err
