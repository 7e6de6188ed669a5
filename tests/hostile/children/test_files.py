import os
import stat
from pathlib import Path

import pytest

from pipeline.model import Findings, ReadStatus
from processors.sandbox.reader import SandboxedReader
from tests.hostile.children.conftest import Misbehave

pytestmark = pytest.mark.full


def _copied(findings: Findings) -> list[bytes]:
    paths = [*findings.derived.values()]
    paths += [child.path for child in findings.children if child.path is not None]
    return [path.read_bytes() for path in paths]


def test_a_folder_swapped_for_a_link_leads_nowhere(misbehave_anyhow: Misbehave, tmp_path: Path):
    """A folder that is swapped for a link never makes the parent move a victim's file."""
    victim = tmp_path / "home" / "original"
    victim.parent.mkdir()
    victim.write_text("hush")

    for _ in range(8):
        findings = misbehave_anyhow("steal_by_swap", victim.parent)

        assert findings.status in {ReadStatus.OK, ReadStatus.SUSPICIOUS}, findings.problems
        assert all(content == b"mine" for content in _copied(findings))
        assert victim.read_text() == "hush"


@pytest.mark.parametrize("deed", ["leave_link", "leave_hard_link"])
def test_another_name_of_a_strangers_file_is_not_taken(
    deed: str, misbehave_anyhow: Misbehave, victim: Path
):
    """A link of either kind to a victim's file is not taken as a rendition."""
    before = victim.stat()

    findings = misbehave_anyhow(deed, victim)

    # A hard link cannot even be made where the kernel keeps the child from the file.
    assert findings.status in {ReadStatus.SUSPICIOUS, ReadStatus.CRASHED}
    assert _copied(findings) == []
    assert (victim.read_text(), victim.stat().st_mtime) == ("hush", before.st_mtime)


@pytest.mark.parametrize(
    "deed",
    [
        "leave_pipe",
        "leave_up",
        # A manifest that a child wrote would be believed when the ledger is rebuilt.
        "leave_named manifest.json manifest.json",
        "leave_named text.txt manifest.json",
        "leave_named evil.txt evil.txt",
    ],
)
def test_only_renditions_by_their_own_names_are_taken(deed: str, misbehave_anyhow: Misbehave):
    """A pipe, a way round and a file of any other name make the whole answer invalid."""
    findings = misbehave_anyhow(deed)

    assert findings.status is ReadStatus.SUSPICIOUS
    assert "invalid response" in findings.problems[0]
    assert _copied(findings) == []


def test_a_rendition_is_copied(misbehave_anyhow: Misbehave, tmp_path: Path):
    """A plain file under a rendition's name is copied to where it was requested."""
    findings = misbehave_anyhow("leave_named text.txt text.txt")

    assert findings.status is ReadStatus.OK, findings.problems
    assert findings.derived == {"text.txt": tmp_path / "work" / "text.txt"}
    assert findings.derived["text.txt"].read_text() == "believe me"
    assert findings.derived["text.txt"].stat().st_nlink == 1


@pytest.mark.parametrize("how", ["sparse", "linked"])
def test_files_that_cost_nothing_are_counted_as_what_they_claim(
    how: str, misbehave_anyhow: Misbehave, tmp_path: Path
):
    """300 files of 8 MiB that take no space are refused, since they would fill the archive."""
    findings = misbehave_anyhow("leave_many", 300, 8, how)

    assert findings.status is ReadStatus.SUSPICIOUS
    copied = sum(path.stat().st_size for path in tmp_path.rglob("original"))
    assert copied <= 32 * 2**20


def test_modes_times_and_attributes_stay(any_reader: SandboxedReader, victim: Path, tmp_path: Path):
    """A child changes no mode, time or attribute of the upload or of a victim's file."""
    document = tmp_path / "document"
    document.write_text(f"touch_metadata {victim}")
    document.chmod(0o640)
    os.utime(document, (1_000_000_000, 1_000_000_000))
    before = document.stat()

    findings = any_reader.read(document, name="upload.pdf", work_dir=tmp_path)

    after = document.stat()
    assert findings.status is ReadStatus.OK, findings.problems
    assert document.read_text() == f"touch_metadata {victim}"
    assert (after.st_mode, after.st_mtime, after.st_ctime) == (
        before.st_mode,
        before.st_mtime,
        before.st_ctime,
    )
    assert after.st_nlink == 1
    granted = any_reader.granted()
    if granted is not None and granted.files_closed:
        assert "done" not in findings.text
        assert stat.S_IMODE(victim.stat().st_mode) == 0o640
        assert (victim.stat().st_mtime, victim.read_text()) == (1_000_000_000, "hush")


def test_files_of_others_are_out_of_reach(misbehave: Misbehave, victim: Path):
    """A child reads neither files nor folders of its user."""
    findings = misbehave(
        "look_at", victim, victim.parent, Path.home(), "/etc/passwd", "/etc/shadow"
    )

    assert findings.status is ReadStatus.OK
    assert "done" not in findings.text


@pytest.mark.parametrize("arguments", [(30, 250, 40), (1500, 8, 0)])
def test_deep_folders_are_noticed(arguments: tuple[int, int, int], misbehave_anyhow: Misbehave):
    """Files deeper than any path count, and deep folders stop neither reading nor cleaning."""
    findings = misbehave_anyhow("nest", *arguments)

    # Without anything to write at the bottom, the child may be done before the parent looks.
    allowed = {ReadStatus.TOO_BIG} if arguments[2] else {ReadStatus.SUSPICIOUS, ReadStatus.OK}
    assert findings.status in allowed, findings.problems
    assert misbehave_anyhow("and then?").text == "and then?"


def test_closed_folders_are_removed(misbehave_anyhow: Misbehave):
    """What a child has closed even to itself is gone before the next document."""
    assert misbehave_anyhow("close_folders").status is ReadStatus.OK

    left = misbehave_anyhow("look_for_loot").text.split()

    # The folder of this document alone, whatever its number.
    assert {Path(each).name for each in left} <= {"work", left[0]}
