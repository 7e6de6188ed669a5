"""`status`, `explain`, `doctor`: look at what is; only `doctor --deep` makes something, and removes it."""

import sys
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from flows.cli.common import (
    DEFAULT_CONFIG,
    EXIT_SETTINGS,
    EXIT_STOPPED,
    AsJson,
    Config,
    Failure,
    complain,
    counted_client,
    out,
    print_json,
)

if TYPE_CHECKING:
    from pipeline.ports import FileState, RunState

MOST_PROBLEMS = 200
"""Files shown that need a person; the counts above them are complete."""


def register(app: typer.Typer) -> None:
    """Add the commands."""
    app.command("status")(status)
    app.command("explain")(explain)
    app.command("doctor")(doctor)


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


def explain(
    source: Annotated[str, typer.Argument(help="The source's name.", metavar="SOURCE")],
    pk: Annotated[
        str, typer.Argument(help="The record's PK_ID, or a Files-area path.", metavar="PK")
    ],
    field: Annotated[str | None, typer.Argument(help="Only this field.", metavar="[FIELD]")] = None,
    config: Config = DEFAULT_CONFIG,
    as_json: AsJson = False,
) -> None:
    """Show one record's life: what was read, decided and written.

    Versions, stages, reasons, writes with before and after, conflicts, calls and archive addresses.
    """
    from flows.app.explain import lives_of
    from flows.app.settings import load_settings
    from flows.app.wiring import open_archive, open_ledger
    from pipeline.adapters.system_clock import SystemClock

    settings = load_settings(config, credentials=False)
    with open_ledger(settings, clock=SystemClock()) as ledger:
        lives = lives_of(source, pk, field, ledger=ledger, archive=open_archive(settings.archive))
    if not lives:
        where = f"record {pk}" if field is None else f"record {pk}, field {field}"
        sources = ", ".join(settings.specs())
        complain(
            "Not known",
            [f"The ledger knows no file of {where} in source {source!r}. Sources: {sources}."],
        )
        raise Failure(EXIT_STOPPED if source in settings.specs() else EXIT_SETTINGS)
    if as_json:
        print_json(lives)
        return
    from flows.cli.show.state import show_life

    for life in lives:
        show_life(life)


def doctor(
    config: Config = DEFAULT_CONFIG,
    deep: Annotated[
        bool, typer.Option("--deep", help="Also find out how the account behaves.")
    ] = False,
    yes: Annotated[
        bool, typer.Option("--yes", help="With --deep: make the scratch table without asking.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Check all that a run needs, and say what to do.

    Credentials, permissions, columns, archive, ledger, programs and models; each failure comes with its remedy.
    """
    from flows.cli.show.state import show_checks
    from flows.doctor.installation import examine

    if deep and not yes and not sys.stdin.isatty():
        complain(
            "Not examined",
            [
                "--deep makes a scratch table in the account. Add --yes to do it without being asked."
            ],
        )
        raise Failure(EXIT_SETTINGS)
    checks = []
    for check in examine(config):
        checks.append(check)
        if not as_json:
            show_checks([check])
    reachable = any(check.name == "credentials" and check.ok for check in checks)
    behaviour = _examined(config, yes=yes, as_json=as_json) if deep and reachable else {}
    if as_json:
        listed = [
            {"check": c.name, "ok": c.ok, "detail": c.detail, "remedy": c.remedy} for c in checks
        ]
        print_json({"checks": listed, **behaviour} if deep else listed)
    failed = {check.name for check in checks if not check.ok}
    if failed:
        raise Failure(EXIT_SETTINGS if failed == {"settings"} else EXIT_STOPPED)
    if not as_json:
        out().print("[green]Everything is ready.[/]")


def _examined(config: Path, *, yes: bool, as_json: bool) -> dict[str, object]:
    """Find out how the account behaves; without a person's yes only what is there is looked at."""
    from flows.app.settings import load_settings
    from flows.cli.show.state import show_behaviour
    from flows.doctor.deep import as_document, examine_account, question

    settings = load_settings(config)
    may_write = yes or typer.confirm(question(settings.caspio.url), default=False, err=True)
    with counted_client(settings) as client:
        examined = examine_account(client, may_write=may_write)
    document = as_document(examined)
    if not as_json:
        show_behaviour(examined.probed, str(document["emulator"]))
        for sentence in examined.left:
            out().print(sentence, markup=False, highlight=False, soft_wrap=True)
    return document
