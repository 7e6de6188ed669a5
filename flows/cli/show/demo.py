"""The demo's result: every record before and after, the archive's folders, calls, addresses."""

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
from infra.samples.purchases import PURCHASES
from pipeline.adapters.caspio.client.operations import API_VERSION
from pipeline.wording import counted

Account = Mapping[str, Any]
"""The account as the emulator dumps it: `tables` with rows, `attachments` with files."""


def show_demo(result: DemoResult, console: PlainConsole | None = None) -> None:
    """Print everything a user wants to see after the demo."""
    console = console or PlainConsole()
    before, after = result.before, result.after
    # Tables with attachments first: they are what the demo is about.
    for name in sorted(after["tables"], key=lambda table: not after["attachments"].get(table)):
        # What is shown of the table that people have filled is what was learned from it.
        if name != PURCHASES:
            console.print(records_table(name, before, after))
    if result.learned:
        console.print("Learned from the purchases:", style="bold")
        for line in result.learned:
            console.print(f"  {line}", soft_wrap=True)
    console.print(archive_tree(result.folder / "archive"))
    console.print(calls_table(result))
    reports = {"planned": result.planned, "written": result.written, "again": result.again}
    for title, report in reports.items():
        counts, calls = counts_line(report["documents"]), report["caspio_calls"]["total"]
        rest = f" · {counted(calls, 'call')} · {report['seconds']:.1f} s"
        console.print(Text.assemble(f"{title:8} ", counts, rest))
    console.print()
    console.print("The runs in the Prefect UI:", style="bold")
    for name, state, address in result.runs:
        run = Text.assemble(f"  {name}  ", (state, "dim"), "\n    ", (address, "cyan"))
        console.print(run, soft_wrap=True)
    # How this installation's `prefect` is called from here.
    prefect = Path(sys.executable).with_name("prefect")
    if prefect.is_relative_to(Path.cwd()):
        prefect = prefect.relative_to(Path.cwd())
    console.print(
        f"\nEverything is in {result.folder}: archive, ledger, settings, Prefect's data. "
        "To see the UI again later:\n"
        f"  PREFECT_HOME={result.folder}/prefect {prefect} server start",
        soft_wrap=True,
    )


def records_table(name: str, before: Account, after: Account) -> Table:
    """Return a table's records, each with its file and its columns before and after."""
    table = Table(title=f"{name}: before → after", title_justify="left", show_lines=True)
    attachments = after["attachments"].get(name, [])
    headings = ["PK_ID", "Attachment", "Columns"] if attachments else ["PK_ID", "Columns"]
    for heading in headings:
        table.add_column(heading, overflow="fold")
    fields = {attachment["field"] for attachment in attachments}
    old_rows = {row["PK_ID"]: row for row in before["tables"].get(name, [])}
    for row in after["tables"][name]:
        pk = row["PK_ID"]
        cells = [Text(" · ").join(changed_columns(old_rows.get(pk), row, fields))]
        if attachments:
            cells.insert(0, Text("\n").join(changed_files(name, pk, before, after)))
        table.add_row(str(pk), *cells)
    return table


def changed_files(table: str, pk: object, before: Account, after: Account) -> Iterator[Text]:
    """Yield a record's attachments, old name and new."""
    old_names = {
        attachment["field"]: attachment["name"]
        for attachment in before["attachments"].get(table, [])
        if attachment["pk"] == pk
    }
    for attachment in after["attachments"].get(table, []):
        if attachment["pk"] == pk:
            yield change(old_names.get(attachment["field"], ""), attachment["name"])


def changed_columns(
    old: Mapping[str, Any] | None, new: Mapping[str, Any], attachments: set[str]
) -> Iterator[Text]:
    """Yield each column with a value: what changed in color, what is unchanged dimmed."""
    for column, value in new.items():
        if column == "PK_ID" or column in attachments:
            continue
        before, after = shown(None if old is None else old[column]), shown(value)
        if (before, after) != ("(empty)", "(empty)"):
            yield Text.assemble((f"{column}: ", "dim"), change(before, after))


def change(before: str, after: str) -> Text:
    """Return a value before and after."""
    if before == after:
        return Text(after, style="dim")
    if before in {"", "(empty)"}:
        return Text(after, style="green")
    return Text.assemble((before, "strike dim"), " → ", (after, "green"))


def archive_tree(root: Path) -> Tree:
    """Return the archive's folders with the number and size of their files."""
    tree = Tree(Text.assemble(("Archive", "bold"), f" {root}"))
    for top in (root / "originals", root / "documents"):
        files = [path for path in top.rglob("*") if path.is_file()]
        size_bytes = sum(path.stat().st_size for path in files)
        branch = tree.add(f"{top.name}/  {counted(len(files), 'file')}, {size_bytes / 1e6:.1f} MB")
        if top.name != "documents":
            continue
        for source in sorted(top.iterdir()):
            names = Counter(path.name for path in source.rglob("*") if path.is_file())
            counts = ", ".join(f"{count} {name}" for name, count in sorted(names.items()))
            branch.add(f"{source.name}/  {counts}")
    return tree


def calls_table(result: DemoResult) -> Table:
    """Return the Caspio calls of all three runs, by operation."""
    table = Table("Call", "Plan", "Write", "Again", title="Calls to Caspio", title_justify="left")
    calls = [r["caspio_calls"] for r in (result.planned, result.written, result.again)]
    for operation in sorted({name for of_run in calls for name in of_run["by"]}):
        path = re.sub(r"\{\w+\}", "*", operation.replace(f"/{API_VERSION}/", ""))
        table.add_row(path, *(str(of_run["by"].get(operation, "")) for of_run in calls))
    table.add_section()
    table.add_row("total", *(str(of_run["total"]) for of_run in calls), style="bold")
    return table
