"""Old binary formats, which nothing here can write, are read from collected files."""

import json
from pathlib import Path

import pytest

from pipeline.model import Findings, ReadStatus
from tests.unit.processors import documents


def _by_name(corpora: Path, ending: str) -> list[Path]:
    rows = [
        json.loads(line) for line in (corpora / "dev" / "manifest.jsonl").read_text().splitlines()
    ]
    return [corpora / "dev" / row["path"] for row in rows if row["path"].endswith(ending)]


@pytest.mark.parametrize(("ending", "media_type"), [(".xls", "ms-excel"), (".msg", "ms-outlook")])
def test_old_binary_formats_are_read(ending: str, media_type: str, corpora: Path, tmp_path: Path):
    """Old workbooks and Outlook messages, which nothing here can write, are read."""
    found: list[Findings] = []
    for number, path in enumerate(_by_name(corpora, ending)):
        (tmp_path / str(number)).mkdir()
        found.append(documents.read(path.read_bytes(), tmp_path / str(number)))

    assert found
    assert all(findings.status is ReadStatus.OK and findings.text.strip() for findings in found)
    assert all(media_type in findings.media_type for findings in found)
