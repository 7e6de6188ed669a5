"""Measure how hard the code is to enter, and print it as a table: `make bench-house`.

    python -m tests.bench.house                      # the four packages and their sum
    python -m tests.bench.house --peers              # the same, beside ten installed packages
    python -m tests.bench.house pipeline --peers httpx mcp
    python -m tests.bench.house --list processors    # one package, with its worst places
    python -m tests.bench.house --json FILE pipeline/steps

`tests/style/measures.py` defines what is counted. A peer is measured where it is installed, under
the name that is imported, without its folders of tests; nothing is imported or downloaded.
"""

import argparse
import importlib.util
import json
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
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
PEERS = (
    "httpx",
    "starlette",
    "uvicorn",
    "mcp",
    "pypdf",
    "PIL",
    "importlinter",
    "mkdocs",
    "prefect",
    "sqlalchemy",
)

BRANCHES_GOAL = 3
# Half of the peers have more than 49 %. A function that is called once gives a step of a longer one
# its name, and that helps a reader who would otherwise read sixty lines at once. A helper of three
# lines only makes the reader jump, so those have a goal of their own.
CALLED_ONCE_GOAL = 50
SHORT_LINES = 4
"""The line of `def` and three more."""
SHORT_GOAL = 5

WorstPlace = tuple[float, str]
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
    once = called_once(files)
    short = sum(length <= SHORT_LINES for length, _ in once)
    branches = total(lambda file: file.branches)
    ifs = total(lambda file: file.if_statements)
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
        _ratio("  of them if and elif", "", ifs, function_lines, 10),
        _ratio("comments per 100 lines", ">= 3", comments, lines, 100),
        _ratio(f"% of lines over {LONG_LINE} characters", "0", long_lines, lines, 100),
        _ratio("functions per 1,000 lines", "40-65", functions, lines, 1000),
        _count("private functions", "", private),
        _count("private functions called once", "", len(once)),
        _ratio(
            "% of private functions called once", f"<= {CALLED_ONCE_GOAL}", len(once), private, 100
        ),
        _ratio(
            f"% called once, up to {SHORT_LINES} lines", f"<= {SHORT_GOAL}", short, private, 100
        ),
        *(_count(title, "0", len(find(files))) for title, find in EXCESSES.items()),
    ]


def _count(name: str, goal: str, number: int) -> Row:
    return Row(name=name, goal=goal, value=number, text=f"{number:,}")


def _ratio(name: str, goal: str, part: int, whole: int, per: int) -> Row:
    value = per * part / whole if whole else 0.0
    return Row(name=name, goal=goal, value=round(value, 2), text=f"{value:.2f}")


def large_modules(files: Iterable[FileMeasures]) -> list[WorstPlace]:
    """List the modules that are too long, longest first."""
    places = [(file.physical_lines, str(file.path)) for file in files]
    return _worst_first(place for place in places if place[0] > MODULE_LINES)


def large_folders(files: Iterable[FileMeasures]) -> list[WorstPlace]:
    """List the folders that have too many modules, fullest first."""
    modules = Counter(str(file.path.parent) for file in files)
    return _worst_first(
        (number, folder) for folder, number in modules.items() if number > FOLDER_MODULES
    )


def long_functions(files: Iterable[FileMeasures]) -> list[WorstPlace]:
    """List the functions that are too long, longest first."""
    places = _functions(files, lambda function: function.length)
    return _worst_first(place for place in places if place[0] > FUNCTION_LINES)


def complex_functions(files: Iterable[FileMeasures]) -> list[WorstPlace]:
    """List the functions that are too complex, most complex first."""
    places = _functions(files, lambda function: function.complexity)
    return _worst_first(place for place in places if place[0] > COMPLEXITY)


def dense_files(files: Iterable[FileMeasures]) -> list[WorstPlace]:
    """List the files by how many branches they have beyond the goal."""
    places = [
        (round(file.branches - BRANCHES_GOAL * file.function_lines / 10), str(file.path))
        for file in files
    ]
    return _worst_first(place for place in places if place[0] > 0)


def wide_files(files: Iterable[FileMeasures]) -> list[WorstPlace]:
    """List the files by how many lines are too long."""
    return _worst_first((len(file.long_lines), str(file.path)) for file in files if file.long_lines)


def called_once(files: Iterable[FileMeasures]) -> list[WorstPlace]:
    """List the private functions called once, shortest first: those are the ones to inline."""
    places = _functions(files, lambda function: function.length if function.called_once else 0)
    return sorted(place for place in places if place[0])


def _functions(
    files: Iterable[FileMeasures], measure: Callable[[FunctionMeasures], int]
) -> list[WorstPlace]:
    return [
        (measure(function), f"{file.path}:{function.line} {function.name}")
        for file in files
        for function in file.functions
    ]


def _worst_first(places: Iterable[WorstPlace]) -> list[WorstPlace]:
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


RATIOS = {
    "branches per 10 function lines": "branches",
    "  of them if and elif": "if, elif",
    "comments per 100 lines": "comments",
    "functions per 1,000 lines": "functions",
    "% of private functions called once": "% once",
    f"% called once, up to {SHORT_LINES} lines": "% short",
}
"""The measures that compare packages of any size, with short titles."""


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


def print_rows(columns: dict[str, list[Row]]) -> None:
    """Print one row for each path and package: the way to compare many."""
    print(f"{'':14}" + "".join(f"{title:>11}" for title in RATIOS.values()))
    for name, column in columns.items():
        texts = [row.text for row in column if row.name in RATIOS]
        print(f"{name:14}" + "".join(f"{text:>11}" for text in texts))


def print_worst(files: Sequence[FileMeasures], limit: int) -> None:
    """Print the places that a reader should look at first."""
    for title, find in {**EXCESSES, **OTHER_PLACES}.items():
        places = find(files)
        print(f"\n{title}: {len(places)}")
        for value, place in places[:limit]:
            print(f"  {value:5}  {place}")
        if len(places) > limit:
            print(f"  ... {len(places) - limit} more; --limit {len(places)} prints all")


def peer_files(name: str) -> list[Path] | None:
    """List the files of an installed package, or return None if it is not installed."""
    spec = importlib.util.find_spec(name)
    if spec is None or not spec.submodule_search_locations:
        return None
    files = python_files(map(Path, spec.submodule_search_locations))
    return [file for file in files if "tests" not in file.parts]


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
    parser.add_argument(
        "--peers",
        nargs="*",
        metavar="PACKAGE",
        help=f"measure these installed packages as well (default: {', '.join(PEERS)})",
    )
    parser.add_argument("--list", action="store_true", help="print the worst places")
    parser.add_argument("--limit", type=int, default=40, help="places to print of each kind")
    options = parser.parse_args(arguments)
    if missing := [path for path in options.paths if not Path(path).exists()]:
        parser.error(f"no such file or folder: {', '.join(missing)}")
    options.readme_bytes = None if options.paths else Path("README.md").stat().st_size
    options.paths = options.paths or PACKAGES
    # Without the option there are none, with it alone the default ones.
    options.peers = [] if options.peers is None else options.peers or list(PEERS)
    if missing := [name for name in options.peers if peer_files(name) is None]:
        parser.error(f"not an installed package: {', '.join(missing)}")
    return options


def _measure(files: Mapping[str, list[Path]]) -> dict[str, list[FileMeasures]]:
    return {name: [measure_file(path) for path in paths] for name, paths in files.items()}


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure the given paths and packages, and print the table."""
    options = _parse(arguments)
    own = _measure({path: python_files([Path(path)]) for path in options.paths})
    every = [file for files in own.values() for file in files]
    peers = _measure({name: peer_files(name) or [] for name in options.peers})
    together = {"all": every} if len(own) > 1 else {}
    columns = {name: rows(files) for name, files in {**own, **together, **peers}.items()}

    if options.json:
        _write(options.json, columns, options.readme_bytes)
    elif options.peers:
        print_rows(columns)
    else:
        print_table(columns, options.readme_bytes)
    if options.list:
        print_worst(every, options.limit)


def _write(file: str, columns: dict[str, list[Row]], readme_bytes: int | None) -> None:
    values = {path: {row.name: row.value for row in column} for path, column in columns.items()}
    text = json.dumps({"paths": values, "readme_bytes": readme_bytes}, indent=2) + "\n"
    Path("/dev/stdout" if file == "-" else file).write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
