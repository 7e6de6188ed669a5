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
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from tests.style.limits import COMPLEXITY, FOLDER_MODULES, FUNCTION_LINES, MODULE_LINES
from tests.style.measures import (
    LONG_LINE,
    FileMeasures,
    FunctionMeasures,
    measure_file,
    python_files,
)

PACKAGES = ("pipeline", "processors", "flows", "infra")
BRANCHES_GOAL = 3

Place = tuple[float, str]
"""How bad a place is, and where it is."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One line of the table."""

    name: str
    goal: str
    value: float
    text: str


def rows(files: Sequence[FileMeasures]) -> list[Row]:
    """Compute the table for these files."""

    def total(measure: Callable[[FileMeasures], int]) -> int:
        return sum(measure(file) for file in files)

    lines = total(lambda file: file.lines)
    functions = total(lambda file: len(file.functions))
    private = total(lambda file: sum(function.private for function in file.functions))
    once = len(called_once(files))
    branches = total(lambda file: file.branches)
    function_lines = total(lambda file: file.function_lines)
    comments = total(lambda file: file.comments)
    long_lines = total(lambda file: len(file.long_lines))
    return [
        _count("files", "", len(files)),
        _count("lines", "", lines),
        _count("functions", "", functions),
        _ratio(
            "branches per 10 function lines", f"<= {BRANCHES_GOAL}", branches, function_lines, 10
        ),
        _ratio("comments per 100 lines", ">= 3", comments, lines, 100),
        _ratio(f"% of lines over {LONG_LINE} characters", "0", long_lines, lines, 100),
        _ratio("functions per 1,000 lines", "40-65", functions, lines, 1000),
        _count("private functions", "", private),
        _count("private functions called once", "", once),
        _ratio("% of private functions called once", "<= 20", once, private, 100),
        *(_count(title, "0", len(find(files))) for title, find in EXCESSES.items()),
    ]


def _count(name: str, goal: str, number: int) -> Row:
    return Row(name=name, goal=goal, value=number, text=f"{number:,}")


def _ratio(name: str, goal: str, part: int, whole: int, per: int) -> Row:
    value = per * part / whole if whole else 0.0
    return Row(name=name, goal=goal, value=round(value, 2), text=f"{value:.2f}")


def large_modules(files: Iterable[FileMeasures]) -> list[Place]:
    """List the modules that are too long, longest first."""
    places = [(file.physical_lines, str(file.path)) for file in files]
    return _worst_first(place for place in places if place[0] > MODULE_LINES)


def large_folders(files: Iterable[FileMeasures]) -> list[Place]:
    """List the folders that have too many modules, fullest first."""
    modules = Counter(str(file.path.parent) for file in files)
    return _worst_first(
        (number, folder) for folder, number in modules.items() if number > FOLDER_MODULES
    )


def long_functions(files: Iterable[FileMeasures]) -> list[Place]:
    """List the functions that are too long, longest first."""
    places = _functions(files, lambda function: function.length)
    return _worst_first(place for place in places if place[0] > FUNCTION_LINES)


def complex_functions(files: Iterable[FileMeasures]) -> list[Place]:
    """List the functions that are too complex, most complex first."""
    places = _functions(files, lambda function: function.complexity)
    return _worst_first(place for place in places if place[0] > COMPLEXITY)


def dense_files(files: Iterable[FileMeasures]) -> list[Place]:
    """List the files by how many branches they have beyond the goal."""
    places = [
        (round(file.branches - BRANCHES_GOAL * file.function_lines / 10), str(file.path))
        for file in files
    ]
    return _worst_first(place for place in places if place[0] > 0)


def wide_files(files: Iterable[FileMeasures]) -> list[Place]:
    """List the files by how many lines are too long."""
    return _worst_first((len(file.long_lines), str(file.path)) for file in files if file.long_lines)


def called_once(files: Iterable[FileMeasures]) -> list[Place]:
    """List the private functions called once, shortest first: those are the ones to inline."""
    places = _functions(files, lambda function: function.length if function.called_once else 0)
    return sorted(place for place in places if place[0])


def _functions(
    files: Iterable[FileMeasures], measure: Callable[[FunctionMeasures], int]
) -> list[Place]:
    return [
        (measure(function), f"{file.path}:{function.line} {function.name}")
        for file in files
        for function in file.functions
    ]


def _worst_first(places: Iterable[Place]) -> list[Place]:
    return sorted(places, reverse=True)


EXCESSES = {
    f"modules over {MODULE_LINES} lines": large_modules,
    f"folders over {FOLDER_MODULES} modules": large_folders,
    f"functions over {FUNCTION_LINES} lines": long_functions,
    f"functions over complexity {COMPLEXITY}": complex_functions,
}
OTHER_PLACES = {
    "files by branches beyond the goal": dense_files,
    f"files by lines over {LONG_LINE} characters": wide_files,
    "private functions called once, with their lines": called_once,
}


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
    """Print the places that a reader should look at first."""
    for title, find in {**EXCESSES, **OTHER_PLACES}.items():
        places = find(files)
        print(f"\n{title}: {len(places)}")
        for value, place in places[:limit]:
            print(f"  {value:5}  {place}")
        if len(places) > limit:
            print(f"  ... {len(places) - limit} more; --limit {len(places)} prints all")


def _parse(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m tests.bench.house",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("paths", nargs="*", help="files and folders (default: the four packages)")
    parser.add_argument(
        "--json", metavar="FILE", help="write the values there and print no table; - is stdout"
    )
    parser.add_argument("--list", action="store_true", help="print the worst places")
    parser.add_argument("--limit", type=int, default=40, help="places to print of each kind")
    options = parser.parse_args(arguments)
    if missing := [path for path in options.paths if not Path(path).exists()]:
        parser.error(f"no such file or folder: {', '.join(missing)}")
    return options


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure the given paths and print the table."""
    options = _parse(arguments)
    measured = {
        path: [measure_file(file) for file in python_files([Path(path)])]
        for path in options.paths or PACKAGES
    }
    columns = {path: rows(files) for path, files in measured.items()}
    every = [file for files in measured.values() for file in files]
    if len(columns) > 1:
        columns["all"] = rows(every)
    readme_bytes = None if options.paths else Path("README.md").stat().st_size

    if options.json:
        _write(options.json, columns, readme_bytes)
    else:
        print_table(columns, readme_bytes)
    if options.list:
        print_worst(every, options.limit)


def _write(file: str, columns: dict[str, list[Row]], readme_bytes: int | None) -> None:
    values = {path: {row.name: row.value for row in column} for path, column in columns.items()}
    text = json.dumps({"paths": values, "readme_bytes": readme_bytes}, indent=2) + "\n"
    Path("/dev/stdout" if file == "-" else file).write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
