"""A run: what it changed, what an undo would put back, and the undo of all of it."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import chain, islice

from starlette.responses import Response

from flows.app.changes import undo_run
from flows.app.drain import Drain
from flows.terminal.progress import progress
from flows.web.jobs import in_words
from flows.web.render import page, see
from flows.web.site import Refused, Site, Visit, not_found
from pipeline.decide.ownership import IN_EFFECT, PERHAPS_IN_EFFECT, touched, undone
from pipeline.model import Effect, EffectKind, short_digest
from pipeline.plans.undo import PutBack, effects_by_record, to_put_back
from pipeline.steps.write_back import UNDOABLE

MOST_RECORDS = 200
"""Records of a run that are shown; the undo is of all, and the page says how many there are."""
_SYNCS = frozenset({"sync", "sync undo"})
_MOST_RUNS = 500  # among which the run is looked for; older ones have their effects alone


@dataclass(frozen=True, slots=True)
class Row:
    """A record, and the values and names that an undo would put back in it."""

    source: str
    key: str
    back: Sequence[PutBack]


def run(visit: Visit) -> Response:
    """Show a run, and what an undo of it would put back."""
    run_id, site = visit.parts["id"], visit.site
    known = next((one for one in site.ledger.usage.runs(_MOST_RUNS) if one.id == run_id), None)
    job = site.jobs.job(_job_of(run_id))
    running = job is not None and job.ended_at is None
    # The page asks every 2 seconds how far its undo is, and a long run takes that long to look at.
    effects = [] if running else undoable(site, run_id)
    if known is None and not effects and not running:
        raise not_found("This run")
    records = {(effect.container, effect.pk or effect.version) for effect in effects}
    rows = list(islice(rows_of(site, effects), MOST_RECORDS))
    return page(
        visit,
        "run",
        id=run_id,
        run=known,
        records=len(records),
        rows=rows,
        most=MOST_RECORDS,
        seen=seen_of(site, effects),
        left=bool(rows),
        is_sync=known is not None and known.kind in _SYNCS,
        is_decided=is_decided(effects),
        job=job,
        busy=visit.query.get("said") == "busy",
    )


def undoable(site: Site, run_id: str) -> list[Effect]:
    """Return the changes of a run that are perhaps in effect and that an undo can take back."""
    found = site.ledger.effects.find(run_id=run_id)
    return [one for one in found if one.state in PERHAPS_IN_EFFECT and one.kind in UNDOABLE]


def rows_of(site: Site, effects: Sequence[Effect]) -> Iterator[Row]:
    """Yield the records of these changes that something would be put back in."""
    by_record: dict[tuple[str, str], list[Effect]] = {}
    for effect in effects:
        by_record.setdefault((effect.container, effect.pk or effect.version), []).append(effect)
    # Few at a time: whoever shows the first of them need not wait for all.
    groups = iter(by_record.values())
    while few := list(islice(groups, MOST_RECORDS)):
        for source, records in effects_by_record(list(chain(*few)), site.ledger).items():
            for one in records:
                back = to_put_back(one, site.ledger)
                if back:
                    yield Row(source, one.key, back)


def is_decided(effects: Sequence[Effect]) -> bool:
    """Say whether users made these changes in the review.

    They are taken back there: an undo of the run would leave each suggestion as decided, and nobody
    would be asked again.
    """
    return bool(effects) and all(one.kind is EffectKind.APPLY_DECISION for one in effects)


def seen_of(site: Site, effects: Sequence[Effect]) -> str:
    """Identify what somebody saw: these changes, and what has undone them or done them again."""
    ids = [effect.id for effect in effects]
    since = [one.id for one in site.ledger.effects.undoing(ids) if one.state in IN_EFFECT]
    return short_digest([*ids, *since])


def is_anything_left(site: Site, effects: Sequence[Effect]) -> bool:
    """Say whether any of these changes is not undone, or was done again."""
    dead = undone(site.ledger.effects.undoing([effect.id for effect in effects]))
    return any((effect.id, name) not in dead for effect in effects for name in touched(effect))


def undo(visit: Visit) -> Response:
    """Begin to undo a whole run, as the command does."""
    run_id, site = visit.parts["id"], visit.site
    effects = undoable(site, run_id)
    if not effects:
        raise not_found("This run")
    if is_decided(effects):
        raise decided_in_review()
    if visit.form.get("seen") != seen_of(site, effects):
        raise Refused(
            409,
            "The run has changed more, or was undone, since the page was loaded.",
            "Go back, load the page again, and look at what it shows then.",
        )
    if not is_anything_left(site, effects):
        raise Refused(409, "Everything of the run was put back already.", "There is nothing to do.")
    visit.audit("undo run", run_id, "all of it")
    if site.jobs.begin(_job_of(run_id), partial(_undo, site, run_id)):
        return see(f"/runs/{run_id}")
    # A double click asks for what is being done.
    job = site.jobs.job(_job_of(run_id))
    is_same = job is not None and job.ended_at is None
    visit.audit("undo run not begun", run_id, "the same undo is running" if is_same else "busy")
    return see(f"/runs/{run_id}" + ("" if is_same else "?said=busy"))


def decided_in_review() -> Refused:
    """Return the refusal to undo what users have decided in the review."""
    problem = "Users decided on these values in the review."
    return Refused(409, problem, "Open the record's review, and undo the decision there.")


def _undo(site: Site, run_id: str, stoppable: Callable[[Drain], None]) -> str:
    with site.desk.connect() as context:
        stoppable(context.drain)
        report = undo_run(context, run_id, watch=progress(shown=False))
    return in_words(report, nothing="Nothing was left to put back")


def _job_of(run_id: str) -> str:
    return f"undo {run_id}"
