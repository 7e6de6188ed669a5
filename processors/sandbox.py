"""Read every document in a child process with limits. What a document does to its child is told as a status."""

import dataclasses
import multiprocessing
import os
import queue
import signal
import threading
from collections.abc import Callable
from concurrent.futures import CancelledError
from concurrent.futures import TimeoutError as FutureTimeout
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import structlog
from pebble import ProcessExpired, ProcessPool

from pipeline.errors import BadSettings, TryLater
from pipeline.model import Findings, ReadStatus
from processors import _child, fingerprint, ocr
from processors.contract import EngineMissing, Limits, ReadSettings, failed

_DOCUMENTS_A_CHILD = 200  # then a fresh one takes over: runtimes keep memory they once needed
_GRACE_S = 60.0  # for a child that must start and load models first; beyond it the pool itself has failed
_UNKNOWN = "application/octet-stream"


class SandboxedReader:
    """Reads documents in long-lived children, one document at a time each; models stay loaded between documents.

    `job` replaces what the children do with a document; tests give one that misbehaves.

    Raises:
        BadSettings: an OCR engine or language asked for is not installed.
    """

    def __init__(
        self,
        *,
        ocr: str = "auto",
        languages: tuple[str, ...] = ("eng",),
        limits: Limits | None = None,
        workers: int | None = None,
        passwords: tuple[str, ...] = (),
        job: _child.Job | None = None,
    ) -> None:
        """Check the settings; children start with the first document or with `warm`."""
        self._settings = ReadSettings(
            ocr=ocr, languages=tuple(languages), limits=limits or Limits(), passwords=passwords
        )
        _check(self._settings)
        self._job = job
        self._slots = [_Slot(self._settings) for _ in range(max(1, workers or os.cpu_count() or 1))]
        self._free: queue.LifoQueue[_Slot] = queue.LifoQueue()
        for slot in self._slots:
            self._free.put(slot)
        self._fingerprint: str | None = None
        self._lock = threading.Lock()

    def fingerprint(self) -> str:
        """Identify code, models, language data and settings; computed once."""
        with self._lock:
            if self._fingerprint is None:
                self._fingerprint = fingerprint.of(self._settings)
            return self._fingerprint

    def read(self, path: Path, *, name: str, work_dir: Path) -> Findings:
        """Read a document in a child, waiting for a free one.

        Raises:
            TryLater: the reader was closed; never for what the document does.
        """
        slot = self._free.get()
        try:
            function: Callable[..., Findings | _child.Bug] = _child.read
            arguments: tuple[Any, ...] = (path.absolute(), name, work_dir.absolute())
            if self._job is not None:
                function, arguments = _child.run, (self._job, *arguments)
            findings = slot.run(function, arguments, name)
        finally:
            self._free.put(slot)
        return dataclasses.replace(findings, fingerprint=self.fingerprint())

    def network_blocked(self) -> bool:
        """Start a child and say whether the kernel lets it leave the network; for `doctor`."""
        return self._slots[0].ask(_child.offline) is True

    def warm(self) -> None:
        """Start the children and let them load their models, without waiting for them."""
        for slot in self._slots:
            slot.warm()

    def close(self) -> None:
        """End the children at once, whatever they are doing."""
        for slot in self._slots:
            slot.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


class _Slot:
    """One child and its replacement when it dies. A pool of one, so that no child can block another's pipe."""

    def __init__(self, settings: ReadSettings) -> None:
        self._settings = settings
        self._pool: Any = None
        self._current: Any = None
        self._closed = False
        self._lock = threading.Lock()

    def run(self, function: Callable[..., Findings | _child.Bug], arguments: tuple[Any, ...], name: str) -> Findings:
        """Run one document, again if the child died before it took it.

        Raises:
            TryLater: the reader was closed meanwhile.
        """
        for _ in range(2):
            try:
                return self._once(function, arguments, name)
            except RuntimeError:  # the pool is broken: its child died while it had nothing to do
                self._renew()
        return failed(_UNKNOWN, ReadStatus.CRASHED, f"{name}: no reading process could be started; run doctor.")

    def ask(self, function: Callable[[], bool]) -> bool | None:
        """Run a short function in the child; None when that fails."""
        try:
            answer: bool = self._scheduled(function, ()).result()
        except (RuntimeError, ProcessExpired, FutureTimeout, CancelledError):
            return None
        return answer

    def warm(self) -> None:
        """Start the child and load its models before the first document."""
        with suppress(RuntimeError):
            self._ready().schedule(_child.warm, timeout=self._settings.limits.wall_s)

    def close(self) -> None:
        """End the child for good."""
        self._closed = True
        self._renew()

    def _once(self, function: Callable[..., Findings | _child.Bug], arguments: tuple[Any, ...], name: str) -> Findings:
        limits = self._settings.limits
        try:
            answer: Findings | _child.Bug = self._scheduled(function, arguments).result(2 * limits.wall_s + _GRACE_S)
        except CancelledError as exc:
            raise TryLater(f"{name}: reading was broken off because the program ends; the next run reads it.") from exc
        except FutureTimeout:
            self._renew()
            return failed(_UNKNOWN, ReadStatus.TIMED_OUT, _too_slow(name, f"{limits.wall_s} s"))
        except ProcessExpired as exc:
            _end_group(exc.pid)
            return _post_mortem(exc.exitcode, name, limits)
        if isinstance(answer, _child.Bug):
            structlog.get_logger(__name__).error("processor_failed", file=name, error=answer.kind, trace=answer.trace)
            reason = f"{name}: reading failed with an unforeseen {answer.kind}; the log has the details to report."
            return failed(_UNKNOWN, ReadStatus.CRASHED, reason)
        return answer

    def _scheduled(self, function: Callable[..., Any], arguments: tuple[Any, ...]) -> Any:
        pool = self._ready()
        self._current = pool.schedule(function, args=arguments, timeout=self._settings.limits.wall_s)
        if self._closed:  # between the two lines above
            self._current.cancel()
        return self._current

    def _ready(self) -> Any:
        with self._lock:
            if self._closed:
                raise TryLater("The reader is closed; start the program again.")
            if self._pool is None:
                self._pool = ProcessPool(
                    max_workers=1,
                    max_tasks=_DOCUMENTS_A_CHILD,
                    initializer=_child.prepare,
                    initargs=(self._settings,),
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


def _check(settings: ReadSettings) -> None:
    """Refuse settings that no document could be read with."""
    try:
        ocr.check(settings)
    except EngineMissing as exc:
        raise BadSettings([f"processing.ocr: {exc}"]) from exc


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


def _end_group(pid: int | None) -> None:
    """End programs a dead child left: it led a group of its own."""
    if pid and pid != os.getpid():
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(pid, signal.SIGKILL)
