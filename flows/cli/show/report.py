"""What a run came to, on a terminal."""

from rich.table import Table
from rich.text import Text

from flows.app.run_report import Report, record_of, stages_line
from flows.terminal.console import PlainConsole
from flows.terminal.tables import COLORS, counted, counts_line, shown, table_of
from pipeline.model import Outcome


def show_report(report: Report) -> None:
    """Print what became of the documents, what they cost, and what to do next."""
    console = PlainConsole()
    if report.outcomes:
        console.print(outcome_table(report.outcomes))
    document = report.document
    console.print(counts_line(document["documents"]), highlight=False)
    calls = document["caspio_calls"]
    console.print(
        f"run {document['run_id']} · {counted(document['pages'], 'page')} · {document['bytes']:,} bytes · "
        f"{calls['total']} Caspio calls · {document['seconds']:.1f} s",
        highlight=False,
        style="dim",
    )
    if stages := stages_line(document):
        console.print(
            f"seconds by stage, all threads together: {stages}", highlight=False, style="dim"
        )
    if document["missed_by_webhooks"]:
        console.print(
            f"{document['missed_by_webhooks']} records changed, and no message of the webhook told of it."
        )
    for problem in (problem for problems in report.stopped.values() for problem in problems):
        console.print(Text.assemble(("Stopped: ", "bold red"), problem), soft_wrap=True)
    if report.planned_only:
        console.print(
            f"[bold yellow]Planned only:[/] {report.planned_only} documents are read and archived, and nothing was "
            "written to Caspio, because a source is new or its settings changed. Run again to write, or use --yes.",
            highlight=False,
        )


def outcome_table(outcomes: tuple[Outcome, ...], *, title: str = "Documents") -> Table:
    """Return one row a document: where it is, what became of it, what was written and what was left."""
    table = table_of("Record", "File", "Status", "What happened", title=title, lines=True)
    for outcome in outcomes:
        ref = outcome.ref
        file = Text(
            ref.name
        )  # Text, not markup: names and values are a stranger's, and may hold brackets
        if outcome.new_name:
            file.append(f"\n→ {outcome.new_name}", style="cyan")
        status = Text(outcome.status, style=COLORS[outcome.status])
        status.append(f"\n{outcome.doc_type or ''}", style="dim")
        table.add_row(Text(record_of(outcome)), file, status, _happened(outcome))
    return table


def _happened(outcome: Outcome) -> Text:
    """Tell what was written, what was left to a person, and why, a line each."""
    text = Text("\n").join(
        Text.assemble((f"{column} ", "dim"), shown(v)) for column, v in outcome.written.items()
    )
    for left in outcome.suggestions:
        line = f"{left.column} stays {shown(left.current)}; read {shown(left.suggested)}"
        text.append(f"\n{line}" if text else line, style="yellow")
    if outcome.reason:
        text.append(f"\n{outcome.reason}" if text else outcome.reason, style="red")
    return text
