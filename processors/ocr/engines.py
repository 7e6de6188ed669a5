"""List the OCR engines: what each can read, what is installed, and how each is loaded."""

import sys
from collections.abc import Iterator, Sequence
from functools import partial
from typing import TYPE_CHECKING

from pipeline.model import ReadStatus
from processors import prepared
from processors.contract import (
    EngineMissing,
    OcrEngine,
    PageReader,
    ReadSettings,
    Recognition,
    Segment,
    Unreadable,
    UprightEngine,
    reports_out_of_memory,
)
from processors.exec import tesseract
from processors.ocr import auto, orientation
from processors.ocr.rapid import engine as rapid_engine, models
from processors.ocr.tesseract import TesseractEngine

if TYPE_CHECKING:
    from PIL import Image


ENGINES = ("auto", "tesseract", "rapidocr")
# The share of a document's CPU time after which Tesseract is stopped on one page, so that time is
# left for the others.
_PAGE_SHARE = 4
_MOST_ERROR_CHARS = 200

# Tesseract's codes (ISO 639-3, some with a script) of the languages whose letters the model in
# rapidocr's wheel was trained on: the character list inside the model has all letters of their
# alphabets.
RAPIDOCR_LANGUAGES = frozenset({
    "afr", "aze", "bos", "cat", "ces", "chi_sim", "chi_tra", "cym", "dan", "deu", "eng", "est",
    "eus", "fin", "fra", "gle", "glg", "hrv", "hun", "ind", "isl", "ita", "jpn", "lat", "lav",
    "lit", "ltz", "mlt", "mri", "msa", "nld", "nor", "oci", "pol", "por", "que", "ron", "slk",
    "slv", "spa", "sqi", "srp_latn", "swa", "swe", "tgl", "tur", "uzb", "vie",
})  # fmt: skip


def reader_for(settings: ReadSettings) -> PageReader:
    """Return the reader that the settings ask for.

    `auto` loads an engine when a page first needs it.

    Raises:
        EngineMissing: nothing installed can read these languages.
    """
    check(settings)
    if settings.ocr != "auto":
        title = auto.TITLES[settings.ocr]
        engine = load(settings.ocr, settings)
        return SingleEngineReader(engine, reason=f"{title} read it, as the settings say")
    missing = _why_no_rapidocr(settings)
    if missing:
        engine = load("tesseract", settings)
        return SingleEngineReader(engine, reason=f"Tesseract read it: {missing.rstrip('.')}")
    return auto.AutoReader(
        rapidocr=partial(load, "rapidocr", settings),
        tesseract=partial(load, "tesseract", settings),
        languages=settings.languages,
        untrained=_untrained(settings),
    )


def recipes(settings: ReadSettings) -> Iterator[prepared.Recipe]:
    """Yield how to make in advance what RapidOCR loads, if these settings may use it."""
    if settings.ocr != "tesseract":
        yield from rapid_engine.recipes(settings.languages, settings.models)


def load(name: str, settings: ReadSettings) -> OcrEngine:
    """Load one engine.

    Raises:
        EngineMissing: it is not installed or does not load.
    """
    if name == "tesseract":
        timeout_s = settings.limits.cpu_s / _PAGE_SHARE
        return TesseractEngine(languages=settings.languages, timeout_s=timeout_s)
    try:
        return _GuardedRapidEngine(rapid_engine.RapidEngine(settings.languages, settings.models))
    except _rapidocr_errors() as exc:
        if reports_out_of_memory(exc):
            raise MemoryError from exc
        raise EngineMissing(
            f"RapidOCR is installed but does not load ({exc}). "
            'Repair the installation or set ocr = "tesseract".'
        ) from exc


def used(settings: ReadSettings) -> tuple[str, ...]:
    """Name the engines that read with these settings and what is installed, the first choice first.

    Raises:
        EngineMissing: `ocr` is unknown, or nothing installed can read these languages.
    """
    if settings.ocr not in ENGINES:
        raise EngineMissing(
            f'There is no OCR engine "{settings.ocr}". Use one of {", ".join(ENGINES)}.'
        )
    untrained = _untrained(settings)
    if settings.ocr == "tesseract":
        return ("tesseract",)
    if settings.ocr == "rapidocr":
        if untrained:
            raise EngineMissing(
                f"RapidOCR's bundled model does not read {', '.join(untrained)}. "
                'Set ocr = "tesseract" or "auto" for these languages.'
            )
        return ("rapidocr",)
    if len(untrained) == len(settings.languages) or _why_no_rapidocr(settings):
        return ("tesseract",)
    return ("rapidocr", "tesseract") if untrained else ("rapidocr",)


def check(settings: ReadSettings) -> None:
    """Check that the engines in use, their models and their languages are installed.

    Nothing is loaded.

    Raises:
        EngineMissing: something is missing, with what to install.
    """
    if settings.ocr != "tesseract":
        # Before anything is chosen: no other engine may stand in for a network that is wrong.
        models.verify(settings.models)
    for name in used(settings):
        if name == "tesseract":
            tesseract.require(settings.languages)
        else:
            models.networks_of(settings.models)


def describe(settings: ReadSettings) -> str:
    """Describe the engines in use in one line; raises EngineMissing."""
    check(settings)
    descriptions = []
    for name in used(settings):
        if name == "rapidocr":
            chosen = models.networks_of(settings.models)
            origin = "from your settings" if chosen.is_own else "bundled with the package"
            text = f"rapidocr on {rapid_engine.runtime()}, {chosen.name}, {origin}"
        else:
            text = f"tesseract {tesseract.version()} with {', '.join(settings.languages)}"
        descriptions.append(text)
    separator = f"; pages in other letters ({', '.join(_untrained(settings))}): "
    return separator.join(descriptions)


def _why_no_rapidocr(settings: ReadSettings) -> str:
    """Return why RapidOCR cannot be used; "" if it can."""
    try:
        models.networks_of(settings.models)
    except EngineMissing as exc:
        return str(exc)
    return ""


def _untrained(settings: ReadSettings) -> tuple[str, ...]:
    """Return the languages whose letters RapidOCR's network was not trained on."""
    known = settings.models.languages
    trained = RAPIDOCR_LANGUAGES if known is None else frozenset(known)
    return tuple(language for language in settings.languages if language not in trained)


class SingleEngineReader:
    """Reads every page with one engine."""

    def __init__(self, engine: OcrEngine, *, reason: str) -> None:
        self._engine = engine
        self._reason = reason

    def read(
        self, image: "Image.Image", *, dpi: float, detect_rotation: bool = True
    ) -> Recognition:
        """Recognize an image."""
        return orientation.recognize(
            image, self._engine, dpi=dpi, detect_rotation=detect_rotation, reason=self._reason
        )


class _GuardedRapidEngine:
    """RapidOCR, with the errors of its libraries reported as a failure on one page."""

    def __init__(self, engine: UprightEngine) -> None:
        self.name = engine.name
        self._engine = engine

    def recognize(self, image: "Image.Image", *, dpi: float) -> Sequence[Segment]:
        """Return the lines found."""
        try:
            return self._engine.recognize(image, dpi=dpi)
        except _rapidocr_errors() as exc:
            if reports_out_of_memory(exc):
                raise MemoryError from exc
            raise _failed(exc) from exc

    def recognize_upright(
        self, image: "Image.Image", *, dpi: float
    ) -> tuple[Sequence[Segment], int] | None:
        """Return the lines found and the angle, None if the lines do not decide it."""
        try:
            return self._engine.recognize_upright(image, dpi=dpi)
        except _rapidocr_errors() as exc:
            if reports_out_of_memory(exc):
                raise MemoryError from exc
            raise _failed(exc) from exc


def _failed(exc: Exception) -> Unreadable:
    text = " ".join(str(exc).split())[:_MOST_ERROR_CHARS] or type(exc).__name__
    return Unreadable(ReadStatus.CRASHED, f"RapidOCR failed on this page: {text}")


def _rapidocr_errors() -> tuple[type[Exception], ...]:
    """Return what the libraries under RapidOCR raise: Python's errors, and their own if loaded."""
    classes: list[type[Exception]] = [
        ImportError, RuntimeError, ValueError, LookupError, ArithmeticError,
    ]  # fmt: skip
    library_errors = {
        "cv2": ("error",),
        "onnxruntime.capi.onnxruntime_pybind11_state": (
            "Fail", "RuntimeException", "InvalidArgument", "InvalidGraph",
        ),
    }  # fmt: skip
    for module_name, names in library_errors.items():
        module = sys.modules.get(module_name)
        classes += [getattr(module, name) for name in names if hasattr(module, name)]
    return tuple(classes)
