"""The demo's result: every record before and after, the archive's folders, the calls, the addresses."""

import re
import sys
from collections import Counter
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from rich.table import Table
from rich.text import Text
from rich.tree import Tree

from flows.prefect.demo import DemoResult
from flows.terminal.console import PlainConsole
from flows.terminal.tables import counts_line, shown

Row = Mapping[str, Any]


def show_demo(result: DemoResult, console: PlainConsole | None = None) -> None:
    """Print everything a person wants to see after the demo."""
    console = console or PlainConsole()
    for name in sorted(
        result.after["tables"], key=lambda table: not result.after["attachments"].get(table)
    ):
        console.print(_records_table(name, result.before, result.after))
    console.print(_archive_tree(result.folder / "archive"))
    console.print(_calls_table(result))
    for title, report in (
        ("planned", result.planned),
        ("written", result.written),
        ("again", result.again),
    ):
        line = f"{title:8} {counts_line(report['documents'])} · {report['caspio_calls']['total']} calls"
        console.print(f"{line} · {report['seconds']:.1f} s", highlight=False)
    console.print()
    console.print("The runs in the Prefect UI:", style="bold")
    for name, state, address in result.runs:
        console.print(
            Text.assemble(f"  {name}  ", (state, "dim"), "\n    ", (address, "cyan")),
            soft_wrap=True,
        )
    console.print(
        f"\nEverything lies in {result.folder}: archive, ledger, settings, Prefect's data. To see the UI again later:\n"
        f"  PREFECT_HOME={result.folder}/prefect {_prefect()} server start",
        highlight=False,
        soft_wrap=True,
    )


def _prefect() -> str:
    """Return how this installation's `prefect` is called from here."""
    program = Path(sys.executable).with_name("prefect")
    return (
        str(program.relative_to(Path.cwd())) if program.is_relative_to(Path.cwd()) else str(program)
    )


def _records_table(name: str, before: Row, after: Row) -> Table:
    """Return one table's records, each with its file and its columns as they were and as they are."""
    table = Table(title=f"{name}: before → after", title_justify="left", show_lines=True)
    held = bool(after["attachments"].get(name))
    for heading in ("PK_ID", *(["Attachment"] if held else []), "Columns"):
        table.add_column(heading, overflow="fold")
    old_rows = {row["PK_ID"]: row for row in before["tables"].get(name, [])}
    for row in after["tables"][name]:
        pk = row["PK_ID"]
        fields = {held["field"] for held in after["attachments"].get(name, [])}
        cells = [Text(" · ").join(_columns(old_rows.get(pk), row, fields))]
        if held:
            cells.insert(0, Text("\n").join(_files(name, pk, before, after)))
        table.add_row(str(pk), *cells)
    return table


def _files(table: str, pk: object, before: Row, after: Row) -> Iterator[Text]:
    """Yield a record's attachments, old name and new."""
    old = {
        held["field"]: held["name"]
        for held in before["attachments"].get(table, [])
        if held["pk"] == pk
    }
    for held in after["attachments"].get(table, []):
        if held["pk"] == pk:
            yield _change(old.get(held["field"], ""), held["name"])


def _columns(old: Row | None, new: Row, attachments: set[str]) -> Iterator[Text]:
    """Yield each column that holds something: what changed in colour, what stayed dimmed."""
    for column, value in new.items():
        if column == "PK_ID" or column in attachments:
            continue
        before = None if old is None else old[column]
        if shown(before) == shown(value) == "(empty)":
            continue
        yield Text.assemble((f"{column}: ", "dim"), _change(shown(before), shown(value)))


def _change(before: str, after: str) -> Text:
    if before == after:
        return Text(after, style="dim")
    if before in {"", "(empty)"}:
        return Text(after, style="green")
    return Text.assemble((before, "strike dim"), " → ", (after, "green"))


def _archive_tree(root: Path) -> Tree:
    """Return the archive's folders with how much lies in each."""
    tree = Tree(f"[bold]Archive[/] {root}")
    for top in (root / "originals", root / "documents"):
        files = [path for path in top.rglob("*") if path.is_file()]
        size = sum(path.stat().st_size for path in files)
        branch = tree.add(f"{top.name}/  {len(files)} files, {size / 1e6:.1f} MB")
        if top.name == "documents":
            for source in sorted(top.iterdir()):
                names = Counter(path.name for path in source.rglob("*") if path.is_file())
                branch.add(
                    f"{source.name}/  "
                    + ", ".join(f"{count} {name}" for name, count in sorted(names.items()))
                )
    return tree


def _calls_table(result: DemoResult) -> Table:
    """Return the Caspio calls of all three runs, by kind."""
    table = Table("Call", "Plan", "Write", "Again", title="Calls to Caspio", title_justify="left")
    reports = (result.planned, result.written, result.again)
    for call in sorted({call for report in reports for call in report["caspio_calls"]["by"]}):
        table.add_row(
            re.sub(r"\{\w+\}", "*", call.replace("/v3/", "")),
            *(str(report["caspio_calls"]["by"].get(call, "")) for report in reports),
        )
    table.add_section()
    table.add_row(
        "total", *(str(report["caspio_calls"]["total"]) for report in reports), style="bold"
    )
    return table
