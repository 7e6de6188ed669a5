"""RapidOCR on ONNX Runtime reads a page as it does on OpenVINO."""

import importlib.util
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from processors import prepared
from processors.contract import OcrModels, ReadSettings
from processors.fingerprint import Fingerprints
from processors.layout import reading_order
from processors.ocr import engines
from processors.ocr.rapid import engine as rapid_engine, networks
from processors.ocr.rapid.models import networks_of
from tests.unit.processors import documents, drawn

pytestmark = pytest.mark.slow

LINES = drawn.prose(8, words=5)
PAGE = documents.page_image(*LINES, "Total 1,234.50", size=(1000, 900))
needs_openvino = pytest.mark.skipif(
    importlib.util.find_spec("openvino") is None, reason="OpenVINO is not made for this processor"
)


@pytest.fixture
def without_openvino(monkeypatch: pytest.MonkeyPatch):
    """Hide OpenVINO as if it were not installed."""
    found = importlib.util.find_spec
    monkeypatch.setattr(
        importlib.util, "find_spec", lambda name: None if name == "openvino" else found(name)
    )


def text(engine: rapid_engine.RapidEngine) -> str:
    """Read the page."""
    return reading_order.text_of(reading_order.lines_of(engine.recognize(PAGE, dpi=200)))


@pytest.mark.usefixtures("without_openvino")
def test_onnx_runtime_reads_a_page():
    """Without OpenVINO every line is read, and the engine's name has its model and the runtime."""
    engine = rapid_engine.RapidEngine()

    assert text(engine).splitlines() == [*LINES, "Total 1,234.50"]
    model = networks_of(OcrModels()).recognition.stem
    assert engine.name == f"rapidocr {model} (onnxruntime)"


@needs_openvino
def test_both_runtimes_read_the_same(request: pytest.FixtureRequest):
    """A page has the same text whichever runtime reads it."""
    by_openvino = text(rapid_engine.RapidEngine())
    request.getfixturevalue("without_openvino")

    assert text(rapid_engine.RapidEngine()) == by_openvino


@needs_openvino
def test_networks_that_were_compiled_before_read_the_same(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    """A page has the same text and the same places whether or not the networks come from a file."""
    monkeypatch.setattr(prepared, "_opened", {})
    compiled_now = rapid_engine.RapidEngine().recognize(PAGE, dpi=200)
    recipes = list(rapid_engine.recipes(["eng"]))
    for recipe in recipes:  # here, since a process in which the runtime has threads cannot fork
        prepared.write(recipe, tmp_path)
    prepared.open_all(recipes, folder=tmp_path)
    monkeypatch.setattr(networks, "_model", None)  # so that nothing can be compiled

    engine = rapid_engine.RapidEngine()

    assert engine.recognize(PAGE, dpi=200) == compiled_now


@needs_openvino
def test_a_network_of_another_build_is_compiled_again(monkeypatch: pytest.MonkeyPatch):
    """A content that the runtime refuses costs the time of compiling, and nothing else."""
    monkeypatch.setattr(prepared, "content", lambda _name: memoryview(b"[]\nother build"))

    assert text(rapid_engine.RapidEngine()).splitlines() == [*LINES, "Total 1,234.50"]


@pytest.mark.usefixtures("without_openvino")
def test_onnx_runtime_has_no_east_asian_characters_unless_requested():
    """The probability of East Asian characters is shared among the characters that are kept."""
    file = networks_of(OcrModels()).recognition
    line = np.random.default_rng(4).uniform(-1, 1, (1, 3, 48, 320)).astype(np.float32)
    (latin, letters), (whole, all_letters) = (
        networks.recognizer(file, east_asian=requested) for requested in (False, True)
    )

    kept, everything = latin.run(line), whole.run(line)

    assert "的" in all_letters
    assert "的" not in letters
    assert kept.shape == (1, 40, len(letters))
    assert kept.sum(axis=-1) == pytest.approx(1.0, abs=1e-4)
    indexes = [all_letters.index(letter) for letter in letters]
    assert (kept >= everything[..., indexes] - 1e-6).all()


@pytest.mark.usefixtures("without_openvino")
def test_the_description_names_the_runtime():
    """The description of the engine names its runtime."""
    assert "rapidocr on onnxruntime" in engines.describe(ReadSettings())


@needs_openvino
def test_another_runtime_has_another_fingerprint(request: pytest.FixtureRequest):
    """Documents read on another runtime have another fingerprint."""
    by_openvino = Fingerprints(ReadSettings()).of_media_type("image/png")
    request.getfixturevalue("without_openvino")

    assert not Fingerprints(ReadSettings()).is_current(by_openvino)


@needs_openvino
def test_openvino_is_imported_without_its_converters():
    """They take longer to import than the rest and stay available to others."""
    code = (
        "import sys; from processors.ocr.rapid.networks import imported_openvino;"
        "openvino = imported_openvino();"
        "print(openvino.Core.__name__, 'openvino.tools.ovc' in sys.modules);"
        "import openvino.tools.ovc; print(openvino.tools.ovc.convert_model.__name__)"
    )

    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert ran.stdout.split() == ["Core", "False", "convert_model"]
