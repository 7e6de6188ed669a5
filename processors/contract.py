"""Define what every processor receives and returns, and the limits for reading a document."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Literal, NamedTuple, Protocol, runtime_checkable

from pipeline.errors import RejectFile
from pipeline.model import Finding, Findings, PageText, ReadStatus

if TYPE_CHECKING:
    from PIL import Image

Box = tuple[float, float, float, float]
"""Left, top, right, bottom, from the top left corner of the page."""

RENDITIONS = {
    "text": "text.txt",
    "pages": "pages.json",
    "searchable": "searchable.pdf",
    "thumbnail": "thumbnail.webp",
    "pdfa": "pdfa.pdf",
}
"""The files that can be derived for the archive: their names in the settings and in the archive."""
USUAL_RENDITIONS = ("text", "pages", "searchable", "thumbnail")
"""Those that need no other program."""

_LAST_CPU_SHARE = 0.8
"""Share of the CPU time after which no new page is begun: the rest is for writing the results."""

# Libraries in C and C++ report that memory is exhausted in words, mostly as RuntimeError.
_OUT_OF_MEMORY_WORDS = (
    "bad_alloc",
    "annot allocate memory",
    "Insufficient memory",
    "out of memory",
)


PARSER_ERRORS = (
    OSError,
    ValueError,
    TypeError,
    LookupError,
    AttributeError,
    RecursionError,
    AssertionError,
    ArithmeticError,
)
"""What a parser in Python raises, beside its own errors, on data that violate its format."""


class Unreadable(RejectFile):
    """A document cannot be read; `status` says in which way, the message what to do."""

    def __init__(self, status: ReadStatus, message: str) -> None:
        """Keep the status next to the message."""
        self.status = status
        super().__init__(message)


class EngineMissing(RejectFile):
    """A program, model or language for OCR is not installed; the message says what to install."""


def reports_out_of_memory(error: BaseException) -> bool:
    """Return whether a library reports with this error that no memory is left."""
    return any(words in str(error) for words in _OUT_OF_MEMORY_WORDS)


def failed(media_type: str, status: ReadStatus, problem: str, *, extension: str = "") -> Findings:
    """Return the findings of a document that could not be read."""
    nothing = Finding(
        value=None,
        confidence=0.0,
        reason=f"the document was not read: {status.value}",
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
    """What reading one document may use.

    `memory_mib`: private memory of the reader process with its models, in MiB of 2**20 bytes.
    `cpu_s`, `wall_s`: CPU and wall time in seconds; `stall_s`: how long it may use no CPU at all.
    `file_mib`: size of the upload; `pages` and `pixels` (of one image): what is read of it.
    `output_mib`: size of each file that it writes; `disk_mib`, `disk_files`: its folder as a whole.
    `children`: files inside the upload that are read, `depth` levels deep. Together they may unpack
    to `unpacked_mib`, and to `ratio` times the size of the upload.
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


MOST_DOCUMENTS = 200
"""Documents that consist of pages, of all files in one upload together; files are counted apart."""


@dataclass(frozen=True, slots=True)
class ModelFile:
    """A network in ONNX format that the user provides, and the SHA-256 of its bytes in hex."""

    path: Path
    sha256: str


@dataclass(frozen=True, slots=True)
class OcrModels:
    """Networks of the user for RapidOCR, in place of those in its package.

    `detection` finds lines, `recognition` reads them. `languages` are those whose letters
    `recognition` was trained on; None: those of the network in the package.
    """

    detection: ModelFile | None = None
    recognition: ModelFile | None = None
    languages: tuple[str, ...] | None = None


@dataclass(frozen=True, slots=True)
class ReadSettings:
    """How documents are read.

    `ocr`: auto, tesseract or rapidocr. `languages`: Tesseract's three-letter codes.
    `renditions`: keys of RENDITIONS. `passwords`: tried on encrypted documents after the empty one;
    they are secrets. `scanned`: a virus scanner sees each document first. `date_order`: dmy, mdy or
    "", for dates that a document leaves open. `rules`: the text of the user's own class rules.
    `models`: the user's own networks for OCR.
    """

    ocr: str = "auto"
    languages: tuple[str, ...] = ("eng",)
    renditions: tuple[str, ...] = USUAL_RENDITIONS
    limits: Limits = field(default_factory=Limits)
    passwords: tuple[str, ...] = field(default=(), repr=False)
    scanned: bool = False
    date_order: str = ""
    rules: str = field(default="", repr=False)
    models: OcrModels = field(default_factory=OcrModels)


class Word(NamedTuple):
    """One word; its box is in the unit of its segment or line, its confidence from 0 to 1.

    It is a tuple because documents have hundreds of thousands of them, and creating a dataclass
    takes six times as long.
    """

    text: str
    box: Box
    confidence: float | None = None


@dataclass(frozen=True, slots=True)
class Segment:
    """A piece of text as an engine or a text layer returns it.

    `confidence` is from 0 to 1. `angle_deg` is its slope, positive clockwise. `words` are its words
    in reading order, empty if their positions are not known.
    """

    text: str
    box: Box
    confidence: float | None = None
    angle_deg: float = 0.0
    words: tuple[Word, ...] = ()


@dataclass(frozen=True, slots=True)
class Line:
    """One line in reading order.

    `box` is in points, None if the format has no positions; so are the boxes of its `words`, which
    are empty if they are not known. `angle_deg` is its slope, positive clockwise.
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
class FormField:
    """A field of a form: its label, what is entered, and the place of that in points.

    `place` is where the value is: in an "interactive" field, on the "line" of its label, "beside"
    or "below" it, or in a "box" that is checked.
    """

    label: str
    value: str
    box: Box | None = None
    place: Literal["interactive", "line", "frame", "box", "beside", "below"] = "line"


@dataclass(frozen=True, slots=True)
class Drawing:
    """What is drawn on a page to be filled in, in points.

    `lines` are level lines, `frames` rectangles and upright lines, `strokes` slanting lines.
    """

    lines: tuple[Box, ...] = ()
    frames: tuple[Box, ...] = ()
    strokes: tuple[Box, ...] = ()


NOTHING_DRAWN = Drawing()


@dataclass(frozen=True, slots=True)
class Page:
    """The text of a page, the lines that it consists of, its barcodes, and the fields of a form.

    Positions and size are those of the page as it is shown; `turned_deg` is by how much, clockwise,
    it was turned to be read. `problem` says to users what is worse than it should be.
    """

    text: PageText
    lines: tuple[Line, ...] = ()
    turned_deg: int = 0
    codes: tuple[Code, ...] = ()
    problem: str = ""
    fields: tuple[FormField, ...] = ()
    drawing: Drawing = NOTHING_DRAWN


@dataclass(frozen=True, slots=True)
class StructuredData:
    """The values of a document in a form for machines, such as an electronic invoice.

    They count more than what is found in the text. `complete`: nothing is looked for in the text.
    """

    fields: Mapping[str, Finding]
    doc_type: Finding
    complete: bool = False


@dataclass(frozen=True, slots=True)
class EmbeddedFile:
    """A file inside a document: its name there, and its bytes, unpacked in chunks on request.

    Unpacking raises Unreadable if the bytes cannot be read.
    """

    name: str
    chunks: Callable[[], Iterable[bytes]]


@dataclass(frozen=True, slots=True)
class Reading:
    """What a processor read of one document. With `problems` next to pages it is partial.

    `children` is iterated once, after `process` has returned. It may open the document again, and
    raises Unreadable if it cannot go on. `left_out` says why a rendition, by its name in the
    archive, was not made; that is no problem.
    """

    pages: tuple[Page, ...]
    problems: tuple[str, ...] = ()
    children: Iterable[EmbeddedFile] = ()
    metadata: Mapping[str, str] = field(default_factory=dict)
    left_out: Mapping[str, str] = field(default_factory=dict)
    structured: StructuredData | None = None


class OcrEngine(Protocol):
    """Recognizes the text of one upright image."""

    name: str

    def recognize(self, image: "Image.Image", *, dpi: float) -> Sequence[Segment]:
        """Return segments in any order, with boxes in pixels of the image (mode L or RGB).

        A line that was found but not read has no text.

        Raises:
            EngineMissing: a program, model or language is not installed.
            Unreadable: the engine fails on this image.
        """


@runtime_checkable
class UprightEngine(OcrEngine, Protocol):
    """An engine that also finds out in which direction a page was scanned."""

    def recognize_upright(
        self, image: "Image.Image", *, dpi: float
    ) -> tuple[Sequence[Segment], int] | None:
        """Return the segments of the upright page, and the angle by which it was rotated.

        In degrees counterclockwise; the boxes are in pixels of the rotated image. None if the
        engine cannot decide.
        """


@dataclass(frozen=True, slots=True)
class Recognition:
    """What was recognized on an image, by which engine, and why by that one.

    Positions are in pixels of the image after it was turned counterclockwise by `turned_deg`.
    `problem` says what is worse because another engine had to be used.
    """

    segments: Sequence[Segment]
    engine: str
    reason: str
    turned_deg: int = 0
    problem: str = ""


class PageReader(Protocol):
    """Recognizes images with the engine of the settings, or with one chosen for each image."""

    def read(
        self,
        image: "Image.Image",
        *,
        dpi: float,
        detect_rotation: bool = True,
    ) -> Recognition:
        """Recognize an image (mode L or RGB), in any orientation unless `detect_rotation` is off.

        Raises:
            EngineMissing: no engine that may read it is installed.
            Unreadable: all engines that may read it fail on this image.
        """


@dataclass(frozen=True, slots=True)
class Context:
    """What a processor may use.

    `engine` returns the OCR, which it loads at the first call; it raises EngineMissing.
    `cpu_used_s` returns the CPU seconds spent on this document, with the programs it started.
    `keep` takes each page as soon as it is read and returns what remains of it in memory: documents
    of many pages do not fit otherwise.
    """

    settings: ReadSettings
    engine: Callable[[], PageReader]
    cpu_used_s: Callable[[], float]
    keep: Callable[[Page], Page] = field(default=lambda page: page)

    @property
    def exhausted(self) -> bool:
        """Return whether to stop between pages, because most of the CPU time is used."""
        return self.cpu_used_s() > _LAST_CPU_SHARE * self.settings.limits.cpu_s


class Processor(Protocol):
    """Turns one kind of file into pages. It keeps nothing between documents and starts no pool."""

    name: str

    def accepts(self, media_type: str) -> str | None:
        """Return None to accept files of this type, otherwise the reason for declining."""

    def process(self, path: Path, work_dir: Path, context: Context) -> Reading:
        """Read a document, writing only into `work_dir`.

        Raises:
            Unreadable: nothing can be read, and why.
        """
