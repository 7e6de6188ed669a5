"""One child process at work: given a document, watched, replaced when it dies or misbehaves."""

import multiprocessing
import os
import shutil
import signal
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import CancelledError, TimeoutError as FutureTimeout
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import structlog
from pebble import ProcessExpired, ProcessPool

from pipeline.errors import TryLater
from pipeline.model import Findings, ReadStatus
from processors import _child, _family, _kernel
from processors._carry import Astray, carried
from processors._watch import INTERVAL_S, Watch
from processors.contract import Limits, ReadSettings, failed

_DOCUMENTS_A_CHILD = 200  # then a fresh one takes over: runtimes keep memory they once needed
_GRACE_S = 60.0  # for a child that must start and load models first; beyond it the pool itself has failed
_CLOSED = "The reader is closed; start the program again."
_UNKNOWN = "application/octet-stream"


class Slot:
    """One child and its replacement when it dies. A pool of one, so that no child can block another's pipe.

    The child has a folder of its own; what it leaves there is carried to where it was asked for.
    """

    def __init__(self, settings: ReadSettings, job: _child.Job | None = None) -> None:
        self._settings = settings
        self._job = job
        self._folders: _child.Folders | None = None
        self._pool: Any = None
        self._current: Any = None
        self._closed = False
        self._lock = threading.Lock()

    def read(self, path: Path, *, name: str, work_dir: Path) -> Findings:
        """Read one document, again if the child died before it took it.

        Raises:
            TryLater: the reader was closed meanwhile.
        """
        if self._closed:
            raise TryLater(_CLOSED)
        with self._laid_out(path) as (document, own):
            function: Callable[..., Findings | _child.Bug] = _child.read
            arguments: tuple[Any, ...] = (document, name, own)
            if self._job is not None:
                function, arguments = _child.run, (self._job, *arguments)
            findings = self._run(function, arguments, name)
            try:
                return carried(findings, source=own, target=work_dir.absolute())
            except Astray as exc:
                self._renew()
                return failed(_UNKNOWN, ReadStatus.SUSPICIOUS, f"{name}: its reader went astray: {exc}; report it.")

    @contextmanager
    def _laid_out(self, path: Path) -> Iterator[tuple[Path, Path]]:
        """Lay a document where the child may read it; yield it with a fresh folder the child may write in."""
        folders = self._own_folders()
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
            who = _family.who_in(folders.introduction)
            if who is not None and _family.has_children(who.pid):
                _family.end_programs(who)
            document.unlink(missing_ok=True)
            _empty(folders.own)

    def _run(self, function: Callable[..., Findings | _child.Bug], arguments: tuple[Any, ...], name: str) -> Findings:
        for _ in range(2):
            try:
                return self._once(function, arguments, name)
            except RuntimeError:  # the pool is broken: its child died while it had nothing to do
                self._renew()
        return failed(_UNKNOWN, ReadStatus.CRASHED, f"{name}: no reading process could be started; run doctor.")

    def granted(self) -> _kernel.Granted | None:
        """Ask the child what the system granted it."""
        try:
            answer: _kernel.Granted | None = self._scheduled(_child.granted, ()).result()
        except (RuntimeError, ProcessExpired, FutureTimeout, CancelledError):
            return None
        return answer

    def warm(self) -> None:
        """Start the child and load its models before the first document."""
        with suppress(RuntimeError):
            self._ready().schedule(_child.warm, timeout=self._settings.limits.wall_s)

    def close(self) -> None:
        """End the child for good and remove its folder."""
        self._closed = True
        self._renew()
        if self._folders is not None:
            shutil.rmtree(self._folders.documents.parent, ignore_errors=True)

    def _once(self, function: Callable[..., Findings | _child.Bug], arguments: tuple[Any, ...], name: str) -> Findings:
        limits = self._settings.limits
        try:
            answer = self._watched(self._scheduled(function, arguments), name)
        except CancelledError as exc:
            raise TryLater(f"{name}: reading was broken off because the program ends; the next run reads it.") from exc
        except FutureTimeout:
            self._renew()
            return failed(_UNKNOWN, ReadStatus.TIMED_OUT, _too_slow(name, f"{limits.wall_s} s"))
        except ProcessExpired as exc:
            self._end_family()
            return _post_mortem(exc.exitcode, name, limits)
        if isinstance(answer, _child.Bug):
            structlog.get_logger(__name__).error("processor_failed", file=name, error=answer.kind, trace=answer.trace)
            reason = f"{name}: reading failed with an unforeseen {answer.kind}; the log has the details to report."
            return failed(_UNKNOWN, ReadStatus.CRASHED, reason)
        return answer

    def _watched(self, future: Any, name: str) -> Findings | _child.Bug:
        """Wait for an answer, looking at the child every second; one that misbehaves is ended."""
        folders, limits = self._own_folders(), self._settings.limits
        watch = Watch(limits, introduction=folders.introduction, folder=folders.own)
        end = time.monotonic() + 2 * limits.wall_s + _GRACE_S
        while True:
            try:
                answer: Findings | _child.Bug = future.result(INTERVAL_S)
            except FutureTimeout:
                if future.done() or time.monotonic() > end:
                    raise
                trouble = watch.trouble()
                if trouble is not None:
                    self._renew()
                    return failed(_UNKNOWN, trouble[0], f"{name}: {trouble[1]}")
            else:
                return answer

    def _own_folders(self) -> _child.Folders:
        if self._folders is None:
            home = Path(tempfile.mkdtemp(prefix="caspio-ingest-child-")).resolve()
            self._folders = _child.Folders(home / "documents", home / "own", home / "introduction")
            self._folders.documents.mkdir()
            self._folders.own.mkdir()
        return self._folders

    def _end_family(self) -> None:
        """End what a dead child started."""
        who = _family.who_in(self._folders.introduction) if self._folders else None
        if self._folders is not None and who is not None:
            _family.end_programs(who)
            self._folders.introduction.unlink(missing_ok=True)

    def _scheduled(self, function: Callable[..., Any], arguments: tuple[Any, ...]) -> Any:
        pool = self._ready()
        self._current = pool.schedule(function, args=arguments, timeout=self._settings.limits.wall_s)
        if self._closed:  # between the two lines above
            self._current.cancel()
        return self._current

    def _ready(self) -> Any:
        with self._lock:
            if self._closed:
                raise TryLater(_CLOSED)
            if self._pool is None:
                self._pool = ProcessPool(
                    max_workers=1,
                    max_tasks=_DOCUMENTS_A_CHILD,
                    initializer=_child.prepare,
                    initargs=(self._settings, self._own_folders(), self._job),
                    context=multiprocessing.get_context("spawn"),
                )
            return self._pool

    def _renew(self) -> None:
        """Give up the pool and whoever waits for it; the next document starts a new one."""
        with self._lock:
            pool, self._pool = self._pool, None
            current, self._current = self._current, None
        if current is not None:
            current.cancel()
        if pool is not None:
            with suppress(RuntimeError, OSError):
                pool.stop()
                pool.join()
            self._end_family()


def _empty(folder: Path) -> None:
    """Remove all there is in a folder, if the folder itself is still there."""
    for left in list(folder.iterdir()) if folder.is_dir() else ():
        if left.is_dir() and not left.is_symlink():
            shutil.rmtree(left, ignore_errors=True)
        else:
            left.unlink(missing_ok=True)


def _post_mortem(code: int, name: str, limits: Limits) -> Findings:
    """Say what a child died of by its exit code: negative numbers are signals."""
    if code == -signal.SIGXCPU:
        return failed(_UNKNOWN, ReadStatus.TIMED_OUT, _too_slow(name, f"{limits.cpu_s} s of CPU time"))
    if code in {_child.OUT_OF_MEMORY_EXIT, -signal.SIGKILL}:
        return failed(
            _UNKNOWN,
            ReadStatus.OUT_OF_MEMORY,
            f"{name}: reading it needs more than the limit of {limits.memory_mib} MiB of memory; "
            "upload a smaller scan, split the document or raise the limit.",
        )
    died = signal.Signals(-code).name if code < 0 and -code in set(signal.Signals) else f"exit code {code}"
    return failed(
        _UNKNOWN,
        ReadStatus.CRASHED,
        f"{name}: the document made its reader crash ({died}); export it again as PDF, or report it.",
    )


def _too_slow(name: str, limit: str) -> str:
    return f"{name}: reading was stopped after {limit}, the limit for one document; split it or raise the limit."
