import json
from collections.abc import Collection, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import psutil
import pytest

from pipeline.model import Findings, ReadStatus
from processors.contract import Limits
from processors.sandbox.reader import SandboxedReader
from tests.hostile.generated import FILES

ENDED = frozenset({ReadStatus.CRASHED, ReadStatus.TIMED_OUT, ReadStatus.OUT_OF_MEMORY})
"""Statuses of a child that had to be ended: definite answers, but no file collected so far needs
them.
"""

UNREAD = frozenset(ReadStatus) - {ReadStatus.OK, ReadStatus.PARTIAL}
ANSWERED = frozenset({ReadStatus.OK, ReadStatus.PARTIAL, ReadStatus.EMPTY, ReadStatus.UNSUPPORTED})
EXPECTED: Mapping[str, Collection[ReadStatus]] = {
    "needs_password": {ReadStatus.ENCRYPTED},
    "opens_with_empty_password": {ReadStatus.OK},
    "reject": UNREAD,
    "reject_or_limit": UNREAD,
    "accept": ANSWERED,
    "accept_or_empty": ANSWERED,
    "by_content": ANSWERED,
    "dedupe": {ReadStatus.OK},
    "fields_unchanged": {ReadStatus.OK},
}
"""Which statuses each label of the manifest allows; a label that is not here asks for an answer
only.
"""


@pytest.fixture(scope="module")
def reader() -> Iterator[SandboxedReader]:
    """Two real children with tight limits."""
    with SandboxedReader(limits=Limits(memory_mib=1536, cpu_s=30, wall_s=240), workers=2) as reader:
        yield reader


@pytest.mark.parametrize("name", FILES)
def test_a_hostile_file_has_a_definite_status(name: str, reader: SandboxedReader, tmp_path: Path):
    """Each kind of attack ends in an expected status, with a reason if it was not read."""
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
@pytest.mark.parametrize("each", [3, pytest.param(1, marks=pytest.mark.full)])
def test_every_collected_hostile_file_is_answered(
    each: int, corpora: Path, reader: SandboxedReader, tmp_path: Path
):
    """Every real hostile file gets the expected answer, and no child had to be ended."""
    folder = corpora / "hostile"
    lines = (folder / "manifest.jsonl").read_text().splitlines()[::each]
    rows = [json.loads(line) for line in lines]

    def read(number_and_row: tuple[int, dict[str, object]]) -> Findings:
        number, row = number_and_row
        work_dir = tmp_path / str(number)
        work_dir.mkdir()
        return reader.read(folder / str(row["path"]), name="upload", work_dir=work_dir)

    with ThreadPoolExecutor(2) as threads:
        answers = list(threads.map(read, enumerate(rows)))

    host = Path("/etc/hostname").read_text().strip() if Path("/etc/hostname").exists() else ""
    for row, findings in zip(rows, answers, strict=True):
        expected = row["labels"].get("expect")
        assert findings.status not in ENDED, row["path"]
        assert findings.status in EXPECTED.get(expected, set(ReadStatus)), (
            row["path"],
            findings.status,
        )
        assert findings.status is ReadStatus.OK or findings.problems, row["path"]
        assert expected != "no_leak" or not host or host not in findings.text, row["path"]


@pytest.mark.integration
def test_collected_files_open_with_their_passwords(corpora: Path, tmp_path: Path):
    """Every collected file that asks for a password opens with it, whichever of the list it is."""
    folder = corpora / "hostile"
    rows = [json.loads(line) for line in (folder / "manifest.jsonl").read_text().splitlines()]
    locked = {row["path"]: row["labels"]["password"] for row in rows if "password" in row["labels"]}

    statuses = {}
    with SandboxedReader(workers=1, passwords=("wrong", *sorted(set(locked.values())))) as reader:
        for number, path in enumerate(locked):
            work_dir = tmp_path / str(number)
            work_dir.mkdir()
            statuses[path] = reader.read(folder / path, name="upload", work_dir=work_dir).status

    assert statuses
    assert set(statuses.values()) == {ReadStatus.OK}
