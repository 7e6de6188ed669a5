"""The program `ocrmypdf`: PDF/A of a PDF that has its text already. No decision about documents is taken here."""

import importlib.util
import shutil
import subprocess
import sys
from pathlib import Path

from processors.contract import EngineMissing

_ASK_TIMEOUT_S = 30
_MISSING = "PDF/A takes OCRmyPDF: install caspio-ingest[pdfa] and Ghostscript (AGPL) or veraPDF, or leave pdfa out."
_REASONS = {
    2: "it is no PDF that OCRmyPDF takes",
    3: "OCRmyPDF lacks a program it needs, Ghostscript or veraPDF",
    4: "OCRmyPDF made a file that does not hold what PDF/A asks for",
    8: "it is encrypted, and an encrypted document is never written again",
    10: "OCRmyPDF could not make PDF/A of it",
}
"""Its exit codes: https://ocrmypdf.readthedocs.io/en/latest/advanced.html#return-code-policy"""


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
            timeout=_ASK_TIMEOUT_S,
        )
    except (OSError, subprocess.SubprocessError) as exc:
        raise EngineMissing(_MISSING) from exc
    return done.stdout.strip()


def to_pdfa(source: Path, target: Path, *, timeout_s: float) -> str:
    """Write a PDF as PDF/A, recognizing nothing; return why there is none, "" where there is one."""
    options = (
        "--output-type",
        "pdfa",
        "--skip-text",
        "--tesseract-timeout",
        "0",
        "--optimize",
        "0",
        "--jobs",
        "1",
    )
    command = [*_program(), *options, "--quiet", str(source), str(target)]
    try:
        done = subprocess.run(  # noqa: S603 - fixed arguments and two paths of ours
            command, stdin=subprocess.DEVNULL, capture_output=True, check=False, timeout=timeout_s
        )
    except subprocess.TimeoutExpired:
        return f"OCRmyPDF took more than {timeout_s:.0f} s"
    except OSError:
        return _REASONS[3]
    if done.returncode == 0 and target.is_file():
        return ""
    target.unlink(missing_ok=True)
    return _REASONS.get(done.returncode, f"OCRmyPDF failed with exit code {done.returncode}")


def _program() -> list[str]:
    found = shutil.which("ocrmypdf")
    if found:
        return [found]
    if importlib.util.find_spec("ocrmypdf"):
        return [sys.executable, "-m", "ocrmypdf"]
    raise EngineMissing(_MISSING)
