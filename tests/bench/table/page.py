"""The generated part of docs/benchmarks.md, and the table in the terminal."""

from collections.abc import Sequence
from itertools import groupby
from pathlib import Path

from tests.bench.table import processor
from tests.bench.table.records import Recorded
from tests.bench.table.rows import Result, Row

FILE = Path(__file__).resolve().parents[3] / "docs" / "benchmarks.md"
BEGIN, END = "<!-- bench: begin -->", "<!-- bench: end -->"
TIMES = "\N{MULTIPLICATION SIGN}"
_HEAD = ("row", "ours", "peer", "limit", "ratio", "note")


def cells(row: Row, result: Result, *, measured_by: str = "") -> tuple[str, ...]:
    """Return a row as the table shows it; `measured_by` is the processor of the other rows."""
    met = "" if is_met(row, result) else ", missed"
    limit = ""
    if row.limit is not None:
        limit = f"≤ {figure(row.limit)}{met}"
    elif row.most_ratio is not None:
        limit = f"≤ {row.most_ratio:g} {TIMES}{met}"
    spread = f" ± {result.spread:.2f}" if result.spread >= 0.005 else ""
    is_elsewhere = measured_by and row.least_spread and result.processor != measured_by
    where = f"on {result.processor or processor.UNKNOWN}" if is_elsewhere else ""
    return (
        row.key,
        f"{figure(result.ours)} {row.unit}",
        f"{figure(result.peer)}: {row.peer}",
        limit,
        f"{result.ratio:.2f} {TIMES}{spread}",
        "; ".join(filter(None, (result.note, where))),
    )


def is_met(row: Row, result: Result) -> bool:
    """Say whether the figure, or the ratio, is within the limit."""
    if row.limit is not None:
        return figure_of(result.ours) <= figure_of(row.limit)
    return row.most_ratio is None or round(result.ratio, 2) <= row.most_ratio


def figure(number: float) -> str:
    """Write a number with three digits that count."""
    if number >= 100:
        return f"{number:,.0f}"
    if number >= 10:
        return f"{number:.1f}"
    return f"{number:.2f}" if number >= 0.1 or number == 0 else f"{number:.3f}"


def figure_of(number: float) -> float:
    """Return a number as precise as it is shown."""
    return float(figure(number).replace(",", ""))


def terminal(rows: Sequence[Row], recorded: Recorded) -> str:
    """Return the table for a terminal."""
    lines = [_HEAD, *_table(_present(rows, recorded), recorded)]
    widths = [max(len(line[at]) for line in lines) for at in range(len(_HEAD))]
    return "\n".join(
        "  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip()
        for line in lines
    )


def generated(rows: Sequence[Row], recorded: Recorded) -> str:
    """Return the part of the page that the figures make: a table and a list for each family."""
    machine = recorded.machine
    runs = max(result.runs for result in recorded.results.values())
    of = f" of {machine['processor']}" if machine.get("processor") else ""
    measured = (
        f"Measured on {machine['date']}: {machine['cores']} cores{of}, {machine['system']}, Python "
        f"{machine['python']}, load {machine['load']} before the first run; medians of up to "
        f"{runs} runs."
    )
    parts = [measured]
    for name, members in groupby(_present(rows, recorded), key=lambda row: row.family):
        own = list(members)
        table = [_HEAD, ("---",) * len(_HEAD)]
        table += _table(own, recorded)
        parts += [
            f"### {name.capitalize()}",
            "\n".join(f"| {' | '.join(line)} |" for line in table),
            "\n".join(f"- **{row.key}**: {row.title}. {row.about}" for row in own),
        ]
    return "\n\n".join(parts)


def _table(rows: Sequence[Row], recorded: Recorded) -> list[tuple[str, ...]]:
    own = recorded.machine.get("processor", "")
    return [cells(row, recorded.results[row.key], measured_by=own) for row in rows]


def _present(rows: Sequence[Row], recorded: Recorded) -> list[Row]:
    return [row for row in rows if row.key in recorded.results]


def filled_in(page: str, rows: Sequence[Row], recorded: Recorded) -> str:
    """Return the page with its generated part renewed."""
    before, _, rest = page.partition(BEGIN)
    after = rest.partition(END)[2]
    return f"{before}{BEGIN}\n\n{generated(rows, recorded)}\n\n{END}{after}"


def save(rows: Sequence[Row], recorded: Recorded, file: Path = FILE) -> None:
    """Renew the generated part of the page."""
    file.write_text(filled_in(file.read_text(encoding="utf-8"), rows, recorded), encoding="utf-8")
