"""What only the archive in a folder does: it keeps a file that nobody changes any more."""

import hashlib
import stat
from pathlib import Path

import pytest

from pipeline.adapters.local_archive import LocalArchive
from pipeline.errors import DiskFull


def sha(data: bytes) -> str:
    """Return a digest as the archive writes it."""
    return hashlib.sha256(data).hexdigest()


def test_a_folder_keeps_such_a_file_as_it_is(tmp_path: Path):
    """The file gets a second name, with the rights of the archive."""
    source, archive = tmp_path / "source", LocalArchive(tmp_path / "archive")
    source.write_bytes(b"bytes")
    source.chmod(0o644)

    archive.put("a", source, sha256=sha(b"bytes"), media_type="", unchanging=True)

    stored = tmp_path / "archive/a"
    assert stored.samefile(source)
    assert stat.S_IMODE(stored.stat().st_mode) == 0o600


def test_a_file_that_may_change_is_copied(tmp_path: Path):
    """What is written to it later does not reach the archive."""
    source, archive = tmp_path / "source", LocalArchive(tmp_path / "archive")
    source.write_bytes(b"bytes")

    archive.put("a", source, sha256=sha(b"bytes"), media_type="")
    source.write_bytes(b"other")

    assert (tmp_path / "archive/a").read_bytes() == b"bytes"


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="only Linux has a disk that is full")
def test_a_full_work_folder_is_not_the_archives_fault(tmp_path: Path):
    """Whoever reads how to go on frees the right disk."""
    source, archive = tmp_path / "source", LocalArchive(tmp_path / "archive")
    source.write_bytes(b"bytes")
    archive.put("a", source, sha256=sha(b"bytes"), media_type="")

    with pytest.raises(DiskFull, match=r"work folder cannot be written.* TMPDIR"):
        archive.get("a", Path("/dev/full"))


def test_a_symbolic_link_is_copied(tmp_path: Path):
    """The archive holds files, not ways to them."""
    (tmp_path / "target").write_bytes(b"bytes")
    source, archive = tmp_path / "source", LocalArchive(tmp_path / "archive")
    source.symlink_to(tmp_path / "target")

    archive.put("a", source, sha256=sha(b"bytes"), media_type="", unchanging=True)

    stored = tmp_path / "archive/a"
    assert not stored.is_symlink()
    assert not stored.samefile(tmp_path / "target")
