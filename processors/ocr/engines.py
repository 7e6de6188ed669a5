"""Know the OCR engines: which there are, what each can read, what is installed, and how each is loaded."""

import sys
from collections.abc import Sequence
from functools import partial
from typing import TYPE_CHECKING

from pipeline.model import ReadStatus
from processors.contract import (
    EngineMissing,
    OcrEngine,
    PageReader,
    ReadSettings,
    Recognition,
    Segment,
    Unreadable,
    reports_out_of_memory,
)
from processors.exec import tesseract
from processors.ocr import auto, orientation, tesseract as tess
from processors.ocr.rapid import engine as rapid

if TYPE_CHECKING:
    from PIL import Image


ENGINES = ("auto", "tesseract", "rapidocr")
_SHARE_OF_TIME = (
    4  # a page on which Tesseract hangs is given up in time for the others of its document
)

RAPIDOCR_LANGUAGES = frozenset({
    "afr", "aze", "bos", "cat", "ces", "chi_sim", "chi_tra", "cym", "dan", "deu", "eng", "est", "eus", "fin", "fra",
    "gle", "glg", "hrv", "hun", "ind", "isl", "ita", "jpn", "lat", "lav", "lit", "ltz", "mlt", "mri", "msa", "nld",
    "nor", "oci", "pol", "por", "que", "ron", "slk", "slv", "spa", "sqi", "srp_latn", "swa", "swe", "tgl", "tur",
    "uzb", "vie",
})  # fmt: skip
"""Tesseract's codes of the languages whose letters the model inside rapidocr's wheel was taught."""


def reader_for(settings: ReadSettings) -> PageReader:
    """Return what reads pages as the settings ask for; `auto` loads an engine when a page first needs it.

    Raises:
        EngineMissing: nothing installed can read these languages.
    """
    check(settings)
    if settings.ocr != "auto":
        return SingleEngineReader(
            loaded(settings.ocr, settings),
            reason=f"{auto.TITLES[settings.ocr]} read it, as the settings say",
        )
    absent = _rapidocr_missing()
    if absent:
        return SingleEngineReader(
            loaded("tesseract", settings), reason=f"Tesseract read it: {absent.rstrip('.')}"
        )
    return auto.AutoReader(
        rapidocr=partial(loaded, "rapidocr", settings),
        tesseract=partial(loaded, "tesseract", settings),
        languages=settings.languages,
        beyond=_beyond(settings),
    )


def loaded(name: str, settings: ReadSettings) -> OcrEngine:
    """Load one engine.

    Raises:
        EngineMissing: it is not installed or does not load.
    """
    if name == "tesseract":
        return tess.TesseractEngine(
            languages=settings.languages, timeout_s=settings.limits.cpu_s / _SHARE_OF_TIME
        )
    try:
        return _Guarded(rapid.RapidEngine(settings.languages))
    except _failures() as exc:
        _leave_if_out_of_memory(exc)
        raise EngineMissing(
            f'RapidOCR is installed but does not load ({exc}); repair the installation or set ocr = "tesseract".'
        ) from exc


def used(settings: ReadSettings) -> tuple[str, ...]:
    """Name the engines that read with these settings and what is installed, the first choice first.

    Raises:
        EngineMissing: `ocr` is no engine this project knows, or nothing installed can read these languages.
    """
    if settings.ocr not in ENGINES:
        raise EngineMissing(
            f'There is no OCR engine "{settings.ocr}"; use one of {", ".join(ENGINES)}.'
        )
    beyond = _beyond(settings)
    if settings.ocr == "tesseract":
        return ("tesseract",)
    if settings.ocr == "rapidocr":
        if beyond:
            raise EngineMissing(
                f"RapidOCR's bundled model does not read {', '.join(beyond)}; "
                'set ocr = "tesseract" or "auto" for these languages.'
            )
        return ("rapidocr",)
    if len(beyond) == len(settings.languages) or _rapidocr_missing():
        return ("tesseract",)
    return ("rapidocr", "tesseract") if beyond else ("rapidocr",)


def check(settings: ReadSettings) -> None:
    """Look whether what reads, its models and its languages are installed, loading nothing.

    Raises:
        EngineMissing: something is missing, and what to install.
    """
    for name in used(settings):
        if name == "tesseract":
            tesseract.require(settings.languages)
        else:
            rapid.model_files()


def describe(settings: ReadSettings) -> str:
    """Say in one line what reads, for a person; raises EngineMissing."""
    check(settings)
    said = {
        "rapidocr": lambda: (
            f"rapidocr on {rapid.runtime()}, {rapid.model_files()['Rec'].stem}, bundled with the package"
        ),
        "tesseract": lambda: (
            f"tesseract {tesseract.version()} with {', '.join(settings.languages)}"
        ),
    }
    names = used(settings)
    second = (
        f"; pages in other letters ({', '.join(_beyond(settings))}): " if len(names) > 1 else ""
    )
    return second.join(said[name]() for name in names)


def _rapidocr_missing() -> str:
    """Say why there is no RapidOCR; empty where there is."""
    try:
        rapid.model_files()
    except EngineMissing as exc:
        return str(exc)
    return ""


def _beyond(settings: ReadSettings) -> tuple[str, ...]:
    """Return the languages that RapidOCR was not taught."""
    return tuple(language for language in settings.languages if language not in RAPIDOCR_LANGUAGES)


class SingleEngineReader:
    """Reads every page with one engine."""

    def __init__(self, engine: OcrEngine, *, reason: str) -> None:
        self._engine = engine
        self._reason = reason

    def read(self, image: "Image.Image", *, dpi: float, turning: bool = True) -> Recognition:
        """Recognize a picture."""
        return orientation.recognized(
            image, self._engine, dpi=dpi, turning=turning, reason=self._reason
        )


class _Guarded:
    """RapidOCR, with what its libraries raise told as a failure on one page."""

    def __init__(self, engine: OcrEngine) -> None:
        self.name = engine.name
        self._engine = engine

    def recognize(self, image: "Image.Image", *, dpi: float) -> Sequence[Segment]:
        """Return the lines found."""
        try:
            return self._engine.recognize(image, dpi=dpi)
        except _failures() as exc:
            _leave_if_out_of_memory(exc)
            said = " ".join(str(exc).split())[:200]
            raise Unreadable(
                ReadStatus.CRASHED, f"RapidOCR failed on this page: {said or type(exc).__name__}"
            ) from exc


def _failures() -> tuple[type[Exception], ...]:
    """Return what the libraries under RapidOCR raise: Python's own errors, and classes of those that are loaded."""
    onnx, cv2 = (
        sys.modules.get(name) for name in ("onnxruntime.capi.onnxruntime_pybind11_state", "cv2")
    )
    own = [
        (cv2, "error"),
        *((onnx, name) for name in ("Fail", "RuntimeException", "InvalidArgument", "InvalidGraph")),
    ]
    known = [getattr(module, name) for module, name in own if hasattr(module, name)]
    return (ImportError, RuntimeError, ValueError, LookupError, ArithmeticError, *known)


def _leave_if_out_of_memory(error: Exception) -> None:
    """Turn what a library says in words into the error that ends a child."""
    if reports_out_of_memory(error):
        raise MemoryError from error
