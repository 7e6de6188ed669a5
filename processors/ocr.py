"""Choose an OCR engine and read a picture with it."""

import dataclasses
import importlib.util
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from pipeline.model import PageText
from processors import barcodes, layout, rapid, tess
from processors._exec import tesseract
from processors.contract import EngineMissing, OcrEngine, Page, ReadSettings, Segment
from processors.picture import LARGEST_SIDE_PX, is_blank

if TYPE_CHECKING:
    from PIL import Image

VERSION = "1"

ENGINES = ("auto", "tesseract", "rapidocr")
_SMALLEST_SIDE_PX = 8
_UNSURE = 0.8  # upright pages of the kinds measured read at 0.95 and more, upside down at 0.75

RAPIDOCR_LANGUAGES = frozenset(
    [
        "afr",
        "aze",
        "bos",
        "cat",
        "ces",
        "chi_sim",
        "chi_tra",
        "cym",
        "dan",
        "deu",
        "eng",
        "est",
        "eus",
        "fin",
        "fra",
        "gle",
        "glg",
        "hrv",
        "hun",
        "ind",
        "isl",
        "ita",
        "jpn",
        "lat",
        "lav",
        "lit",
        "ltz",
        "mlt",
        "mri",
        "msa",
        "nld",
        "nor",
        "oci",
        "pol",
        "por",
        "que",
        "ron",
        "slk",
        "slv",
        "spa",
        "sqi",
        "srp_latn",
        "swa",
        "swe",
        "tgl",
        "tur",
        "uzb",
        "vie",
    ]
)
"""Tesseract's codes of the languages whose letters the model inside rapidocr's wheel was taught."""


def engine_for(settings: ReadSettings) -> OcrEngine:
    """Load the engine the settings ask for; `auto` takes rapidocr where it is installed and knows every language.

    Raises:
        EngineMissing: nothing installed can read these languages.
    """
    if choose(settings) == "rapidocr":
        try:
            return rapid.RapidEngine(settings.languages)
        except ImportError as exc:
            raise EngineMissing(
                f'RapidOCR is installed but does not load ({exc}); repair the installation or set ocr = "tesseract".'
            ) from exc
    return tess.TesseractEngine(languages=settings.languages, timeout_s=settings.limits.cpu_s)


def choose(settings: ReadSettings) -> str:
    """Name the engine that will read: `rapidocr` or `tesseract`.

    Raises:
        EngineMissing: `ocr` is no engine this project knows, or one that cannot read these languages.
    """
    if settings.ocr not in ENGINES:
        raise EngineMissing(f'There is no OCR engine "{settings.ocr}"; use one of {", ".join(ENGINES)}.')
    beyond = [language for language in settings.languages if language not in RAPIDOCR_LANGUAGES]
    if settings.ocr == "auto":
        return "rapidocr" if not beyond and importlib.util.find_spec("rapidocr") else "tesseract"
    if settings.ocr == "rapidocr" and beyond:
        raise EngineMissing(
            f'RapidOCR\'s bundled model does not read {", ".join(beyond)}; set ocr = "tesseract" for these languages.'
        )
    return settings.ocr


def check(settings: ReadSettings) -> None:
    """Look whether the engine asked for, its models and its languages are installed, loading nothing.

    Raises:
        EngineMissing: something is missing, and what to install.
    """
    if choose(settings) == "rapidocr":
        rapid.model_files()
    else:
        tesseract.require(settings.languages)


def describe(settings: ReadSettings) -> str:
    """Say in one line which engine reads, for a person; raises EngineMissing."""
    if choose(settings) == "rapidocr":
        return f"rapidocr on {rapid.runtime()}, {rapid.model_files()['Rec'].stem}, bundled with the package"
    return f"tesseract {tesseract.version()} with {', '.join(settings.languages)}"


def read_picture(image: "Image.Image", *, number: int, dpi: float, engine: Callable[[], OcrEngine]) -> Page:
    """Recognise one upright picture as a page; places are given in points by its resolution."""
    width_pt, height_pt = image.width * 72 / dpi, image.height * 72 / dpi
    page = PageText(
        number=number,
        source="none",
        engine=None,
        confidence=None,
        text="",
        width_pt=round(width_pt, 2),
        height_pt=round(height_pt, 2),
        reason="the page is blank",
    )
    if min(image.size) < _SMALLEST_SIDE_PX or is_blank(image):
        return Page(page)
    reader = engine()
    smaller, shrunk = _within(image)
    segments, turned = _upright_segments(smaller, reader, dpi=dpi / shrunk)
    lines = layout.lines_of(segments, scale=72 / dpi * shrunk)
    page = dataclasses.replace(
        page,
        source="ocr" if lines else "none",
        engine=reader.name,
        confidence=layout.confidence_of(lines),
        text=layout.text_of(lines),
        reason="it is a picture" if lines else "nothing written was found in the picture",
    )
    if turned in {90, 270}:
        page = dataclasses.replace(page, width_pt=page.height_pt, height_pt=page.width_pt)
    shown = layout.turned_back(Page(page, lines), (360 - turned) % 360)
    return dataclasses.replace(shown, codes=barcodes.codes_in(smaller, scale=72 / dpi * shrunk))


def _upright_segments(image: "Image.Image", reader: OcrEngine, *, dpi: float) -> tuple[Sequence[Segment], int]:
    """Recognise a page, turned where it lies on its side or head; return segments of the turned page and the angle.

    Only a page that reads badly is read again: its lines run upwards, or the engine is unsure of most of them.
    """
    best, angle = reader.recognise(image, dpi=dpi), 0
    for turn in _turns(best):
        other = reader.recognise(image.rotate(turn, expand=True), dpi=dpi)
        if _certainty(other) > 1.1 * _certainty(best):
            best, angle = other, turn
    return best, angle


def _turns(segments: Sequence[Segment]) -> tuple[int, ...]:
    """Return the turns worth trying, in degrees against the clock."""
    long = [s for s in segments if len(s.text.strip()) > 2]  # noqa: PLR2004 - a digit is higher than wide anyway
    rising = [s for s in long if s.box[3] - s.box[1] > 1.5 * (s.box[2] - s.box[0])]
    if len(long) >= 3 and 2 * len(rising) > len(long):  # noqa: PLR2004 - two words prove nothing
        return (90, 270)
    sure = sum((s.confidence or 0) * len(s.text) for s in segments) / max(1, sum(len(s.text) for s in segments))
    return (180,) if segments and sure < _UNSURE else ()


def _certainty(segments: Sequence[Segment]) -> float:
    """Weigh what was read: much and surely, a line's certainty counting more the surer it is."""
    return sum(len(s.text) * (s.confidence or 0) ** 4 for s in segments if s.box[2] - s.box[0] > s.box[3] - s.box[1])


def _within(image: "Image.Image") -> tuple["Image.Image", float]:
    """Shrink what is larger than any engine gains from; return the factor its sides were divided by."""
    factor = max(1.0, max(image.size) / LARGEST_SIDE_PX)
    if factor == 1.0:
        return image, factor
    return image.resize((max(1, round(image.width / factor)), max(1, round(image.height / factor)))), factor
