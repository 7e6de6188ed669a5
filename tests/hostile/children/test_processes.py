import os
import signal
import subprocess
import sys
import time
from itertools import count
from pathlib import Path

import psutil
import pytest

from pipeline.model import ReadStatus
from processors.sandbox.isolation import Granted
from processors.sandbox.reader import SandboxedReader
from tests.hostile.children.conftest import LAYERS, Misbehave, family, has_ended, running

_NUMBERS = count(1)


@pytest.fixture
def marker() -> str:
    """A number of seconds that no other process here sleeps."""
    return f"{1_000_000 + os.getpid()}.{next(_NUMBERS)}"


@pytest.mark.parametrize(
    ("ending", "status"),
    [
        ("", ReadStatus.OK),
        pytest.param("crash", ReadStatus.CRASHED, marks=pytest.mark.full),
        ("hang", ReadStatus.TIMED_OUT),
    ],
)
def test_a_hidden_program_ends_with_its_document(
    ending: str, status: ReadStatus, misbehave_anyhow: Misbehave, marker: str
):
    """A program that left its session and lost its parent ends with its document."""
    findings = misbehave_anyhow("leave_program", marker, ending)

    assert findings.status is status, findings.problems
    assert has_ended(marker)


def test_no_later_document_is_spied_on(misbehave_anyhow: Misbehave, marker: str):
    """A program that waits for later documents is gone before the next one arrives."""
    assert misbehave_anyhow("leave_spy", marker).text == "started"

    assert has_ended(marker)
    assert "loot" not in misbehave_anyhow("look_for_loot").text
    assert misbehave_anyhow("words").text == "words"


def test_a_process_that_is_always_another_one_ends(misbehave_anyhow: Misbehave):
    """A process that forks and ends all the time is caught; nothing of it runs afterwards."""
    name = f"hop-{os.getpid()}-{next(_NUMBERS)}"

    assert misbehave_anyhow("leave_hopper", 20, name).text == "started"
    assert misbehave_anyhow("words").text == "words"

    for _ in range(50):
        assert [each for each in psutil.process_iter(["name"]) if each.info["name"] == name] == []


def test_the_next_document_is_another_file(misbehave_anyhow: Misbehave):
    """What a child kept open of one document shows nothing of a later one."""
    assert misbehave_anyhow("keep_open").text == "kept"

    findings = misbehave_anyhow("read_kept")

    assert findings.text in {"kept ['keep_open']", "kept []"}


def test_the_parent_cannot_be_looked_into(misbehave: Misbehave):
    """Environment, memory and open files of the parent are closed to a child."""
    supervisors = [process.pid for process in family()]

    findings = misbehave("see_processes", os.getpid(), os.getppid(), 1, *supervisors[:1])

    allowed = {"PermissionError", "FileNotFoundError", "ProcessLookupError"}
    assert set(findings.text.split()) <= allowed | {"done:", "None"}, findings.text
    # In a PID namespace of its own, 1 is its init: signal 0 reaches it and does nothing.
    assert findings.text.count("done:") <= 1


def test_no_secret_is_in_any_environment(misbehave: Misbehave, monkeypatch: pytest.MonkeyPatch):
    """Of all processes that a child can look into, none shows the parent's secrets."""
    monkeypatch.setenv("CASPIO_CLIENT_SECRET", "hush-hush")
    program = [sys.executable, "-c", "import time; time.sleep(60)"]
    with subprocess.Popen(program, env={**os.environ, "SECRET": "hush-hush"}) as other:
        try:
            findings = misbehave("reveal_environments")
        finally:
            other.kill()

    assert "PATH" in findings.text
    assert "hush" not in findings.text


def test_the_parents_memory_is_closed_to_its_user():
    """Another process of the same user cannot read the environment of a parent."""
    program = (
        "import os, subprocess, sys\n"
        "from processors.sandbox.reader import SandboxedReader\n"
        "SandboxedReader(workers=1)\n"
        "look = f'open(\"/proc/{os.getpid()}/environ\").read()'\n"
        "done = subprocess.run([sys.executable, '-c', look], stderr=subprocess.DEVNULL)\n"
        "sys.exit(done.returncode)\n"
    )
    if os.geteuid() == 0:
        pytest.skip("root may look into everything")

    done = subprocess.run([sys.executable, "-c", program], check=False, timeout=120)

    assert done.returncode == 1


def test_a_child_has_no_rights(misbehave: Misbehave, granted: Granted):
    """A child has no capability, and is not root where it can be another user."""
    effective, permitted, no_new, uid, back = misbehave("reveal_rights").text.split(maxsplit=4)

    assert (int(effective, 16), int(permitted, 16), no_new) == (0, 0, "1")
    assert (uid == "0") is granted.as_root
    assert granted.as_root or "Error" in back
    assert not granted.own_user or int(uid) > 1_000_000_000


def test_nothing_leads_out_of_the_confinement(misbehave: Misbehave):
    """Namespaces, mounts, another root, and the ways round the filter are refused."""
    findings = misbehave("escape")

    assert "done" not in findings.text, findings.text


@pytest.mark.parametrize("layers", LAYERS)
def test_everything_ends_with_a_killed_parent(layers: str, marker: str, tmp_path: Path):
    """When the parent is killed, a hanging child and its hidden program end in seconds."""
    document = tmp_path / "document"
    document.write_text(f"leave_program {marker} hang")
    program = (
        "import sys\n"
        "from pathlib import Path\n"
        "from processors.sandbox.reader import SandboxedReader\n"
        "from tests.hostile.children import conftest, deeds\n"
        "without = conftest.LAYERS[sys.argv[1]]\n"
        "reader = SandboxedReader(workers=1, job=deeds.does, without=without)\n"
        "reader.read(Path(sys.argv[2]), name='x', work_dir=Path(sys.argv[3]))\n"
    )
    parent = subprocess.Popen(
        [sys.executable, "-c", program, layers, document, tmp_path],
        env={**os.environ, "PYTHONPATH": str(Path.cwd())},
    )
    try:
        deadline = time.monotonic() + 240
        while not running(f"sleep {marker}") and time.monotonic() < deadline:
            time.sleep(0.1)
        supervisors = psutil.Process(parent.pid).children(recursive=True)
        assert running(f"sleep {marker}")
    finally:
        parent.kill()
        parent.wait()

    _, alive = psutil.wait_procs(supervisors, 15)
    assert [each for each in alive if each.status() != psutil.STATUS_ZOMBIE] == []
    assert has_ended(f"sleep {marker}")


def test_a_killed_supervisor_takes_its_child_along(any_reader: SandboxedReader, tmp_path: Path):
    """A child does not outlive its supervisor, and the next document gets a new one."""
    document = tmp_path / "document"
    document.write_text("words")
    assert any_reader.read(document, name="x", work_dir=tmp_path).text == "words"
    process = any_reader._processes[0]._process
    assert process is not None
    below = psutil.Process(process.pid).children(recursive=True)

    os.kill(process.pid, signal.SIGKILL)

    _, alive = psutil.wait_procs(below, 10)
    assert [each for each in alive if each.status() != psutil.STATUS_ZOMBIE] == []
    assert any_reader.read(document, name="x", work_dir=tmp_path).text == "words"
