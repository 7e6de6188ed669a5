"""What every processor is given and gives back, and the limits a document is read under."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple, Protocol

from pipeline.errors import RejectFile
from pipeline.model import Finding, Findings, PageText, ReadStatus

if TYPE_CHECKING:
    from PIL import Image

Box = tuple[float, float, float, float]
"""Left, top, right, bottom, from the page's top left corner."""


RENDITIONS = {
    "text": "text.txt",
    "pages": "pages.json",
    "searchable": "searchable.pdf",
    "thumbnail": "thumbnail.webp",
    "pdfa": "pdfa.pdf",
}
"""What can be left for the archive, by the name settings have for it, and the file that holds it."""
USUAL_RENDITIONS = ("text", "pages", "searchable", "thumbnail")
"""Those that need no program of others."""


class Unreadable(RejectFile):
    """A document cannot be read; `status` says which way, the message what a person can do."""

    def __init__(self, status: ReadStatus, message: str) -> None:
        """Keep the status beside the sentence."""
        self.status = status
        super().__init__(message)


_OUT_OF_MEMORY_WORDS = (
    "bad_alloc",
    "annot allocate memory",
    "Insufficient memory",
    "out of memory",
)


def reports_out_of_memory(error: BaseException) -> bool:
    """Say whether a library reports with this error that no memory is left, which few raise as MemoryError."""
    return any(words in str(error) for words in _OUT_OF_MEMORY_WORDS)


class EngineMissing(RejectFile):
    """A program, model or language that OCR needs is not installed; the message says what to install."""


def failed(media_type: str, status: ReadStatus, problem: str, *, extension: str = "") -> Findings:
    """Return findings of a document that gave nothing."""
    nothing = Finding(
        value=None, confidence=0.0, reason=f"the document was not read: {status.value}"
    )
    return Findings(
        media_type=media_type,
        status=status,
        doc_type=nothing,
        problems=(problem,),
        extension=extension or None,
    )


@dataclass(frozen=True, slots=True)
class Limits:
    """What one document may use: MiB of 2**20 bytes, seconds, pages, pixels of one image.

    `stall_s` is how long it may use no CPU at all. `disk_mib` and `disk_files` bound its folder as a whole.

    `memory_mib` counts private memory of the child, models included. `output_mib` bounds each file it writes. Of the
    files inside an upload, `children` are read, `depth` levels down; all of them together may unpack to `unpacked_mib`
    and to `ratio` times the upload's own size.
    """

    memory_mib: int = 2048
    cpu_s: int = 300
    wall_s: int = 600
    stall_s: int = 60
    file_mib: int = 200
    pages: int = 500
    pixels: int = 120_000_000
    output_mib: int = 256
    disk_mib: int = 2048
    disk_files: int = 5_000
    children: int = 200
    depth: int = 4
    unpacked_mib: int = 500
    ratio: int = 200


@dataclass(frozen=True, slots=True)
class ReadSettings:
    """How documents are read: `ocr` is auto, tesseract or rapidocr; languages are Tesseract's three-letter codes.

    `passwords` are tried on encrypted documents after the empty one; they are secrets. `scanned` says that a virus
    scanner is asked before. `renditions` are keys of RENDITIONS.
    `date_order` (dmy, mdy or "") decides dates that a document leaves open; `rules` is the text of a person's own rules
    for classes.
    """

    ocr: str = "auto"
    languages: tuple[str, ...] = ("eng",)
    renditions: tuple[str, ...] = USUAL_RENDITIONS
    limits: Limits = field(default_factory=Limits)
    passwords: tuple[str, ...] = field(default=(), repr=False)
    scanned: bool = False
    date_order: str = ""
    rules: str = field(default="", repr=False)


class Word(NamedTuple):
    """One word with its place, in the unit of the segment or line it belongs to; confidence runs from 0 to 1.

    A tuple: documents have hundreds of thousands, and making a dataclass takes six times as long.
    """

    text: str
    box: Box
    confidence: float | None = None


@dataclass(frozen=True, slots=True)
class Segment:
    """A run of text that lies together. `angle_deg` is its slope, positive clockwise; confidence runs from 0 to 1.

    `words` are its words in reading order where the engine tells their places, else empty.
    """

    text: str
    box: Box
    confidence: float | None = None
    angle_deg: float = 0.0
    words: tuple[Word, ...] = ()


@dataclass(frozen=True, slots=True)
class Line:
    """One line in reading order. `box` is in points and None where the format knows no places.

    `words` are its words, their boxes in points, where their places are known. `angle_deg` is its slope, positive
    clockwise.
    """

    text: str
    box: Box | None = None
    confidence: float | None = None
    words: tuple[Word, ...] = ()
    angle_deg: float = 0.0


@dataclass(frozen=True, slots=True)
class Code:
    """A barcode: its symbology as ZXing names it, its text, and its box in points."""

    format: str
    text: str
    box: Box | None = None


@dataclass(frozen=True, slots=True)
class Page:
    """A page's text with the lines it was put together from, and the barcodes seen on it.

    Places and size are those of the page as it is shown; `turned_deg` is how far, clockwise, it was turned to be read.
    `problem` says what is poorer than it should be, for a person.
    """

    text: PageText
    lines: tuple[Line, ...] = ()
    turned_deg: int = 0
    codes: tuple[Code, ...] = ()
    problem: str = ""


@dataclass(frozen=True, slots=True)
class StructuredData:
    """What a document says in a form made for machines; nothing is guessed where it says something.

    `complete`: there is nothing to guess from beside it.
    """

    fields: Mapping[str, Finding]
    doc_type: Finding
    complete: bool = False


@dataclass(frozen=True, slots=True)
class EmbeddedFile:
    """A file inside a document: the name it is given there, and its bytes, unpacked piece by piece when asked for.

    Asking raises Unreadable where the bytes cannot be had.
    """

    name: str
    chunks: Callable[[], Iterable[bytes]]


@dataclass(frozen=True, slots=True)
class Reading:
    """What a processor made of one document. Problems beside pages make it partial.

    `children` is walked once, after `process` returned, and may open the document again; walking it raises Unreadable
    where it cannot go on.
    `left_out` says by its name in the archive why a rendition was not made; that is no problem.
    """

    pages: tuple[Page, ...]
    problems: tuple[str, ...] = ()
    children: Iterable[EmbeddedFile] = ()
    metadata: Mapping[str, str] = field(default_factory=dict)
    left_out: Mapping[str, str] = field(default_factory=dict)
    stated: StructuredData | None = None


class OcrEngine(Protocol):
    """Recognizes the text of one upright picture."""

    name: str

    def recognize(self, image: "Image.Image", *, dpi: float) -> Sequence[Segment]:
        """Return segments in any order, boxes in pixels of the picture given (mode L or RGB).

        A line that was found and not read has no text.

        Raises:
            EngineMissing: a program, model or language is not installed.
            Unreadable: the engine fails on this picture.
        """


@dataclass(frozen=True, slots=True)
class Recognition:
    """What was recognized on a picture, by which engine and why by that one, in words.

    Places are pixels of the picture after it was turned by `turned_deg` against the clock. `problem` says, where
    another engine had to step in, what is poorer by it.
    """

    segments: Sequence[Segment]
    engine: str
    reason: str
    turned_deg: int = 0
    problem: str = ""


class PageReader(Protocol):
    """Recognizes pictures by the engine that the settings name, or by one chosen for each."""

    def read(
        self, image: "Image.Image", *, dpi: float, detect_rotation: bool = True
    ) -> Recognition:
        """Recognize an image (mode L or RGB), in whatever orientation unless `detect_rotation` is off.

        Raises:
            EngineMissing: no engine that may read it is installed.
            Unreadable: all that may read it fail on this picture.
        """


@dataclass(frozen=True, slots=True)
class Context:
    """What a processor may use. `engine` loads what recognizes pictures when first called and raises EngineMissing.

    `cpu_used_s` tells the CPU seconds this document has cost, programs it started included. `keep` takes each page
    as soon as it is read and returns what to hand back of it: documents of many pages do not fit into memory else.
    """

    settings: ReadSettings
    engine: Callable[[], PageReader]
    cpu_used_s: Callable[[], float]
    keep: Callable[[Page], Page] = field(default=lambda page: page)

    @property
    def exhausted(self) -> bool:
        """Say whether to stop between pages: four fifths of the CPU time are used."""
        return self.cpu_used_s() > 0.8 * self.settings.limits.cpu_s


class Processor(Protocol):
    """Turns one kind of document into pages. Keeps nothing between documents, starts no pool."""

    name: str

    def accepts(self, media_type: str) -> str | None:
        """Return None to accept, otherwise the reason for declining."""

    def process(self, path: Path, work_dir: Path, context: Context) -> Reading:
        """Read a document, writing only into `work_dir`.

        Raises:
            Unreadable: nothing can be read, and why.
        """
