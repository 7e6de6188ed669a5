"""Files and links that lead to those of others."""

import os
import threading
from contextlib import suppress
from pathlib import Path

from pipeline.model import Child, Findings
from tests.hostile.children.deeds.common import MIB, found, tried, wait_forever


def steal_by_swap(work_dir: Path, victim: str) -> Findings:
    """Name a file below a folder, and keep swapping the folder for a link to a victim's."""
    inner = work_dir / "children" / "001"
    inner.mkdir(parents=True)
    (inner / "original").write_text("mine")
    (work_dir / "children" / "link").symlink_to(victim)
    aside = work_dir / "children" / "aside"

    def swap() -> None:
        while True:
            with suppress(OSError):
                inner.rename(aside)
                (work_dir / "children" / "link").rename(inner)
                inner.rename(work_dir / "children" / "link")
                aside.rename(inner)

    threading.Thread(target=swap, daemon=True).start()
    child = Child("inner", found("inner"), "ab", 4, inner / "original")
    return found("outer", children=(child,))


def leave_link(work_dir: Path, victim: str) -> Findings:
    """Leave a link to somebody's file as a rendition."""
    (work_dir / "text.txt").symlink_to(victim)
    return found("mine", derived={"text.txt": work_dir / "text.txt"})


def leave_hard_link(work_dir: Path, victim: str) -> Findings:
    """Leave another name of somebody's file as a rendition."""
    os.link(victim, work_dir / "text.txt")
    return found("mine", derived={"text.txt": work_dir / "text.txt"})


def leave_pipe(work_dir: Path) -> Findings:
    """Leave a pipe that nobody ever writes to as a rendition."""
    os.mkfifo(work_dir / "text.txt")
    return found("mine", derived={"text.txt": work_dir / "text.txt"})


def leave_named(work_dir: Path, key: str, name: str) -> Findings:
    """Leave a file of any name under any key."""
    (work_dir / name).write_text("believe me")
    return found("mine", derived={key: work_dir / name})


def leave_up(work_dir: Path) -> Findings:
    """Name a file by a way that leads out of the folder and in again."""
    (work_dir / "text.txt").write_text("mine")
    return found("mine", derived={"text.txt": work_dir / ".." / "work" / "text.txt"})


def leave_many(work_dir: Path, files: str, mib: str, how: str) -> Findings:
    """Leave many files of a size that costs nothing: sparse ones, or one file under many names."""
    first = work_dir / "first"
    with first.open("wb") as file:
        if how == "linked":
            file.write(bytes(int(mib) * MIB))
        else:
            file.truncate(int(mib) * MIB)
    children = []
    for number in range(1, int(files) + 1):
        path = work_dir / "children" / f"{number:03d}" / "original"
        path.parent.mkdir(parents=True)
        if how == "linked":
            os.link(first, path)
        else:
            with path.open("wb") as file:
                file.truncate(int(mib) * MIB)
        children.append(Child("inner", found("inner"), "ab", int(mib) * MIB, path))
    return found("outer", children=tuple(children))


def touch_metadata(work_dir: Path, *victims: str) -> str:
    """Change mode, times and attributes of files, and of the document itself."""
    document = work_dir.parents[2] / "documents" / "document"
    said = []
    for victim in map(Path, (*victims, str(document))):
        said += [
            tried(lambda victim=victim: victim.chmod(0o777)),
            tried(lambda victim=victim: os.utime(victim, (1, 1))),
            tried(lambda victim=victim: os.setxattr(victim, "user.deed", b"1")),
            tried(lambda victim=victim: os.truncate(victim, 0)),
        ]
    with document.open("rb") as file:
        said.append(tried(lambda: os.fchmod(file.fileno(), 0o777)))
    return " ".join(said)


def look_at(work_dir: Path, *paths: str) -> str:
    """Read files and folders of others."""
    del work_dir
    return " ".join(
        tried(lambda path=Path(path): list(path.iterdir()) if path.is_dir() else path.read_text())
        for path in paths
    )


def nest(work_dir: Path, levels: str, name_length: str, mib: str) -> str:
    """Make folders so deep that no path reaches the bottom, and write there."""
    name = "d" * int(name_length)
    here = os.open(work_dir, os.O_RDONLY)
    for _ in range(int(levels)):
        os.mkdir(name, dir_fd=here)
        below = os.open(name, os.O_RDONLY, dir_fd=here)
        os.close(here)
        here = below
    for number in range(int(mib) // 4):
        bottom = os.open(f"f{number}", os.O_WRONLY | os.O_CREAT, dir_fd=here)
        os.write(bottom, bytes(4 * MIB))
        os.close(bottom)
    if int(mib):
        return wait_forever()
    return "nested"


def close_folders(work_dir: Path) -> str:
    """Leave folders that even their owner may not look into."""
    inner = work_dir / "closed" / "closed"
    inner.mkdir(parents=True)
    (inner / "file").write_text("x")
    for folder in (inner, inner.parent):
        tried(lambda folder=folder: folder.chmod(0))
    os.umask(0o777)
    (work_dir / "dark").mkdir()
    os.umask(0o022)
    return "closed"
