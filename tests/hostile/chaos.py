"""Jobs that misbehave in a child instead of reading a document."""

import ctypes
import os
import pickle
import socket
import stat
import subprocess
import threading
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

from pipeline.model import Finding, Findings, ReadStatus

_PAUSE = threading.Event()


def says(path: Path, name: str, work_dir: Path) -> Findings:
    """Behave: repeat the document's own words."""
    del name, work_dir
    return _found(path.read_text())


def misbehaves(path: Path, name: str, work_dir: Path) -> Findings:
    """Do what the document says: the name of a function below, or else say what it says."""
    job = globals().get(path.read_text().partition(" ")[0])
    found: Findings = job(path, name, work_dir) if job else says(path, name, work_dir)
    return found


def hang(*_: object) -> Findings:
    """Wait for ever without using the processor."""
    _PAUSE.wait()
    return _found("never")


def spin(*_: object) -> Findings:
    """Use the processor for ever."""
    while True:
        pass


def eat_memory(*_: object) -> Findings:
    """Ask for more and more memory and use it."""
    eaten = []
    while True:
        eaten.append(bytearray(b"x" * 2**24))


def abort(*_: object) -> Findings:
    """Die of a signal, as native code does on a corrupt document."""
    ctypes.string_at(0)
    return _found("never")


def leave(*_: object) -> Findings:
    """End the process without a word."""
    os._exit(3)


def leave_politely(*_: object) -> Findings:
    """Ask Python to exit, as some libraries do when they give up."""
    raise SystemExit(2)


def flood_disk(_: Path, __: str, work_dir: Path) -> Findings:
    """Write a file without end."""
    with (work_dir / "flood").open("wb") as stream:
        while True:
            stream.write(bytes(2**20))


def flood_output(*_: object) -> Findings:
    """Print without end, as a library that warns about every byte would; then be well."""
    for _round in range(64):
        os.write(1, b"x" * 2**20)
        os.write(2, b"x" * 2**20)
    return _found("printed")


def raise_strange(*_: object) -> Findings:
    """Raise an exception that cannot be sent to another process."""

    class Strange(Exception):
        def __init__(self, one: object, two: object) -> None:
            super().__init__()
            self.both = (one, two, threading.Lock())

    raise Strange(1, 2)


def start_program(path: Path, *_: object) -> Findings:
    """Start a program that sleeps as long as the document says, and wait for it."""
    with subprocess.Popen(["sleep", _argument(path)]) as program:
        program.wait()
    return _found("never")


def leave_program(path: Path, *_: object) -> Findings:
    """Start a program that leaves the group and hides behind a dead parent; then be well."""
    if os.fork() == 0:
        os.setsid()
        if os.fork() == 0:
            os.execlp("sleep", "sleep", _argument(path))  # noqa: S606 - it is to hide
        os._exit(0)
    os.wait()
    return _found("started")


def leave_program_and_die(path: Path, *_: object) -> Findings:
    """The same, and crash."""
    leave_program(path)
    os._exit(3)


def multiply(*_: object) -> Findings:
    """Start processes that start processes, two hundred in all, each waiting for ever."""
    for _round in range(200):
        if os.fork() == 0:
            os.setsid()
            _PAUSE.wait()
    _PAUSE.wait()
    return _found("never")


def flood_files(_: Path, __: str, work_dir: Path) -> Findings:
    """Write many small files, then wait."""
    for number in range(2_000):
        (work_dir / f"{number}").write_bytes(b"x")
    _PAUSE.wait()
    return _found("never")


def write_outside(path: Path, *_: object) -> Findings:
    """Try to write where the document says, and over the document itself."""
    said = []
    for target in (Path(_argument(path)), path):
        try:
            target.write_text("was here")
            said.append("wrote")
        except OSError as exc:
            said.append(type(exc).__name__)
    return _found(" ".join(said))


def read_outside(path: Path, *_: object) -> Findings:
    """Try to read a file of somebody else."""
    try:
        return _found(Path(_argument(path)).read_text())
    except OSError as exc:
        return _found(type(exc).__name__)


def name_outside(path: Path, *_: object) -> Findings:
    """Claim a file of somebody else as derived from the document."""
    return replace(_found("mine"), derived={"text.txt": Path(_argument(path))})


def name_link(path: Path, _: str, work_dir: Path) -> Findings:
    """Claim a link to a file of somebody else as derived from the document."""
    (work_dir / "text.txt").symlink_to(_argument(path))
    return replace(_found("mine"), derived={"text.txt": work_dir / "text.txt"})


def _argument(path: Path) -> str:
    """Return what follows the name of the deed in the document."""
    return path.read_text().partition(" ")[2]


class _Deed:
    """Whoever unpickles it empties a file."""

    def __init__(self, target: str) -> None:
        self.target = target

    def __reduce__(self) -> tuple[object, tuple[str, int]]:
        return os.truncate, (self.target, 0)


def answer_pickled(path: Path, _: str, work_dir: Path) -> Findings:
    """Answer with what does harm where it is unpickled."""
    (work_dir.parent / "answer.json").write_bytes(pickle.dumps(_Deed(_argument(path))))
    return _answered()


def answer_by_pipe(_: Path, __: str, work_dir: Path) -> Findings:
    """Answer with a pipe that nobody ever writes to."""
    (work_dir.parent / "answer.json").unlink()
    os.mkfifo(work_dir.parent / "answer.json")
    return _answered()


def answer_by_link(path: Path, _: str, work_dir: Path) -> Findings:
    """Answer with a link to a file of somebody else."""
    (work_dir.parent / "answer.json").unlink()
    (work_dir.parent / "answer.json").symlink_to(_argument(path))
    return _answered()


def answer_floods(_: Path, __: str, work_dir: Path) -> Findings:
    """Answer with millions of lists."""
    (work_dir.parent / "answer.json").write_bytes(b'{"findings": [' + b"[]," * (25 * 10**5))
    return _answered()


def cry_wolf(*_: object) -> Findings:
    """Claim without end to have begun."""
    while True:
        _say(b"t")


def _answered() -> Findings:
    _say(b".")
    _PAUSE.wait()
    return _found("never")


def _say(words: bytes) -> None:
    """Write to whoever listens."""
    for number in range(3, 64):
        with suppress(OSError):
            if stat.S_ISSOCK(os.fstat(number).st_mode):
                os.write(number, words)


def reveal_environment(*_: object) -> Findings:
    """Give away whatever the environment holds, in Python and in the kernel's view."""
    return _found(
        repr(dict(os.environ)) + Path("/proc/self/environ").read_bytes().decode(errors="replace")
    )


def call_out(path: Path, *_: object) -> Findings:
    """Try to reach a server on this machine's own network; the port is in the document."""
    port = int(_argument(path))
    try:
        socket.create_connection(("127.0.0.1", port), timeout=2).close()
    except OSError as exc:
        return _found(f"refused: {exc}")
    return _found("connected")


def _found(text: str) -> Findings:
    nothing = Finding(value=None, confidence=0.0, reason="chaos")
    return Findings(media_type="text/plain", status=ReadStatus.OK, doc_type=nothing, text=text)
