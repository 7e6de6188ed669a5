"""Harm to the documents that this child reads later."""

import os
import shutil
import stat
import subprocess
import threading
from collections.abc import Callable
from contextlib import suppress
from itertools import count
from pathlib import Path

from tests.hostile.children.deeds.common import KEPT, PAUSE, found, wait_forever


def _line() -> int:
    for number in range(3, 64):
        with suppress(OSError):
            if stat.S_ISSOCK(os.fstat(number).st_mode):
                return number
    raise OSError("no line")


def take_names(work_dir: Path) -> str:
    """Take the names of the folders that later documents will get, as files, folders and links."""
    own = work_dir.parents[1]
    for number in count(2):
        if number > 40:
            return "taken"
        path = own / f"{number}"
        if number % 3 == 0:
            path.write_text("taken")
        elif number % 3 == 1:
            path.symlink_to("/")
        else:
            (path / "work").mkdir(parents=True)
    return "never"


def answer_and_hang(work_dir: Path) -> str:
    """Answer properly, and never come back for the next document."""
    from processors.sandbox import answers

    answers.write(found("answered"), work_dir.parent)
    os.write(_line(), b".")
    return wait_forever()


def answer_twice(work_dir: Path) -> str:
    """Say that the next document is taken and read before there is one."""
    del work_dir
    number = _line()
    threading.Timer(0.2, lambda: os.write(number, b"t.")).start()
    return "answered"


def poison(work_dir: Path, how: str) -> str:
    """Let the next document end badly in this process."""
    del work_dir
    ends: dict[str, Callable[[], object]] = {
        "crash": lambda: os._exit(3),
        "hang": PAUSE.wait,
        "lie": lambda: os.write(_line(), b"?"),
        "memory": lambda: os._exit(77),
    }
    KEPT.append(ends[how])
    return "poisoned"


def poison_later(work_dir: Path) -> str:
    """Kill this process from a thread while it reads a later document."""
    own = work_dir.parents[1]

    def watch() -> None:
        while True:
            if any(own.glob("2/work")):
                os._exit(3)

    threading.Thread(target=watch, daemon=True).start()
    return "poisoned"


def run_tool(work_dir: Path) -> str:
    """Run a program properly, as OCR engines do, and wait for it."""
    del work_dir
    tool = shutil.which("true") or "true"
    return f"ended with {subprocess.run([tool], check=False).returncode}"
