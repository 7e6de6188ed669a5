"""The PDF/A copy. A script replaces the program, which needs Ghostscript or veraPDF."""

import dataclasses
import os
from pathlib import Path

import pytest

from pipeline.errors import BadSettings
from pipeline.model import ReadStatus
from processors.contract import Limits, ReadSettings
from processors.detect.media import PDF
from processors.fingerprint import Fingerprints
from processors.sandbox.reader import SandboxedReader
from tests.unit.processors import documents

PDFA = ReadSettings(renditions=("text", "searchable", "pdfa"), limits=Limits(cpu_s=20))
STAND_IN = """#!/bin/sh
if [ "$1" = --version ]; then echo "17.0.0"; exit 0; fi
for last; do source=$target; target=$last; done
echo "$@" > "$(dirname "$0")/arguments"
%s
"""


@pytest.fixture
def programs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Put a folder of programs before all others on the PATH."""
    folder = tmp_path / "programs"
    folder.mkdir()
    monkeypatch.setenv("PATH", f"{folder}{os.pathsep}{os.environ['PATH']}")
    return folder


def install(programs: Path, deed: str) -> None:
    """Install an ocrmypdf that runs a command, and a Ghostscript that does nothing."""
    for name, text in (("ocrmypdf", STAND_IN % deed), ("gs", "#!/bin/sh\n")):
        (programs / name).write_text(text)
        (programs / name).chmod(0o755)


def test_a_pdfa_copy_is_made_of_a_pdf(programs: Path, tmp_path: Path):
    """A PDF with text is passed to the program as it is, and the result is a rendition."""
    install(programs, 'cat "$source" > "$target"; echo "as PDF/A" >> "$target"')

    findings = documents.read(documents.pdf("Hello"), tmp_path, settings=PDFA)

    assert findings.derived["pdfa.pdf"].read_bytes().endswith(b"as PDF/A\n")
    said = (programs / "arguments").read_text()
    assert "--output-type pdfa --skip-text --tesseract-timeout 0" in said


def test_a_pdfa_copy_of_a_scan_has_its_text(programs: Path, tmp_path: Path):
    """The PDF/A copy of an image is made from its searchable copy."""
    install(programs, 'cat "$source" > "$target"')
    scan = documents.saved(documents.page_image("words"), "PNG")

    findings = documents.read(scan, tmp_path, settings=PDFA)

    assert (
        findings.derived["pdfa.pdf"].read_bytes() == findings.derived["searchable.pdf"].read_bytes()
    )


@pytest.mark.parametrize(
    ("deed", "reason"),
    [
        ("exit 3", "Ghostscript"),
        ("exit 10", "could not make PDF/A"),
        ("exit 99", "exit code 99"),
        ("true", "exit code 0"),
    ],
)
def test_the_reason_of_a_failure_is_reported(
    deed: str, reason: str, programs: Path, tmp_path: Path
):
    """If the program fails, the reason is reported; the document itself is read all the same."""
    install(programs, deed)

    findings = documents.read(documents.pdf("Hello"), tmp_path, settings=PDFA)

    assert findings.status is ReadStatus.OK
    assert "pdfa.pdf" not in findings.derived
    assert reason in findings.left_out["pdfa.pdf"]


def test_a_program_that_takes_too_long_is_ended(programs: Path, tmp_path: Path):
    """The program has the CPU time of a document, and no more."""
    install(programs, "exec sleep 60")
    settings = dataclasses.replace(PDFA, limits=Limits(cpu_s=1))

    findings = documents.read(documents.pdf("Hello"), tmp_path, settings=settings)

    assert "more than 1 s" in findings.left_out["pdfa.pdf"]


def test_an_encrypted_document_has_no_pdfa(programs: Path, tmp_path: Path):
    """An encrypted document gets no copy of any kind."""
    install(programs, 'cat "$source" > "$target"')
    settings = dataclasses.replace(PDFA, passwords=("secret",))

    findings = documents.read(documents.locked_pdf("secret"), tmp_path, settings=settings)

    assert "encrypted" in findings.left_out["pdfa.pdf"]


def test_other_documents_have_no_pdfa(programs: Path, tmp_path: Path):
    """A text is no PDF: the reason says what is converted."""
    install(programs, 'cat "$source" > "$target"')

    findings = documents.read(b"just words", tmp_path, settings=PDFA)

    assert "only PDFs" in findings.left_out["pdfa.pdf"]


def test_settings_that_need_a_missing_program_are_refused(
    programs: Path, monkeypatch: pytest.MonkeyPatch
):
    """If the program is not installed, no document is read before the operator has decided."""
    monkeypatch.setenv("PATH", str(programs))

    with pytest.raises(BadSettings, match=r"caspio-ingest\[pdfa\]"):
        SandboxedReader(renditions=("text", "pdfa"), workers=1, ocr="rapidocr")


def test_the_program_is_part_of_the_fingerprint(programs: Path):
    """Another version of the program makes other copies."""
    install(programs, "true")
    before = Fingerprints(PDFA).of_media_type(PDF)
    (programs / "ocrmypdf").write_text(
        (programs / "ocrmypdf").read_text().replace("17.0.0", "18.0.0")
    )

    assert not Fingerprints(PDFA).is_current(before)


def test_the_reader_process_may_run_the_program(programs: Path, tmp_path: Path):
    """The program runs inside the reader process, in its folder and under its limits."""
    install(programs, 'cat "$source" > "$target"')
    (tmp_path / "work").mkdir()
    (tmp_path / "document").write_bytes(documents.pdf("Hello"))

    with SandboxedReader(renditions=("text", "pdfa"), workers=1, ocr="rapidocr") as reader:
        granted = reader.granted()
        if granted is None or granted.landlock:
            pytest.skip("this kernel keeps the child from programs outside the system's folders")
        findings = reader.read(tmp_path / "document", name="hello.pdf", work_dir=tmp_path / "work")

    assert findings.derived["pdfa.pdf"].parent == tmp_path / "work"
