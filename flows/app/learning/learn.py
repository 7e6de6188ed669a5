"""Learn the columns of sources, one source after another; several workers learn each once."""

import tempfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from flows.app.learning.state import SourceLearning, doubt_json, doubts_of, source_learning
from flows.app.source_runs import make_source_run, new_run_id, recorded_run, require_calls
from flows.app.sources import choose_sources, isolate_errors
from flows.app.wiring import AppContext
from pipeline.errors import BadSettings, BudgetExhausted
from pipeline.learning.teach import Taught, teach
from pipeline.metering.budget import Priority
from pipeline.metering.summary import Summary
from pipeline.model.review import ReviewItem
from pipeline.wording import counted

SHOWN = 50
"""Doubts in the report; the review has all."""


@dataclass(slots=True)
class LearnReport:
    """What a run has learned.

    Attributes:
        taught: What was done, by source.
        states: How the sources are doing now.
        doubts: The surest doubts that wait for a user, at most `SHOWN`.
        elsewhere: Sources that another worker is learning at this moment.
        stopped: Why sources were not learned, by name.
    """

    run_id: str
    taught: list[Taught] = field(default_factory=list)
    states: list[SourceLearning] = field(default_factory=list)
    doubts: Sequence[ReviewItem] = ()
    elsewhere: list[str] = field(default_factory=list)
    stopped: Mapping[str, Sequence[str]] = field(default_factory=dict)
    calls: Mapping[str, int] = field(default_factory=dict)

    def as_json(self) -> Mapping[str, Any]:
        """Return the document that `learn --json` prints."""
        return {
            "run_id": self.run_id,
            "sources": {
                one.source: {
                    "records": one.records,
                    "documents_read": one.read,
                    "choices_judged": one.judged,
                    "learned": dict(one.learned),
                    "unchanged": list(one.unchanged),
                    "too_few_records": list(one.too_few),
                    "problems": list(one.problems),
                    "doubts": one.doubts,
                    "moves": [str(move) for move in one.moves],
                }
                for one in self.taught
            },
            "columns": {state.source: state.as_json() for state in self.states},
            "doubts": [doubt_json(item) for item in self.doubts],
            "learned_elsewhere": list(self.elsewhere),
            "sources_stopped": {name: list(lines) for name, lines in self.stopped.items()},
            "caspio_calls": {
                "total": sum(self.calls.values()),
                "by": dict(sorted(self.calls.items())),
            },
        }


def learn(
    context: AppContext,
    *,
    sources: Sequence[str] = (),
    on_message: Callable[[str], None] = lambda _: None,
) -> LearnReport:
    """Learn the named sources, or all.

    Raises:
        BadSettings: learning is switched off, a source is unknown, or none can be learned.
    """
    learner, settings = context.ports.learner, context.settings.learn
    if learner is None:
        raise BadSettings(["Learning is switched off. Set learn.enabled = true in the settings."])
    # Learning is worth calls only while enough are left for the documents themselves.
    require_calls(context, Priority.LEARN)
    chosen = choose_sources(context, sources, accept_types=True)
    summary = Summary(new_run_id(context))
    # A source that cannot be learned now does not keep the others from it.
    summary.stopped |= chosen.stopped
    report = LearnReport(summary.run_id)
    ledger = context.ports.ledger
    with recorded_run(context, "learn", summary) as leases:
        for spec in chosen.specs:
            # Expires with the worker: whoever comes next learns what a killed run has not.
            if not ledger.leases.claim(summary.run_id, [[f"learn {spec.name}"]])[0]:
                report.elsewhere.append(spec.name)
                continue
            run = make_source_run(context, spec, summary.run_id, yes=True, leases=leases)
            with (
                isolate_errors(spec, summary, ledger),
                tempfile.TemporaryDirectory(dir=context.ports.work_dir) as folder,
            ):
                on_message(f"{spec.name}: pairing its records with what was read of them")
                taught = teach(
                    run,
                    precision=settings.precision,
                    auto=settings.promote == "auto",
                    may_read=lambda: _has_calls(context),
                    folder=Path(folder),
                )
                report.taught.append(taught)
                for line in lines_of(taught):
                    on_message(line)
    # Read again from the ledger: it has what was taught just now, and what others taught meanwhile.
    report.states = [source_learning(spec, ledger, learner, settings) for spec in chosen.specs]
    names = [spec.name for spec in chosen.specs]
    report.doubts = doubts_of(context.settings, ledger, names)[:SHOWN]
    report.stopped = summary.stopped
    report.calls = dict(context.client.calls)
    return report


def _has_calls(context: AppContext) -> bool:
    try:
        context.spending.require()
    except BudgetExhausted:
        return False
    return True


def lines_of(taught: Taught) -> Sequence[str]:
    """Return what was done for a source, in sentences."""
    learned = ", ".join(f"{name} from {number:,}" for name, number in taught.learned.items())
    records = counted(taught.records, "filled record")
    lines = [f"{taught.source}: {records}; learned: {learned or 'nothing new'}"]
    if taught.read:
        read = counted(taught.read, "document", "was/were")
        lines.append(f"{taught.source}: {read} read for it")
    if taught.judged:
        judged = counted(taught.judged, "earlier choice", "was/were")
        lines.append(f"{taught.source}: {judged} judged")
    if taught.doubts:
        doubted = counted(taught.doubts, "typed value", "is/are")
        lines.append(f"{taught.source}: {doubted} doubted; see the review")
    if taught.too_few:
        lines.append(f"{taught.source}: too few filled records for {', '.join(taught.too_few)}")
    lines += [f"{taught.source}: {problem}" for problem in taught.problems]
    return [*lines, *(f"{taught.source}: {move}" for move in taught.moves)]
