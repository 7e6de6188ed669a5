"""One child process at work: given a document, watched, replaced when it dies or misbehaves."""

import os
import shutil
import signal
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import structlog

from pipeline.errors import TryLater
from pipeline.model import Findings, ReadStatus
from processors.contract import Limits, ReadSettings, failed
from processors.sandbox import child as _child, confinement as _kernel, process_family as _family
from processors.sandbox.answers import Bug
from processors.sandbox.child_folder import Home
from processors.sandbox.child_process import ChildProcess, Ended
from processors.sandbox.output import ProtocolError, carried
from processors.sandbox.watchdog import INTERVAL_S, Watch

_DOCUMENTS_A_CHILD = 200  # then a fresh one takes over: runtimes keep memory they once needed
_CLOSED = "The reader is closed; start the program again."
_UNKNOWN = "application/octet-stream"


class ReaderProcess:
    """One child and its replacement when it dies.

    The child has a folder of its own; what it leaves there is carried to where it was asked for.
    """

    def __init__(self, settings: ReadSettings, job: _child.Job | None = None) -> None:
        self._settings = settings
        self._job = job
        self._home: Home | None = None
        self._process: ChildProcess | None = None
        self._documents = 0
        self._closed = False
        self._lock = threading.Lock()

    def read(self, path: Path, *, name: str, work_dir: Path) -> Findings:
        """Read one document, again if the child died before it took it.

        Raises:
            TryLater: the reader was closed meanwhile.
        """
        with self._laid_out(path) as (document, own):
            try:
                findings = self._run(document, name, own)
                return carried(findings, source=own, target=work_dir.absolute())
            except ProtocolError as exc:
                self._renew()
                return failed(
                    _UNKNOWN,
                    ReadStatus.SUSPICIOUS,
                    f"{name}: its reader went astray: {exc}; report it.",
                )

    @contextmanager
    def _laid_out(self, path: Path) -> Iterator[tuple[Path, Path]]:
        """Lay a document where the child may read it; yield it with a fresh folder the child may write in."""
        with self._lock:
            folders = self._folders()
        document, own = folders.documents / "document", folders.own / "document"
        document.unlink(missing_ok=True)
        try:
            os.link(path, document, follow_symlinks=True)
        except OSError:
            shutil.copyfile(path, document)
        own.mkdir()
        try:
            yield document, own
        finally:
            process = self._process
            if process is not None and _family.has_children(process.who.pid):
                _family.end_programs(process.who)
            _empty(folders.documents)
            _empty(folders.own)

    def _run(self, document: Path, name: str, own: Path) -> Findings:
        if self._documents >= _DOCUMENTS_A_CHILD:
            self._renew()
        for _ in range(2):
            process = self._started()
            try:
                process.ready()
                process.tell(document, name, own)
                trouble = self._watched(process)
            except Ended as exc:
                self._renew()
                self._stop_if_closed(name)
                if process.taken:
                    return _post_mortem(exc.code, name, self._settings.limits, process.ready())
                continue  # it died while it had nothing to do, or could not start
            self._documents += 1
            return self._heard(process, trouble, name)
        return failed(
            _UNKNOWN,
            ReadStatus.CRASHED,
            f"{name}: no reading process could be started; run doctor.",
        )

    def _heard(
        self, process: ChildProcess, trouble: tuple[ReadStatus, str] | None, name: str
    ) -> Findings:
        """Return what the child found, or what it did wrong."""
        if trouble is not None:
            self._renew()
            self._stop_if_closed(name)
            return failed(_UNKNOWN, trouble[0], f"{name}: {trouble[1]}")
        answer = process.answer()
        if isinstance(answer, Bug):
            structlog.get_logger(__name__).error(
                "processor_failed", file=name, error=answer.kind, trace=answer.trace
            )
            reason = f"{name}: reading failed with an unforeseen {answer.kind}; the log has the details to report."
            return failed(_UNKNOWN, ReadStatus.CRASHED, reason)
        if not isinstance(answer, Findings):
            raise ProtocolError("what it answered is about something else")
        return answer

    def _watched(self, process: ChildProcess) -> tuple[ReadStatus, str] | None:
        """Wait for an answer, looking at the child every second; return what it does wrong, None when it answered."""
        limits = self._settings.limits
        watch = Watch(limits, who=process.who, folder=self._folders().own)
        end = time.monotonic() + limits.wall_s
        while not process.wait(INTERVAL_S):
            trouble = watch.trouble()
            if trouble is not None:
                return trouble
            if time.monotonic() > end:
                return ReadStatus.TIMED_OUT, _too_slow(f"{limits.wall_s} s")
        return None

    def _stop_if_closed(self, name: str) -> None:
        if self._closed:
            raise TryLater(
                f"{name}: reading was broken off because the program ends; the next run reads it."
            )

    def granted(self) -> _kernel.Granted | None:
        """Ask the child what the system granted it."""
        try:
            return self._started().ready()
        except Ended:
            return None

    def warm(self) -> None:
        """Start the child and let it load its models, without waiting for it."""
        self._started(warm=True)

    def close(self) -> None:
        """End the child for good and remove its folder."""
        with self._lock:
            self._closed = True
        self._renew()
        if self._home is not None:
            self._home.remove()

    def _folders(self) -> _child.Folders:
        if self._closed:
            raise TryLater(_CLOSED)
        if self._home is None:
            self._home = Home()
        home = self._home.folder
        folders = _child.Folders(home / "documents", home / "own")
        folders.documents.mkdir(exist_ok=True)
        folders.own.mkdir(exist_ok=True)
        return folders

    def _started(self, *, warm: bool = False) -> ChildProcess:
        with self._lock:
            folders = self._folders()
            if self._process is None:
                self._process = ChildProcess(self._settings, folders, self._job, warm=warm)
                self._documents = 0
            return self._process

    def _renew(self) -> None:
        """Give up the child; the next document starts a new one."""
        with self._lock:
            process, self._process = self._process, None
        if process is not None:
            process.end()


def _empty(folder: Path) -> None:
    """Remove all there is in a folder, if the folder itself is still there."""
    for left in list(folder.iterdir()) if folder.is_dir() else ():
        if left.is_dir() and not left.is_symlink():
            shutil.rmtree(left, ignore_errors=True)
        else:
            left.unlink(missing_ok=True)


def _post_mortem(code: int | None, name: str, limits: Limits, granted: _kernel.Granted) -> Findings:
    """Say what a child died of by its exit code: negative numbers are signals."""
    cpu = _kernel.told(limits.cpu_s, granted.cpu_s, "s of CPU time")
    memory = _kernel.told(limits.memory_mib, granted.memory_mib, "MiB of memory")
    if code == -signal.SIGXCPU:
        return failed(_UNKNOWN, ReadStatus.TIMED_OUT, f"{name}: {_too_slow(cpu)}")
    if code in {_child.OUT_OF_MEMORY_EXIT, -signal.SIGKILL}:
        return failed(
            _UNKNOWN,
            ReadStatus.OUT_OF_MEMORY,
            f"{name}: reading it needs more than the limit of {memory}; "
            "upload a smaller scan, split the document or raise the limit.",
        )
    died = "silently" if code is None else _signal_or_code(code)
    return failed(
        _UNKNOWN,
        ReadStatus.CRASHED,
        f"{name}: the document made its reader crash ({died}); export it again as PDF, or report it.",
    )


def _signal_or_code(code: int) -> str:
    return (
        signal.Signals(-code).name
        if code < 0 and -code in set(signal.Signals)
        else f"exit code {code}"
    )


def _too_slow(limit: str) -> str:
    return f"reading was stopped after {limit}, the limit for one document; split it or raise the limit."
