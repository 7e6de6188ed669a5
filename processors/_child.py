"""What runs inside a child process: prepared once, then one document after the other."""

import errno
import os
import traceback
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from pipeline.model import Findings, ReadStatus
from processors import _family, _kernel, media
from processors.contract import ReadSettings, failed
from processors.read import Engines, read_document

OUT_OF_MEMORY_EXIT = 77
"""Exit code of a child that ran out of memory: it leaves at once, so that the next document gets a clean one."""

_MEMORY_WORDS = ("bad_alloc", "annot allocate memory", "Insufficient memory", "out of memory")


@dataclass(frozen=True, slots=True)
class Bug:
    """An error nobody foresaw, as text: exceptions of strangers do not always survive the way to the parent."""

    kind: str
    trace: str


Job = Callable[[Path, str, Path], Findings]


@dataclass(frozen=True, slots=True)
class Folders:
    """Where a child finds documents, where alone it may write, and the file in which it says who it is."""

    documents: Path
    own: Path
    introduction: Path


class _Child:
    """The state of this process: settings given at start, engine loaded at first use."""

    settings: ReadSettings = ReadSettings()
    engines: Engines = Engines(settings)
    granted: "_kernel.Granted | None" = None


def prepare(settings: ReadSettings, folders: Folders, job: Job | None) -> None:
    """Give up what a reader of documents does not need. Called once when the child starts.

    `job` has been imported by being named here: its code can be read no more afterwards.
    """
    del job
    # First: a user namespace is refused once there are threads, and threads keep the files they could reach.
    own_network = _kernel.leave_network()
    _family.who_am_i().introduce(folders.introduction)
    restricted = _kernel.keep_to(folders.own, documents=folders.documents)
    _kernel.lead_group()
    _kernel.forget_environment(folders.own)
    _kernel.be_quiet()
    _kernel.limit(settings.limits)
    _Child.settings = settings
    _Child.engines = Engines(settings)
    _Child.granted = _kernel.granted(settings.limits, own_network=own_network, restricted=restricted)


def granted() -> "_kernel.Granted | None":
    """Say what the kernel granted of what was asked."""
    return _Child.granted


def warm() -> bool:
    """Load the OCR engine; say whether there is one."""
    from processors.contract import EngineMissing

    try:
        _Child.engines.get()
    except EngineMissing:
        return False
    return True


def read(path: Path, name: str, work_dir: Path) -> Findings | Bug:
    """Read one document under the CPU limit of one document."""
    return run(_read, path, name, work_dir)


def run(job: Job, path: Path, name: str, work_dir: Path) -> Findings | Bug:
    """Run a job; an unforeseen error comes back as text, lack of memory ends the process."""
    _kernel.limit_memory(_Child.settings.limits.memory_mib)
    _kernel.limit_cpu(_Child.settings.limits.cpu_s)
    try:
        return job(path, name, work_dir)
    except OSError as exc:
        if exc.errno == errno.EFBIG:
            return failed(media.UNKNOWN, ReadStatus.TOO_BIG, _too_much(name))
        return Bug(type(exc).__name__, traceback.format_exc(limit=-12))
    except MemoryError:
        os._exit(OUT_OF_MEMORY_EXIT)
    except (Exception, SystemExit) as exc:  # noqa: BLE001 - the one place round one document
        if any(word in str(exc) for word in _MEMORY_WORDS):
            os._exit(OUT_OF_MEMORY_EXIT)
        return Bug(type(exc).__name__, traceback.format_exc(limit=-12))


def _too_much(name: str) -> str:
    limit = _Child.settings.limits.output_mib
    return f"{name}: reading it writes files of more than {limit} MiB, the limit; split it or raise the limit."


def _read(path: Path, name: str, work_dir: Path) -> Findings:
    return read_document(path, name=name, work_dir=work_dir, settings=_Child.settings, engine=_Child.engines.get)
