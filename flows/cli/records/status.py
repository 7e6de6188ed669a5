"""`status`: files by state, the budget, and what needs a user."""

from itertools import islice
from typing import TYPE_CHECKING

from flows.cli.common import (
    DEFAULT_CONFIG,
    AsJson,
    Config,
    print_json,
)

if TYPE_CHECKING:
    from pipeline.ports import FileState, RunState


MOST_PROBLEMS = 200
"""Files shown that need a person; the counts above them are complete."""


def status(config: Config = DEFAULT_CONFIG, as_json: AsJson = False) -> None:
    """Show files by state, the budget used, and what needs a person."""
    from flows.app.settings import load_settings
    from flows.app.wiring import open_ledger
    from pipeline.adapters.system_clock import SystemClock
    from pipeline.metering.budget import Priority
    from pipeline.metering.summary import NEEDS_A_PERSON

    settings = load_settings(config, credentials=False)
    allowance = settings.caspio.allowance
    with open_ledger(settings, clock=SystemClock()) as ledger:
        counts = ledger.counts()
        runs = ledger.runs()
        used = ledger.usage(settings.caspio.account)
        living = ledger.living()
        open_effects = ledger.unsettled()
        troubled = (
            s
            for s in ledger.states()
            if s.outcome is not None and s.outcome.status in NEEDS_A_PERSON
        )
        problems = list(islice(troubled, MOST_PROBLEMS))
    if as_json:
        budget = {
            "caspio_calls_this_month": used.calls,
            "caspio_bytes_this_month": used.size_bytes,
            "caspio_calls_by_priority": used.by_priority,
            "caspio_calls_left": {
                priority: allowance.left(priority, used.calls) for priority in Priority
            },
            "monthly_calls": allowance.monthly_calls,
        }
        work = {"workers": sorted(living), "unsettled_effects": len(open_effects)}
        listed = {
            "needs_a_person": [_problem(state) for state in problems],
            "runs": [_run(run) for run in runs],
        }
        print_json({"sources": counts, **budget, **work, **listed})
        return
    from flows.cli.show.state import show_status

    show_status(
        counts,
        runs,
        problems,
        used=used,
        allowance=allowance,
        unsettled=len(open_effects),
        workers=sorted(living),
    )


def _run(run: "RunState") -> dict[str, object]:
    return {
        "run_id": run.id,
        "kind": run.kind,
        "status": run.status,
        "started_at": run.started_at.isoformat(),
        "finished_at": run.finished_at.isoformat() if run.finished_at else None,
        "documents": dict(run.counts),
        "caspio_calls": {"total": sum(run.calls.values()), "by": dict(run.calls)},
    }


def _problem(state: "FileState") -> dict[str, object]:
    ref, outcome = state.ref, state.outcome
    assert outcome is not None
    return {
        "source": ref.source,
        "record": ref.record.pk if ref.record else None,
        "field": ref.field,
        "file": ref.name,
        "status": outcome.status,
        "reason": outcome.reason,
        "quarantined": outcome.quarantined,
    }
