import threading
from collections.abc import Callable, Mapping
from contextlib import nullcontext
from dataclasses import dataclass, field, replace
from pathlib import Path

from pipeline.labels import SAID
from pipeline.model import Candidate, Finding, Findings, PageText, ReadStatus
from pipeline.ports.reader import Reader, WhileRead


@dataclass
class FakeReader:
    r"""Reads `key=value` lines as findings: "doc_type=receipt\ntotal=12.50".

    An empty file is empty; "!" is damaged. `reads` counts the documents read. All findings have the
    same `confidence`, with which they are written unless a test asks for more, and those of
    `others`, by name.
    """

    version: str = "1"
    confidence: float = 0.99
    reads: int = 0
    others: Mapping[str, tuple[Candidate, ...]] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def fingerprint(self) -> str:
        """Return the version."""
        return f"fake-{self.version}"

    def is_current(self, fingerprint: str) -> bool:
        """Return whether it is the present version."""
        return fingerprint == self.fingerprint()

    def read(
        self,
        path: Path,
        *,
        name: str,
        work_dir: Path,
        while_read: WhileRead = nullcontext,
        as_class: str = "",
    ) -> Findings:
        """Read a file."""
        with self._lock:
            self.reads += 1
        with while_read():
            found = self.findings(path, name=name, work_dir=work_dir)
        if as_class and found.status.readable:
            return replace(found, doc_type=Finding(as_class, 1.0, SAID))
        return found

    def findings(self, path: Path, *, name: str, work_dir: Path) -> Findings:
        """Return what is in a file: what a child process does, and what tests replace."""
        text = path.read_text(encoding="utf-8")
        unsure = Finding(None, 0.0, "unsure")
        if not text or text.startswith("!"):
            damaged = bool(text)
            return Findings(
                "text/plain",
                ReadStatus.DAMAGED if damaged else ReadStatus.EMPTY,
                unsure,
                problems=(f"{name} is {'damaged' if damaged else 'empty'}",),
                fingerprint=self.fingerprint(),
            )
        pairs = dict(line.split("=", 1) for line in text.splitlines())
        fields = {
            key: Finding(value, self.confidence, "it says so", 1, others=self.others.get(key, ()))
            for key, value in pairs.items()
        }
        derived = work_dir / "text.txt"
        derived.write_text(text, encoding="utf-8")
        return Findings(
            "text/plain",
            ReadStatus.OK,
            fields.pop("doc_type", unsure),
            fields=fields,
            pages=(PageText(1, "text", None, None, text),),
            text=text,
            derived={"text.txt": derived},
            extension="txt",
            fingerprint=self.fingerprint(),
        )


class ReaderAround:
    """Another reader, before each of whose documents something happens: `before` gets the name."""

    def __init__(self, inner: Reader, before: Callable[[str], None]) -> None:
        self._inner = inner
        self._before = before

    def fingerprint(self) -> str:
        """Return that of the other reader."""
        return self._inner.fingerprint()

    def is_current(self, fingerprint: str) -> bool:
        """Return what the other reader returns."""
        return self._inner.is_current(fingerprint)

    def read(
        self,
        path: Path,
        *,
        name: str,
        work_dir: Path,
        while_read: WhileRead = nullcontext,
        as_class: str = "",
    ) -> Findings:
        """Read with the other reader."""
        self._before(name)
        return self._inner.read(
            path, name=name, work_dir=work_dir, while_read=while_read, as_class=as_class
        )


def acting_once(inner: Reader, act: Callable[[], object]) -> ReaderAround:
    """Return a reader before whose first document something happens."""
    waiting = [act]
    return ReaderAround(inner, lambda _name: waiting.pop()() if waiting else None)
