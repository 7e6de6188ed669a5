"""What runs inside a child process: prepared once, then one document after the other."""

import errno
import json
import os
import signal
import traceback
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from pipeline.model import Findings, ReadStatus
from processors.contract import EngineMissing, ReadSettings, failed, reports_out_of_memory
from processors.detect import media
from processors.read import Engines, read_document
from processors.sandbox import answers as _answers, confinement as _kernel
from processors.sandbox.answers import Bug

if TYPE_CHECKING:
    from multiprocessing.connection import Connection

OUT_OF_MEMORY_EXIT = 77
"""Exit code of a child that ran out of memory: it leaves at once, so that the next document gets a clean one."""

TAKEN, ANSWERED = b"t", b"."
"""What a child says in one byte: it has begun with a document, or has an answer."""


Job = Callable[[Path, str, Path], Findings]


@dataclass(frozen=True, slots=True)
class Folders:
    """Where a child finds what it is told and the documents, and where alone it may write."""

    documents: Path
    own: Path


def request_file(folders: Folders) -> Path:
    """Return where a child is told which document is next."""
    return folders.documents / "request.json"


def answer_file(folders: Folders) -> Path:
    """Return where a child leaves what it has to say."""
    return folders.own / "answer.json"


class _Child:
    """The state of this process: settings given at start, engine loaded at first use."""

    settings: ReadSettings = ReadSettings()
    engines: Engines = Engines(settings)
    granted: _kernel.Granted = _kernel.NOTHING


def serve(
    settings: ReadSettings,
    folders: Folders,
    job: Job | None,
    line: "Connection",
    warm: bool,  # noqa: FBT001 - a process takes its arguments by place
) -> None:
    """Prepare, say what was granted, then read one document after the other until the parent is gone."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    _kernel.keep_open(line.fileno())
    prepare(settings, folders)
    if warm:
        with suppress(EngineMissing):
            _Child.engines.get()
    _say(_Child.granted, folders, line)
    while os.read(line.fileno(), 1):
        os.write(line.fileno(), TAKEN)
        path, name, own = json.loads(request_file(folders).read_bytes())
        _say(run(job or _read, Path(path), name, Path(own)), folders, line)


def _say(answer: _answers.Answer, folders: Folders, line: "Connection") -> None:
    try:
        _answers.written(answer, answer_file(folders))
    except (OSError, ValueError, TypeError, RecursionError) as exc:
        _answers.written(
            Bug(type(exc).__name__, traceback.format_exc(limit=-12)), answer_file(folders)
        )
    os.write(line.fileno(), ANSWERED)


def prepare(settings: ReadSettings, folders: Folders) -> None:
    """Give up what a reader of documents does not need. Called once when the child starts.

    What is to be run has been imported before: its code can be read no more afterwards.
    """
    # First: a user namespace is refused once there are threads, and threads keep the files they could reach.
    own_network = _kernel.leave_network()
    restricted = _kernel.keep_to(folders.own, documents=folders.documents)
    _kernel.lead_group()
    _kernel.forget_environment(folders.own)
    _kernel.be_quiet()
    _kernel.limit(settings.limits)
    _Child.settings = settings
    _Child.engines = Engines(settings)
    _Child.granted = _kernel.granted(
        settings.limits, own_network=own_network, restricted=restricted
    )


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
        if reports_out_of_memory(exc):
            os._exit(OUT_OF_MEMORY_EXIT)
        return Bug(type(exc).__name__, traceback.format_exc(limit=-12))


def _too_much(name: str) -> str:
    limit = _kernel.told(_Child.settings.limits.output_mib, _Child.granted.output_mib, "MiB")
    return f"{name}: reading it writes files of more than {limit}, the limit; split it or raise the limit."


def _read(path: Path, name: str, work_dir: Path) -> Findings:
    return read_document(
        path, name=name, work_dir=work_dir, settings=_Child.settings, engine=_Child.engines.get
    )
