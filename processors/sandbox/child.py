"""What runs inside a child process: confined once, then one document after the other."""

import errno
import gc
import importlib
import json
import os
import resource
import signal
import traceback
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any, NoReturn, Protocol, runtime_checkable

from pipeline.model import Findings, ReadStatus
from processors.contract import EngineMissing, ReadSettings, failed, reports_out_of_memory
from processors.sandbox import answers
from processors.sandbox.answers import Bug
from processors.sandbox.confinement import confine
from processors.sandbox.isolation import Granted, limit_in_words
from processors.sandbox.kernel import rlimits
from processors.sandbox.launch import ANSWERED, REPLACE, REQUEST, TAKEN, Launch

OUT_OF_MEMORY_EXIT = 77
"""Exit code of a child that ran out of memory: it leaves at once, so that the next document gets a
clean one.
"""
FAILED_EXIT = 70
_UNKNOWN_TYPE = "application/octet-stream"
_TRACE_LINES = -12

Job = Callable[..., Findings]
"""Reads a document under a name for people, leaving derived files in a folder.

Where a user says which class the document has, that is the last argument; without, there is none.
"""


@runtime_checkable
class Warm(Protocol):
    """A job that can load its models before the first document."""

    def warm(self) -> None:
        """Load them; raises EngineMissing."""


@runtime_checkable
class PreparableJob(Protocol):
    """A job that can open files of its own before the process is confined."""

    def prepare(self, settings: ReadSettings, folder: Path) -> None:
        """Open them, make those that are missing; never raises."""


def serve(launch: Launch, *, namespaces: tuple[str, ...], group: str, line_number: int) -> NoReturn:
    """Confine this process, say what was granted, then read documents until the parent is gone."""
    code = FAILED_EXIT
    with suppress(BaseException):
        reset_signals()
        # Packages are found by listing the folder above them, which is closed afterwards.
        importlib.import_module(launch.job.partition(":")[0].partition(".")[0])
        if launch.cache is not None and isinstance(job := _found(launch.job), PreparableJob):
            job.prepare(launch.settings, launch.cache)
        granted = confine(
            launch.confinement, namespaces=namespaces, group=group, keep_open=line_number
        )
        _Child(launch, granted, line_number).run()
        code = 0
    os._exit(code)


def reset_signals() -> None:
    """Undo what the supervisor set for itself.

    Requests to stop stay ignored: a service manager sends them to all processes, and the parent
    decides whether a document is read to its end.
    """
    signal.set_wakeup_fd(-1)
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)


class _Child:
    """The state of a child between documents: its job, and the models that the job keeps loaded."""

    def __init__(self, launch: Launch, granted: Granted, line_number: int) -> None:
        self._launch = launch
        self._granted = granted
        self._line = line_number
        self._own = launch.confinement.folders.own
        self._document = launch.confinement.folders.documents / "document"
        self._loaded_bytes = rlimits.data_bytes()
        self._programs = resource.getrusage(resource.RUSAGE_CHILDREN)

    def run(self) -> None:
        """Load the job, greet the parent, and read what it asks for until it closes the line."""
        try:
            # A class is made with the settings, a function is the job itself.
            found = _found(self._launch.job)
            job: Job = found(self._launch.settings) if isinstance(found, type) else found
            if self._launch.warm and isinstance(job, Warm):
                with suppress(EngineMissing):
                    job.warm()
        except Exception as exc:  # noqa: BLE001 - the parent logs it
            self._answer(_bug(exc), self._own, ANSWERED)
            return
        self._programs = resource.getrusage(resource.RUSAGE_CHILDREN)
        # What is loaded stays: no look for garbage goes through it again.
        gc.freeze()
        self._answer(self._granted, self._own, ANSWERED)
        while (size := os.read(self._line, REQUEST.size)) and len(size) == REQUEST.size:
            (length,) = REQUEST.unpack(size)
            request = b""
            while len(request) < length:
                request += os.read(self._line, length - len(request))
            os.write(self._line, TAKEN)
            name, folder, *said = json.loads(request)
            answer = self._read(job, name, self._own / folder, *said)
            started = self._end_programs()
            # What libraries keep for themselves would count against the next document.
            kept = rlimits.data_bytes() - self._loaded_bytes > rlimits.MODELS_MIB * 2**20
            self._answer(answer, self._own / folder, REPLACE if (started or kept) else ANSWERED)

    def _read(self, job: Job, name: str, folder: Path, *said: str) -> Findings | Bug:
        """Run the job; an unforeseen error comes back as text, lack of memory ends the process."""
        limits = self._launch.settings.limits
        rlimits.limit_document(memory_mib=limits.memory_mib, cpu_s=limits.cpu_s)
        try:
            return job(self._document, name, folder / answers.WORK, *said)
        except MemoryError:
            os._exit(OUT_OF_MEMORY_EXIT)
        except (Exception, SystemExit) as exc:  # noqa: BLE001 - the one place round one document
            if isinstance(exc, OSError) and exc.errno == errno.EFBIG:
                limit = limit_in_words(limits.output_mib, self._granted.output_mib, "MiB")
                problem = (
                    f"{name}: reading it writes files of more than {limit}, the limit; "
                    "split it or raise the limit."
                )
                return failed(_UNKNOWN_TYPE, ReadStatus.TOO_BIG, problem)
            if reports_out_of_memory(exc):
                os._exit(OUT_OF_MEMORY_EXIT)
            return _bug(exc)

    def _answer(self, answer: answers.ChildAnswer, folder: Path, word: bytes) -> None:
        try:
            answers.write(answer, folder)
        except (OSError, ValueError, TypeError, RecursionError) as exc:
            answers.write(_bug(exc), folder)
        os.write(self._line, word)

    def _end_programs(self) -> bool:
        """Say whether a program of the document was still there, and end it if that is possible.

        In its own namespace this process and the init are spared, and the kernel lets no process
        start meanwhile. Elsewhere the signal would reach strangers: the supervisor ends the family
        instead.
        """
        if "pid" in self._granted.namespaces:
            with suppress(ProcessLookupError):
                os.kill(-1, signal.SIGKILL)
                return True
            return False
        # It may have started another program that got away.
        try:
            os.waitid(os.P_ALL, 0, os.WEXITED | os.WNOHANG | os.WNOWAIT)
        except ChildProcessError:
            # What a program used is added when it is waited for; the smallest has page faults.
            return resource.getrusage(resource.RUSAGE_CHILDREN) != self._programs
        return True


def _found(job: str) -> Any:
    """Import what "module:name" names."""
    module, _, name = job.partition(":")
    return getattr(importlib.import_module(module), name)


def _bug(error: BaseException) -> Bug:
    return Bug(type(error).__name__, traceback.format_exc(limit=_TRACE_LINES))
