"""Identify how documents are read: equal fingerprints read alike."""

import dataclasses
import hashlib
import importlib.metadata
import json
from collections.abc import Iterable
from pathlib import Path

from processors import registry
from processors.contract import ReadSettings
from processors.exec import ocrmypdf, tesseract
from processors.layout import reading_order as layout
from processors.ocr import (
    auto,
    barcodes,
    engines,
    orientation,
    page as ocr,
    pictures as picture,
    tesseract as tess,
)
from processors.ocr.rapid import engine as rapid, lexicon
from processors.pdf import text_layer as textlayer, text_layer_quality as trust
from processors.values import einvoice

_LIBRARIES = (
    "pypdfium2", "pillow", "python-calamine", "python-docx", "python-pptx", "python-oxmsg", "striprtf",
    "lxml", "pypdf", "numpy", "pi-heif",
)  # fmt: skip


def of(settings: ReadSettings) -> str:
    """Return 20 hex digits of SHA-256 over code versions, libraries, engine, models, language data and settings."""
    from processors import values
    from processors.classify import classifier as classify

    parts: dict[str, object] = {
        "processors": sorted(registry.versions()),
        "stages": [
            stage.VERSION
            for stage in (
                layout,
                ocr,
                orientation,
                picture,
                textlayer,
                trust,
                classify,
                values,
                barcodes,
                einvoice,
            )
        ],
        "libraries": _installed(_LIBRARIES),
        "engines": [
            engines.VERSION,
            auto.VERSION,
            *(_engine(name, settings) for name in engines.used(settings)),
        ],
        "settings": dataclasses.asdict(dataclasses.replace(settings, passwords=())),
        "passwords": _tokens(settings.passwords),
    }
    if "pdfa" in settings.renditions:
        parts["pdfa"] = ocrmypdf.version()
    return hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()[:20]


def _engine(name: str, settings: ReadSettings) -> list[object]:
    """Describe an engine as it is installed now; raises EngineMissing."""
    if name == "rapidocr":
        runtime = rapid.runtime()
        models = sorted(_digest(file) for file in rapid.model_files().values())
        return [rapid.VERSION, *_installed(("rapidocr", runtime, lexicon.PACKAGE)), *models]
    files = tesseract.data_files(settings.languages)
    return [tess.VERSION, tesseract.version(), *(_digest(file) for file in files if file.is_file())]


def _tokens(passwords: Iterable[str]) -> list[str]:
    """Tell lists of passwords apart by what takes too long to guess from: fingerprints stand in manifests."""
    salt = b"caspio-ingest fingerprint"
    return [hashlib.scrypt(word.encode(), salt=salt, n=2**14, r=8, p=1).hex() for word in passwords]


def _installed(names: Iterable[str]) -> list[str]:
    found = []
    for name in names:
        try:
            found.append(f"{name} {importlib.metadata.version(name)}")
        except importlib.metadata.PackageNotFoundError:
            found.append(f"{name} absent")
    return found


def _digest(file: Path) -> str:
    with file.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()
