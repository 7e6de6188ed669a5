"""What all deeds use."""

import ctypes
import threading
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from pipeline.model import Finding, Findings, ReadStatus

MIB = 2**20
PAUSE = threading.Event()
"""An event that nobody ever sets."""
KEPT: list[Any] = []
"""What a document leaves in this process for the documents after it."""
LIBC = ctypes.CDLL(None, use_errno=True)


def found(text: str, **more: Any) -> Findings:
    """Return findings with a text."""
    nothing = Finding(value=None, confidence=0.0, reason="deed")
    findings = Findings(media_type="text/plain", status=ReadStatus.OK, doc_type=nothing, text=text)
    return replace(findings, **more)


def tried(attempt: Callable[[], object]) -> str:
    """Say how an attempt ended: the name of the error, or what it returned."""
    try:
        return f"done: {attempt()}"
    except OSError as exc:
        return type(exc).__name__


def wait_forever() -> str:
    """Hang until this process is killed."""
    PAUSE.wait()
    return "never"


def checked(result: int) -> int:
    """Return what a system call returned, and raise OSError if it failed."""
    if result < 0:
        raise OSError(ctypes.get_errno(), "refused")
    return result
