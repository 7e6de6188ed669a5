"""Read every document in a child process with limits.

What a document does to its child becomes a status.
"""

import dataclasses
import os
import queue
import sys
import threading
from collections.abc import Iterator
from contextlib import nullcontext
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Self

from pipeline.errors import BadSettings
from pipeline.model import Findings, ReadStatus, ScanStatus
from processors.contract import (
    USUAL_RENDITIONS,
    EngineMissing,
    Limits,
    OcrModels,
    ReadSettings,
    failed,
)
from processors.detect.clamav import Clamd, VirusScan
from processors.exec import ocrmypdf
from processors.fingerprint import Fingerprints
from processors.ocr import engines
from processors.ocr.rapid.models import files as model_files
from processors.sandbox.child import Job
from processors.sandbox.child_folder import sweep
from processors.sandbox.isolation import Granted, Level
from processors.sandbox.kernel import privileges
from processors.sandbox.lender import Offer
from processors.sandbox.lent_child import LentChild, borrow
from processors.sandbox.reader_process import ReaderProcess
from processors.sandbox.started_child import ChildPlan

if TYPE_CHECKING:
    # The ports of a whole run, which reading alone does not need.
    from pipeline.ports.reader import ReadingTurns, WhileRead

DOCUMENTS_PER_CHILD = 200
"""Then a new one takes over: runtimes keep memory that they once needed."""
_DOCUMENT_JOB = "processors.sandbox.document_job:DocumentJob"
_UNKNOWN = "application/octet-stream"


class SandboxedReader:
    """Reads documents in long-lived children, one document at a time in each.

    Models stay loaded between documents. `documents_per_child` of 1 gives every document a process
    that has seen no other one. `require_isolation` is the least level (see `isolation.Level`) at
    which documents are read. `cache` is a folder for what children make once and load faster after
    that, such as compiled networks; it may be emptied at any time. Without `fingerprints`, findings
    do not say how they were read: for documents that are not archived. `turns` says when a document
    is read, where others read on the same machine; the reader closes it. `lender` is the socket of
    a program that keeps children between runs (see `lender.py`), and `owner` the account that they
    read for; without one, or where it has none, this process starts its own. `job` replaces what
    the children do with a document: a function, or a class that is made with the settings.
    `without` leaves out layers of isolation (namespaces, mounts, landlock, filter, identity,
    group): it is for tests.

    Raises:
        BadSettings: an OCR engine or language asked for is not installed, or the system grants less
            isolation.
    """

    def __init__(
        self,
        *,
        ocr: str = "auto",
        languages: tuple[str, ...] = ("eng",),
        limits: Limits | None = None,
        workers: int | None = None,
        passwords: tuple[str, ...] = (),
        renditions: tuple[str, ...] = USUAL_RENDITIONS,
        clamav: str | None = None,
        date_order: str = "",
        rules: str = "",
        models: OcrModels | None = None,
        documents_per_child: int = DOCUMENTS_PER_CHILD,
        require_isolation: str = Level.NONE,
        cache: Path | None = None,
        fingerprints: bool = True,
        turns: "ReadingTurns | None" = None,
        lender: Path | None = None,
        owner: str = "",
        job: Job | type[Job] | None = None,
        without: frozenset[str] = frozenset(),
    ) -> None:
        """Check the settings; children start with the first document or with `warm`."""
        self._settings = ReadSettings(
            ocr=ocr,
            languages=tuple(languages),
            limits=limits or Limits(),
            passwords=passwords,
            renditions=tuple(renditions),
            scanned=bool(clamav),
            date_order=date_order,
            rules=rules,
            models=models or OcrModels(),
        )
        _check(self._settings)
        # This process has the credentials, in its memory and its environment.
        privileges.hide()
        sweep()
        self._plan = _planned(self._settings, job, without, cache, documents_per_child)
        self._owner = owner
        # A child that reads one document is never returned.
        lender = lender if documents_per_child > 1 else None
        borrowed = partial(self._borrowed, lender) if lender else None
        required = Level(require_isolation)
        self._processes = [
            ReaderProcess(self._plan, required=required, borrow=borrowed)
            for _ in range(max(1, workers or os.cpu_count() or 1))
        ]
        self._turns = turns
        self._scanner = Clamd(clamav) if clamav else None
        self._free: queue.LifoQueue[ReaderProcess] = queue.LifoQueue()
        for process in self._processes:
            self._free.put(process)
        self._fingerprints, self._saying_how = Fingerprints(self._settings), fingerprints
        self._lock = threading.Lock()
        if required is not Level.NONE:
            # Better before the first document is fetched than in the middle of a run.
            self.granted()

    def _borrowed(self, lender: Path) -> LentChild | None:
        return borrow(lender, self._plan.digest(self._owner), limits=self._settings.limits)

    def offer(self) -> Offer:
        """Return what a lender offers to runs that have a reader as this one."""
        start = partial(self._plan.start, warm=False)
        return Offer(self._plan.digest(self._owner), len(self._processes), start)

    def code_digest(self) -> bytes:
        """Identify the code that children are started from now."""
        return self._plan.code_digest()

    def fingerprint(self) -> str:
        """Identify code, libraries, models, language data and settings of all kinds of file."""
        with self._lock:
            return self._fingerprints.everything()

    def is_current(self, fingerprint: str) -> bool:
        """Return whether a document read under this fingerprint would be read alike now."""
        with self._lock:
            return self._fingerprints.is_current(fingerprint)

    def read(
        self,
        path: Path,
        *,
        name: str,
        work_dir: Path,
        while_read: "WhileRead" = nullcontext,
        as_class: str = "",
    ) -> Findings:
        """Read a document in a child, waiting for a free one.

        A virus scanner, where there is one, scans it before. `while_read` lasts from before a child
        takes the document until nothing of the answer is left to check.

        Raises:
            TryLater: the reader was closed; never for what the document does.
            BadSettings: the system grants less isolation than is required.
        """
        verdict = self._scanner.scan(path) if self._scanner else VirusScan(ScanStatus.OFF)
        if verdict.status is ScanStatus.INFECTED:
            problem = (
                f"{name}: the virus scanner found {verdict.detail} in it; it was not opened. "
                "Upload a clean copy."
            )
            findings = failed(_UNKNOWN, ReadStatus.INFECTED, problem)
        else:
            process = self._free.get()
            try:
                # With a process of its own, so that no more documents wait than could be read.
                with self._turns.turn() if self._turns else nullcontext():
                    findings = process.read(
                        path,
                        name=name,
                        work_dir=work_dir,
                        while_read=while_read,
                        as_class=as_class,
                    )
            finally:
                self._free.put(process)
        if verdict.status is ScanStatus.NOT_SCANNED:
            # A document without other problems is partial, so that an operator sees it.
            status = ReadStatus.PARTIAL if findings.status is ReadStatus.OK else findings.status
            problem = f"{name}: it was not scanned for viruses: {verdict.detail}."
            findings = dataclasses.replace(
                findings, status=status, problems=(*findings.problems, problem)
            )
        findings = dataclasses.replace(findings, scan=verdict.status)
        if not self._saying_how:
            return findings
        with self._lock:
            fingerprint = self._fingerprints.of_findings(findings)
        return dataclasses.replace(findings, fingerprint=fingerprint)

    def granted(self) -> Granted | None:
        """Start a child and return what the system granted it; None where none starts."""
        return self._processes[0].granted()

    def warm(self) -> None:
        """Start the children and let them load their models, without waiting for them."""
        for process in self._processes:
            process.warm()
        if self._saying_how:
            self.fingerprint()

    def close(self) -> None:
        """End the children at once, even while they read."""
        if self._turns:
            self._turns.close()
        for process in self._processes:
            process.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_exc: object) -> None:
        self.close()


def _planned(
    settings: ReadSettings,
    job: Job | type[Job] | None,
    without: frozenset[str],
    cache: Path | None,
    documents_per_child: int,
) -> ChildPlan:
    """Return what the children of a reader are started with."""
    name = f"{job.__module__}:{job.__qualname__}" if job else _DOCUMENT_JOB
    return ChildPlan(
        settings=settings,
        job=name,
        code=(*_code(name), *model_files(settings.models)),
        without=without,
        cache=cache,
        most_documents=documents_per_child,
    )


def _code(job: str) -> Iterator[Path]:
    """Yield where the code of a job is: our packages that it needs, and its own."""
    # In one order: a set has another in each process, and the digest of a plan depends on it.
    for name in sorted({"processors", "pipeline", job.partition(":")[0].partition(".")[0]}):
        module = sys.modules[name]
        paths = getattr(module, "__path__", None) or [module.__file__]
        yield from map(Path, paths)


def _check(settings: ReadSettings) -> None:
    """Refuse settings that no document could be read with."""
    try:
        engines.check(settings)
    except EngineMissing as exc:
        raise BadSettings([f"processing.ocr: {exc}"]) from exc
    if "pdfa" in settings.renditions:
        try:
            ocrmypdf.version()
        except EngineMissing as exc:
            raise BadSettings([f"archive.renditions: {exc}"]) from exc
