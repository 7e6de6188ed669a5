import json
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import psutil
import pytest

from pipeline.model import ReadStatus
from processors.contract import Limits
from processors.sandbox import SandboxedReader
from tests.hostile.generated import FILES

ENDED = frozenset({ReadStatus.CRASHED, ReadStatus.TIMED_OUT, ReadStatus.OUT_OF_MEMORY})
"""Statuses of a child that had to be ended: definite answers, but no file collected so far needs them."""


@pytest.fixture(scope="module")
def reader() -> Iterator[SandboxedReader]:
    """Two real children with tight limits."""
    with SandboxedReader(limits=Limits(memory_mib=1536, cpu_s=30, wall_s=60), workers=2) as reader:
        yield reader


@pytest.mark.parametrize("name", FILES)
def test_a_hostile_file_has_a_definite_status(name: str, reader: SandboxedReader, tmp_path: Path):
    """Each kind of attack ends in a status foreseen for it, with a sentence where nothing was read."""
    hostile = FILES[name]
    path = tmp_path / "document"
    path.write_bytes(hostile.make())
    work_dir = tmp_path / "work"
    work_dir.mkdir()

    findings = reader.read(path, name=name, work_dir=work_dir)

    assert findings.status in hostile.allowed, findings.problems
    assert hostile.media_type in {None, findings.media_type}
    assert findings.status is ReadStatus.OK or findings.problems
    assert {file.parent for file in findings.derived.values()} <= {work_dir}


def test_no_child_is_left_behind(tmp_path: Path):
    """After closing, no process of the reader is left."""
    before = set(psutil.Process().children(recursive=True))
    path = tmp_path / "document"
    path.write_text("words")

    with SandboxedReader(workers=2) as reader:
        reader.read(path, name="words", work_dir=tmp_path)

    left = set(psutil.Process().children(recursive=True)) - before
    assert [child for child in left if "resource_tracker" not in " ".join(child.cmdline())] == []


@pytest.mark.integration
def test_every_collected_hostile_file_is_answered(corpora: Path, reader: SandboxedReader, tmp_path: Path):
    """Every real hostile file gets an answer from a living child, and those that ask for a password say so."""
    folder = corpora / "hostile"
    rows = [json.loads(line) for line in (folder / "manifest.jsonl").read_text().splitlines()]

    def read(number_and_row: tuple[int, dict[str, object]]) -> tuple[str, ReadStatus]:
        number, row = number_and_row
        work_dir = tmp_path / str(number)
        work_dir.mkdir()
        return str(row["path"]), reader.read(folder / str(row["path"]), name="upload", work_dir=work_dir).status

    with ThreadPoolExecutor(2) as threads:
        statuses = dict(threads.map(read, enumerate(rows)))

    assert len(statuses) == len(rows)
    assert {path for path, status in statuses.items() if status in ENDED} == set()
    for row in rows:
        expected = row["labels"].get("expect")
        if expected == "needs_password":
            assert statuses[row["path"]] is ReadStatus.ENCRYPTED
        if expected == "opens_with_empty_password":
            assert statuses[row["path"]] is ReadStatus.OK
