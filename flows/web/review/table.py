"""One column across documents as a table: look down the rows, leave some out, accept the rest."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from itertools import islice

from starlette.responses import Response

from flows.app.drain import Drain
from flows.app.review.decisions import seen_of, shown
from flows.web.render import page, see
from flows.web.review.decisions import carry_out
from flows.web.review.queue import PAGE, address_of, claim_or_owner, filters, wanted_of
from flows.web.site import RequestRefused, Visit
from pipeline.model.review import Review, ReviewItem
from pipeline.steps.write_back import ReviewChoice


@dataclass(frozen=True, slots=True)
class SuggestionLine:
    """An open suggestion; `owner` is who else has claimed its record, "" for nobody."""

    item: ReviewItem
    owner: str

    @property
    def sent(self) -> str:
        """Identify the suggestion, its record and what the user sees of it."""
        return f"{self.item.review_id} {self.item.key} {seen_of(self.item)}"


def table(visit: Visit) -> Response:
    """Show a page of the open suggestions for a column, or ask for which column."""
    wanted, reviews = wanted_of(visit.query), visit.site.ledger.reviews
    now, after = visit.site.clock.now(), visit.query.get("after", "")
    found: Sequence[ReviewItem] = ()
    if wanted.column:
        found = reviews.column_items(wanted.filter(now), after=after, limit=PAGE + 1)
    lines = [
        SuggestionLine(item, _owner(visit, reviews.review(item.review_id))) for item in found[:PAGE]
    ]
    more = address_of(wanted, "/review/table", after=lines[-1].item.key) if found[PAGE:] else ""
    job = visit.site.jobs.job(_job_of(visit))
    return page(
        visit,
        "review/table",
        lines=lines,
        types=visit.shown_types(line.item.source for line in lines),
        more=more,
        is_first=not after,
        job=job,
        said=[] if job is None or job.is_running else job.said,
        busy=visit.query.get("said") == "busy",
        **filters(visit, wanted),
    )


def _owner(visit: Visit, review: Review | None) -> str:
    if review is None or not review.claimed_by_another(visit.user.name, visit.site.clock.now()):
        return ""
    return review.claimed_by


def accept_rows(visit: Visit) -> Response:
    """Begin to accept the rows that the user has seen, without those that are left out."""
    wanted = wanted_of(visit.form)
    left_out = set(visit.choices.get("leave", ()))
    chosen = [sent for sent in visit.choices.get("row", ()) if sent not in left_out]
    if not chosen or len(chosen) > PAGE:
        raise RequestRefused(400, "No row was chosen.", "Go back, and leave fewer rows out.")
    begun = visit.site.jobs.begin(_job_of(visit), partial(_accept, visit, chosen))
    return see(address_of(wanted, "/review/table", said="" if begun else "busy"))


def _accept(visit: Visit, chosen: Sequence[str], drain: Drain) -> str:
    """Accept each row by itself; return how many were written, and a line for each that was not."""
    ids = [sent.partition(" ")[0] for sent in chosen]
    now = {
        SuggestionLine(item, "").sent: item for item in visit.site.ledger.reviews.open_items(ids)
    }
    written, left = 0, list[str]()
    for sent in islice(chosen, PAGE):
        if drain.requested:
            left.append("The program was asked to stop; the other rows were not decided.")
            break
        item = now.get(sent)
        problem = "what is suggested has changed" if item is None else _accept_one(visit, item)
        if not problem:
            written += 1
            continue
        place = f"Record {item.record.pk}" if item is not None else "A record"
        left.append(f"{place}: {problem}")
    return "\n".join([f"{written} of {len(chosen)} written.", *map(shown, left)])


def _accept_one(visit: Visit, item: ReviewItem) -> str:
    owner = claim_or_owner(visit, item.review_id)
    if owner:
        return f"{owner} is reviewing this record."
    try:
        return carry_out(visit, item, ReviewChoice.ACCEPT)
    finally:
        visit.site.ledger.reviews.release(item.review_id, visit.user.name)


def _job_of(visit: Visit) -> str:
    # Each user sees the result of their own rows.
    return f"accept rows for {visit.user.name}"
