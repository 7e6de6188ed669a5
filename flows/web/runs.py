"""A run: what it changed, what an undo would put back, and the undo of all of it."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import islice

from starlette.responses import Response

from flows.app.changes import undo_run
from flows.app.drain import Drain
from flows.terminal.progress import progress
from flows.web.jobs import in_words
from flows.web.render import page, see
from flows.web.site import Refused, Site, Visit, not_found
from pipeline.decide.ownership import PERHAPS_IN_EFFECT
from pipeline.model import Effect, short_digest
from pipeline.plans.undo import PutBack, effects_by_record, to_put_back
from pipeline.steps.write_back import UNDOABLE

MOST_RECORDS = 200
"""Records of a run that are shown; the undo is of all, and the page says how many there are."""
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
    effects = undoable(site, run_id)
    if known is None and not effects:
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
        seen=seen_of(effects),
        left=bool(rows) or len(records) > MOST_RECORDS,
        job=site.jobs.job(_job_of(run_id)),
        busy=visit.query.get("said") == "busy",
    )


def undoable(site: Site, run_id: str) -> list[Effect]:
    """Return the changes of a run that are perhaps in effect and that an undo can take back."""
    found = site.ledger.effects.find(run_id=run_id)
    return [one for one in found if one.state in PERHAPS_IN_EFFECT and one.kind in UNDOABLE]


def rows_of(site: Site, effects: Sequence[Effect]) -> Iterator[Row]:
    """Yield the first records of these changes that something would be put back in."""
    first = dict.fromkeys((one.container, one.pk or one.version) for one in effects)
    shown = set(islice(first, MOST_RECORDS))
    few = [one for one in effects if (one.container, one.pk or one.version) in shown]
    for source, records in effects_by_record(few, site.ledger).items():
        for one in records:
            back = to_put_back(one, site.ledger)
            if back:
                yield Row(source, one.key, back)


def seen_of(effects: Sequence[Effect]) -> str:
    """Identify what somebody saw before the undo was asked for."""
    return short_digest([str(effect.id) for effect in effects])


def undo(visit: Visit) -> Response:
    """Begin to undo a whole run, as the command does."""
    run_id, site = visit.parts["id"], visit.site
    effects = undoable(site, run_id)
    if not effects:
        raise not_found("This run")
    if visit.form.get("seen") != seen_of(effects):
        raise Refused(
            409,
            "The run has changed more records since the page was loaded.",
            "Go back, load the page again, and look at what it shows then.",
        )
    visit.audit("undo run", run_id, "all of it")
    begun = site.jobs.begin(_job_of(run_id), partial(_undo, site, run_id))
    return see(f"/runs/{run_id}" + ("" if begun else "?said=busy"))


def _undo(site: Site, run_id: str, stoppable: Callable[[Drain], None]) -> str:
    with site.desk.connect() as context:
        stoppable(context.drain)
        report = undo_run(context, run_id, watch=progress(shown=False))
    return in_words(report, nothing="Nothing was left to put back")


def _job_of(run_id: str) -> str:
    return f"undo {run_id}"
