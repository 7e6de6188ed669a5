import os
import socket
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest

from pipeline.errors import BadSettings, TryLater
from pipeline.model import Findings, ReadStatus
from processors.contract import Limits
from processors.sandbox import SandboxedReader
from tests.hostile import chaos

LIMITS = Limits(memory_mib=400, cpu_s=1, wall_s=3, output_mib=8)
Misbehave = Callable[..., Findings]


@pytest.fixture(scope="module")
def reader() -> Iterator[SandboxedReader]:
    """One child that does what documents tell it to."""
    with SandboxedReader(limits=LIMITS, workers=1, job=chaos.misbehaves) as reader:
        yield reader


@pytest.fixture
def misbehave(reader: SandboxedReader, tmp_path: Path) -> Misbehave:
    """Let the child do something by name and return what the reader makes of it."""

    def run(what: str) -> Findings:
        document = tmp_path / "document"
        document.write_text(what)
        return reader.read(document, name="upload.pdf", work_dir=tmp_path)

    return run


@pytest.mark.parametrize(
    ("what", "status", "words"),
    [
        ("hang", ReadStatus.TIMED_OUT, "stopped after 3 s"),
        ("spin", ReadStatus.TIMED_OUT, "CPU time"),
        ("eat_memory", ReadStatus.OUT_OF_MEMORY, "400 MiB"),
        ("abort", ReadStatus.CRASHED, "SIGSEGV"),
        ("leave", ReadStatus.CRASHED, "exit code 3"),
        ("leave_politely", ReadStatus.CRASHED, "SystemExit"),
        ("raise_strange", ReadStatus.CRASHED, "Strange"),
        ("flood_disk", ReadStatus.TOO_BIG, "8 MiB"),
        ("flood_output", ReadStatus.OK, ""),
    ],
)
def test_every_misdeed_has_a_status(what: str, status: ReadStatus, words: str, misbehave: Misbehave):
    """Whatever a document does to its child is told as a status with a sentence, and the next one is read."""
    findings = misbehave(what)

    assert findings.status is status
    assert words in "".join(findings.problems)
    assert misbehave("and then?").text == "and then?"


def test_programs_die_with_their_child(misbehave: Misbehave, tmp_path: Path):
    """A program that a child started does not outlive the child."""
    findings = misbehave("start_program")

    assert findings.status is ReadStatus.TIMED_OUT
    psutil.wait_procs([psutil.Process(pid)] if psutil.pid_exists(pid := int((tmp_path / "pid").read_text())) else [], 5)
    assert not psutil.pid_exists(pid) or psutil.Process(pid).status() == psutil.STATUS_ZOMBIE


def test_secrets_do_not_reach_the_child(monkeypatch: pytest.MonkeyPatch, tmp_path: Path):
    """What stands in the parent's environment is in none of the places a child can look."""
    monkeypatch.setenv("CASPIO_CLIENT_SECRET", "hush-hush")
    document = tmp_path / "document"
    document.write_text("tell_environment")

    with SandboxedReader(limits=LIMITS, workers=1, job=chaos.misbehaves) as reader:
        findings = reader.read(document, name="nosy", work_dir=tmp_path)

    assert "PATH" in findings.text
    assert "hush" not in findings.text
    assert "CASPIO" not in findings.text


def test_the_network_is_out_of_reach(reader: SandboxedReader, misbehave: Misbehave, tmp_path: Path):
    """Where the kernel allows it, a child reaches nothing, not even this machine."""
    if not reader.network_blocked():
        pytest.skip("this kernel lets no unprivileged process leave the network")
    with socket.create_server(("127.0.0.1", 0)) as server:
        (tmp_path / "document.port").write_text(str(server.getsockname()[1]))

        findings = misbehave("call_out")

    assert findings.text.startswith("refused")


def test_many_threads_share_the_children(tmp_path: Path):
    """Reading from more threads than children gives every thread its own document's words."""
    answers: dict[int, str] = {}

    def read(number: int, reader: SandboxedReader) -> None:
        document = tmp_path / f"document{number}"
        document.write_text(f"words {number}")
        answers[number] = reader.read(document, name="shared", work_dir=tmp_path).text

    with SandboxedReader(limits=LIMITS, workers=2, job=chaos.says) as reader:
        threads = [threading.Thread(target=read, args=(number, reader)) for number in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

    assert answers == {number: f"words {number}" for number in range(8)}


def test_closing_sets_waiting_readers_free(tmp_path: Path):
    """Closing ends a child at once; who waits for it is told to try later, and nothing is left running."""
    document = tmp_path / "document"
    document.write_text("hang")
    raised: list[Exception] = []
    reader = SandboxedReader(limits=Limits(wall_s=60), workers=1, job=chaos.misbehaves)
    before = set(psutil.Process().children(recursive=True))

    def wait() -> None:
        try:
            reader.read(document, name="slow", work_dir=tmp_path)
        except TryLater as exc:
            raised.append(exc)

    assert reader.network_blocked() in {True, False}
    thread = threading.Thread(target=wait)
    thread.start()
    thread.join(0.5)
    reader.close()
    thread.join(10)

    assert len(raised) == 1
    left = [child for child in psutil.Process().children(recursive=True) if child not in before]
    _, alive = psutil.wait_procs([child for child in left if "spawn_main" in " ".join(child.cmdline())], 5)
    assert alive == []


def test_a_closed_reader_reads_no_more(tmp_path: Path):
    """After closing, reading says to try later instead of starting a new child."""
    reader = SandboxedReader(limits=LIMITS, workers=1, job=chaos.says)
    reader.close()

    with pytest.raises(TryLater, match="closed"):
        reader.read(tmp_path / "document", name="late", work_dir=tmp_path)


def test_settings_that_cannot_work_stop_the_start():
    """An engine nobody knows is refused before any document is read."""
    with pytest.raises(BadSettings, match="use one of"):
        SandboxedReader(ocr="magic")


def test_a_broken_child_is_replaced_between_documents(reader: SandboxedReader, misbehave: Misbehave):
    """A child killed while it has nothing to do is replaced by the next document."""
    assert misbehave("first").text == "first"
    for child in psutil.Process(os.getpid()).children():
        if "spawn_main" in " ".join(child.cmdline()):
            child.kill()  # and not waited for: whoever started it notices

    findings = misbehave("second")

    assert findings.text == "second"
    assert findings.fingerprint == reader.fingerprint()
