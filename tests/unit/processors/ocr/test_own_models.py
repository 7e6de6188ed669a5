"""Networks that a user provides: checked by their bytes, named in what they read."""

import dataclasses
import hashlib
import os
import shutil
from pathlib import Path

import pytest

from pipeline.model import ReadStatus
from processors.contract import EngineMissing, ModelFile, OcrModels, ReadSettings
from processors.fingerprint import Fingerprints
from processors.ocr import engines
from processors.ocr.rapid import networks
from processors.ocr.rapid.models import networks_of
from processors.sandbox.reader import SandboxedReader
from tests.unit.processors import documents

PACKAGED = networks_of(OcrModels())
WORDS = ("Invoice 4711", "Total 12.50")


def own(folder: Path, *, source: Path = PACKAGED.recognition, sha256: str = "") -> OcrModels:
    """Return a recognizer of the user: a copy of one in the package, under another name."""
    file = folder / "mine.onnx"
    shutil.copyfile(source, file)
    digest = sha256 or hashlib.sha256(file.read_bytes()).hexdigest()
    return OcrModels(recognition=ModelFile(file, digest))


@pytest.mark.slow
def test_a_confined_reader_reads_with_it_and_says_so(tmp_path: Path):
    """The file is outside every folder that a reader process may read otherwise."""
    folder = tmp_path / "models"
    folder.mkdir()
    page = documents.saved(documents.page_image(*WORDS), "PNG")
    (tmp_path / "page.png").write_bytes(page)
    work = tmp_path / "work"
    work.mkdir()
    models = own(folder)

    with SandboxedReader(workers=1, models=models) as reader:
        findings = reader.read(tmp_path / "page.png", name="page.png", work_dir=work)

    assert findings.status is ReadStatus.OK, findings.problems
    assert findings.text.split() == " ".join(WORDS).split()
    assert models.recognition is not None
    assert f"mine {models.recognition.sha256[:8]}" in (findings.pages[0].engine or "")


def test_what_was_checked_is_described(tmp_path: Path):
    """`doctor` names the file, its digest and where it comes from."""
    described = engines.describe(ReadSettings(models=own(tmp_path)))

    assert "mine " in described
    assert "from your settings" in described
    assert "bundled" not in described


@pytest.mark.parametrize("ocr", ["auto", "rapidocr"])
def test_other_bytes_are_refused_and_nothing_replaces_them(tmp_path: Path, ocr: str):
    """Neither the network in the package nor Tesseract reads in place of what was asked for."""
    replaced = ReadSettings(ocr=ocr, models=own(tmp_path, sha256="0" * 64))
    gone = ReadSettings(
        ocr=ocr, models=OcrModels(detection=ModelFile(tmp_path / "gone.onnx", "0" * 64))
    )

    with pytest.raises(EngineMissing, match=r"mine\.onnx has the SHA-256"):
        engines.check(replaced)
    with pytest.raises(EngineMissing, match=r"gone\.onnx cannot be read"):
        engines.check(gone)


def test_a_network_that_reads_no_lines_is_refused(tmp_path: Path):
    """One that finds lines has no list of characters, and the error says so."""
    settings = ReadSettings(models=own(tmp_path, source=PACKAGED.detection))

    with pytest.raises(EngineMissing, match="no list of its characters"):
        engines.load("rapidocr", settings)


def test_networks_of_equal_size_and_date_are_compiled_apart(tmp_path: Path):
    """They may differ in their bytes alone, and what is compiled is kept for all accounts."""
    settings = ReadSettings()
    first, second = tmp_path / "first", tmp_path / "second"
    first.mkdir()
    second.mkdir()
    names = []
    for folder, last in ((first, b"a"), (second, b"b")):
        source = tmp_path / "source"
        source.write_bytes(b"a network" + last)
        models = own(folder, source=source)
        assert models.recognition is not None
        os.utime(models.recognition.path, ns=(0, 0))
        settings = ReadSettings(models=models)
        names.append([recipe.file_name for recipe in engines.recipes(settings)])

    assert not set(names[0]) & set(names[1])
    assert len(names[0]) == len(names[1]) == (2 if networks.runtime() == "openvino" else 0)


@pytest.mark.slow
def test_a_network_that_was_exchanged_later_is_refused(tmp_path: Path):
    """A reader that is kept checks it whenever it loads it."""
    models = own(tmp_path)
    assert models.recognition is not None
    with models.recognition.path.open("ab") as file:
        file.write(b"x")

    with pytest.raises(EngineMissing, match="has the SHA-256"):
        engines.load("rapidocr", ReadSettings(models=models))


def test_its_languages_decide_what_it_reads(tmp_path: Path):
    """A network for Cyrillic letters reads Russian and no Polish."""
    models = dataclasses.replace(own(tmp_path), languages=("rus",))

    assert engines.used(ReadSettings(ocr="rapidocr", languages=("rus",), models=models)) == (
        "rapidocr",
    )
    with pytest.raises(EngineMissing, match="does not read pol"):
        engines.used(ReadSettings(ocr="rapidocr", languages=("pol",), models=models))


@pytest.mark.slow
def test_another_network_makes_documents_stale_and_another_folder_does_not(tmp_path: Path):
    """The fingerprint has the bytes, not the place."""
    folders = [tmp_path / name for name in ("here", "there", "other")]
    for folder in folders:
        folder.mkdir()
    here, there, other = folders

    def fingerprint(models: OcrModels) -> str:
        return Fingerprints(ReadSettings(models=models)).everything()

    packaged = fingerprint(OcrModels())

    assert (
        fingerprint(own(here)) == fingerprint(own(there)) == packaged
    )  # copies of the packaged one
    assert fingerprint(own(other, source=PACKAGED.detection)) != packaged
