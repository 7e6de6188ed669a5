"""Pair the records of a source with what was read of their documents."""

from collections import defaultdict
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

from pipeline.context import SourceRun
from pipeline.decide.naming import findings_by_name
from pipeline.decide.truth import cleared_columns, typed_values
from pipeline.errors import FileGone
from pipeline.isolation import isolated
from pipeline.learning.columns import learnable
from pipeline.model import Column, FileRef, Finding, ReadDocument, RecordRef, RecordWork
from pipeline.model.learning import TypedValue
from pipeline.model.review import ReviewItem, ReviewState
from pipeline.record import read_file
from pipeline.steps.write_back import effects_on

PAGES = "pages.json"


@dataclass(frozen=True, slots=True)
class FilledRecord:
    """A listed record, with what people have put into the columns that are learned.

    `cleared` are the columns from which people removed what we had written. `order` sorts records
    by age: the date of the newest file, then the place in the listing.
    """

    work: RecordWork
    record: RecordRef
    typed: Mapping[str, TypedValue]
    cleared: Collection[str]
    order: tuple[str, int]


@dataclass(frozen=True, slots=True)
class RecordReading:
    """What was read of a record's document: its digest, findings and pages in a local file.

    `pages` is None where the archive has none. `basis` identifies the reading. `is_mixed` says that
    the pages are several documents.
    """

    version: str
    sha256: str
    findings: Mapping[str, Finding]
    pages: Path | None
    basis: str
    is_mixed: bool


def filled_records(run: SourceRun, columns: Mapping[str, Column]) -> Iterator[FilledRecord]:
    """List the source, and yield its records with what people have put there, if anything.

    A file without a record has no columns, and is left out.
    """
    ledger = run.ports.ledger
    wanted = {name: columns[name] for name in learnable(run.spec) if name in columns}
    items: dict[tuple[str, str], list[ReviewItem]] = defaultdict(list)
    # Only what was rejected says something of a value that somebody typed.
    for item in ledger.effects.walk_review_items(run.spec.name, ReviewState.REJECTED):
        items[item.record.container, item.record.pk].append(item)
    number = 0
    for page in run.ports.source.pages(run.spec):
        run.check_stop()
        # The whole page at once: a statement for each record would take ten times as long.
        for work, effects in zip(page, effects_on(page, ledger), strict=True):
            if work.record is None:
                continue
            number += 1
            key = work.record.container, work.record.pk
            waiting = items.get(key, ())
            typed = typed_values(work.values, wanted, effects, waiting, present=columns)
            cleared = cleared_columns(work.values, wanted, effects)
            dates = [_iso_date(ref.listed_date or ref.created) for ref in work.files]
            # If records have no dates, the one that was listed later counts as newer.
            age = (max(dates, default=""), number)
            yield FilledRecord(work, work.record, typed, cleared, age)


def _iso_date(listed: str) -> str:
    try:
        moment = datetime.fromisoformat(listed)
    except ValueError:
        return ""
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).isoformat()


def reading_of(
    filled: FilledRecord, run: SourceRun, folder: Path, *, may_read: Callable[[], bool]
) -> RecordReading | None:
    """Return the reading of a record's document; what was never read is read, if it may be.

    Of several files it is the first that could be read and is one document: pages of several
    would teach a mixture of them. None if there is none.
    """
    for number, ref in enumerate(filled.work.files):
        scratch = folder / f"{filled.record.pk}-{number}.json"
        known = _known(ref, run, scratch)
        state = run.ports.ledger.files.state(ref.version)
        # What could not be read is not read again until `reprocess`.
        is_new = known is None and (state is None or state.outcome is None)
        if is_new and may_read():
            _read(filled.work, ref, run, folder / f"{filled.record.pk}-{number}")
            known = _known(ref, run, scratch)
        if known is not None and not known.is_mixed:
            return known
    return None


def _read(work: RecordWork, ref: FileRef, run: SourceRun, folder: Path) -> None:
    """Fetch, read and archive a file; nothing is planned, so the next run finds it unfinished."""
    documents: list[ReadDocument] = []
    run.ports.ledger.files.seen([ref], run.run_id)
    for outcome in isolated([ref], partial(read_file, ref, work, run, folder, documents)):
        run.ports.ledger.files.finish(outcome, run.run_id)


def _known(ref: FileRef, run: SourceRun, scratch: Path) -> RecordReading | None:
    files = run.ports.ledger.files
    state = files.state(ref.version)
    if state is None or state.sha256 is None:
        return None
    fingerprints = files.reading_fingerprints(state.sha256)
    # An older reading is better than none: `reprocess --stale` replaces it.
    latest = fingerprints[0] if fingerprints else None
    fingerprint = next((one for one in fingerprints if run.ports.reader.is_current(one)), latest)
    reading = files.reading(state.sha256, fingerprint) if fingerprint else None
    if reading is None or not reading[0].status.readable:
        return None
    findings, prefix = reading
    pages: Path | None = scratch
    try:
        run.ports.archive.get(f"{prefix}/{PAGES}", scratch)
    except FileGone:
        pages = None  # the settings leave this rendition out
    basis = f"{state.sha256} {fingerprint}"
    named, is_mixed = findings_by_name(findings), bool(findings.documents)
    return RecordReading(ref.version, state.sha256, named, pages, basis, is_mixed)
