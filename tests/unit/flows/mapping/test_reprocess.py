"""What `reprocess` refuses before anything is read."""

from pathlib import Path

import pytest

from flows.app.sources import require_one_each
from flows.cli.common import EXIT_SETTINGS
from pipeline.errors import BadSettings
from pipeline.model import SourceSpec
from tests.unit.cli.conftest import command

SETTINGS = """
[caspio]
url = "http://127.0.0.1:9"
[[sources]]
name = "one"
table = "One"
[[sources]]
name = "two"
view = "Two"
"""
TABLE, VIEW = SourceSpec(name="one", table="One"), SourceSpec(name="two", view="Two")
FOLDER, OTHER = (SourceSpec(name=name, folder=f"/{name}") for name in ("scans", "post"))


@pytest.mark.parametrize("more", [(), ("--dry-run",), ("--source", "two", "--source", "one")])
def test_a_record_of_several_sources_is_refused(tmp_path: Path, more: tuple[str, ...]):
    """Nothing is written to a record of a source that nobody meant."""
    (tmp_path / "caspio-ingest.toml").write_text(SETTINGS, encoding="utf-8")

    done = command("reprocess", "--record", "7", *more, cwd=tmp_path)

    assert done.code == EXIT_SETTINGS
    said = " ".join(done.err.split())
    assert "Several sources can have a record '7'" in said
    assert "Name one with --source" in said


@pytest.mark.parametrize(
    ("specs", "records"),
    [
        ([TABLE, VIEW], ["7"]),
        ([TABLE, VIEW, FOLDER], ["/scans/a.pdf", "12"]),
        ([FOLDER, OTHER], ["/scans/a.pdf"]),
    ],
)
def test_each_source_that_can_have_the_record_is_named(specs: list[SourceSpec], records: list[str]):
    """Tables and views have records of the same numbers, folders may overlap."""
    with pytest.raises(BadSettings) as refused:
        require_one_each(specs, records)

    (problem,) = refused.value.problems
    assert f"{records[-1]!r}: {specs[0].name}, {specs[1].name}." in problem


@pytest.mark.parametrize(
    ("specs", "records"),
    [
        ([TABLE], ["7", "8"]),
        ([FOLDER], ["/scans/a.pdf"]),
        ([TABLE, FOLDER], ["7", "/scans/a.pdf"]),
        ([TABLE, VIEW], []),
    ],
)
def test_a_record_that_one_source_can_have_needs_no_source(
    specs: list[SourceSpec], records: list[str]
):
    """A number is no path, and a path no number."""
    require_one_each(specs, records)
