import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from processors.sandbox import file_tree


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[int]:
    """An empty folder, open."""
    number = os.open(tmp_path, os.O_RDONLY)
    yield number
    os.close(number)


def nest(folder: int, levels: int) -> None:
    """Make a folder in a folder, so often."""
    here = os.dup(folder)
    for _ in range(levels):
        os.mkdir("deeper", dir_fd=here)
        below = os.open("deeper", os.O_RDONLY, dir_fd=here)
        os.close(here)
        here = below
    os.close(os.open("bottom", os.O_CREAT | os.O_WRONLY, dir_fd=here))
    os.close(here)


@pytest.mark.slow
def test_folders_without_end_are_removed(folder: int, tmp_path: Path):
    """Three thousand levels, which neither a path nor a recursion survives, are removed."""
    nest(folder, 3_000)

    assert file_tree.empty(folder)
    assert list(tmp_path.iterdir()) == []


def test_a_wide_tree_is_removed(folder: int, tmp_path: Path):
    """Folders beside folders, links and pipes are removed; what links lead to stays."""
    outside = tmp_path.parent / "outside"
    outside.mkdir()
    (outside / "file").write_text("stays")
    for name in "abc":
        for inner in "abc":
            (tmp_path / name / inner / "x").mkdir(parents=True)
            (tmp_path / name / inner / "file").write_text("x")
        (tmp_path / name / "link").symlink_to(outside)
        os.mkfifo(tmp_path / name / "pipe")
    (tmp_path / "link").symlink_to(outside)

    assert file_tree.empty(folder)
    assert (outside / "file").read_text() == "stays"


def test_removing_never_raises(folder: int):
    """A folder that is not there is not removed, and nothing is raised."""
    assert not file_tree.remove("nothing", folder)
    os.close(os.dup(folder))


def test_usage_counts_what_no_path_reaches(folder: int, tmp_path: Path):
    """Files at the bottom of long names count, links do not, and depth ends the count."""
    name = "d" * 250
    here = os.dup(folder)
    for _ in range(30):
        os.mkdir(name, dir_fd=here)
        below = os.open(name, os.O_RDONLY, dir_fd=here)
        os.close(here)
        here = below
    bottom = os.open("bottom", os.O_CREAT | os.O_WRONLY, dir_fd=here)
    os.write(bottom, bytes(100_000))
    os.close(bottom)
    os.close(here)
    (tmp_path / "link").symlink_to("/")

    usage = file_tree.usage(folder)

    assert usage.files == 32
    assert usage.disk_bytes >= 100_000
    assert not usage.too_deep


def test_usage_notices_depth(folder: int):
    """More levels than anything needs are noticed, and few folders are open meanwhile."""
    nest(folder, 500)

    assert file_tree.usage(folder).too_deep
