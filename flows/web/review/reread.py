"""Have a document read again as another class, where its class was not right."""

from collections.abc import Mapping
from functools import partial

from starlette.responses import Response

from flows.app.classes import classes
from flows.app.direct import work_sources
from flows.app.drain import Drain
from flows.app.run_report import Report
from flows.app.run_request import RunRequest
from flows.app.wiring import AppContext
from flows.terminal.progress import progress
from flows.web.jobs import Job, not_looked_at
from flows.web.render import see
from flows.web.review.page_view import files_of
from flows.web.review.queue import CLAIM_TIME, address_of, named_review, require_claim, wanted_of
from flows.web.site import RequestRefused, Site, Visit
from pipeline.model import FileRef
from pipeline.model.review import Review
from pipeline.source_run.selection import Selection, listing_key


def read_again(visit: Visit) -> Response:
    """Begin to read the files of a record again with the class that the form names."""
    review = named_review(visit)
    require_claim(visit, review)
    as_class = visit.form.get("class", "")
    files = files_of(visit.site, review)
    if as_class not in classes(visit.site.settings) or not files:
        raise RequestRefused(400, "There is no such class.", "Go back and choose one.")
    visit.audit("read again", review.id, f"as {as_class}")
    work = partial(_read, visit.site, files[0].ref, as_class)
    begun = visit.site.jobs.begin(job_of(review.id), work)
    said = "" if begun else "busy"
    return see(address_of(wanted_of(visit.form), f"/review/{review.id}", said=said))


def _read(site: Site, ref: FileRef, as_class: str, drain: Drain) -> str:
    with site.connect(drain) as context:
        report = reread(context, ref, as_class)
    counts: Mapping[str, int] = report.document["documents"]
    said = [f"{number} {status}" for status, number in counts.items() if number]
    left = not_looked_at(report)
    nothing = "not done" if left else "nothing to do"
    reasons = [*left, *(one.reason for one in report.outcomes if one.reason)]
    return ". ".join([f"Read as {as_class}: {', '.join(said) or nothing}", *reasons])


def reread(context: AppContext, ref: FileRef, as_class: str) -> Report:
    """Read the files of a file's record again, and write what has changed.

    It is the run that `caspio-ingest reprocess --record --as` makes: a source that was never
    confirmed is only planned.
    """
    key = listing_key(ref, context.settings.specs()[ref.source])
    selection = Selection(records=(key,) if key is not None else (), as_class=as_class)
    return work_sources(
        context,
        sources=[ref.source],
        request=RunRequest(selection=selection),
        watch=progress(shown=False),
    )


def recent_job(visit: Visit, review: Review) -> Job | None:
    """Return the reading that runs, or that ended so lately that its user still looks at it."""
    job = visit.site.jobs.job(job_of(review.id))
    if job is None or job.ended_at is None:
        return job
    return job if visit.site.clock.now() - job.ended_at < CLAIM_TIME else None


def job_of(review_id: str) -> str:
    """Name the job that reads a review's files again."""
    return f"read {review_id} again"
