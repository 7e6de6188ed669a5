"""The import contracts of the processors catch what they forbid."""

import os
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
CONTRACTS = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"][
    "importlinter"
]["contracts"]
PACKAGES = ("caspio_ingest", "pipeline", "processors", "flows", "infra")

VIOLATIONS = {
    "Processors know the model, the ports and the errors": ("children", "pipeline.adapters"),
    "Processors reach no network, storage, database, scheduler or terminal": ("read", "httpx"),
    "Inside the processors, imports point from the sandbox to the contract": (
        "layout/plain_page",
        "processors.read",
    ),
    "Formats and programs do not know each other": (
        "formats/office_rtf",
        "processors.formats.plain",
    ),
    "Inside PDF, imports point from the document to its pages and what is on them": (
        "pdf/text_layer",
        "processors.pdf.document",
    ),
    "Inside OCR, imports point from the choice of engines to the engines": (
        "ocr/line_quality",
        "processors.ocr.auto",
    ),
    "Inside RapidOCR, imports point from the engine to its parts": (
        "ocr/rapid/lexicon",
        "processors.ocr.rapid.engine",
    ),
    "Inside the renditions, imports point from the files to the PDF writer": (
        "renditions/pdf_writer",
        "processors.renditions.overlay",
    ),
    "Inside the detection, imports point from the kinds of files to encodings and media types": (
        "detect/media",
        "processors.detect.file_type",
    ),
    "Only OCR knows inference runtimes, OpenCV, Tesseract and ZXing": ("pdf/render", "cv2"),
}
"""A module of the processors, and what it must not import, by the name of the contract."""


@pytest.fixture(scope="module")
def report(tmp_path_factory: pytest.TempPathFactory) -> str:
    """Check a copy of the project in which every violation is planted."""
    copy = tmp_path_factory.mktemp("planted")
    shutil.copy(ROOT / "pyproject.toml", copy)
    for package in PACKAGES:
        shutil.copytree(
            ROOT / package, copy / package, ignore=shutil.ignore_patterns("__pycache__")
        )
    for module, imported in VIOLATIONS.values():
        with (copy / "processors" / f"{module}.py").open("a", encoding="utf-8") as file:
            file.write(f"\nimport {imported}\n")

    ran = subprocess.run(
        [Path(sys.executable).parent / "lint-imports", "--no-cache"],
        cwd=copy,
        env={**os.environ, "PYTHONPATH": str(copy), "COLUMNS": "200"},
        capture_output=True,
        text=True,
        check=False,
    )

    assert ran.returncode == 1, ran.stderr
    return ran.stdout


@pytest.mark.parametrize("name", VIOLATIONS)
def test_a_contract_catches_a_planted_violation(name: str, report: str):
    """Each contract is broken by an import that it forbids."""
    assert f"{name} BROKEN" in report


def test_every_contract_about_processors_has_a_violation():
    """A contract whose source is only processors is tried here."""
    about_processors = set()
    for contract in CONTRACTS:
        keys = ("containers", "source_modules", "modules")
        modules = [module for key in keys for module in contract.get(key, [])]
        if all(module.partition(".")[0] == "processors" for module in modules):
            about_processors.add(contract["name"])

    assert about_processors == set(VIOLATIONS)
