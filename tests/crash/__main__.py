"""`python -m tests.crash`: try every cell of the crash matrix and write the table into docs/reliability.md."""

import sys
from collections import defaultdict
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

from tests.crash.cells import SCENES, cells, problem_of

DOCUMENT = Path(__file__).parents[2] / "docs/reliability.md"
BEGIN, END = "<!-- crash matrix: written by `make crash-matrix` -->", "<!-- end of crash matrix -->"


def main() -> int:
    """Return 1 where a cell is not green."""
    lines: list[str] = []
    tried = failed = 0
    for scene in SCENES:
        points = cells(scene)
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
    text = DOCUMENT.read_text(encoding="utf-8")
    before, after = text.split(BEGIN)[0], text.split(END)[1]
    DOCUMENT.write_text(
        f"{before}{BEGIN}\n\n{said}\n" + "\n".join(lines) + f"\n\n{END}{after}", encoding="utf-8"
    )
    print(said)  # noqa: T201 - a command's output
    return 1 if failed else 0


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
