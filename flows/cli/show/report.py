"""The report of a run, on a terminal."""

from rich.table import Table
from rich.text import Text

from flows.app.run_report import Report, lost_runs_line, record_of, stages_line, values_line
from flows.terminal.console import PlainConsole
from flows.terminal.tables import COLORS, both_shown, counts_line, shortened, shown, table_of
from pipeline.model import Outcome
from pipeline.wording import counted


def show_report(report: Report) -> None:
    """Print what happened to the documents, what it cost, and what to do next."""
    console = PlainConsole()
    if report.outcomes:
        console.print(outcome_table(report.outcomes))
    document = report.document
    counts, planned = counts_line(document["documents"]), document["planned_only"]
    console.print(counts.append(f", {planned:,} of them planned" if planned else ""))
    values = values_line(document["values"])
    if values:
        console.print(f"values: {values}")
    pages, calls = counted(document["pages"], "page"), document["caspio_calls"]["total"]
    console.print(
        f"run {document['run_id']} · {pages} · {document['bytes']:,} bytes · "
        f"{counted(calls, 'Caspio call')} · {document['seconds']:.1f} s",
        style="dim",
    )
    stages = stages_line(document)
    if stages:
        line = f"seconds by stage, which overlap: {stages}"
        console.print(line, style="dim")
    missed = document["missed_by_webhooks"]
    if missed:
        console.print(f"{counted(missed, 'record')} changed without a webhook message.")
    refused = document.get("refused")
    if refused:
        said = counted(refused, "record", "was/were")
        console.print(f"{said} refused on the web page, and left alone.")
    lost = lost_runs_line(document["lost_runs"])
    if lost:
        console.print(f"lost runs: {lost}")
    if "undoes" in document and document["documents"].get("done"):
        console.print(f"To write it again: caspio-ingest redo {document['run_id']}")
    attention = attention_line(report)
    if attention:
        console.print(attention)
    if report.planned_only:
        documents = counted(report.planned_only, "document", "is/are")
        what = (
            f" {documents} read and archived. Nothing was written to Caspio, because a source is "
            "new or its settings changed. Run again to write, or use --yes."
        )
        console.print(Text.assemble(("Planned:", "bold yellow"), what))


def attention_line(report: Report) -> str:
    """Return how many documents need a user or are acknowledged, "" if there are none."""
    waiting, known = report.needs_a_user, report.document["acknowledged"]
    texts = [f"{counted(waiting, 'document', 'needs/need')} a user"] if waiting else []
    texts += [f"{known:,} acknowledged"] if known else []
    return f"{', '.join(texts)}; see `caspio-ingest status`." if texts else ""


def outcome_table(outcomes: tuple[Outcome, ...], *, title: str = "Documents") -> Table:
    """Return one row per document: where it is, its status, what was written and suggested."""
    table = table_of("Record", "File", "Status", "What happened", title=title, lines=True)
    for outcome in outcomes:
        # Text, not markup: names and values are untrusted, and may contain brackets.
        file = Text(outcome.ref.name)
        if outcome.new_name:
            file.append(f"\n→ {outcome.new_name}", style="cyan")
        status = Text(outcome.state, style=COLORS[outcome.status])
        status.append(f"\n{outcome.doc_type or ''}", style="dim")
        table.add_row(record_of(outcome), file, status, happened(outcome))
    return table


def happened(outcome: Outcome) -> Text:
    """Return what was written, what was suggested, and why, one per line."""
    lines = [
        Text.assemble((f"{column} ", "dim"), shortened(shown(value)))
        for column, value in outcome.written.items()
    ]
    for left in outcome.suggestions:
        current, read = both_shown(left.current, left.suggested)
        line = f"{left.column} stays {current}; read {read}"
        lines.append(Text(line, style="yellow"))
    if outcome.reason:
        lines.append(Text(outcome.reason, style="red"))
    return Text("\n").join(lines)
