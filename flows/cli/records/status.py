"""`status`: files by state, the budget, and what needs a user."""

from contextlib import suppress
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING

from flows.cli.choice import AccountOrAll, look_at
from flows.cli.common import DEFAULT_CONFIG, AsJson, Config

if TYPE_CHECKING:
    from flows.prefect.requests.late_runs import LateRuns
    from pipeline.ports import FileState, Ledger, RunState
    from pipeline.settings import Settings


MOST_PROBLEMS = 200
"""Files listed that need a user; the counts are complete."""


def status(
    config: Config = DEFAULT_CONFIG, account: AccountOrAll = None, as_json: AsJson = False
) -> None:
    """Show files by state, the budget used, and what needs a user."""
    look_at(config, account, lambda path: (status_of(path, show=not as_json), 0), as_json=as_json)


def status_of(config: Path, *, show: bool) -> object:
    """Return what `status --json` prints of an account; `show` prints it for a user."""
    from flows.app.settings import load_settings
    from flows.app.wiring.ports import open_ledger
    from pipeline.metering.budget import Priority
    from pipeline.metering.summary import NEEDS_ATTENTION

    settings = load_settings(config, credentials=False)
    allowance = settings.caspio.allowance
    with open_ledger(settings) as ledger:
        counts = ledger.files.counts()
        runs = ledger.usage.runs()
        used = ledger.usage.this_month(settings.caspio.account)
        workers = sorted(ledger.leases.live_workers())
        unsettled = len(ledger.effects.open())
        states = ledger.files.attention(NEEDS_ATTENTION)
        problems = list(islice(states, MOST_PROBLEMS))
        # The last run that was to work on a source, and what every run would meet now.
        stopped = {**ledger.files.stopped(), **blocked_sources(settings, ledger)}
        stopped = {name: stopped[name] for name in stopped if name in settings.specs()}
    late = late_of(settings)
    if show:
        from flows.cli.show.state import show_status
        from pipeline.accounts.names import account_of

        show_status(
            counts,
            runs,
            problems,
            used=used,
            allowance=allowance,
            unsettled=unsettled,
            workers=workers,
            stopped=stopped,
            late=f"{late.text} {late.remedy}" if late else "",
            only_syncs=_only_syncs(settings),
            account=account_of(config),
        )
    return {
        "sources": counts,
        "caspio_calls_this_month": used.calls,
        "caspio_bytes_this_month": used.size_bytes,
        "caspio_calls_by_priority": used.by_priority,
        "caspio_calls_left": {
            priority: allowance.left(priority, used.calls) for priority in Priority
        },
        "monthly_calls": allowance.monthly_calls,
        "workers": workers,
        "unsettled_effects": unsettled,
        "sources_stopped": stopped,
        "needs_a_user": [problem_json(state) for state in problems if state.acknowledged is None],
        "acknowledged": [
            problem_json(state) for state in problems if state.acknowledged is not None
        ],
        "runs": [run_json(run) for run in runs],
        "late_runs": late_json(late),
    }


def _only_syncs(settings: "Settings") -> list[str]:
    """Return the names of the syncs of settings without a source."""
    return [] if settings.sources else [sync.name for sync in settings.sync]


def late_of(settings: "Settings") -> "LateRuns | None":
    """Return the runs that no worker takes; None without a Prefect server, or if it is silent."""
    from flows.prefect.deployments.priorities import settings_name
    from flows.prefect.requests.late_runs import late_runs
    from flows.prefect.server import UNEXPECTED, Server

    server = Server.from_environment()
    # The documents' state is in the ledger: it is shown whether the server answers or not.
    with suppress(*UNEXPECTED):
        return late_runs(server, settings_name(settings)) if server else None
    return None


def late_json(late: "LateRuns | None") -> dict[str, object] | None:
    """Return the late runs for --json, None if there are none."""
    if late is None:
        return None
    return {"count": late.count, "since": late.since.isoformat(), "remedy": late.remedy}


def blocked_sources(settings: "Settings", ledger: "Ledger") -> dict[str, list[str]]:
    """Return by source what blocks it."""
    from pipeline.source_run.checks import blocked

    # What the ledger knows, so that no call is made.
    found = {name: blocked(spec, ledger) for name, spec in settings.specs().items()}
    return {name: problems for name, problems in found.items() if problems}


def run_json(run: "RunState") -> dict[str, object]:
    """Return a run for --json."""
    return {
        "run_id": run.id,
        "kind": run.kind,
        "status": run.status,
        "started_at": run.started_at.isoformat(),
        "finished_at": run.finished_at.isoformat() if run.finished_at else None,
        "documents": dict(run.counts),
        "values": dict(run.values),
        "caspio_calls": {"total": sum(run.calls.values()), "by": dict(run.calls)},
    }


def problem_json(state: "FileState") -> dict[str, object]:
    """Return a file that needs a user for --json."""
    from flows.app.explain import acknowledgement_json

    ref, outcome = state.ref, state.outcome
    assert outcome is not None
    return {
        "source": ref.source,
        "record": ref.pk,
        "field": ref.field,
        "file": ref.name,
        "status": outcome.status,
        "reason": outcome.reason,
        "quarantined": outcome.quarantined,
        "acknowledged": acknowledgement_json(state.acknowledged),
    }
