"""Tables of what the ledger knows, for `status`, `explain` and `doctor`."""

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from rich.table import Table
from rich.text import Text

from flows.app.run_report import values_line
from flows.doctor.check import Check
from flows.terminal.console import PlainConsole
from flows.terminal.tables import COLORS, both_shown, shortened, shown, table_of
from pipeline.decide.confidence import confidence_text
from pipeline.metering.budget import Allowance, Priority
from pipeline.model import Status, Value
from pipeline.ports import FileState, RunState, Usage
from pipeline.wording import counted

if TYPE_CHECKING:
    from pipeline.model.probes import Probed

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
    stopped: Mapping[str, Sequence[str]],
    late: str = "",
    only_syncs: Sequence[str] = (),
    account: str | None = None,
) -> None:
    """Print files by source and state, the latest runs, the budget, and what needs a user.

    `late` says which runs wait for a worker, and what to do. `only_syncs` names the syncs of
    settings without a source. `account` is the one of several that commands have to name.
    """
    console = PlainConsole()
    if counts:
        console.print(counts_table(counts))
    else:
        console.print(_before_the_first(only_syncs, account))
    for what, text in alarms(stopped, late):
        console.print(Text.assemble((what, "bold red"), text), soft_wrap=True)
    if runs:
        console.print(runs_table(runs))
    if any(run.status == "lost" for run in runs):
        console.print(
            "The process of a lost run died; the next run continues its work.", style="yellow"
        )
    console.print(budget_line(used, allowance))
    if workers:
        console.print(f"Running now: {', '.join(workers)}")
    if unsettled:
        effects = counted(unsettled, "effect", "is/are")
        console.print(f"{effects} open; the next run continues.", style="yellow")
    groups: dict[str, list[FileState]] = {
        "Needs a user": [],
        "Done in part": [],
        "Acknowledged": [],
    }
    for one in problems:
        groups[_group(one)].append(one)
    for title, chosen in groups.items():
        if chosen:
            console.print(problems_table(chosen, title=title))


def _before_the_first(only_syncs: Sequence[str], account: str | None) -> str:
    """Return what is next where no file is known."""
    of_account = f" --account {account}" if account else ""
    if not only_syncs:
        return f"No file is known yet. `caspio-ingest run{of_account}` reads the first ones."
    commands = ", ".join(f"`caspio-ingest sync run {name}{of_account}`" for name in only_syncs)
    return f"The settings have no source; what they have to run: {commands}."


def _group(state: FileState) -> str:
    """Say under which heading a file is shown: only the first makes a run red."""
    if state.acknowledged is not None:
        return "Acknowledged"
    is_partial = state.outcome is not None and state.outcome.status is Status.PARTIAL
    return "Done in part" if is_partial else "Needs a user"


def alarms(stopped: Mapping[str, Sequence[str]], late: str) -> Iterator[tuple[str, str]]:
    """Yield what keeps work from being done, with a heading for each."""
    yield from (("No run works on it: ", text) for texts in stopped.values() for text in texts)
    if late:
        yield "Nothing runs: ", late


def budget_line(used: Usage, allowance: Allowance) -> str:
    """Return the month's calls by priority, and what each priority may still use."""
    calls = f"{counted(used.calls, 'Caspio call')} used this month"
    by_priority = ", ".join(
        f"{priority} {number:,}" for priority, number in sorted(used.by_priority.items()) if number
    )
    if by_priority:
        calls += f" ({by_priority})"
    line = f"{calls}, {used.size_bytes:,} bytes"
    if allowance.monthly_calls is None:
        return line
    left = ", ".join(
        f"{priority} {allowance.left(priority, used.calls):,}" for priority in Priority
    )
    return f"{line}; of {allowance.monthly_calls:,} are left: {left}"


def counts_table(counts: Mapping[str, Mapping[str, int]]) -> Table:
    """Return the number of files by source and state."""
    states = sorted({state for by_state in counts.values() for state in by_state})
    table = table_of("Source", *states, title="Files")
    for source, by_state in counts.items():
        table.add_row(source, *(f"{by_state.get(state, 0):,}" for state in states))
    return table


def runs_table(runs: Sequence[RunState]) -> Table:
    """Return the latest runs with their counts and calls."""
    title = "Latest runs, named by their start (UTC)"
    # Kind and status in one column: with one more, 80 characters would break words.
    headings = ("Run", "Kind, status", "Files", "Values", "Calls")
    table = table_of(*headings, title=title, whole="Run")
    for run in runs:
        files = "\n".join(f"{count} {status}" for status, count in run.counts.items() if count)
        calls = str(sum(run.calls.values()))
        values = values_line(run.values).replace(" · ", "\n")
        table.add_row(run.id, f"{run.kind}\n{run.status}", files, values, calls)
    return table


def problems_table(problems: Sequence[FileState], *, title: str) -> Table:
    """Return files that need a user, or of which one knows, with the reasons."""
    table = table_of("Source", "Record", "File", "Status", "Why", title=title)
    for state in problems:
        ref, outcome = state.ref, state.outcome
        assert outcome is not None
        record = ref.pk or ref.path or ""
        status = Text(outcome.status, COLORS[outcome.status])
        why, said = Text(outcome.reason), state.acknowledged
        if said is not None:
            why.append(f"\n{said.by}, {said.at:%Y-%m-%d %H:%M}: {said.note}", style="dim")
        table.add_row(ref.source, record, ref.name, status, why)
    return table


def show_checks(checks: Sequence[Check]) -> None:
    """Print checks, each failure with its remedy."""
    console = PlainConsole()
    for check in checks:
        mark, style = ("✓", "green") if check.ok else ("✗", "red")
        line = Text.assemble((f"{mark} ", style), (f"{check.name}: ", "bold"), check.detail)
        console.print(line, soft_wrap=True)
        if check.remedy:
            # Not broken either: a command has to be copied in one piece.
            console.print(Text(f"  → {check.remedy}", style="yellow"), soft_wrap=True)


def show_behavior(probed: Sequence["Probed"], options: str) -> None:
    """Print how the account behaves, and how to start a local Caspio that behaves the same."""
    title = "Where Caspio's documentation is silent"
    table = table_of("Behavior", "This account", "Seen", title=title)
    for one in probed:
        table.add_row(one.name, "unknown" if one.value is None else one.value, Text(one.detail))
    console = PlainConsole()
    console.print(table)
    command = f"The same: caspio-ingest emulator {options}"
    console.print(command, soft_wrap=True)


def show_life(life: Mapping[str, Any]) -> None:
    """Print everything known of one file version."""
    console = PlainConsole()
    title = Text.assemble((f"{life['file']}", "bold"), (f" version {life['version']}", "dim"))
    console.print(title)
    console.print(facts_table(life))
    if life["findings"]:
        console.print(findings_table(life["findings"]))
    if life["effects"]:
        console.print(effects_table(life["effects"]))


def _state_word(outcome: Mapping[str, Any]) -> str:
    status: str = outcome["status"]
    if not outcome["planned_only"]:
        return status
    return "planned" if status == Status.DONE else f"{status}, planned"


def short(value: Value) -> str:
    """Return a value as a user would write it, of a long text the beginning."""
    return shortened(shown(value))


def facts_table(life: Mapping[str, Any]) -> Table:
    """Return a version's facts, outcome, suggestions and columns with their limits, one per row."""
    # A digest of 64 characters fits beside the names, and can be copied.
    table = Table(show_header=False, box=None, padding=(0, 2, 0, 0), pad_edge=False)
    table.add_column()
    table.add_column(overflow="fold")

    def add(name: str, text: str) -> None:
        table.add_row(Text(name, style="dim"), Text(text))

    for key in _FACTS:
        if life[key]:
            add(key.replace("_", " "), str(life[key]))
    outcome = life["outcome"]
    if outcome is not None:
        add("outcome", f"{_state_word(outcome)} {outcome['reason']}")
        said = life["acknowledged"]
        if said is not None:
            add("acknowledged", f"by {said['by']}, {said['at']}: {said['note']}")
        for left in outcome["suggestions"]:
            current, read = both_shown(left["current"], left["suggested"])
            values = f"{left['column']} is {current}; {read} was read"
            add("suggested", f"{values}: {left['reason']}")
        for column, reason in outcome["left_open"].items():
            add("left open", f"{column}: {reason or 'nothing was found'}")
    for line in column_lines(life["findings"]):
        add("column", line)
    for name, text in decision_lines(life):
        add(name, text)
    return table


def decision_lines(life: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Yield what waits or waited for users, and what models chose, with the name of each row."""
    for item in life["review"]:
        current, read = both_shown(item["current"], item["suggested"])
        values = f"{item['column']}: {read} for {current}"
        # Without a row, it was only on the web page.
        row = f" (row {item['row']} of the review table)" if item["row"] else ""
        yield "review", f"{values} is {item['state']}{row}"
    for one in life["learned"]:
        yield "learned", learned_line(one)


def learned_line(one: Mapping[str, Any]) -> str:
    """Return what a model chose for a column, why, and what became of it, on one line."""
    chosen = f"{one['column']}: {one['value']!r} with {confidence_text(one['confidence'])}"
    typed = {"right": "the same", "wrong": repr(one["typed"]), "open": ""}[one["verdict"]]
    judged = f"; people typed {typed}" if typed else ""
    return f"{chosen} ({one['evidence']}, {one['step']}): {one['reason']}{judged}"


def column_lines(findings: Mapping[str, Any]) -> Iterator[str]:
    """Yield each column that takes a finding, with the limits that apply to it."""
    for name, finding in findings.items():
        for column, limits in finding["columns"].items():
            at = f"written at {limits['write_at']:g}, suggested at {limits['suggest_at']:g}"
            yield f"{column} takes {name}: {at}"


def findings_table(findings: Mapping[str, Any]) -> Table:
    """Return the values found, with confidence and reason, and what else each may be."""
    table = table_of("Finding", "Value", "Confidence", "Page", "Reason")
    for name, finding in findings.items():
        value = Text("unsure" if finding["value"] is None else finding["value"])
        for other in finding["others"]:
            value.append(f"\nor {other['value']}", style="dim")
        confidence, page = confidence_text(finding["confidence"]), str(finding["page"] or "")
        table.add_row(name, value, confidence, page, finding["reason"])
    return table


def effects_table(effects: Sequence[Mapping[str, Any]]) -> Table:
    """Return the changes made at Caspio, with the values before and after."""
    # Four columns, which fit a terminal of 80: a run's id alone takes 24.
    table = table_of("Effect", "Before", "After", "Note", whole="Effect", lines=True)
    for effect in effects:
        before, after = (
            Text("\n".join(f"{name}: {short(value)}" for name, value in effect[side].items()))
            for side in ("before", "after")
        )
        notes = [effect["note"]]
        if effect["undoes"]:
            notes.insert(0, f"undoes {effect['undoes']}")
        note = Text(" ".join(filter(None, notes)))
        kind = f"{effect['id']} {effect['kind']}\n{effect['state']}\n{effect['run']}"
        table.add_row(kind, before, after, note)
    return table
