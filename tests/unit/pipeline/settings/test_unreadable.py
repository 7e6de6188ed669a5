from pathlib import Path

import pytest

from pipeline.errors import BadSettings
from pipeline.settings import load_settings


def test_a_table_that_is_there_twice_is_named(tmp_path: Path):
    """The problem says which table and where the second one is, and not what the parser calls it."""
    path = tmp_path / "caspio-ingest.toml"
    path.write_text('[caspio]\nurl = "https://a.caspio.com"\n\n[caspio]\n', encoding="utf-8")

    with pytest.raises(BadSettings) as refused:
        load_settings(path)

    (problem,) = refused.value.problems
    assert "the table [caspio] is there a second time, in line 4" in problem


def test_a_settings_file_that_cannot_be_read_is_reported(tmp_path: Path):
    """A folder in its place is one sentence that says so."""
    with pytest.raises(BadSettings, match=r"is a folder\. Name the settings file"):
        load_settings(tmp_path)
