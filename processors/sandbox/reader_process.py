"""One child process at work, and its replacements."""

import signal
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from pipeline.errors import BadSettings, TryLater
from pipeline.logs import logger
from pipeline.model import Findings, ReadStatus
from processors.contract import Limits, failed
from processors.sandbox import child
from processors.sandbox.answers import Bug, ProtocolError
from processors.sandbox.child_process import ChildEnded, ChildProcess, Irregular
from processors.sandbox.isolation import Granted, Level, limit_in_words
from processors.sandbox.output import carry
from processors.sandbox.started_child import ChildPlan
from processors.sandbox.watchdog import INTERVAL_S, Trouble, Watch, too_slow

if TYPE_CHECKING:
    from pipeline.ports.reader import WhileRead

_MOST_TRIES = 4
"""Tries for one document. Two children may fail before they take it, one may have read others
before, and one is new.
"""
_CLOSED = "The reader is closed; start the program again."
_UNKNOWN = "application/octet-stream"

Borrow = Callable[[], ChildProcess | None]
"""Borrows a child of another process, if there is one to borrow."""


class ReaderProcess:
    """One child and its replacements.

    A document is judged only by a child that has read no other one before: where another child ends
    badly with it, it is read again in a new one. So a later document never suffers from what an
    earlier one did to a child. A borrowed child judges none, and where one ends badly, its
    replacements are started here.
    """

    def __init__(self, plan: ChildPlan, *, required: Level, borrow: Borrow | None = None) -> None:
        self._settings = plan.settings
        self._plan = plan
        self._borrow = borrow
        self._required = required
        self._process: ChildProcess | None = None
        self._closed = False
        self._lock = threading.Lock()
        self._busy = threading.Lock()

    def read(
        self, path: Path, *, name: str, work_dir: Path, while_read: "WhileRead", as_class: str = ""
    ) -> Findings:
        """Read one document.

        Raises:
            TryLater: the reader was closed meanwhile.
            BadSettings: the system grants less isolation than is required.
            OSError: the document cannot be copied, or `work_dir` cannot be written.
        """
        with self._busy:
            for _ in range(_MOST_TRIES):
                process = self._started()
                new = process.is_new
                try:
                    granted = self._checked(process.ready())
                    with while_read():
                        findings = self._attempt(
                            process, granted, path, name, work_dir, as_class=as_class
                        )
                except (Irregular, ChildEnded) as exc:
                    self._renew(badly=True)
                    self._stop_if_closed(name)
                    logger(__name__).info("reader_replaced", reason=str(exc))
                    continue
                except BaseException:
                    self._renew()
                    raise
                if process.must_be_replaced or process.documents >= self._plan.most_documents:
                    self._renew()
                if isinstance(findings, Findings):
                    return findings
                self._renew(badly=True)
                self._stop_if_closed(name)
                if new:
                    return failed(_UNKNOWN, findings[0], f"{name}: {findings[1]}")
            problem = f"{name}: no reading process could be started; run doctor."
            return failed(_UNKNOWN, ReadStatus.CRASHED, problem)

    def _attempt(
        self,
        process: ChildProcess,
        granted: Granted,
        path: Path,
        name: str,
        work_dir: Path,
        *,
        as_class: str,
    ) -> Findings | Trouble:
        """Have a child read a document; return what it found, or what it did wrong with it.

        Raises:
            Irregular, Ended: the child did not even take it.
        """
        folder = process.give(path, name, as_class=as_class)
        try:
            trouble = self._watched(process)
            if trouble is not None:
                return trouble
            # What is left is touched only when nothing of the child changes it any more.
            if (not process.stop() or process.must_be_replaced) and not process.kill():
                return ReadStatus.SUSPICIOUS, "what it started cannot be ended; report it."
        except ChildEnded as exc:
            return post_mortem(exc.code, self._settings.limits, granted)
        except Irregular as exc:
            return _protocol_broken(exc)
        return self._taken_over(process, folder, name, work_dir)

    def _taken_over(
        self, process: ChildProcess, folder: str, name: str, work_dir: Path
    ) -> Findings | Trouble:
        """Check what a stopped child answered and left, and copy it to where it was asked for."""
        try:
            answer = process.answer(folder)
            if isinstance(answer, Bug):
                logger(__name__).error(
                    "processor_failed", file=name, error=answer.kind, trace=answer.trace
                )
                return ReadStatus.CRASHED, (
                    f"reading failed with an unexpected {answer.kind}; "
                    "the log has the details to report."
                )
            if not isinstance(answer, Findings):
                raise ProtocolError("its answer is about something else")  # noqa: TRY301
            with process.work(folder) as work:
                return carry(
                    answer,
                    source=work,
                    target=work_dir.absolute(),
                    limits=self._settings.limits,
                )
        except ProtocolError as exc:
            return _protocol_broken(exc)

    def _watched(self, process: ChildProcess) -> Trouble | None:
        """Wait for an answer; return what the child does wrong, None when it answered."""
        limits = self._settings.limits
        watch = Watch(limits, root=process.pid, folder=process.folder.own)
        end = time.monotonic() + limits.wall_s
        while not process.wait(INTERVAL_S):
            trouble = watch.trouble()
            if trouble is not None:
                return trouble
            if time.monotonic() > end:
                return ReadStatus.TIMED_OUT, too_slow(f"{limits.wall_s} s")
        return None

    def _checked(self, granted: Granted) -> Granted:
        """Raise BadSettings where less isolation is granted than is required."""
        if not granted.level.reaches(self._required):
            problem = (
                f'processing.require_isolation is "{self._required}", '
                f'and this system grants "{granted.level}" only: '
                f"{'; '.join(granted.missing())}. See docs/security.md."
            )
            raise BadSettings([problem])
        return granted

    def _stop_if_closed(self, name: str) -> None:
        if self._closed:
            raise TryLater(
                f"{name}: reading was stopped because the program ends; the next run reads it."
            )

    def granted(self) -> Granted | None:
        """Return what the system granted the child; None where none starts.

        Raises BadSettings as `read` does.
        """
        with self._busy:
            try:
                return self._checked(self._started().ready())
            except ChildEnded:
                self._renew()
                return None
            except BadSettings:
                self._renew()
                raise

    def warm(self) -> None:
        """Start the child and let it load its models, without waiting for it."""
        self._started(warm=True)

    def close(self) -> None:
        """End the child for good; who waits for its answer gets TryLater."""
        with self._lock:
            self._closed = True
            process = self._process
        idle = self._busy.acquire(blocking=False)
        if process is not None:
            if idle:
                process.dismiss()
            else:
                process.interrupt()
        if not idle:
            self._busy.acquire()
        try:
            self._renew()
        finally:
            self._busy.release()

    def _started(self, *, warm: bool = False) -> ChildProcess:
        with self._lock:
            if self._closed:
                raise TryLater(_CLOSED)
            if self._process is None:
                borrowed = self._borrow() if self._borrow is not None else None
                self._process = borrowed or self._plan.start(warm=warm)
            return self._process

    def _renew(self, *, badly: bool = False) -> None:
        """End the child, if there is one; the next document starts a new one.

        After one that ended badly, none is borrowed any more.
        """
        with self._lock:
            process, self._process = self._process, None
            if badly:
                self._borrow = None
        if process is not None:
            process.end()


def _protocol_broken(error: Exception) -> Trouble:
    return ReadStatus.SUSPICIOUS, (
        f"the reader process returned an invalid response: {error}; report it."
    )


def post_mortem(code: int | None, limits: Limits, granted: Granted) -> Trouble:
    """Say what a child died of by its exit code: negative numbers are signals."""
    if code == -signal.SIGXCPU:
        cpu = limit_in_words(limits.cpu_s, granted.cpu_s, "s of CPU time")
        return ReadStatus.TIMED_OUT, too_slow(cpu)
    if code in {child.OUT_OF_MEMORY_EXIT, -signal.SIGKILL}:
        memory = limit_in_words(limits.memory_mib, granted.memory_mib, "MiB of memory")
        return ReadStatus.OUT_OF_MEMORY, (
            f"reading it needs more than the limit of {memory}; "
            "upload a smaller scan, split the document or raise the limit."
        )
    died = "silently"
    if code is not None:
        known = -code in set(signal.Signals)
        died = signal.Signals(-code).name if known else f"exit code {code}"
    return ReadStatus.CRASHED, (
        f"the document made its reader process crash ({died}); "
        "export it again as PDF, or report it."
    )
