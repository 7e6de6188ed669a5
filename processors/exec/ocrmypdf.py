"""Run the program `ocrmypdf`: PDF/A of a PDF that has its text already.

It decides nothing about documents.
"""

import importlib.util
import shutil
import subprocess
import sys
from pathlib import Path

from processors.contract import EngineMissing

_QUERY_TIMEOUT_S = 30
_MISSING = (
    "PDF/A needs OCRmyPDF. Install caspio-ingest[pdfa] and Ghostscript (AGPL) or veraPDF, "
    "or remove pdfa from the renditions."
)
_NO_PROGRAM = 3
# Exit codes: https://ocrmypdf.readthedocs.io/en/latest/advanced.html#return-code-policy
_REASONS = {
    2: "it is no PDF that OCRmyPDF accepts",
    _NO_PROGRAM: "OCRmyPDF lacks a program it needs, Ghostscript or veraPDF",
    4: "OCRmyPDF made a file that is not valid PDF/A",
    8: "it is encrypted, and an encrypted document is never rewritten",
    10: "OCRmyPDF could not make PDF/A of it",
}
# No OCR: pages with text are skipped, and Tesseract gets no time for the others. No recompression,
# one process.
_OPTIONS = (
    *("--output-type", "pdfa"),
    *("--skip-text", "--tesseract-timeout", "0"),
    *("--optimize", "0"),
    *("--jobs", "1"),
    "--quiet",
)


def version() -> str:
    """Return the program's version, like "17.2.0".

    Raises:
        EngineMissing: the program, or what it makes PDF/A with, is not installed.
    """
    if not (shutil.which("gs") or shutil.which("verapdf")):
        raise EngineMissing(_MISSING)
    try:
        done = subprocess.run(  # noqa: S603 - a fixed program and argument
            [*_program(), "--version"],
            capture_output=True,
            check=True,
            text=True,
            timeout=_QUERY_TIMEOUT_S,
        )
    except (OSError, subprocess.SubprocessError) as exc:
        raise EngineMissing(_MISSING) from exc
    return done.stdout.strip()


def to_pdfa(source: Path, target: Path, *, timeout_s: float) -> str:
    """Write a PDF as PDF/A, recognizing nothing; return why there is none, or "" if there is one.

    Raises:
        EngineMissing: the program is not installed.
    """
    command = [*_program(), *_OPTIONS, str(source), str(target)]
    try:
        done = subprocess.run(  # noqa: S603 - fixed arguments and two paths of ours
            command, stdin=subprocess.DEVNULL, capture_output=True, check=False, timeout=timeout_s
        )
    except (subprocess.TimeoutExpired, PermissionError):  # see exec/tesseract.py
        return f"OCRmyPDF took more than {timeout_s:.0f} s"
    except OSError:
        return _REASONS[_NO_PROGRAM]
    if done.returncode == 0 and target.is_file():
        return ""
    target.unlink(missing_ok=True)
    return _REASONS.get(done.returncode, f"OCRmyPDF failed with exit code {done.returncode}")


def _program() -> list[str]:
    program = shutil.which("ocrmypdf")
    if program:
        return [program]
    if importlib.util.find_spec("ocrmypdf"):
        return [sys.executable, "-m", "ocrmypdf"]
    raise EngineMissing(_MISSING)
