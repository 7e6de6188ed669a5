"""What the operating system can take away from a child: memory, time, disk, environment, network.

Each function acts on the calling process and is called once in a child, before any document is opened.
"""

import ctypes
import os
import resource
import signal
import sys
import tempfile
import threading
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from processors.contract import Limits
from processors.sandbox import landlock as _landlock

_PR_SET_CHILD_SUBREAPER = 36
_CLONE_NEWNET = 0x40000000
_CLONE_NEWUSER = 0x10000000
_SYSTEM = (
    "/usr", "/bin", "/sbin", "/lib", "/lib64", "/opt", "/nix", "/etc/ld.so.cache", "/etc/fonts", "/etc/localtime",
    "/etc/mime.types", "/etc/OpenCL", "/proc", "/sys/devices", "/sys/fs/cgroup", "/dev/urandom", "/dev/random",
    "/dev/zero",
)  # fmt: skip
"""What programs and libraries are made of, on the usual systems; other settings in /etc are nobody's business here."""
_KEPT = ("PATH", "LANG", "LC_ALL", "LC_CTYPE", "TZ", "TESSDATA_PREFIX", "LD_LIBRARY_PATH")
_MOST_MEMORY = 4
"""Times the memory of one document that a child with all it has loaded may reach."""
_MOST_FILES = 65_536
_ENV_START, _ENV_END = (
    49,
    50,
)  # fields of /proc/self/stat, counted from 0: proc(5) env_start and env_end


@dataclass(frozen=True, slots=True)
class Granted:
    """What a child really has of what was asked: the system, or whoever started us, may grant less or nothing.

    `network` says how it is cut off ("" where it is not), `landlock` is the kernel's version of it, 0 for none.
    """

    network: str
    landlock: int
    memory_mib: int | None
    cpu_s: int | None
    output_mib: int | None
    stall: bool


def told(asked: int, given: int | None, unit: str) -> str:
    """Say a limit, and where the system granted less than was asked, both."""
    return (
        f"{asked} {unit}"
        if given is None or given >= asked
        else f"{given} {unit}, granted of {asked} asked for"
    )


NOTHING = Granted(network="", landlock=0, memory_mib=None, cpu_s=None, output_mib=None, stall=False)


def granted(limits: Limits, *, own_network: bool, restricted: _landlock.Restricted) -> Granted:
    """Read back what this process was given."""
    network = (
        "a network of its own, empty" if own_network else "no TCP" if restricted.tcp_closed else ""
    )
    memory = _left(resource.RLIMIT_DATA, 2**20)
    return Granted(
        network=network,
        landlock=restricted.version,
        memory_mib=None if memory is None else min(memory, limits.memory_mib),
        cpu_s=limits.cpu_s
        if (hard := _left(resource.RLIMIT_CPU, 1)) is None
        else min(hard, limits.cpu_s),
        output_mib=_left(resource.RLIMIT_FSIZE, 2**20),
        stall=Path("/proc/self/stat").exists(),
    )


def _left(kind: int, unit: int) -> int | None:
    hard = resource.getrlimit(kind)[1]
    return None if hard == resource.RLIM_INFINITY else hard // unit


def keep_to(folder: Path, *, documents: Path) -> _landlock.Restricted:
    """Leave this process one folder to write in, and to read the documents' folder and what programs are made of."""
    tempfile.tempdir = str(folder)
    return _landlock.restrict(
        readable=[documents, *_programs()], writable=[folder, Path(os.devnull)]
    )


def _programs() -> Iterator[Path]:
    """Yield where code, libraries, fonts and models lie: the system's folders, Python's, and packages in use."""
    yield from (Path(name) for name in _SYSTEM)
    yield from {
        Path(sys.prefix),
        Path(sys.base_prefix),
        Path(sys.exec_prefix),
        Path(os.__file__).parent,
    }
    for entry in sys.path:
        if Path(entry).name in {"site-packages", "dist-packages"}:
            yield Path(entry)
    for name, module in list(sys.modules.items()):
        if "." not in name and name != "__main__":
            yield from map(
                Path,
                getattr(module, "__path__", None)
                or filter(None, [getattr(module, "__file__", None)]),
            )
    data = os.environ.get("TESSDATA_PREFIX")  # noqa: TID251 - the program tesseract reads it, so its folder must stay
    if data:
        yield Path(data)


def adopt_orphans() -> None:
    """Let programs whose starter ends come back to this process, so that none hides behind a dead one."""
    if sys.platform.startswith("linux"):
        ctypes.CDLL(None).prctl(_PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)


def limit(limits: Limits) -> None:
    """Bound private memory and size of files written; leave no core dumps."""
    _set(resource.RLIMIT_DATA, _MOST_MEMORY * limits.memory_mib * 2**20)
    limit_memory(limits.memory_mib)
    _set(resource.RLIMIT_FSIZE, limits.output_mib * 2**20)
    _set(resource.RLIMIT_CORE, 0)


def limit_memory(memory_mib: int) -> None:
    """Let this process make so much more memory its own than it holds now: a document's share, beside the models'.

    RLIMIT_DATA counts what a process makes its own. RLIMIT_AS would also count the gigabytes of address space that
    inference runtimes reserve and never touch.
    """
    _, hard = resource.getrlimit(resource.RLIMIT_DATA)
    soft = _data_bytes() + memory_mib * 2**20
    resource.setrlimit(
        resource.RLIMIT_DATA, (soft if hard == resource.RLIM_INFINITY else min(soft, hard), hard)
    )


def _data_bytes() -> int:
    """Return the private memory of this process as RLIMIT_DATA counts it; 0 where the system does not tell."""
    with suppress(OSError, ValueError, IndexError):
        for line in Path("/proc/self/status").read_text(encoding="ascii").splitlines():
            if line.startswith("VmData:"):
                return int(line.split()[1]) * 1024
    return 0


def limit_cpu(seconds: int) -> None:
    """Let this process use so many CPU seconds from now on; the kernel then ends it with SIGXCPU.

    The hard limit stays, so that the soft one can be raised again for the next document.
    """
    usage = resource.getrusage(resource.RUSAGE_SELF)
    _, hard = resource.getrlimit(resource.RLIMIT_CPU)
    soft = int(usage.ru_utime + usage.ru_stime) + 1 + seconds
    resource.setrlimit(
        resource.RLIMIT_CPU, (soft if hard == resource.RLIM_INFINITY else min(soft, hard), hard)
    )


def forget_environment(temporary: Path) -> None:
    """Drop every variable but a few harmless ones, and overwrite the block the kernel shows in /proc."""
    kept = {name: value for name in _KEPT if (value := os.environ.get(name)) is not None}  # noqa: TID251 - to empty it
    os.environ.clear()  # noqa: TID251 - the child has no settings of its own
    with suppress(OSError, ValueError, IndexError):
        fields = Path("/proc/self/stat").read_text(encoding="utf-8").rpartition(")")[2].split()
        start, end = int(fields[_ENV_START - 2]), int(fields[_ENV_END - 2])
        if 0 < start < end:
            ctypes.memset(start, 0, end - start)
    kept |= {"TMPDIR": str(temporary), "HOME": str(temporary)}  # some libraries keep notes at home
    os.environ.update(kept, OMP_THREAD_LIMIT="1", OMP_NUM_THREADS="1", OPENBLAS_NUM_THREADS="1")  # noqa: TID251 - one core a child


def leave_network() -> bool:
    """Move into a network of its own without any interface; return False where the kernel does not let us.

    Root may do so directly, anyone else inside a user namespace, if the kernel allows those.
    """
    if not sys.platform.startswith("linux"):
        return False
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.unshare(_CLONE_NEWNET) == 0:
        return True
    uid, gid = os.getuid(), os.getgid()
    if libc.unshare(_CLONE_NEWUSER | _CLONE_NEWNET) != 0:
        return False
    with suppress(OSError):  # without a mapping files still open, they only look like nobody's
        Path("/proc/self/setgroups").write_text("deny", encoding="ascii")
        Path("/proc/self/uid_map").write_text(f"{uid} {uid} 1", encoding="ascii")
        Path("/proc/self/gid_map").write_text(f"{gid} {gid} 1", encoding="ascii")
    return True


def keep_open(number: int) -> None:
    """Close whatever else was handed down, such as the way to what cleans up for all processes of the parent."""
    most = resource.getrlimit(resource.RLIMIT_NOFILE)[0]
    os.closerange(3, number)
    os.closerange(number + 1, min(most, _MOST_FILES))


def be_quiet() -> None:
    """Send what libraries print to nowhere: nobody reads it and a document could flood it."""
    nowhere = os.open(os.devnull, os.O_RDWR)
    for stream in (0, 1, 2):
        os.dup2(nowhere, stream)
    os.close(nowhere)


def lead_group() -> None:
    """Become a group leader whose programs die with it: when told to stop, and when the parent is gone."""
    with suppress(OSError):
        os.setsid()
    adopt_orphans()
    signal.signal(signal.SIGTERM, lambda *_: os.killpg(0, signal.SIGKILL))
    parent = os.getppid()
    threading.Thread(target=_die_with, args=(parent,), name="parent-watch", daemon=True).start()


def _die_with(parent: int) -> None:
    pause = threading.Event()
    while os.getppid() == parent:
        pause.wait(1.0)
    os.killpg(0, signal.SIGKILL)


def _set(kind: int, value: int) -> None:
    """Lower a limit for good, never above what the parent was given."""
    _, hard = resource.getrlimit(kind)
    ceiling = value if hard == resource.RLIM_INFINITY else min(value, hard)
    resource.setrlimit(kind, (ceiling, ceiling))
