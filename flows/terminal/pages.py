"""Show long output page by page, with the system's pager."""

import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.pager import Pager

# Colors as they are; what fits on the screen is only printed, and stays there afterwards.
_OPTIONS = ("-R", "-F", "-X")


class Less(Pager):
    """The program `less`."""

    def __init__(self, program: str) -> None:
        """Take the path of the program."""
        self._program = program

    def show(self, content: str) -> None:
        """Show a text until the user leaves it."""
        subprocess.run(  # noqa: S603 - the program is `less`, without a shell
            [self._program, *_OPTIONS],
            input=content.encode("utf-8", "replace"),
            check=False,
        )


@contextmanager
def paged(console: Console) -> Iterator[None]:
    """Show what is printed meanwhile page by page, if there is a user at a terminal to turn them.

    A file or another program gets it as it is, and so does a terminal without `less`.
    """
    program = shutil.which("less")
    if program is None or not console.is_terminal or not sys.stdin.isatty():
        yield
        return
    with console.pager(pager=Less(program), styles=True):
        yield
