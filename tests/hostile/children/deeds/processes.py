"""Processes that hide, stay, and look at others."""

import os
import resource
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from tests.hostile.children.deeds.common import KEPT, LIBC, PAUSE, checked, tried, wait_forever


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
        wait_forever()
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
        LIBC.prctl(15, name.encode())  # PR_SET_NAME
        end = time.monotonic() + float(seconds)
        while time.monotonic() < end:
            if os.fork():
                os._exit(0)

    _detached(hop)
    return "started"


def look_for_loot(work_dir: Path) -> str:
    """Wait a while, then say what else is in the folders of this child."""
    PAUSE.wait(0.5)
    own = work_dir.parents[1]
    return " ".join(sorted(str(each.relative_to(own)) for each in own.rglob("*")))


def keep_open(work_dir: Path) -> str:
    """Keep this document open."""
    KEPT.append((work_dir.parents[2] / "documents" / "document").open("rb"))
    return "kept"


def read_kept(work_dir: Path) -> str:
    """Read again what an earlier document kept open."""
    del work_dir
    said = []
    for file in KEPT:
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
            tried(lambda pid=pid: checked(LIBC.ptrace(16, int(pid), 0, 0))),  # PTRACE_ATTACH
            tried(lambda pid=pid: resource.prlimit(int(pid), resource.RLIMIT_NOFILE, (10, 10))),
        ]
    return " ".join(said)


def reveal_environments(work_dir: Path) -> str:
    """Say what every process that can be seen has in its environment."""
    del work_dir
    said = [repr(dict(os.environ))]
    for folder in Path("/proc").iterdir():
        if folder.name.isdigit():
            with suppress(OSError):
                said.append((folder / "environ").read_bytes().decode(errors="replace"))
    return "\n".join(said)


def reveal_rights(work_dir: Path) -> str:
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
        "unshare": lambda: checked(LIBC.unshare(0x10000000)),
        "setns": lambda: checked(LIBC.setns(0, 0)),
        "mount": lambda: checked(LIBC.mount(b"none", b"/tmp", b"tmpfs", 0, None)),
        "chroot": lambda: os.chroot("/"),
        "clone3": lambda: checked(LIBC.syscall(435, 0, 0)),
        "io_uring": lambda: checked(LIBC.syscall(425, 1, 0)),
        "bpf": lambda: checked(LIBC.syscall(321, 0, 0, 0)),
        "keyctl": lambda: checked(LIBC.syscall(250, 0, 0)),
        "dumpable": lambda: checked(LIBC.prctl(4, 0, 0, 0, 0)),
    }
    return " ".join(f"{name}={tried(call)}" for name, call in calls.items())
