"""What code does that took over a child. Each function takes what a job takes.

A document holds the name of a function here and its arguments. A function ends with what it found
out as the text of its findings, or does not end.
"""

import ctypes
import mmap
import os
import resource
import shutil
import signal
import socket
import stat
import subprocess
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from itertools import count
from pathlib import Path
from typing import Any

from pipeline.model import Child, Finding, Findings, ReadStatus

_PAUSE = threading.Event()
_KEPT: list[Any] = []
_LIBC = ctypes.CDLL(None, use_errno=True)
MIB = 2**20


def does(path: Path, name: str, work_dir: Path) -> Findings:
    """Do what the document says; repeat it where it names no function."""
    del name
    if _KEPT and callable(_KEPT[-1]):
        _KEPT[-1]()
    what, *arguments = path.read_text().split()
    deed: Callable[..., str | Findings] | None = globals().get(what)
    if deed is None or what.startswith("_"):
        return found(path.read_text())
    answer = deed(work_dir, *arguments)
    return answer if isinstance(answer, Findings) else found(answer)


def found(text: str, **more: Any) -> Findings:
    """Return findings with a text."""
    nothing = Finding(value=None, confidence=0.0, reason="deed")
    findings = Findings(media_type="text/plain", status=ReadStatus.OK, doc_type=nothing, text=text)
    return replace(findings, **more)


def tried(attempt: Callable[[], object]) -> str:
    """Say how an attempt ended: the name of the error, or what it returned."""
    try:
        return f"done: {attempt()}"
    except OSError as exc:
        return type(exc).__name__


def _wait() -> str:
    _PAUSE.wait()
    return "never"


# --- files ---


def steal_by_swap(work_dir: Path, victim: str) -> Findings:
    """Name a file below a folder, and keep swapping the folder for a link to a victim's."""
    inner = work_dir / "children" / "001"
    inner.mkdir(parents=True)
    (inner / "original").write_text("mine")
    (work_dir / "children" / "link").symlink_to(victim)
    aside = work_dir / "children" / "aside"

    def swap() -> None:
        while True:
            with suppress(OSError):
                inner.rename(aside)
                (work_dir / "children" / "link").rename(inner)
                inner.rename(work_dir / "children" / "link")
                aside.rename(inner)

    threading.Thread(target=swap, daemon=True).start()
    child = Child("inner", found("inner"), "ab", 4, inner / "original")
    return found("outer", children=(child,))


def leave_link(work_dir: Path, victim: str) -> Findings:
    """Leave a link to somebody's file as a rendition."""
    (work_dir / "text.txt").symlink_to(victim)
    return found("mine", derived={"text.txt": work_dir / "text.txt"})


def leave_hard_link(work_dir: Path, victim: str) -> Findings:
    """Leave another name of somebody's file as a rendition."""
    os.link(victim, work_dir / "text.txt")
    return found("mine", derived={"text.txt": work_dir / "text.txt"})


def leave_pipe(work_dir: Path) -> Findings:
    """Leave a pipe that nobody ever writes to as a rendition."""
    os.mkfifo(work_dir / "text.txt")
    return found("mine", derived={"text.txt": work_dir / "text.txt"})


def leave_named(work_dir: Path, key: str, name: str) -> Findings:
    """Leave a file of any name under any key."""
    (work_dir / name).write_text("believe me")
    return found("mine", derived={key: work_dir / name})


def leave_up(work_dir: Path) -> Findings:
    """Name a file by a way that leads out of the folder and in again."""
    (work_dir / "text.txt").write_text("mine")
    return found("mine", derived={"text.txt": work_dir / ".." / "work" / "text.txt"})


def leave_many(work_dir: Path, files: str, mib: str, how: str) -> Findings:
    """Leave many files of a size that costs nothing: sparse ones, or one file under many names."""
    first = work_dir / "first"
    with first.open("wb") as file:
        if how == "linked":
            file.write(bytes(int(mib) * MIB))
        else:
            file.truncate(int(mib) * MIB)
    children = []
    for number in range(1, int(files) + 1):
        path = work_dir / "children" / f"{number:03d}" / "original"
        path.parent.mkdir(parents=True)
        if how == "linked":
            os.link(first, path)
        else:
            with path.open("wb") as file:
                file.truncate(int(mib) * MIB)
        children.append(Child("inner", found("inner"), "ab", int(mib) * MIB, path))
    return found("outer", children=tuple(children))


def touch_metadata(work_dir: Path, *victims: str) -> str:
    """Change mode, times and attributes of files, and of the document itself."""
    document = work_dir.parents[2] / "documents" / "document"
    said = []
    for victim in map(Path, (*victims, str(document))):
        said += [
            tried(lambda victim=victim: victim.chmod(0o777)),
            tried(lambda victim=victim: os.utime(victim, (1, 1))),
            tried(lambda victim=victim: os.setxattr(victim, "user.deed", b"1")),
            tried(lambda victim=victim: os.truncate(victim, 0)),
        ]
    with document.open("rb") as file:
        said.append(tried(lambda: os.fchmod(file.fileno(), 0o777)))
    return " ".join(said)


def look_at(work_dir: Path, *paths: str) -> str:
    """Read files and folders of others."""
    del work_dir
    return " ".join(
        tried(lambda path=Path(path): list(path.iterdir()) if path.is_dir() else path.read_text())
        for path in paths
    )


def nest(work_dir: Path, levels: str, name_length: str, mib: str) -> str:
    """Make folders so deep that no path reaches the bottom, and write there."""
    name = "d" * int(name_length)
    here = os.open(work_dir, os.O_RDONLY)
    for _ in range(int(levels)):
        os.mkdir(name, dir_fd=here)
        below = os.open(name, os.O_RDONLY, dir_fd=here)
        os.close(here)
        here = below
    for number in range(int(mib) // 4):
        bottom = os.open(f"f{number}", os.O_WRONLY | os.O_CREAT, dir_fd=here)
        os.write(bottom, bytes(4 * MIB))
        os.close(bottom)
    if int(mib):
        return _wait()
    return "nested"


def close_folders(work_dir: Path) -> str:
    """Leave folders that even their owner may not look into."""
    inner = work_dir / "closed" / "closed"
    inner.mkdir(parents=True)
    (inner / "file").write_text("x")
    for folder in (inner, inner.parent):
        tried(lambda folder=folder: folder.chmod(0))
    os.umask(0o777)
    (work_dir / "dark").mkdir()
    os.umask(0o022)
    return "closed"


# --- processes ---


def _detached(run: Callable[[], object]) -> None:
    """Start a process that leaves session and group, and whose parent ends."""
    if os.fork() == 0:
        os.setsid()
        if os.fork() == 0:
            run()
        os._exit(0)
    os.wait()


def leave_program(work_dir: Path, seconds: str, ending: str = "") -> str:
    """Start a program that hides, and end well, by crashing or by hanging."""
    del work_dir
    _detached(lambda: os.execlp("sleep", "sleep", seconds))  # noqa: S606 - it is to hide
    if ending == "crash":
        os._exit(3)
    if ending == "hang":
        _wait()
    return "started"


def leave_spy(work_dir: Path, seconds: str) -> str:
    """Start a program that copies every later document to where later documents find it."""
    folder = work_dir.parents[2]
    script = (
        f"while true; do cat {folder}/documents/* > {folder}/own/loot; "
        f"cp {folder}/own/loot {folder}/own/*/work/; sleep 0.02; done; sleep {seconds}"
    )
    _detached(lambda: os.execlp("sh", "sh", "-c", script))  # noqa: S606 - it is to hide
    return "started"


def leave_hopper(work_dir: Path, seconds: str, name: str) -> str:
    """Start a process that is another one all the time: it forks and ends, again and again."""
    del work_dir

    def hop() -> None:
        _LIBC.prctl(15, name.encode())  # PR_SET_NAME
        end = time.monotonic() + float(seconds)
        while time.monotonic() < end:
            if os.fork():
                os._exit(0)

    _detached(hop)
    return "started"


def look_for_loot(work_dir: Path) -> str:
    """Wait a while, then say what else is in the folders of this child."""
    _PAUSE.wait(0.5)
    own = work_dir.parents[1]
    return " ".join(sorted(str(each.relative_to(own)) for each in own.rglob("*")))


def keep_open(work_dir: Path) -> str:
    """Keep this document open."""
    _KEPT.append((work_dir.parents[2] / "documents" / "document").open("rb"))
    return "kept"


def read_kept(work_dir: Path) -> str:
    """Read again what an earlier document kept open."""
    del work_dir
    said = []
    for file in _KEPT:
        file.seek(0)
        said.append(file.read().decode())
    return f"kept {said}"


def see_processes(work_dir: Path, *pids: str) -> str:
    """Look into processes, attach to them, limit them and send them a signal."""
    del work_dir
    said = []
    for pid in pids:
        said += [
            tried(lambda pid=pid: Path(f"/proc/{pid}/environ").read_bytes()),
            tried(lambda pid=pid: Path(f"/proc/{pid}/mem").open("rb").close()),
            tried(lambda pid=pid: Path(f"/proc/{pid}/fd/0").readlink()),
            tried(lambda pid=pid: os.kill(int(pid), 0)),
            tried(lambda pid=pid: _checked(_LIBC.ptrace(16, int(pid), 0, 0))),  # PTRACE_ATTACH
            tried(lambda pid=pid: resource.prlimit(int(pid), resource.RLIMIT_NOFILE, (10, 10))),
        ]
    return " ".join(said)


def _checked(result: int) -> int:
    if result < 0:
        raise OSError(ctypes.get_errno(), "refused")
    return result


def tell_environments(work_dir: Path) -> str:
    """Say what every process that can be seen has in its environment."""
    del work_dir
    said = [repr(dict(os.environ))]
    for folder in Path("/proc").iterdir():
        if folder.name.isdigit():
            with suppress(OSError):
                said.append((folder / "environ").read_bytes().decode(errors="replace"))
    return "\n".join(said)


def tell_rights(work_dir: Path) -> str:
    """Say who this process is and what it may do."""
    del work_dir
    status = Path("/proc/self/status").read_text()
    lines = dict(line.split(":\t", 1) for line in status.splitlines() if ":\t" in line)
    rights = {name: lines[name] for name in ("CapEff", "CapPrm", "CapBnd", "NoNewPrivs", "Seccomp")}
    back = tried(lambda: os.setuid(0))
    return f"{rights['CapEff']} {rights['CapPrm']} {rights['NoNewPrivs']} {os.getuid()} {back}"


def escape(work_dir: Path) -> str:
    """Try to make namespaces, to mount, to change the root and to bypass the filter."""
    del work_dir
    calls = {
        "unshare": lambda: _checked(_LIBC.unshare(0x10000000)),
        "setns": lambda: _checked(_LIBC.setns(0, 0)),
        "mount": lambda: _checked(_LIBC.mount(b"none", b"/tmp", b"tmpfs", 0, None)),
        "chroot": lambda: os.chroot("/"),
        "clone3": lambda: _checked(_LIBC.syscall(435, 0, 0)),
        "io_uring": lambda: _checked(_LIBC.syscall(425, 1, 0)),
        "bpf": lambda: _checked(_LIBC.syscall(321, 0, 0, 0)),
        "keyctl": lambda: _checked(_LIBC.syscall(250, 0, 0)),
        "dumpable": lambda: _checked(_LIBC.prctl(4, 0, 0, 0, 0)),
    }
    return " ".join(f"{name}={tried(call)}" for name, call in calls.items())


# --- network ---


def call_out(work_dir: Path, port: str, path: str) -> str:
    """Try every way to reach a server on this machine: TCP, UDP and Unix sockets."""
    del work_dir

    def connected(family: int, kind: int, address: object) -> str:
        with socket.socket(family, kind) as each:
            each.settimeout(2)
            each.connect(address)  # type: ignore[arg-type]
            each.send(b"hello")
        return "connected"

    def by_pair() -> str:
        one, other = socket.socketpair(socket.AF_UNIX, socket.SOCK_DGRAM)
        with one, other:
            one.sendto(b"hello", f"{path}.datagrams")
        return "connected"

    unix, stream, datagram = socket.AF_UNIX, socket.SOCK_STREAM, socket.SOCK_DGRAM
    ways = {
        "tcp": lambda: connected(socket.AF_INET, stream, ("127.0.0.1", int(port))),
        "udp": lambda: connected(socket.AF_INET, datagram, ("127.0.0.1", int(port))),
        "path": lambda: connected(unix, stream, path),
        "datagrams": lambda: connected(unix, datagram, f"{path}.datagrams"),
        "abstract": lambda: connected(unix, stream, f"\0{path}"),
        "pair": by_pair,
        "netlink": lambda: socket.socket(16, socket.SOCK_RAW).close(),
        "packet": lambda: socket.socket(17, socket.SOCK_RAW).close(),
    }
    return " ".join(f"{name}={tried(way)}" for name, way in ways.items())


# --- limits ---


def _lift(kind: int) -> None:
    _, hard = resource.getrlimit(kind)
    resource.setrlimit(kind, (hard, hard))


def spin_on(work_dir: Path) -> str:
    """Lift the soft limit on CPU time and use the processor for ever."""
    del work_dir
    _lift(resource.RLIMIT_CPU)
    signal.signal(signal.SIGXCPU, signal.SIG_IGN)
    while True:
        pass


def spin_in_parts(work_dir: Path) -> str:
    """Use the processor in four processes, each below the limit for long."""
    del work_dir
    _lift(resource.RLIMIT_CPU)
    for _ in range(3):
        if os.fork() == 0:
            while True:
                pass
    while True:
        pass


def eat_on(work_dir: Path) -> str:
    """Lift the soft limit on memory and use more and more."""
    del work_dir
    _lift(resource.RLIMIT_DATA)
    return _eat(lambda: bytearray(b"x" * 16 * MIB))


def eat_shared(work_dir: Path) -> str:
    """Use memory that is shared, and so private to nobody."""
    del work_dir

    def piece() -> mmap.mmap:
        shared = mmap.mmap(-1, 16 * MIB)
        shared.write(b"x" * 16 * MIB)
        return shared

    return _eat(piece)


def eat_in_parts(work_dir: Path) -> str:
    """Use memory in ten processes, each below the limit."""
    del work_dir
    for _ in range(10):
        if os.fork() == 0:
            held = bytearray(b"x" * 150 * MIB)
            _PAUSE.wait()
            del held
    return _wait()


def _eat(piece: Callable[[], object]) -> str:
    held = []
    while len(held) < 200:  # 3 GiB: the machine of the test survives it
        held.append(piece())
        time.sleep(0.01)
    return f"ate {len(held)} pieces"


def hidden_memory(work_dir: Path) -> str:
    """Ask for memory that belongs to no process."""
    del work_dir
    return " ".join([
        "memfd=" + tried(lambda: os.memfd_create("x")),
        "shmget=" + tried(lambda: _checked(_LIBC.shmget(0, MIB, 0o1600))),
        "msgget=" + tried(lambda: _checked(_LIBC.msgget(0, 0o1600))),
        "semget=" + tried(lambda: _checked(_LIBC.semget(0, 1, 0o1600))),
        "shm=" + tried(lambda: Path("/dev/shm/deed").write_text("x")),  # noqa: S108 - the place is the point
        "tmp=" + tried(lambda: Path("/tmp/deed").write_text("x")),  # noqa: S108
    ])  # fmt: skip


def fill_unlinked(work_dir: Path) -> str:
    """Fill files that have no name any more: some open, some only mapped."""
    held: list[Any] = []
    for number in range(10):
        path = work_dir / f"{number}"
        file = path.open("w+b")
        file.write(b"x" * 6 * MIB)
        file.flush()
        path.unlink()
        if number % 2:
            held.append(mmap.mmap(file.fileno(), 4096))
            file.close()
        else:
            held.append(file)
    return _wait()


# --- the next document ---


def _line() -> int:
    for number in range(3, 64):
        with suppress(OSError):
            if stat.S_ISSOCK(os.fstat(number).st_mode):
                return number
    raise OSError("no line")


def take_names(work_dir: Path) -> str:
    """Take the names of the folders that later documents will get, as files, folders and links."""
    own = work_dir.parents[1]
    for number in count(2):
        if number > 40:
            return "taken"
        path = own / f"{number}"
        if number % 3 == 0:
            path.write_text("taken")
        elif number % 3 == 1:
            path.symlink_to("/")
        else:
            (path / "work").mkdir(parents=True)
    return "never"


def answer_and_hang(work_dir: Path) -> str:
    """Answer properly, and never come back for the next document."""
    from processors.sandbox import answers

    answers.write(found("answered"), work_dir.parent)
    os.write(_line(), b".")
    return _wait()


def answer_twice(work_dir: Path) -> str:
    """Say that the next document is taken and read before there is one."""
    del work_dir
    number = _line()
    threading.Timer(0.2, lambda: os.write(number, b"t.")).start()
    return "answered"


def poison(work_dir: Path, how: str) -> str:
    """Let the next document end badly in this process."""
    del work_dir
    ends: dict[str, Callable[[], object]] = {
        "crash": lambda: os._exit(3),
        "hang": _PAUSE.wait,
        "lie": lambda: os.write(_line(), b"?"),
        "memory": lambda: os._exit(77),
    }
    _KEPT.append(ends[how])
    return "poisoned"


def poison_later(work_dir: Path) -> str:
    """Kill this process from a thread while it reads a later document."""
    own = work_dir.parents[1]

    def watch() -> None:
        while True:
            if any(own.glob("2/work")):
                os._exit(3)

    threading.Thread(target=watch, daemon=True).start()
    return "poisoned"


def run_tool(work_dir: Path) -> str:
    """Run a program properly, as OCR engines do, and wait for it."""
    del work_dir
    tool = shutil.which("true") or "true"
    return f"ended with {subprocess.run([tool], check=False).returncode}"
