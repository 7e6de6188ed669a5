import os
import socket
import tempfile
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from functools import partial
from pathlib import Path

import psutil
import pytest

from pipeline.errors import BadSettings, TryLater
from pipeline.model import Findings, ReadStatus
from processors.contract import Limits
from processors.sandbox.child_folder import ChildFolder, sweep
from processors.sandbox.isolation import limit_in_words
from processors.sandbox.reader import SandboxedReader
from tests.hostile import chaos
from tests.support.samples import sampled

LIMITS = Limits(memory_mib=400, cpu_s=1, wall_s=240, stall_s=3, output_mib=8, disk_files=1_000)
Misbehave = Callable[..., Findings]


@pytest.fixture(scope="module")
def reader() -> Iterator[SandboxedReader]:
    """One child that does what documents report it to."""
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
        ("hang", ReadStatus.TIMED_OUT, "was idle for 3 s"),
        ("multiply", ReadStatus.SUSPICIOUS, "more than 32 programs"),
        ("flood_files", ReadStatus.TOO_BIG, "1000 files"),
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
def test_every_misdeed_has_a_status(
    what: str, status: ReadStatus, words: str, misbehave: Misbehave
):
    """Everything a document does to its child gets a status, and the next one is read."""
    findings = misbehave(what)

    assert findings.status is status
    assert words in "".join(findings.problems)
    assert misbehave("and then?").text == "and then?"


@pytest.mark.parametrize(
    ("what", "status"),
    [
        ("start_program", ReadStatus.TIMED_OUT),
        ("leave_program", ReadStatus.OK),
        ("leave_program_and_die", ReadStatus.CRASHED),
    ],
)
def test_programs_die_with_their_document(
    what: str, status: ReadStatus, reader: SandboxedReader, misbehave: Misbehave, tmp_path: Path
):
    """A program that a document started does not outlive its reading, however it hid."""
    granted = reader.granted()
    assert granted is not None
    seconds = f"{1_000_000 + os.getpid()}.{abs(hash(tmp_path)) % 10**6}"

    findings = misbehave(f"{what} {seconds}")

    assert findings.status is status
    _, alive = psutil.wait_procs(_sleeping(seconds), 5)
    assert [program for program in alive if program.status() != psutil.STATUS_ZOMBIE] == []


def _sleeping(seconds: str) -> list[psutil.Process]:
    return [
        process
        for process in psutil.process_iter()
        if process.is_running()
        and process.name() == "sleep"
        and seconds in " ".join(_command(process))
    ]


def _command(process: psutil.Process) -> list[str]:
    try:
        return process.cmdline()
    except psutil.Error:
        return []


def test_nothing_is_written_outside_the_childs_folder(
    reader: SandboxedReader, misbehave: Misbehave, tmp_path: Path
):
    """A child writes in its folder only, and not even over the document it reads."""
    _need_closed_files(reader)

    findings = misbehave(f"write_outside {tmp_path / 'outside'}")

    assert "wrote" not in findings.text
    assert not (tmp_path / "outside").exists()


def test_files_of_others_cannot_be_read(
    reader: SandboxedReader, misbehave: Misbehave, tmp_path: Path
):
    """A child sees its document and no other file: no settings, no credentials."""
    _need_closed_files(reader)
    (tmp_path / "credentials").write_text("hush")

    findings = misbehave(f"read_outside {tmp_path / 'credentials'}")

    assert findings.text in {"PermissionError", "FileNotFoundError"}


@pytest.mark.parametrize("deed", ["name_outside", "name_link"])
def test_only_files_of_its_own_folder_are_taken_from_a_child(
    deed: str, misbehave: Misbehave, tmp_path: Path
):
    """A child that names a victim's file, or a link to one, as derived is suspicious."""
    (tmp_path / "credentials").write_text("hush")

    findings = misbehave(f"{deed} {tmp_path / 'credentials'}")

    assert findings.status is ReadStatus.SUSPICIOUS
    assert findings.derived == {}
    assert (tmp_path / "credentials").read_text() == "hush"


@pytest.mark.parametrize(
    "deed",
    sampled(
        ["answer_pickled", "answer_by_pipe", "answer_by_link", "answer_floods", "cry_wolf"],
        sample=["answer_by_pipe", "answer_by_link"],
    ),
)
def test_an_answer_that_is_none_is_suspicious(deed: str, misbehave: Misbehave, tmp_path: Path):
    """An answer that is not JSON of the expected shape is never accepted or waited for."""
    (tmp_path / "credentials").write_text("hush")

    findings = misbehave(f"{deed} {tmp_path / 'credentials'}")

    assert findings.status in {ReadStatus.SUSPICIOUS, ReadStatus.CRASHED}
    assert (tmp_path / "credentials").read_text() == "hush"
    assert misbehave("and then?").text == "and then?"


def test_folders_of_the_killed_are_removed_by_the_next_start(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    """A new reader removes what killed parents left, and nothing that is in use."""
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    living = ChildFolder(None)
    killed = ChildFolder(None)
    os.close(killed._lock)
    (killed.folders.own / "deep" / "deeper").mkdir(parents=True)
    (tmp_path / "caspio-ingest-child-without-a-lock").mkdir()
    (tmp_path / "caspio-ingest-child-link").symlink_to(living._folder)

    sweep()

    assert {path.name for path in tmp_path.iterdir()} == {
        living._folder.name,
        "caspio-ingest-child-without-a-lock",
        "caspio-ingest-child-link",
    }
    living.remove()
    assert not living._folder.exists()


def test_nothing_is_left_in_the_childs_folder(misbehave: Misbehave, reader: SandboxedReader):
    """What a document left in the child's folder is gone before the next one."""
    misbehave("flood_files")

    process = reader._processes[0]._process
    assert process is None or list(process.folder.folders.own.iterdir()) == []


def test_what_was_granted_is_reported(reader: SandboxedReader):
    """Limits say what the system granted of what was asked."""
    granted = reader.granted()

    assert granted is not None
    assert granted.memory_mib in {None, 400}
    assert granted.output_mib in {None, 8}
    assert granted.cpu_s == 1


def test_a_limit_says_what_was_asked_and_what_was_granted():
    """Where the system grants less than was asked, a sentence about the limit says both."""
    assert limit_in_words(400, 400, "MiB") == limit_in_words(400, None, "MiB") == "400 MiB"
    assert limit_in_words(400, 100, "MiB") == "100 MiB, granted of 400 asked for"


def _need_closed_files(reader: SandboxedReader) -> None:
    granted = reader.granted()
    if granted is None or not granted.files_closed:
        pytest.skip("this system has neither own mounts nor Landlock")


def test_secrets_do_not_reach_the_child(monkeypatch: pytest.MonkeyPatch, tmp_path: Path):
    """What is in the parent's environment is in none of the places a child can look."""
    monkeypatch.setenv("CASPIO_CLIENT_SECRET", "hush-hush")
    document = tmp_path / "document"
    document.write_text("reveal_environment")

    with SandboxedReader(limits=LIMITS, workers=1, job=chaos.misbehaves) as reader:
        findings = reader.read(document, name="nosy", work_dir=tmp_path)

    assert "PATH" in findings.text
    assert "hush" not in findings.text
    assert "CASPIO" not in findings.text


def test_the_network_is_out_of_reach(reader: SandboxedReader, misbehave: Misbehave):
    """Where the kernel allows it, a child reaches nothing, not even this machine."""
    granted = reader.granted()
    if granted is None or not granted.network_closed:
        pytest.skip("this system neither has namespaces nor filters")
    with socket.create_server(("127.0.0.1", 0)) as server:
        findings = misbehave(f"call_out {server.getsockname()[1]}")

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


def test_a_document_that_waits_for_a_child_is_not_being_read(tmp_path: Path):
    """Of many threads only as many are inside their context as there are children, crashes included."""
    document = tmp_path / "document"
    document.write_text("leave")
    inside, most, entered = set[int](), [0], Counter[int]()

    @contextmanager
    def noted(number: int) -> Iterator[None]:
        inside.add(number)
        entered[number] += 1
        most.append(len(inside))
        try:
            yield
        finally:
            inside.discard(number)

    def read(number: int) -> ReadStatus:
        while_read = partial(noted, number)
        return reader.read(document, name="x", work_dir=tmp_path, while_read=while_read).status

    with (
        SandboxedReader(limits=LIMITS, workers=2, job=chaos.misbehaves) as reader,
        ThreadPoolExecutor(6) as pool,
    ):
        statuses = set(pool.map(read, range(6)))

    assert statuses == {ReadStatus.CRASHED}
    # On a loaded machine the two may never meet.
    assert max(most) in {1, 2}
    assert (inside, set(entered)) == (set(), set(range(6)))


def test_closing_sets_waiting_readers_free(tmp_path: Path):
    """Closing ends a child at once, and a waiting thread gets TryLater."""
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

    assert reader.granted() is not None
    thread = threading.Thread(target=wait)
    thread.start()
    thread.join(0.5)
    reader.close()
    thread.join(240)

    assert len(raised) == 1
    left = [child for child in psutil.Process().children(recursive=True) if child not in before]
    _, alive = psutil.wait_procs(
        [child for child in left if "processors.sandbox.supervisor" in " ".join(child.cmdline())], 5
    )
    assert alive == []


def test_a_closed_reader_reads_no_more(tmp_path: Path):
    """After closing, reading says to try later instead of starting a new child."""
    reader = SandboxedReader(limits=LIMITS, workers=1, job=chaos.says)
    reader.close()

    with pytest.raises(TryLater, match="closed"):
        reader.read(tmp_path / "document", name="late", work_dir=tmp_path)


def test_settings_that_cannot_work_stop_the_start():
    """An engine nobody knows is refused before any document is read."""
    with pytest.raises(BadSettings, match="Use one of"):
        SandboxedReader(ocr="magic")


def test_a_broken_child_is_replaced_between_documents(
    reader: SandboxedReader, misbehave: Misbehave
):
    """A child killed while it has nothing to do is replaced by the next document."""
    assert misbehave("first").text == "first"
    for child in psutil.Process(os.getpid()).children():
        if "processors.sandbox.supervisor" in " ".join(child.cmdline()):
            child.kill()  # and not waited for: whoever started it notices

    findings = misbehave("second")

    assert findings.text == "second"
    assert reader.is_current(findings.fingerprint)
