"""Try cells of the crash matrix: kill a run at each boundary, run again, compare.

Without arguments every cell is tried, and the table in docs/reliability.md is written. With some, only the cells
they choose are tried, and nothing is written.
"""

import argparse
import sys
from collections import defaultdict
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

from tests.crash.cells import SCENES, cells, problem_of

DOCUMENT = Path(__file__).parents[2] / "docs/reliability.md"
BEGIN, END = "<!-- crash matrix: written by `make crash-matrix` -->", "<!-- end of crash matrix -->"


def main(arguments: list[str] | None = None) -> int:
    """Return 1 where a cell is not green."""
    parser = argparse.ArgumentParser(prog="python -m tests.crash", description=__doc__)
    parser.add_argument("--scene", choices=SCENES, action="append", help="only this scene")
    parser.add_argument("--step", default="", help='only steps with this in their name: "put_file"')
    parser.add_argument("--first", action="store_true", help="each boundary the first time only")
    given = parser.parse_args(arguments)
    is_whole = not (given.scene or given.step or given.first)
    lines: list[str] = []
    tried = failed = 0
    for scene in given.scene or SCENES:
        points = [point for point in cells(scene, every=not given.first) if given.step in point]
        with ProcessPoolExecutor(2) as pool:
            problems = dict(
                zip(points, pool.map(problem_of, [scene] * len(points), points), strict=True)
            )
        for point, problem in problems.items():
            if problem:
                print(f"{scene}: {point}: {problem}", file=sys.stderr)  # noqa: T201 - a command's output
        lines += ["", f"**{scene}**", "", *_table(problems)]
        tried += len(problems)
        failed += sum(map(bool, problems.values()))
    said = f"{tried} cells, {tried - failed} green."
    if is_whole:
        _write(said, lines)
    print(said)  # noqa: T201 - a command's output
    return 1 if failed else 0


def _write(said: str, lines: list[str]) -> None:
    """Put the tables into the document."""
    text = DOCUMENT.read_text(encoding="utf-8")
    before, after = text.split(BEGIN)[0], text.split(END)[1]
    DOCUMENT.write_text(
        f"{before}{BEGIN}\n\n{said}\n" + "\n".join(lines) + f"\n\n{END}{after}", encoding="utf-8"
    )


def _table(problems: dict[str, str]) -> list[str]:
    """Return rows of a table: what happened, and how often it was killed before and after it with a good end."""
    rows: dict[str, dict[str, list[str]]] = defaultdict(lambda: defaultdict(list))
    for cell, problem in problems.items():
        what, _, when = cell.split("#")[0].rpartition(" ")
        rows[what][when].append(problem)
    lines = ["| step | killed before | killed after |", "|---|---|---|"]
    for what, by_side in rows.items():
        lines.append(
            f"| {what.replace('_', ' ')} | {_cell(by_side['before'])} | {_cell(by_side['after'])} |"
        )
    return lines


def _cell(problems: list[str]) -> str:
    bad = sum(map(bool, problems))
    if not problems:
        return ""
    return f"✗ {bad} of {len(problems)}" if bad else f"✓ {len(problems)}"


if __name__ == "__main__":
    sys.exit(main())
