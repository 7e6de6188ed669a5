"""Tables of what the ledger remembers, for `status`, `explain` and `doctor`."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from rich.table import Table
from rich.text import Text

from flows.doctor.check import Check
from flows.terminal.console import PlainConsole
from flows.terminal.tables import COLORS, table_of
from pipeline.metering.budget import Allowance, Priority
from pipeline.model import Status
from pipeline.ports import FileState, RunState, Usage

if TYPE_CHECKING:
    from pipeline.adapters.caspio.probes import Probed

_FACTS = (
    "original_name",
    "place",
    "field",
    "path",
    "stage",
    "sha256",
    "fingerprint",
    "run",
    "updated_at",
    "archive",
    "original",
)


def show_status(
    counts: Mapping[str, Mapping[str, int]],
    runs: Sequence[RunState],
    problems: Sequence[FileState],
    *,
    used: Usage,
    allowance: Allowance,
    unsettled: int,
    workers: Sequence[str],
) -> None:
    """Print files by source and state, the latest runs, the budget, and what needs a person."""
    console = PlainConsole()
    console.print(_counts_table(counts))
    console.print(_runs_table(runs))
    console.print(_budget_line(used, allowance), highlight=False)
    if workers:
        console.print(f"At work now: {', '.join(workers)}", highlight=False)
    if unsettled:
        console.print(
            f"[yellow]{unsettled} effects are open; the next run settles them by looking.[/]"
        )
    if problems:
        console.print(_problem_table(problems))


def _budget_line(used: Usage, allowance: Allowance) -> str:
    """Say what the month's calls went to and what each priority may still use."""
    by_priority = ", ".join(
        f"{priority} {calls:,}" for priority, calls in sorted(used.by_priority.items()) if calls
    )
    line = f"{used.calls:,} Caspio calls used this month{f' ({by_priority})' if by_priority else ''}, {used.size_bytes:,} bytes"
    if allowance.monthly_calls is None:
        return line
    left = ", ".join(
        f"{priority} {allowance.left(priority, used.calls):,}" for priority in Priority
    )
    return f"{line}; of {allowance.monthly_calls:,} are left: {left}"


def _counts_table(counts: Mapping[str, Mapping[str, int]]) -> Table:
    states = sorted({state for by_state in counts.values() for state in by_state})
    table = table_of("Source", *states, title="Files")
    for source, by_state in counts.items():
        table.add_row(Text(source), *(f"{by_state.get(state, 0):,}" for state in states))
    return table


def _runs_table(runs: Sequence[RunState]) -> Table:
    title = "Latest runs, named by their start (UTC)"
    table = table_of("Run", "Kind", "Status", "Files", "Calls", title=title, whole="Run")
    for run in runs:
        files = "\n".join(f"{count} {status}" for status, count in run.counts.items() if count)
        calls = str(sum(run.calls.values()))
        table.add_row(run.id, run.kind, run.status, files, calls)
    return table


def _problem_table(problems: Sequence[FileState]) -> Table:
    table = table_of("Source", "Record", "File", "Status", "Why", title="Needs a person")
    for state in problems:
        ref, outcome = state.ref, state.outcome
        assert outcome is not None
        record = ref.record.pk if ref.record else (ref.path or "")
        status = f"[{COLORS[Status(outcome.status)]}]{outcome.status}[/]"
        table.add_row(ref.source, Text(record), Text(ref.name), status, Text(outcome.reason))
    return table


def show_checks(checks: Sequence[Check]) -> None:
    """Print checks, each failure with its remedy."""
    console = PlainConsole()
    for check in checks:
        mark, style = ("✓", "green") if check.ok else ("✗", "red")
        console.print(
            Text.assemble((f"{mark} ", style), (f"{check.name}: ", "bold"), check.detail),
            soft_wrap=True,
        )
        if check.remedy:
            console.print(Text(f"  → {check.remedy}", style="yellow"))


def show_behaviour(probed: Sequence["Probed"], options: str) -> None:
    """Print how the account behaves, and how to start a local Caspio that behaves alike."""
    table = Table(
        "Behaviour",
        "Of this account",
        "Seen",
        title="Where the documents are silent",
        title_justify="left",
    )
    for one in probed:
        table.add_row(one.name, one.value if one.value is not None else "unknown", Text(one.detail))
    console = PlainConsole()
    console.print(table)
    console.print(
        f"Alike: caspio-ingest emulator {options}", markup=False, highlight=False, soft_wrap=True
    )


def show_life(life: Mapping[str, object]) -> None:
    """Print one file version's life on a screen."""
    console = PlainConsole()
    console.print(
        Text(f"{life['file']}", style="bold"), Text(f" version {life['version']}", style="dim")
    )
    facts = Table(show_header=False, box=None, padding=(0, 2, 0, 0))
    facts.add_column()
    facts.add_column(overflow="fold")
    for key in _FACTS:
        if life[key]:
            facts.add_row(Text(key.replace("_", " "), style="dim"), Text(str(life[key])))
    outcome = life["outcome"]
    if isinstance(outcome, dict):
        planned = " (planned only)" if outcome["planned_only"] else ""
        facts.add_row(
            Text("outcome", style="dim"), Text(f"{outcome['status']}{planned} {outcome['reason']}")
        )
        for left in outcome["suggestions"]:
            line = f"{left['column']} holds {left['current']!r}; {left['suggested']!r} was read: {left['reason']}"
            facts.add_row(Text("left alone", style="dim"), Text(line))
    for item in _dicts(life["review"]):
        line = f"{item['column']}: {item['suggested']!r} for {item['current']!r} is {item['state']} in the review table"
        facts.add_row(Text("review", style="dim"), Text(line))
    console.print(facts)
    _show_findings(console, life["findings"])
    _show_effects(console, life["effects"])


def _show_findings(console: PlainConsole, findings: object) -> None:
    if not isinstance(findings, dict) or not findings:
        return
    table = table_of("Finding", "Value", "Confidence", "Page", "Reason")
    for name, finding in findings.items():
        value = "unsure" if finding["value"] is None else finding["value"]
        page = str(finding["page"] or "")
        table.add_row(
            name, Text(value), f"{finding['confidence']:.2f}", page, Text(finding["reason"])
        )
    console.print(table)


def _show_effects(console: PlainConsole, effects: object) -> None:
    if not _dicts(effects):
        return
    table = table_of("Effect", "State", "Before", "After", "Run", "Note", whole="Run")
    for effect in _dicts(effects):
        before, after = (
            "\n".join(f"{name}: {value}" for name, value in effect[side].items())
            for side in ("before", "after")
        )
        note = " ".join(
            filter(None, [f"undoes {effect['undoes']}" if effect["undoes"] else "", effect["note"]])
        )
        what = f"{effect['id']} {effect['kind']}"
        table.add_row(what, effect["state"], Text(before), Text(after), effect["run"], Text(note))
    console.print(table)


def _dicts(value: object) -> list[dict[str, Any]]:
    return value if isinstance(value, list) else []
