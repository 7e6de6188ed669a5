"""The program `tesseract`: version, languages, and words of a picture. No decision about documents is taken here."""

import os
import shutil
import subprocess
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from pipeline.model import ReadStatus
from processors.contract import EngineMissing, Unreadable

if TYPE_CHECKING:
    from PIL import Image

_ASK_TIMEOUT_S = 20


@dataclass(frozen=True, slots=True)
class Word:
    """One word: line it belongs to (block, paragraph, line), pixels from the top left, confidence 0 to 100."""

    line: tuple[int, int, int]
    text: str
    left: int
    top: int
    width: int
    height: int
    confidence: float


@cache
def version() -> str:
    """Return the program's version, like "5.3.0".

    Raises:
        EngineMissing: there is no such program.
    """
    return _ask("--version").split("\n", 1)[0].removeprefix("tesseract ").strip()


@cache
def languages() -> tuple[str, ...]:
    """Return the installed language codes, sorted.

    Raises:
        EngineMissing: there is no such program.
    """
    return tuple(
        sorted(line.strip() for line in _ask("--list-langs").splitlines()[1:] if line.strip())
    )


def data_files(codes: tuple[str, ...]) -> tuple[Path, ...]:
    """Return the language files in use, as far as the program says where they lie."""
    first = _ask("--list-langs").split("\n", 1)[0]
    folder = Path(first.partition('"')[2].partition('"')[0])
    return tuple(folder / f"{code}.traineddata" for code in codes)


def words(
    image: "Image.Image", *, codes: tuple[str, ...], dpi: int, mode: int, timeout_s: float
) -> list[Word]:
    """Recognize a picture with page segmentation `mode`, on one thread.

    Raises:
        EngineMissing: the program or a language is not installed.
        Unreadable: TIMED_OUT after `timeout_s`, CRASHED when the program fails.
    """
    import pytesseract

    require(codes)
    os.environ["OMP_THREAD_LIMIT"] = "1"  # noqa: TID251 - tesseract is told nowhere else, and four threads are slower
    try:
        table = pytesseract.image_to_data(
            image,
            lang="+".join(codes),
            config=f"--psm {mode} --dpi {dpi}",
            timeout=timeout_s,
            output_type=pytesseract.Output.DICT,
        )
    except pytesseract.TesseractError as exc:
        raise Unreadable(
            ReadStatus.CRASHED, f"tesseract failed on this page: {str(exc)[:200]}"
        ) from exc
    except RuntimeError as exc:  # what pytesseract raises when it has killed the program
        raise Unreadable(
            ReadStatus.TIMED_OUT, f"tesseract was stopped after {timeout_s:.0f} s on one page."
        ) from exc
    return _parsed(table)


def require(codes: tuple[str, ...]) -> None:
    """Check that languages are installed.

    Raises:
        EngineMissing: the program or a language is missing, with what to install.
    """
    missing = [code for code in codes if code not in languages()]
    if missing:
        packages = " ".join(f"tesseract-ocr-{code.replace('_', '-')}" for code in missing)
        raise EngineMissing(
            f"tesseract has no data for {', '.join(missing)} (installed: {', '.join(languages())}). "
            f"Install {packages} on Debian, tesseract-lang with Homebrew on macOS, or the .traineddata file, "
            "or change processing.languages."
        )


def _ask(argument: str) -> str:
    program = shutil.which("tesseract")
    if program is None:
        raise EngineMissing(
            "The program tesseract is not installed or not on the PATH. "
            'Install it (Debian: apt install tesseract-ocr; macOS: brew install tesseract) or set ocr = "rapidocr".'
        )
    try:
        answer = subprocess.run(  # noqa: S603 - fixed arguments
            [program, argument], capture_output=True, text=True, timeout=_ASK_TIMEOUT_S, check=True
        )
    except (OSError, subprocess.SubprocessError) as exc:
        raise EngineMissing(f"The program {program} does not run ({exc}); reinstall it.") from exc
    return answer.stdout or answer.stderr


def _parsed(table: dict[str, list[object]]) -> list[Word]:
    names = ("block_num", "par_num", "line_num", "text", "left", "top", "width", "height", "conf")
    rows = zip(*(table[name] for name in names), strict=True)
    return [
        Word(
            line=(int(str(block)), int(str(paragraph)), int(str(line))),
            text=str(text),
            left=int(str(left)),
            top=int(str(top)),
            width=int(str(width)),
            height=int(str(height)),
            confidence=float(str(confidence)),
        )
        for block, paragraph, line, text, left, top, width, height, confidence in rows
        if str(text).strip() and float(str(confidence)) >= 0
    ]
