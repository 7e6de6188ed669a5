"""Read every document in a child process with limits. What a document does to its child is told as a status."""

import dataclasses
import os
import queue
import threading
from pathlib import Path
from types import TracebackType
from typing import Self

from pipeline.errors import BadSettings
from pipeline.model import Findings, ReadStatus, ScanStatus
from processors.contract import USUAL_RENDITIONS, EngineMissing, Limits, ReadSettings, failed
from processors.detect.clamav import Clamd, VirusScan
from processors.detect.media import UNKNOWN
from processors.exec import ocrmypdf
from processors.fingerprint import Fingerprints
from processors.ocr import engines
from processors.sandbox import child as _child, child_folder as _home
from processors.sandbox.confinement import Granted
from processors.sandbox.reader_process import ReaderProcess


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
        renditions: tuple[str, ...] = USUAL_RENDITIONS,
        clamav: str | None = None,
        date_order: str = "",
        rules: str = "",
        job: _child.Job | None = None,
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
        )
        _check(self._settings)
        _home.sweep()
        self._slots = [
            ReaderProcess(self._settings, job)
            for _ in range(max(1, workers or os.cpu_count() or 1))
        ]
        self._scanner = Clamd(clamav) if clamav else None
        self._free: queue.LifoQueue[ReaderProcess] = queue.LifoQueue()
        for reader_process in self._slots:
            self._free.put(reader_process)
        self._fingerprints = Fingerprints(self._settings)
        self._lock = threading.Lock()

    def fingerprint(self) -> str:
        """Identify code, libraries, models, language data and settings of all kinds of file."""
        with self._lock:
            return self._fingerprints.everything()

    def is_current(self, fingerprint: str) -> bool:
        """Return whether a document read under this fingerprint would be read alike now."""
        with self._lock:
            return self._fingerprints.is_current(fingerprint)

    def read(self, path: Path, *, name: str, work_dir: Path) -> Findings:
        """Read a document in a child, waiting for a free one; where a virus scanner is configured, it is asked first.

        Raises:
            TryLater: the reader was closed; never for what the document does.
        """
        verdict = self._scanner.scan(path) if self._scanner else VirusScan(ScanStatus.OFF)
        if verdict.status is ScanStatus.INFECTED:
            problem = f"{name}: the virus scanner found {verdict.detail} in it; it was not opened. Upload a clean copy."
            findings = failed(UNKNOWN, ReadStatus.INFECTED, problem)
        else:
            findings = self._read(path, name=name, work_dir=work_dir)
        if verdict.status is ScanStatus.NOT_SCANNED:
            findings = _unscanned(
                findings, f"{name}: it was not scanned for viruses: {verdict.detail}."
            )
        findings = dataclasses.replace(findings, scan=verdict.status)
        with self._lock:
            fingerprint = self._fingerprints.of_findings(findings)
        return dataclasses.replace(findings, fingerprint=fingerprint)

    def _read(self, path: Path, *, name: str, work_dir: Path) -> Findings:
        reader_process = self._free.get()
        try:
            return reader_process.read(path, name=name, work_dir=work_dir)
        finally:
            self._free.put(reader_process)

    def granted(self) -> Granted | None:
        """Start a child and return what the system granted it of the limits asked for; None where none starts."""
        return self._slots[0].granted()

    def warm(self) -> None:
        """Start the children and let them load their models, without waiting for them."""
        for reader_process in self._slots:
            reader_process.warm()

    def close(self) -> None:
        """End the children at once, whatever they are doing."""
        for reader_process in self._slots:
            reader_process.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()


def _unscanned(findings: Findings, problem: str) -> Findings:
    """Say that nobody knows of viruses: a document that is well otherwise is partial, so that a person sees it."""
    status = ReadStatus.PARTIAL if findings.status is ReadStatus.OK else findings.status
    return dataclasses.replace(findings, status=status, problems=(*findings.problems, problem))


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
