"""A run: what it changed, what an undo would put back, and the undo of all of it."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial

from starlette.responses import Response

from flows.app.changes import undo_run
from flows.app.drain import Drain
from flows.app.review.desk import REVIEW_RUN
from flows.terminal.progress import progress
from flows.web.jobs import in_words
from flows.web.render import page, see
from flows.web.site import RequestRefused, Site, Visit, not_found
from pipeline.decide.ownership import DECISION_KINDS, PERHAPS_IN_EFFECT, undone
from pipeline.model import Effect
from pipeline.plans.undo import PutBack, effects_by_record, to_put_back
from pipeline.ports.ledger import EffectPage
from pipeline.steps.write_back import UNDOABLE

MOST_EFFECTS = 100
"""Changes of a run that a page looks at: one or two for each record. The undo is of all."""
_SYNCS = frozenset({"sync", "sync undo"})
_MOST_DIGITS = 18  # of an id, as the databases count
_MOST_RUNS = 500  # among which the run is looked for; older ones have their effects alone


@dataclass(frozen=True, slots=True)
class UndoRow:
    """A record, and the values and names that an undo would put back in it."""

    source: str
    key: str
    back: Sequence[PutBack]


def run(visit: Visit) -> Response:
    """Show a run, and what an undo of it would put back."""
    run_id, site, ledger = visit.parts["id"], visit.site, visit.site.ledger
    known = {one.id: one for one in ledger.usage.runs(_MOST_RUNS)}.get(run_id)
    job = site.jobs.job(_job_of(run_id))
    running = job is not None and job.is_running
    after = _id_of(visit.query.get("after", "")) or 0
    # Before the rows: what is undone while they are looked up is noticed.
    seen = seen_of(site)
    # The page asks every 2 seconds how far its undo is; what is left changes until its end.
    looked = EffectPage((), 0) if running else next_page(site, run_id, after=after)
    if known is None and not running:
        _require_effects(looked, site, run_id)
    effects = undoable(looked.effects)
    rows = rows_of(site, effects)
    return page(
        visit,
        "run",
        id=run_id,
        run=known,
        rows=rows,
        types=visit.shown_types(row.source for row in rows),
        after=after,
        more=looked.after,
        seen=seen,
        files=site.ledger.effects.files_changed(run_id, kinds=UNDOABLE),
        left=bool(rows or looked.after or after),
        is_sync=known is not None and known.kind in _SYNCS,
        is_decided=is_all_decided(site, run_id),
        job=job,
        busy=visit.query.get("said") == "busy",
    )


def _require_effects(looked: EffectPage, site: Site, run_id: str) -> None:
    """Refuse a run that changed nothing; a page behind the last one is of a run that did."""
    if not looked.effects and not site.ledger.effects.is_changed_since(run_id, 0):
        raise not_found("This run")


def next_page(site: Site, run_id: str, *, after: int = 0) -> EffectPage:
    """Return what an undo can take back in a run's next records, as pages that are not empty."""

    def of_run(after: int) -> EffectPage:
        ledger = site.ledger.effects
        return ledger.of_run(run_id, kinds=UNDOABLE, after=after, limit=MOST_EFFECTS)

    looked = of_run(after)
    # A record that the run came back to much later leaves a gap.
    while not looked.effects and looked.after:
        looked = of_run(looked.after)
    return looked


def undoable(effects: Sequence[Effect]) -> list[Effect]:
    """Return the changes that are perhaps in effect and that an undo can take back."""
    return [one for one in effects if one.state in PERHAPS_IN_EFFECT and one.kind in UNDOABLE]


def rows_of(site: Site, effects: Sequence[Effect]) -> list[UndoRow]:
    """Return the records of these changes that something would be put back in."""
    dead = undone(site.ledger.effects.undoing([effect.id for effect in effects]))
    return [
        UndoRow(source, one.key, back)
        for source, records in effects_by_record(effects, site.ledger).items()
        for one in records
        if (back := to_put_back(one, dead))
    ]


def is_decided(site: Site, run_id: str, effects: Sequence[Effect]) -> bool:
    """Say whether these changes of a run were decided in the review.

    They are taken back there: an undo of the run would leave each suggestion as decided, and nobody
    would be asked again.
    """
    # The undo of a decision is an effect of another kind, in the same run.
    if site.ledger.usage.kind_of(run_id) == REVIEW_RUN:
        return True
    return bool(effects) and all(one.kind in DECISION_KINDS for one in effects)


def is_all_decided(site: Site, run_id: str) -> bool:
    """Say whether all changes of a run were decided in the review, whichever page shows them."""
    if site.ledger.usage.kind_of(run_id) == REVIEW_RUN:
        return True
    ledger = site.ledger.effects
    others = ledger.of_run(run_id, kinds=UNDOABLE - DECISION_KINDS, limit=1)
    return not others.effects and bool(ledger.of_run(run_id, kinds=DECISION_KINDS, limit=1).effects)


def seen_of(site: Site) -> str:
    """Identify until when somebody saw what a run changed, and what was undone of it."""
    return str(site.ledger.effects.last_id())


def is_as_seen(site: Site, run_id: str, seen: str) -> bool:
    """Say whether a run has changed nothing more since then, and was not undone or done again."""
    last = _id_of(seen)
    return last is not None and not site.ledger.effects.is_changed_since(run_id, last)


def _id_of(text: str) -> int | None:
    """Return the id that a text is, None for anything else."""
    is_number = text.isascii() and text.isdecimal() and len(text) <= _MOST_DIGITS
    return int(text) if is_number else None


def is_anything_left(site: Site, run_id: str) -> bool:
    """Say whether anything of a run is not undone, or was done again."""
    looked = next_page(site, run_id)
    while not rows_of(site, undoable(looked.effects)):
        if not looked.after:
            return False
        looked = next_page(site, run_id, after=looked.after)
    return True


def undo(visit: Visit) -> Response:
    """Begin to undo a whole run, as the command does."""
    run_id, site = visit.parts["id"], visit.site
    if not next_page(site, run_id).effects:
        raise not_found("This run")
    if is_all_decided(site, run_id):
        raise decided_in_review()
    if not is_as_seen(site, run_id, visit.form.get("seen", "")):
        raise RequestRefused(
            409,
            "The run has changed more, or was undone, since the page was loaded.",
            "Go back, load the page again, and look at what it shows then.",
        )
    if not is_anything_left(site, run_id):
        raise RequestRefused(
            409, "Everything that the run wrote was already put back.", "There is nothing to do."
        )
    visit.audit("undo run", run_id, "all of it")
    if site.jobs.begin(_job_of(run_id), partial(_undo, site, run_id)):
        return see(f"/runs/{run_id}")
    # A double click asks for what is being done.
    is_same = site.jobs.is_running(_job_of(run_id))
    visit.audit("undo run not begun", run_id, "the same undo is running" if is_same else "busy")
    return see(f"/runs/{run_id}" + ("" if is_same else "?said=busy"))


def decided_in_review() -> RequestRefused:
    """Return the refusal to undo what was decided in the review."""
    problem = "These values were decided in the review."
    return RequestRefused(409, problem, "Open the record's review, and undo the decision there.")


def _undo(site: Site, run_id: str, drain: Drain) -> str:
    with site.connect(drain) as context:
        report = undo_run(context, run_id, watch=progress(shown=False))
    return in_words(report, nothing="Nothing was left to put back")


def _job_of(run_id: str) -> str:
    return f"undo {run_id}"
