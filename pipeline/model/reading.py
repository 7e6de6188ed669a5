"""What was read in a document: its status, its pages, its values and the files inside it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path

LANGUAGE_CODE = r"^[a-z]{3}(_[a-z]+)?$"
"""A language as Tesseract names it, such as `eng` or `chi_sim`."""
SCANNER_ADDRESS = r"^(/.+|[^/\s]+:[0-9]{1,5})$"
"""A virus scanner: the path of a Unix socket, or HOST:PORT."""


class ReadStatus(StrEnum):
    """How reading one document ended."""

    OK = "ok"
    PARTIAL = "partial"  # some pages or embedded files could not be read
    ENCRYPTED = "encrypted"  # no password is known
    UNSUPPORTED = "unsupported"  # no processor reads this type
    EMPTY = "empty"  # no bytes, or no text in it
    DAMAGED = "damaged"
    TOO_BIG = "too_big"  # beyond a limit of size, pages or unpacked bytes
    TIMED_OUT = "timed_out"
    OUT_OF_MEMORY = "out_of_memory"
    CRASHED = "crashed"  # the reader process died
    SUSPICIOUS = "suspicious"  # built to harm or deceive its reader
    INFECTED = "infected"

    @property
    def readable(self) -> bool:
        """Say whether there is something to write back."""
        return self in {ReadStatus.OK, ReadStatus.PARTIAL}


class ScanStatus(StrEnum):
    """What the virus scanner said of a document."""

    OFF = "off"  # none is configured
    CLEAN = "clean"
    INFECTED = "infected"
    NOT_SCANNED = "not_scanned"  # a scanner is configured and could not be reached


MOST_CANDIDATES = 3
"""Further values of a finding: users look at few, and each document stores them."""
MOST_CANDIDATE_CHARS = 200
"""Characters of a further value, and of its reason."""


@dataclass(frozen=True, slots=True)
class Candidate:
    """Another value of the document that a finding may be, ranked below it, with its reason.

    Value, confidence, page and box are as those of a finding.
    """

    value: str
    confidence: float
    reason: str
    page: int | None = None
    box: tuple[float, float, float, float] | None = None


@dataclass(frozen=True, slots=True)
class Finding:
    """One value read from a document: normalized text (ISO dates, plain decimals) with its reason.

    The confidence is 0 to 1. A `value` of None is unsure: `reason` says between which values.
    `page` counts from 1; None where a value belongs to no page. `box` is its place on the page:
    left, top, right, bottom in points (1/72 inch) from the top left corner; None where the document
    has no places. `child` names the file inside the document that page and box belong to, with
    " / " between the names of nested files; "" for the document itself. `others` are up to
    MOST_CANDIDATES further values that it may be instead, the likeliest first.
    """

    value: str | None
    confidence: float
    reason: str
    page: int | None = None
    box: tuple[float, float, float, float] | None = None
    child: str = ""
    others: tuple[Candidate, ...] = ()


@dataclass(frozen=True, slots=True)
class PageText:
    """One page.

    `number` counts from 1. `source` is "text" (a text layer), "ocr" or "none" (blank or
    unreadable); `reason` says why the text was taken from there. `confidence` runs from 0 to 1 and
    is None where the engine gives none. Width and height are in points (1/72 inch).
    """

    number: int
    source: str
    engine: str | None
    confidence: float | None
    text: str
    width_pt: float | None = None
    height_pt: float | None = None
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Findings:
    """Everything read from one document.

    `fields` has the findings by name (date, total, currency, …, see `pipeline.findings`).
    `problems` are sentences for users. `children` are the documents inside it in its own order,
    `metadata` is what the file says about itself. `derived` maps an archive name (text.txt,
    pages.json, searchable.pdf, thumbnail.webp) to a local file, `left_out` a name to the reason
    why there is no such file. `pages` are the document's own; `text`, `doc_type` and `fields` are
    those of it and all its children together.
    """

    media_type: str
    status: ReadStatus
    doc_type: Finding
    fields: Mapping[str, Finding] = field(default_factory=dict)
    pages: tuple[PageText, ...] = ()
    text: str = ""
    problems: tuple[str, ...] = ()
    derived: Mapping[str, Path] = field(default_factory=dict)
    children: "tuple[Child, ...]" = ()
    metadata: Mapping[str, str] = field(default_factory=dict)
    extension: str | None = None
    fingerprint: str = ""
    scan: ScanStatus = ScanStatus.OFF
    left_out: Mapping[str, str] = field(default_factory=dict)

    def named(self, name: str) -> Finding | None:
        """Return the finding of a name, that of the class included; None without one."""
        return self.doc_type if name == "doc_type" else self.fields.get(name)

    @property
    def documents(self) -> "tuple[Child, ...]":
        """Return the documents that its own pages are; none if they are one."""
        return tuple(child for child in self.children if child.page_range is not None)

    @property
    def page_count(self) -> int:
        """Count the pages of the document and of everything in it."""
        files = (child for child in self.children if child.page_range is None)
        return len(self.pages) + sum(child.findings.page_count for child in files)


@dataclass(frozen=True, slots=True)
class Child:
    """A document inside another one, read like any other; it may have children itself.

    `name` is what the parent calls it, on one line: to be shown, never a path. `path` is the local
    file with its bytes until the archive has them. `sha256` and `path` are None where it was not
    extracted; its findings say why. `page_range` is the first and the last page of the parent, of
    one that consists of pages; such a document has no bytes of its own, and its pages have the
    numbers that they have in the parent. It is None for a file.
    """

    name: str
    findings: Findings
    sha256: str | None = None
    size_bytes: int = 0
    path: Path | None = None
    page_range: tuple[int, int] | None = None
