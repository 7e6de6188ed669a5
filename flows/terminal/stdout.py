"""Reserve stdout for a command's results, so that nothing else can get between them."""

import io
import os
import sys
from typing import TextIO

_reserved: list[TextIO] = []


def reserve_stdout() -> None:
    """Let `results` alone write to stdout: everything else that is printed goes to stderr.

    That includes what libraries print, from Python or from C, and programs that are started. Call
    it once, before anything is imported that could print.
    """
    sys.stdout.flush()
    try:
        descriptor = sys.stdout.fileno()
        # On the level of file descriptors: programs and C libraries do not know Python's streams.
        own = os.dup(descriptor)
        os.dup2(sys.stderr.fileno(), descriptor)
    except (AttributeError, io.UnsupportedOperation):
        # A stream without a file behind it, where another program calls this one in its process.
        _reserved.append(sys.stdout)
    else:
        encoding, errors = sys.stdout.encoding, sys.stdout.errors
        stream = open(own, "w", encoding=encoding, errors=errors)  # noqa: PTH123, SIM115 - to stay
        _reserved.append(stream)
    sys.stdout = sys.stderr


def results() -> TextIO:
    """Return the stream for results: the reserved one, or stdout."""
    is_reserved = bool(_reserved) and sys.stdout is sys.stderr
    return _reserved[-1] if is_reserved else sys.stdout
