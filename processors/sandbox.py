"""Read every document in a child process with limits. What a document does to its child is told as a status."""

import dataclasses
import os
import queue
import threading
from pathlib import Path
from types import TracebackType
from typing import Self

from pipeline.errors import BadSettings
from pipeline.model import Findings
from processors import _child, fingerprint, ocr
from processors._kernel import Granted
from processors._slot import Slot
from processors.contract import RENDITIONS, EngineMissing, Limits, ReadSettings


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
        renditions: tuple[str, ...] = tuple(RENDITIONS),
        job: _child.Job | None = None,
    ) -> None:
        """Check the settings; children start with the first document or with `warm`."""
        self._settings = ReadSettings(
            ocr=ocr,
            languages=tuple(languages),
            limits=limits or Limits(),
            passwords=passwords,
            renditions=tuple(renditions),
        )
        _check(self._settings)
        self._slots = [Slot(self._settings, job) for _ in range(max(1, workers or os.cpu_count() or 1))]
        self._free: queue.LifoQueue[Slot] = queue.LifoQueue()
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
            findings = slot.read(path, name=name, work_dir=work_dir)
        finally:
            self._free.put(slot)
        return dataclasses.replace(findings, fingerprint=self.fingerprint())

    def granted(self) -> Granted | None:
        """Start a child and return what the system granted it of the limits asked for; None where none starts."""
        return self._slots[0].granted()

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


def _check(settings: ReadSettings) -> None:
    """Refuse settings that no document could be read with."""
    try:
        ocr.check(settings)
    except EngineMissing as exc:
        raise BadSettings([f"processing.ocr: {exc}"]) from exc
