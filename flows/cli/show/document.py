"""What was read in a document, on a terminal."""

from itertools import groupby
from pathlib import Path

from rich.text import Text

from flows.cli.common import out
from flows.terminal.tables import table_of
from pipeline.decide.confidence import confidence_text
from pipeline.model import Findings
from pipeline.wording import counted


def show_document(path: Path, findings: Findings) -> None:
    """Print a document's class and values, how its pages were read, and its problems."""
    console = out()
    pages = counted(findings.page_count, "page")
    title = Text.assemble((str(path), "bold"), f"  {findings.media_type} · {pages} · ")
    title.append(findings.status, style="green" if findings.status.readable else "red")
    console.print(title)
    if findings.status.readable:
        table = table_of("Finding", "Value", "Confidence", "Page", "Reason")
        for name, finding in {"doc_type": findings.doc_type, **findings.fields}.items():
            value = Text("unsure" if finding.value is None else finding.value)
            page = str(finding.page or "")
            table.add_row(name, value, confidence_text(finding.confidence), page, finding.reason)
        console.print(table)
    # Pages that were read the same way, one after the other, share a line.
    same_way = groupby(findings.pages, key=lambda page: (page.engine or "not read", page.reason))
    for (engine, reason), group in same_way:
        numbers = [page.number for page in group]
        if not reason:
            continue
        first, last = numbers[0], numbers[-1]
        which = f"page {first}" if first == last else f"pages {first} to {last}"
        console.print(Text(f"  {which}, {engine}: {reason}", style="dim"))
    _show_children(findings, indent="  ")
    for problem in findings.problems:
        console.print(f"  {problem}")


def _show_children(findings: Findings, *, indent: str) -> None:
    for child in findings.children:
        inside = child.findings
        pages = counted(inside.page_count, "page")
        line = f"{indent}{child.name}  {inside.media_type} · {pages} · {inside.status}"
        out().print(Text(line, style="dim"))
        _show_children(inside, indent=indent + "  ")
