"""A run's report for a person, as markdown: what it came to, what it cost, what needs a person, what was slow."""

import base64
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from urllib.parse import quote, urlencode

from flows.app.run_report import Report, record_of, stages_line
from flows.app.wiring import AppContext
from flows.prefect.ui.text import quoted
from pipeline.archive_layout import document_prefix
from pipeline.errors import ArchiveUnavailable, FileGone
from pipeline.metering.summary import NEEDS_A_PERSON
from pipeline.model import Outcome
from pipeline.ports import Archive
from pipeline.settings.sections import ArchiveSettings

MOST_SHOWN = 20
"""Documents that need a person, shown with a picture; the table of documents has more."""

MOST_PICTURES_BYTES = 256 * 1024
"""Bytes of all pictures together: they travel inside the report, which the server keeps."""

_PICTURE_WIDTH = 200


def run_report(title: str, report: Report, context: AppContext) -> str:
    """Return the report. Pictures are put in as they lie in the archive: nothing of a document is opened here."""
    problems = [outcome for outcome in report.outcomes if outcome.status in NEEDS_A_PERSON]
    lines = [f"## {quoted(title)}: {_counts(report)}", ""]
    lines += [
        f"**Stopped:** {quoted(why)}\n" for reasons in report.stopped.values() for why in reasons
    ]
    lines += _table(("", ""), _figures(report, context))
    if problems:
        lines += ["", "### Needs a person", "", *_problems(problems[:MOST_SHOWN], context)]
    if len(problems) > MOST_SHOWN:
        more = len(problems) - MOST_SHOWN
        lines += ["", f"… and {more} more in the table of documents and in `caspio-ingest status`."]
    if report.slowest:
        lines += [
            "",
            "### Slowest",
            "",
            *_table(("seconds", "pages", "record", "file"), map(_slow, report.slowest)),
        ]
    return "\n".join(lines)


def _slow(outcome: Outcome) -> Sequence[str]:
    return (
        f"{outcome.seconds:.1f}",
        f"{outcome.pages:,}",
        quoted(record_of(outcome)),
        quoted(outcome.ref.name),
    )


def _counts(report: Report) -> str:
    counts = report.document["documents"]
    said = ", ".join(f"{count:,} {status}" for status, count in counts.items() if count)
    return said or (
        f"{report.planned_only:,} files selected" if report.planned_only else "nothing to do"
    )


def _table(headings: Sequence[str], rows: Iterator[Sequence[str]]) -> Iterator[str]:
    yield f"| {' | '.join(headings)} |"
    yield "|---" * len(headings) + "|"
    for row in rows:
        yield f"| {' | '.join(row)} |"


def _figures(report: Report, context: AppContext) -> Iterator[Sequence[str]]:
    document = report.document
    pages, seconds = document["pages"], document["seconds"]
    yield "run", f"`{document['run_id']}`"
    yield "time", f"{seconds:,.1f} s"
    if stages := stages_line(document):
        yield "seconds by stage, all threads together", stages
    yield "pages", f"{pages:,}{f', {pages / seconds:.2f} a second' if pages and seconds else ''}"
    yield "bytes", f"{document['bytes']:,}"
    yield "Caspio calls", f"{document['caspio_calls']['total']:,}"
    yield "Caspio calls this month", _budget(context)
    if document["planned_only"]:
        yield (
            "planned only",
            f"{document['planned_only']:,} documents: nothing was written to Caspio for them",
        )
    if document["leased_elsewhere"]:
        yield "leased by other workers", f"{document['leased_elsewhere']:,} files"
    if document["missed_by_webhooks"]:
        yield (
            "missed by webhooks",
            f"{document['missed_by_webhooks']:,} records changed and no message told of it",
        )


def _budget(context: AppContext) -> str:
    spending, allowance = context.spending, context.settings.caspio.allowance
    used = spending.used.calls
    if allowance.monthly_calls is None:
        return f"{used:,} used, no limit set"
    left = allowance.left(spending.priority, used)
    return (
        f"{used:,} of {allowance.monthly_calls:,} used; {left:,} left for {spending.priority} work"
    )


def _problems(outcomes: Sequence[Outcome], context: AppContext) -> Iterator[str]:
    archive, room = context.ports.archive, MOST_PICTURES_BYTES
    for outcome in outcomes:
        prefix = document_prefix(outcome.ref)
        picture = _picture(prefix, archive, room=room)
        room -= len(picture)
        yield f"#### {outcome.status}: {quoted(record_of(outcome))}, {quoted(outcome.ref.name)}\n"
        if picture:
            yield f'<img width="{_PICTURE_WIDTH}" src="data:image/webp;base64,{picture}">\n'
        yield f"{quoted(outcome.reason)}\n"
        yield f"{archive_link(prefix, archive, context.settings.archive)}\n"


def _picture(prefix: str, archive: Archive, *, room: int) -> str:
    """Return the first page's picture as base64, "" where there is none, or none that fits."""
    with tempfile.TemporaryDirectory() as name:
        target = Path(name) / "thumbnail.webp"
        try:
            archive.get(f"{prefix}/thumbnail.webp", target)
        except (
            FileGone,
            ArchiveUnavailable,
        ):  # the report of a run must not fail for want of a picture
            return ""
        picture = base64.b64encode(target.read_bytes()).decode("ascii")
    return picture if len(picture) <= room else ""


def archive_link(prefix: str, archive: Archive, settings: ArchiveSettings) -> str:
    """Return a document's folder in the archive: a link into Amazon's console, elsewhere its address to copy."""
    address = archive.address(prefix)
    if not settings.url.startswith("s3://") or settings.endpoint_url:
        return quoted(address)
    bucket, _, key = address.removeprefix("s3://").partition("/")
    query = urlencode(
        {"prefix": f"{key}/", **({"region": settings.region} if settings.region else {})}
    )
    return f"[{quoted(address)}](https://console.aws.amazon.com/s3/buckets/{quote(bucket)}?{query})"
