"""What runs inside a child process: prepared once, then one document after the other."""

import errno
import os
import traceback
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from pipeline.model import Findings, ReadStatus
from processors import _kernel, media
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


class _Child:
    """The state of this process: settings given at start, engine loaded at first use."""

    settings: ReadSettings = ReadSettings()
    engines: Engines = Engines(settings)
    offline: bool = False


def prepare(settings: ReadSettings) -> None:
    """Give up what a reader of documents does not need. Called once when the child starts."""
    _Child.offline = _kernel.leave_network()  # first: a user namespace is refused once there are threads
    _kernel.lead_group()
    _kernel.forget_environment()
    _kernel.be_quiet()
    _kernel.limit(settings.limits)
    _Child.settings = settings
    _Child.engines = Engines(settings)


def offline() -> bool:
    """Say whether the kernel let this process leave the network."""
    return _Child.offline


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
