"""Encrypted Office files are opened with the configured passwords."""

from pathlib import Path

from pipeline.model import ReadStatus
from processors.contract import ReadSettings
from tests.unit.processors import documents

LOCK = ReadSettings(passwords=("wrong", "open sesame"))


def test_an_encrypted_office_file_opens_with_a_configured_password(tmp_path: Path):
    """An Office file opens with a configured password and is reported as encrypted without one."""
    data = documents.locked_docx("open sesame")
    opened = documents.read(data, tmp_path, settings=LOCK)
    (tmp_path / "two").mkdir()
    refused = documents.read(data, tmp_path / "two")

    assert (opened.status, opened.text) == (ReadStatus.OK, "Locked words")
    assert refused.status is ReadStatus.ENCRYPTED
    assert "CASPIO_INGEST_PROCESSING__PASSWORDS" in refused.problems[0]
