"""Reading ends with findings whatever the file is."""

from pathlib import Path

import pytest

from pipeline.model import ReadStatus
from processors.contract import Limits, ReadSettings
from tests.unit.processors import documents


@pytest.mark.parametrize(
    ("data", "status"),
    [
        (b"", ReadStatus.EMPTY),
        (b" \n\t\n", ReadStatus.EMPTY),
        (documents.package({}), ReadStatus.EMPTY),
        (b"7z\xbc\xaf\x27\x1c" + bytes(40), ReadStatus.UNSUPPORTED),
        (
            b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + "WordDocument".encode("utf-16-le"),
            ReadStatus.UNSUPPORTED,
        ),
        (
            b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + "EncryptedPackage".encode("utf-16-le"),
            ReadStatus.ENCRYPTED,
        ),
        (documents.docx("Hello")[:-400], ReadStatus.DAMAGED),
        (b"%PDF-1.7\nnothing else", ReadStatus.DAMAGED),
    ],
)
def test_an_unreadable_file_has_a_status_and_a_sentence(
    data: bytes, status: ReadStatus, tmp_path: Path
):
    """No unreadable file raises: each kind of failure has its status and names the file."""
    findings = documents.read(data, tmp_path, name="upload.bin")

    assert findings.status is status
    assert findings.problems[0].startswith("upload.bin: ")
    assert findings.doc_type.value is None


def test_a_file_above_the_size_limit_is_not_opened(tmp_path: Path):
    """A file above the limit is too big, whatever its type."""
    settings = ReadSettings(limits=Limits(file_mib=1))

    findings = documents.read(b"%PDF-" + bytes(2**20), tmp_path, settings=settings)

    assert findings.status is ReadStatus.TOO_BIG
    assert "split it or raise the limit" in findings.problems[0]


@pytest.mark.slow
def test_long_text_is_truncated_in_findings_only(tmp_path: Path):
    """Findings have two million characters at most; text.txt has all of them."""
    text = "word and more\n" * 160_000

    findings = documents.read(text.encode(), tmp_path)

    assert len(findings.text) == 2_000_000
    assert findings.derived["text.txt"].stat().st_size > 2_200_000
