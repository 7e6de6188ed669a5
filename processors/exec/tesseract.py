"""Run the program `tesseract`: its version, its languages, the words of an image.

It decides nothing about documents.
"""

import os
import shutil
import subprocess
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pipeline.model import ReadStatus
from processors.contract import EngineMissing, Unreadable

if TYPE_CHECKING:
    from PIL import Image

_QUERY_TIMEOUT_S = 20  # for its version and languages, also from a slow disk
_MOST_ERROR_CHARS = 200


@dataclass(frozen=True, slots=True)
class TesseractWord:
    """One word, in pixels from the top left; confidence is from 0 to 100.

    `line` is the line that it belongs to: block, paragraph, line.
    """

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
        EngineMissing: the program is not installed.
    """
    return _query("--version").split("\n", 1)[0].removeprefix("tesseract ").strip()


@cache
def languages() -> tuple[str, ...]:
    """Return the installed language codes, sorted.

    Raises:
        EngineMissing: the program is not installed.
    """
    lines = _query("--list-langs").splitlines()[1:]  # the first line says where they are
    return tuple(sorted(line.strip() for line in lines if line.strip()))


def data_files(codes: tuple[str, ...]) -> tuple[Path, ...]:
    """Return the language files in use, in the folder that the program names in quotes."""
    first_line = _query("--list-langs").split("\n", 1)[0]
    folder = Path(first_line.partition('"')[2].partition('"')[0])
    return tuple(folder / f"{code}.traineddata" for code in codes)


def words(
    image: "Image.Image", *, codes: tuple[str, ...], dpi: int, mode: int, timeout_s: float
) -> list[TesseractWord]:
    """Recognize an image with page segmentation `mode`, on one thread.

    Raises:
        EngineMissing: the program or a language is not installed.
        Unreadable: TIMED_OUT after `timeout_s`, CRASHED when the program fails.
    """
    import pytesseract

    require(codes)
    # Tesseract takes the number of threads from nowhere else, and several threads are slower for
    # one page.
    os.environ["OMP_THREAD_LIMIT"] = "1"  # noqa: TID251 - for the program started here
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
            ReadStatus.CRASHED, f"tesseract failed on this page: {str(exc)[:_MOST_ERROR_CHARS]}"
        ) from exc
    # What pytesseract raises when it has killed the program, or when the sandbox of this system
    # does not let a reader send signals: the program then ends with the document.
    except (RuntimeError, PermissionError) as exc:
        raise Unreadable(
            ReadStatus.TIMED_OUT, f"tesseract was stopped after {timeout_s:.0f} s on one page."
        ) from exc
    return words_of(table)


def require(codes: tuple[str, ...]) -> None:
    """Check that languages are installed.

    Raises:
        EngineMissing: the program or a language is missing, with what to install.
    """
    missing = [code for code in codes if code not in languages()]
    if missing:
        packages = " ".join(f"tesseract-ocr-{code.replace('_', '-')}" for code in missing)
        raise EngineMissing(
            f"tesseract has no data for {', '.join(missing)} "
            f"(installed: {', '.join(languages())}). "
            f"Install {packages} on Debian, tesseract-lang with Homebrew on macOS, "
            "or the .traineddata file, or change processing.languages."
        )


def _query(option: str) -> str:
    program = shutil.which("tesseract")
    if program is None:
        raise EngineMissing(
            "The program tesseract is not installed or not on the PATH. Install it "
            "(Debian: apt install tesseract-ocr; macOS: brew install tesseract) "
            'or set ocr = "rapidocr".'
        )
    try:
        done = subprocess.run(  # noqa: S603 - fixed arguments
            [program, option], capture_output=True, text=True, timeout=_QUERY_TIMEOUT_S, check=True
        )
    except (OSError, subprocess.SubprocessError) as exc:
        raise EngineMissing(f"The program {program} does not run ({exc}). Reinstall it.") from exc
    return done.stdout or done.stderr  # older versions write to stderr


def words_of(table: dict[str, list[Any]]) -> list[TesseractWord]:
    """Parse the table of `tesseract … tsv`.

    Rows of pages, blocks and lines have no text and a confidence of -1.
    """
    columns = ("block_num", "par_num", "line_num", "left", "top", "width", "height", "conf", "text")
    rows = zip(*(table[column] for column in columns), strict=True)
    found = []
    for block, paragraph, line, left, top, width, height, confidence, text in rows:
        if float(confidence) >= 0 and str(text).strip():
            word = TesseractWord(
                line=(int(block), int(paragraph), int(line)),
                text=str(text),
                left=int(left),
                top=int(top),
                width=int(width),
                height=int(height),
                confidence=float(confidence),
            )
            found.append(word)
    return found
