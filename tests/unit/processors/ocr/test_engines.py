import shutil
from pathlib import Path

import pytest
from PIL import ImageOps
from rapidfuzz import fuzz

from processors.contract import EngineMissing, OcrEngine, OcrModels, ReadSettings
from processors.exec import tesseract
from processors.ocr import engines
from processors.ocr.rapid import models
from processors.ocr.rapid.models import networks_of
from tests.support.samples import sampled
from tests.unit.processors import documents

pytestmark = pytest.mark.slow

needs_tesseract = pytest.mark.skipif(
    shutil.which("tesseract") is None, reason="the program tesseract is not installed"
)
WORDS = ("Invoice 4711", "Total 12.50")


@pytest.fixture(
    scope="module", params=["rapidocr", pytest.param("tesseract", marks=needs_tesseract)]
)
def engine(request: pytest.FixtureRequest) -> OcrEngine:
    """Load an engine once for all tests."""
    return engines.load(request.param, ReadSettings())


def test_an_engine_reads_printed_words(engine: OcrEngine, tmp_path: Path):
    """Each engine reads large printed words in order, and reports confidence and name."""
    image = documents.saved(documents.page_image(*WORDS), "PNG")

    findings = documents.read(image, tmp_path, engine=engine)

    assert findings.text.split() == " ".join(WORDS).split()
    page = findings.pages[0]
    assert page.engine is not None
    assert page.engine.startswith(engine.name.split()[0])
    assert page.confidence is not None
    assert 0.5 < page.confidence <= 1


PAGE = documents.page_image(
    "The quick brown fox",
    "jumps over the lazy dog",
    "and rests in the shade",
    "until the evening",
    size=(800, 460),
)
EXPECTED = "the quick brown fox jumps over the lazy dog and rests in the shade until the evening"


@pytest.mark.parametrize("turned_deg", sampled([90, 180, 270], sample=[180]))
def test_an_engine_reads_a_page_in_every_orientation(
    turned_deg: int, engine: OcrEngine, tmp_path: Path
):
    """A page scanned sideways or upside down is read as if it were upright."""
    turned = documents.saved(PAGE.rotate(turned_deg, expand=True), "PNG")

    findings = documents.read(turned, tmp_path, engine=engine)

    assert fuzz.ratio(" ".join(findings.text.lower().split()), EXPECTED) > 95


KINDS = {
    "inverted": ImageOps.invert(PAGE),
    "black and white": PAGE.convert("1"),
    "cyan, magenta, yellow, black": PAGE.convert("CMYK"),
    "tiny": PAGE.reduce(3),
    "huge": PAGE.resize((PAGE.width * 4, PAGE.height * 4)),
}


@pytest.mark.parametrize("kind", KINDS)
def test_an_engine_reads_every_kind_of_image(kind: str, engine: OcrEngine, tmp_path: Path):
    """The words are the same in every mode, tone and size."""
    findings = documents.read(documents.saved(KINDS[kind], "TIFF"), tmp_path, engine=engine)

    assert fuzz.ratio(" ".join(findings.text.lower().split()), EXPECTED) > 90


@pytest.mark.parametrize(
    ("languages", "used"),
    [
        (("eng", "deu"), ("rapidocr",)),
        (("eng", "ara"), ("rapidocr", "tesseract")),
        (("ara",), ("tesseract",)),
    ],
)
def test_auto_uses_the_engines_that_the_languages_need(
    languages: tuple[str, ...], used: tuple[str, ...]
):
    """`auto` needs RapidOCR, Tesseract or both, depending on the languages."""
    assert engines.used(ReadSettings(languages=languages)) == used


def test_auto_uses_tesseract_if_a_model_is_missing(monkeypatch: pytest.MonkeyPatch):
    """If the package rapidocr has no such model, `auto` reads with Tesseract."""
    monkeypatch.setattr(models, "RECOGNITION", "no-such.onnx")

    assert engines.used(ReadSettings()) == ("tesseract",)


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        (ReadSettings(ocr="magic"), "Use one of"),
        (ReadSettings(ocr="rapidocr", languages=("ara",)), 'Set ocr = "tesseract"'),
        pytest.param(
            ReadSettings(ocr="tesseract", languages=("qqq",)),
            "tesseract-ocr-qqq on Debian, .* macOS",
            marks=needs_tesseract,
        ),
    ],
)
def test_what_is_missing_is_named(settings: ReadSettings, words: str):
    """The error about settings that cannot work says what to change or install."""
    with pytest.raises(EngineMissing, match=words):
        engines.check(settings)


def test_a_missing_program_is_named(monkeypatch: pytest.MonkeyPatch):
    """Without the program tesseract, the error says how to install it."""
    monkeypatch.setenv("PATH", "")
    tesseract.languages.cache_clear()

    with pytest.raises(EngineMissing, match="apt install tesseract-ocr"):
        tesseract.require(("eng",))


def test_models_come_with_the_package():
    """Every model file is in the installed package: nothing is downloaded."""
    packaged = networks_of(OcrModels())

    for file in (packaged.detection, packaged.recognition):
        assert file.is_file()
        assert "rapidocr" in file.parts
