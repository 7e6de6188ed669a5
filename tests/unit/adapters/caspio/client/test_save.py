import os
import stat
from pathlib import Path

from pipeline.adapters.caspio.client import save
from pipeline.adapters.caspio.client.values import Download


def test_only_this_user_may_read_what_was_saved(tmp_path: Path):
    """A download has what records hold: the mask of the process opens it to nobody else."""
    before = os.umask(0)
    try:
        save(Download(iter([b"data"]), declared_bytes=4), tmp_path / "a.pdf")
    finally:
        os.umask(before)

    (saved,) = tmp_path.iterdir()
    assert (saved.read_bytes(), stat.S_IMODE(saved.stat().st_mode)) == (b"data", 0o600)
