"""The report of a run as markdown: its results and costs, what needs a user, what was slow."""

import base64
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from itertools import chain
from pathlib import Path
from urllib.parse import quote, urlencode

from flows.app.run_report import Report, lost_runs_line, record_of, stages_line, values_line
from flows.app.wiring import AppContext
from flows.prefect.ui.text import quoted
from pipeline.archive_layout import document_prefix
from pipeline.errors import ArchiveUnavailable, FileGone
from pipeline.metering.summary import NEEDS_ATTENTION
from pipeline.model import Outcome
from pipeline.ports import Archive
from pipeline.settings.sections import ArchiveSettings
from pipeline.wording import counted, counts_text

MOST_SHOWN = 20
"""Documents that need a user, shown with a picture; the table of documents has more."""

MOST_PICTURES_BYTES = 256 * 1024
"""Bytes of all pictures together: they are part of the report, which the server keeps."""

# In pixels: the other columns of the table keep room beside it.
_PICTURE_WIDTH = 200


def run_report(title: str, report: Report, context: AppContext) -> str:
    """Return the report. Pictures are copied from the archive: no document is opened here."""
    counts = counts_text(report.document["documents"])
    if not counts and report.planned_only:
        # A dry run of `reprocess` selects files and works on none.
        counts = f"{counted(report.planned_only, 'file')} selected"
    lines = [f"## {quoted(title)}: {counts or 'nothing to do'}", ""]
    reasons = chain.from_iterable(report.stopped.values())
    lines += [f"**Stopped:** {quoted(reason)}\n" for reason in reasons]
    lines += markdown_table(("", ""), numbers(report, context))
    problems = [outcome for outcome in report.outcomes if outcome.status in NEEDS_ATTENTION]
    if problems:
        lines += ["", "### Needs a user, or done in part", ""]
        lines += problem_lines(problems[:MOST_SHOWN], context)
    if len(problems) > MOST_SHOWN:
        more = len(problems) - MOST_SHOWN
        lines += ["", f"… and {more} more in the table of documents and in `caspio-ingest status`."]
    if report.slowest:
        rows = [
            (f"{o.seconds:.1f}", f"{o.pages:,}", quoted(record_of(o)), quoted(o.ref.name))
            for o in report.slowest
        ]
        lines += ["", "### Slowest", ""]
        lines += markdown_table(("seconds", "pages", "record", "file"), rows)
    return "\n".join(lines)


def markdown_table(headings: Sequence[str], rows: Iterable[Sequence[str]]) -> Iterator[str]:
    """Yield the lines of a table; cells are markdown."""
    yield f"| {' | '.join(headings)} |"
    yield "|---" * len(headings) + "|"
    for row in rows:
        yield f"| {' | '.join(row)} |"


def numbers(report: Report, context: AppContext) -> Iterator[Sequence[str]]:
    """Yield the run's numbers, each with its name."""
    document = report.document
    pages, seconds = document["pages"], document["seconds"]
    yield "run", f"`{document['run_id']}`"
    yield "time", f"{seconds:,.1f} s"
    stages = stages_line(document)
    if stages:
        yield "seconds by stage, which overlap", stages
    values = values_line(document["values"])
    if values:
        yield "values", values
    # Without pages or time there is no rate, and nothing to divide by.
    rate = f", {pages / seconds:.2f} a second" if pages and seconds else ""
    yield "pages", f"{pages:,}{rate}"
    yield "bytes", f"{document['bytes']:,}"
    yield "Caspio calls", f"{document['caspio_calls']['total']:,}"
    yield "Caspio calls this month", budget_text(context)
    waiting, known = report.needs_a_user, document["acknowledged"]
    if waiting:
        yield "need a user", f"{counted(waiting, 'document')}, of earlier runs as well"
    if known:
        yield "acknowledged", counted(known, "document")
    planned, leased = document["planned_only"], document["leased_elsewhere"]
    missed = document["missed_by_webhooks"]
    if planned:
        yield "planned", f"{counted(planned, 'document')}: nothing was written to Caspio"
    if leased:
        yield "leased by other workers", counted(leased, "file")
    if missed:
        yield "missed by webhooks", f"{counted(missed, 'record')} changed without a message"
    refused = document.get("refused")
    if refused:
        yield "refused on the web page", f"{counted(refused, 'record')}, left alone"
    lost = lost_runs_line(document["lost_runs"])
    if lost:
        yield "lost runs", lost


def budget_text(context: AppContext) -> str:
    """Return the calls used this month, and what is left for work of this run's priority."""
    spending, allowance = context.spending, context.settings.caspio.allowance
    used = spending.used.calls
    if allowance.monthly_calls is None:
        return f"{used:,} used, no limit set"
    left = allowance.left(spending.priority, used)
    of_month = f"{used:,} of {allowance.monthly_calls:,} used"
    return f"{of_month}; {left:,} left for {spending.priority} work"


def problem_lines(outcomes: Sequence[Outcome], context: AppContext) -> Iterator[str]:
    """Yield the documents that need a user, each with reason, picture and address."""
    archive, room = context.ports.archive, MOST_PICTURES_BYTES
    for outcome in outcomes:
        prefix = document_prefix(outcome.ref)
        picture = thumbnail(prefix, archive, room=room)
        room -= len(picture)
        yield f"#### {outcome.status}: {quoted(record_of(outcome))}, {quoted(outcome.ref.name)}\n"
        if picture:
            yield f'<img width="{_PICTURE_WIDTH}" src="data:image/webp;base64,{picture}">\n'
        yield f"{quoted(outcome.reason)}\n"
        yield f"{archive_link(prefix, archive, context.settings.archive)}\n"


def thumbnail(prefix: str, archive: Archive, *, room: int) -> str:
    """Return the first page's picture as base64; "" if there is none, or it exceeds `room`."""
    with tempfile.TemporaryDirectory() as name:
        target = Path(name) / "thumbnail.webp"
        try:
            archive.get(f"{prefix}/thumbnail.webp", target)
        except (FileGone, ArchiveUnavailable):
            return ""  # a report must not fail because a picture is missing
        picture = base64.b64encode(target.read_bytes()).decode("ascii")
    return picture if len(picture) <= room else ""


def archive_link(prefix: str, archive: Archive, settings: ArchiveSettings) -> str:
    """Return a document's folder in the archive: a link to Amazon's console, else its address."""
    address = archive.address(prefix)
    # Only Amazon's own store has a console whose addresses are known.
    if not settings.url.startswith("s3://") or settings.endpoint_url:
        return quoted(address)
    bucket, _, key = address.removeprefix("s3://").partition("/")
    parameters = {"prefix": f"{key}/"}
    if settings.region:
        parameters["region"] = settings.region
    console = f"https://console.aws.amazon.com/s3/buckets/{quote(bucket)}?{urlencode(parameters)}"
    return f"[{quoted(address)}]({console})"
