"""Reserve stdout for a command's results, so that nothing else can get between them."""

import os
import sys
from typing import TextIO

_reserved: list[TextIO] = []


def reserve_stdout() -> None:
    """Let `results` alone write to stdout: everything else that is printed goes to stderr.

    That includes what libraries print, from Python or from C, and programs that are started. Call it
    once, before anything is imported that could print.
    """
    sys.stdout.flush()
    own = os.dup(sys.stdout.fileno())
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())
    _reserved.append(
        open(own, "w", encoding=sys.stdout.encoding, errors=sys.stdout.errors)  # noqa: PTH123, SIM115 - open to the end
    )
    sys.stdout = sys.stderr


def results() -> TextIO:
    """Return the stream for results: the reserved one, or stdout."""
    return _reserved[-1] if _reserved else sys.stdout
