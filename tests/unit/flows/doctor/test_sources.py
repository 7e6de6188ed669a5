"""What doctor says of sources that read the same files."""

import pytest

from flows.doctor.installation import examine_sources
from pipeline.settings.sources import SourceSettings


def _source(name: str, **values: object) -> SourceSettings:
    return SourceSettings.model_validate({"name": name, **values})


@pytest.mark.parametrize(
    ("place", "remedy"),
    [({"table": "Receipts"}, "`where`"), ({"folder": "/In"}, "outside the other's")],
)
def test_files_that_two_sources_read_are_a_warning(place: dict[str, object], remedy: str):
    """It is allowed, so the installation is ready; a folder is not told to take a condition."""
    (check,) = examine_sources([_source("one", **place), _source("two", **place)])

    assert check.ok
    assert "both read the files of" in check.detail
    assert remedy in check.remedy


def test_a_paused_source_reads_nothing_twice():
    """Nobody reads its files a second time."""
    paused = _source("two", table="Receipts", paused=True)

    assert list(examine_sources([_source("one", table="Receipts"), paused])) == []
