"""Measure how hard the code is to enter, and print it as a table: `make bench-house`.

    python -m tests.bench.house                      # the four packages and their sum
    python -m tests.bench.house --list processors    # one package, with its worst places
    python -m tests.bench.house --json FILE pipeline/steps

`tests/style/measures.py` defines what is counted. Commit 464d06b measures 4.65 branches per 10
function lines, 0.90 comments per 100 lines, 9.65 % long lines, 89.2 functions per 1,000 lines, and
1,017 of 1,527 private functions called once (66.6 %; the issue, some commits earlier, 931 of 1,434).
"""

import argparse
import json
import sys
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from tests.style.measures import LONG_LINE, FileMeasures, measure_file, python_files

PACKAGES = ("pipeline", "processors", "flows", "infra")
MODULE_LINES = 400
FOLDER_MODULES = 20
FUNCTION_LINES = 60
COMPLEXITY = 12


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One line of the table."""

    name: str
    goal: str
    value: float
    text: str


def rows(files: Sequence[FileMeasures]) -> list[Row]:
    """Compute the table for these files."""
    functions = [function for file in files for function in file.functions]
    private = [function for function in functions if function.private]
    lines = sum(file.lines for file in files)
    branches = sum(file.branches for file in files)
    function_lines = sum(file.function_lines for file in files)
    comments = sum(file.comments for file in files)
    long_lines = sum(len(file.long_lines) for file in files)
    called_once = sum(function.called_once for function in private)

    def count(name: str, goal: str, number: int) -> Row:
        return Row(name=name, goal=goal, value=number, text=f"{number:,}")

    def ratio(name: str, goal: str, part: int, whole: int, per: int) -> Row:
        value = per * part / whole if whole else 0.0
        return Row(name=name, goal=goal, value=round(value, 2), text=f"{value:.2f}")

    return [
        count("files", "", len(files)),
        count("lines", "", lines),
        count("functions", "", len(functions)),
        ratio("branches per 10 function lines", "<= 3", branches, function_lines, 10),
        ratio("comments per 100 lines", ">= 3", comments, lines, 100),
        ratio(f"% of lines over {LONG_LINE} characters", "0", long_lines, lines, 100),
        ratio("functions per 1,000 lines", "40-65", len(functions), lines, 1000),
        count("private functions", "", len(private)),
        count("private functions called once", "", called_once),
        ratio("% of private functions called once", "<= 20", called_once, len(private), 100),
        count(f"modules over {MODULE_LINES} lines", "0", len(large_modules(files))),
        count(f"folders over {FOLDER_MODULES} modules", "0", len(large_folders(files))),
        count(
            f"functions over {FUNCTION_LINES} lines",
            "0",
            sum(function.length > FUNCTION_LINES for function in functions),
        ),
        count(
            f"functions over complexity {COMPLEXITY}",
            "0",
            sum(function.complexity > COMPLEXITY for function in functions),
        ),
    ]


def large_modules(files: Iterable[FileMeasures]) -> list[tuple[int, Path]]:
    """List the modules that are too long, longest first."""
    large = [(file.physical_lines, file.path) for file in files]
    return sorted((pair for pair in large if pair[0] > MODULE_LINES), reverse=True)


def large_folders(files: Iterable[FileMeasures]) -> list[tuple[int, Path]]:
    """List the folders that have too many modules, fullest first."""
    modules = Counter(file.path.parent for file in files)
    large = [(number, folder) for folder, number in modules.items()]
    return sorted((pair for pair in large if pair[0] > FOLDER_MODULES), reverse=True)


def print_table(columns: dict[str, list[Row]], readme_bytes: int | None) -> None:
    """Print one row for each measure and one column for each path."""
    widths = {name: max(len(name), 9) for name in columns}
    titles = "".join(f"  {name:>{widths[name]}}" for name in columns)
    print(f"{'':36}{'goal':>6}{titles}")
    for index, row in enumerate(next(iter(columns.values()))):
        values = "".join(f"  {column[index].text:>{widths[n]}}" for n, column in columns.items())
        print(f"{row.name:36}{row.goal:>6}{values}")
    if readme_bytes is not None:
        print(f"{'README, bytes':36}{'<=8192':>6}  {readme_bytes:,}")


def print_worst(files: Sequence[FileMeasures], limit: int) -> None:
    """Print the places that a reader should look at first, worst first."""
    functions = [(file.path, function) for file in files for function in file.functions]

    def section(title: str, found: list[str]) -> None:
        print(f"\n{title}: {len(found)}")
        for line in found[:limit]:
            print(f"  {line}")
        if len(found) > limit:
            print(f"  … {len(found) - limit} more; --limit {len(found)} prints all")

    section(
        f"Functions over complexity {COMPLEXITY}",
        [
            f"{function.complexity:4}  {path}:{function.line} {function.name}"
            for path, function in sorted(functions, key=lambda pair: -pair[1].complexity)
            if function.complexity > COMPLEXITY
        ],
    )
    section(
        f"Functions over {FUNCTION_LINES} lines",
        [
            f"{function.length:4}  {path}:{function.line} {function.name}"
            for path, function in sorted(functions, key=lambda pair: -pair[1].length)
            if function.length > FUNCTION_LINES
        ],
    )
    section(
        f"Modules over {MODULE_LINES} lines",
        [f"{number:4}  {path}" for number, path in large_modules(files)],
    )
    section(
        f"Folders over {FOLDER_MODULES} modules",
        [f"{number:4}  {path}" for number, path in large_folders(files)],
    )
    section(
        "Files by branches per 10 function lines",
        [
            f"{density:4.1f}  {path}"
            for density, path in sorted(
                (
                    (10 * file.branches / file.function_lines, file.path)
                    for file in files
                    if file.function_lines
                ),
                reverse=True,
            )
            if density > 3
        ],
    )
    section(
        f"Files with lines over {LONG_LINE} characters",
        [
            f"{len(file.long_lines):4}  {file.path}"
            for file in sorted(files, key=lambda file: -len(file.long_lines))
            if file.long_lines
        ],
    )
    # The shortest come first: those are the ones to inline.
    section(
        "Private functions called once, with their lines",
        [
            f"{function.length:4}  {path}:{function.line} {function.name}"
            for path, function in sorted(functions, key=lambda pair: pair[1].length)
            if function.called_once
        ],
    )


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure the given paths and print the table."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench.house", description=__doc__)
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.add_argument("paths", nargs="*", help="files and folders (default: the four packages)")
    parser.add_argument("--json", metavar="FILE", help="write the figures there; - is the screen")
    parser.add_argument("--list", action="store_true", help="print the worst places")
    parser.add_argument("--limit", type=int, default=40, help="places to print of each kind")
    options = parser.parse_args(arguments)

    paths = options.paths or list(PACKAGES)
    if missing := [path for path in paths if not Path(path).exists()]:
        parser.error(f"no such file or folder: {', '.join(missing)}")

    measured = {path: [measure_file(file) for file in python_files([Path(path)])] for path in paths}
    every = {file.path: file for files in measured.values() for file in files}
    columns = {path: rows(files) for path, files in measured.items()}
    if len(paths) > 1:
        columns["all"] = rows(list(every.values()))
    readme = Path("README.md")
    readme_bytes = readme.stat().st_size if readme.exists() and not options.paths else None

    if options.json:
        figures = {
            path: {row.name: row.value for row in column} for path, column in columns.items()
        }
        text = json.dumps({"paths": figures, "readme_bytes": readme_bytes}, indent=2)
        if options.json == "-":
            print(text)
            return 0
        Path(options.json).write_text(text + "\n", encoding="utf-8")
    print_table(columns, readme_bytes)
    if options.list:
        print_worst(list(every.values()), options.limit)
    return 0


if __name__ == "__main__":
    sys.exit(main())
