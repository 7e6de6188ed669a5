"""`--json` puts one JSON document on stdout, whatever is imported, printed or fails beside it."""

import json
import subprocess
import sys
from pathlib import Path

import pytest
from typer.main import get_command

from flows.cli import app
from infra.emulator import Emulator
from tests.hostile.more_generated import frame_beyond_screen
from tests.unit.cli.conftest import Ended, command, environment_of
from tests.unit.cli.test_line import SETTINGS, seed

pytestmark = pytest.mark.integration

NOISE = '''
"""Print by every way there is, each time a command imports something."""
import ctypes, os, sys

left = [40]
busy = []

def noisy(event, arguments):
    # Only what happens inside a command: its own module is complete then.
    if event != "import" or busy or not left[0] or not hasattr(sys.modules.get("flows.cli"), "main"):
        return
    left[0] -= 1
    busy.append(True)
    try:
        print("noise of Python")
        os.write(1, b"noise of a descriptor\\n")
        libc = ctypes.CDLL(None)
        libc.puts(b"noise of C")
        libc.fflush(None)
        structlog = sys.modules.get("structlog")
        if structlog is not None and hasattr(structlog, "get_logger"):
            structlog.get_logger().error("noise of a log")
        os.system("echo 'noise of a program'")
    finally:
        busy.clear()

sys.addaudithook(noisy)
'''
"""A module that Python imports at its start."""

COMMANDS: dict[str, tuple[str, ...]] = {
    "init": ("--url", "{url}", "--yes", "--config", "proposed.toml"),
    "demo": ("--dir", "/dev/null/demo"),
    "deploy": ("--pool", "none"),
    "plan": ("--output", "plan.json"),
    "apply": ("plan.json",),
    "run": (),
    "reprocess": ("--record", "1"),
    "undo": ("no-such-run",),
    "redo": ("no-such-run",),
    "read": ("seed/a.txt", "seed/b.txt", "bomb.gif"),
    "status": (),
    "acknowledge": ("receipts",),
    "explain": ("receipts", "1"),
    "doctor": (),
    "verify": (),
    "caspio": (),
    "blocks": (),
    "webhooks sync": ("--dry-run",),
    "webhooks status": (),
    "accounts list": (),
    "accounts export": ("acme", "--to", "exported"),
    "accounts delete": ("acme", "--yes"),
    "secrets list": (),
    "mcp tools": (),
    "mcp audit": (),
    "learn status": (),
    "learn doubts": (),
    "learn promote": ("receipts",),
    "learn undo": ("receipts",),
    "learn forget": ("receipts",),
    "sync plan": ("none",),
    "sync run": ("none",),
    "sync status": ("none",),
    "sync undo": ("none", "no-such-run"),
}
"""Every command with --json, and arguments for it, in an order in which each has something to do."""
FAIL_HERE = {
    *("demo", "deploy", "undo", "redo", "read", "blocks", "webhooks sync", "webhooks status"),
    *("accounts export", "accounts delete", "secrets list"),
    *("sync plan", "sync run", "sync status", "sync undo"),
}
"""Commands that end with an error here: no server or no second account is there, or their argument
is wrong.
"""


@pytest.fixture(scope="module")
def ended(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Ended]:
    """Run every command once, noisily, over one account."""
    folder = tmp_path_factory.mktemp("account")
    (folder / "site").mkdir()
    (folder / "site" / "sitecustomize.py").write_text(NOISE, encoding="utf-8")
    (folder / "bomb.gif").write_bytes(frame_beyond_screen())
    said: dict[str, Ended] = {}
    with Emulator(seed=seed(folder / "seed")) as emulator:
        settings = SETTINGS.format(url=emulator.url, more="")
        (folder / "caspio-ingest.toml").write_text(settings, encoding="utf-8")
        for name, arguments in COMMANDS.items():
            words = [argument.format(url=emulator.url) for argument in arguments]
            # A new Python, which imports the noise.
            done = subprocess.run(
                [sys.executable, "-m", "flows.cli", *name.split(), "--json", *words],
                cwd=folder,
                env=environment_of(PYTHONPATH=f"{folder / 'site'}:{Path.cwd()}"),
                capture_output=True,
                text=True,
                timeout=120,
                check=False,
            )
            said[name] = Ended(done.returncode, done.stdout, done.stderr)
    return said


def test_every_command_with_json_is_here():
    """A new command with --json gets its test without being remembered."""
    found = set()
    for name, one in get_command(app).commands.items():  # type: ignore[attr-defined]
        for inner, leaf in getattr(one, "commands", {"": one}).items():
            if any("--json" in option.opts for option in leaf.params):
                found.add(f"{name} {inner}".strip())

    assert found == set(COMMANDS)


@pytest.mark.full
@pytest.mark.parametrize("name", COMMANDS)
def test_nothing_but_the_document_is_on_stdout(name: str, ended: dict[str, Ended]):
    """Beside five kinds of noise, stdout has one JSON document, or nothing after an error."""
    one = ended[name]

    assert "noise of a program" in one.err
    assert "noise of" not in one.out
    if name not in FAIL_HERE:
        assert one.code == 0 or one.out, one.err[-2000:]
    if one.out or name not in FAIL_HERE:
        assert isinstance(json.loads(one.out), dict | list)


@pytest.mark.full
def test_a_bomb_is_too_big(ended: dict[str, Ended]):
    """A GIF with a frame of four gigapixels is too big beside documents that are read."""
    assert [one["status"] for one in ended["read"].document] == ["ok", "ok", "too_big"]


def test_help_stays_on_stdout(tmp_path: Path):
    """Help is what was asked for, also beside --json."""
    assert "--json" in command("read", "--help", "--json", cwd=tmp_path).out
