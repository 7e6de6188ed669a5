"""Check the style that ruff does not know: `make style`, or `python -m tests.style --only words docs`."""

import argparse
import subprocess
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

from tests.style.limits import find_excesses
from tests.style.namesakes import find_namesakes
from tests.style.report import Hit
from tests.style.words import find_words, read_list

SHIPPED = ("caspio_ingest", "pipeline", "processors", "flows", "infra")
LIMITED = ("pipeline", "processors", "flows", "infra", "docs", "tests")


def _tracked_files(paths: Sequence[str]) -> list[Path]:
    """List what Git knows, and new files that it does not ignore, below these paths."""
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z", "--", *paths],
        check=True,
        capture_output=True,
        text=True,
    )
    files = [Path(name) for name in listed.stdout.split("\0") if name]
    # Git still lists a file that was deleted and not yet committed.
    return sorted(file for file in files if file.is_file())


def _find(files: Sequence[Path], *, only: str | None) -> Iterator[Hit]:
    code = [file for file in files if file.suffix == ".py"]
    if only in {None, "limits"}:
        yield from find_excesses([file for file in code if file.parts[0] in LIMITED])
    if only in {None, "names"}:
        yield from find_namesakes(file for file in code if file.parts[0] in SHIPPED)
    if only in {None, "words"}:
        yield from find_words(files, read_list())


def main(arguments: Sequence[str] | None = None) -> int:
    """Print what is found, one line each; return 1 if anything is found."""
    parser = argparse.ArgumentParser(prog="python -m tests.style", description=__doc__)
    parser.add_argument("paths", nargs="*", help="files and folders (default: all)")
    parser.add_argument(
        "--only", choices=["limits", "names", "words"], help="run one of the checks"
    )
    options = parser.parse_args(arguments)

    hits = set(_find(_tracked_files(options.paths), only=options.only))

    for hit in sorted(hits):
        print(hit)
    if hits:
        print(f"style: {len(hits)} places to correct in {len({hit.path for hit in hits})} files")
    return 1 if hits else 0


if __name__ == "__main__":
    sys.exit(main())
