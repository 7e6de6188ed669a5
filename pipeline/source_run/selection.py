"""Select records again: those that `reprocess` names, and those with a reprocess flag."""

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import islice

from pipeline.context import SourceRun
from pipeline.decide.fingerprint import plan_fingerprint
from pipeline.errors import BadSettings
from pipeline.model import FileRef, RecordWork, SourceSpec
from pipeline.model.sources import refuse_condition
from pipeline.steps.enumerate import files_of

PAGE = 500
"""Records that are named one by one in one listing."""


@dataclass(frozen=True, slots=True)
class Selection:
    """What `reprocess` selects of a source: everything, or what meets the given conditions.

    `as_class` is the class that a user says the documents have, "" to find it out.

    Raises:
        BadSettings: `where` would select beyond the source's own clause.
    """

    records: tuple[str, ...] = ()
    where: str | None = None
    since: datetime | None = None
    stale: bool = False
    as_class: str = ""

    def __post_init__(self) -> None:
        problem = refuse_condition(self.where or "")
        if problem:
            raise BadSettings([f"where {self.where!r} is not a single condition: {problem}."])


def selected_records(run: SourceRun, selection: Selection) -> Iterator[RecordWork]:
    """Yield the selected records with their files as they are listed now."""
    for page in _pages(run, selection):
        run.ports.ledger.files.seen(files_of(page), run.run_id)
        yield from page


def forecast(run: SourceRun, selection: Selection) -> Iterator[tuple[RecordWork, int]]:
    """Yield the selected records, each with the number of files that must be read again."""
    ledger, reader = run.ports.ledger, run.ports.reader
    for work in selected_records(run, selection):
        to_read = len(work.files)
        for ref in work.files if run.reuse_readings else ():
            state = ledger.files.state(ref.version)
            if state is not None and state.fingerprint and reader.is_current(state.fingerprint):
                to_read -= 1
        yield work, to_read


def requested_records(run: SourceRun, only: Collection[str] = ()) -> Iterator[RecordWork]:
    """Yield the records, `only` these or all, in which a user has set the reprocess flag.

    The flag of a record without a file stays set: there is nothing to read yet.
    """
    flagged = run.ports.source.reprocess_requests(run.spec)
    for keys in _batches(key for key in flagged if not only or key in only):
        listed = run.ports.source.records(run.spec, keys)
        run.ports.ledger.files.seen(files_of(listed), run.run_id)
        for work in listed:
            key = listing_key(work.files[0], run.spec)
            assert key is not None
            yield replace(work, reprocess_flag=flagged[key])


def listing_key(ref: FileRef, spec: SourceSpec) -> str | None:
    """Return what a source lists a file's record by: the PK_ID, for a folder source the path."""
    return ref.pk if spec.folder is None else ref.path


def listing_keys(refs: Iterable[FileRef], spec: SourceSpec) -> Iterator[str]:
    """Yield what a source lists these files' records by, once for files that follow each other."""
    last = None
    for ref in refs:
        key = listing_key(ref, spec)
        if key is not None and key != last:
            last = key
            yield key


def _pages(run: SourceRun, selection: Selection) -> Iterator[Sequence[RecordWork]]:
    """Yield what is selected, page by page as it is listed."""
    spec, source, ledger = run.spec, run.ports.source, run.ports.ledger
    by_ledger = selection.stale or selection.since is not None
    # A clause selects at Caspio, stale and since in the ledger; without any condition it is all.
    if selection.where or not (selection.records or by_ledger):
        # In parentheses: an OR inside must not take in records beyond the source's own clause.
        clauses = [f"({clause})" for clause in (spec.where, selection.where) if clause]
        yield from source.pages(replace(spec, where=" AND ".join(clauses) or None))
        return
    if selection.records:
        yield source.records(spec, selection.records)
        return
    if selection.stale:
        is_current = run.ports.reader.is_current
        rules = plan_fingerprint(spec, run.learned)
        states = ledger.files.stale(is_current, rules, source=spec.name)
    else:
        states = ledger.files.states(source=spec.name, since=selection.since)
    for keys in _batches(listing_keys((state.ref for state in states), spec)):
        yield source.records(spec, keys)


def _batches(keys: Iterator[str]) -> Iterator[Sequence[str]]:
    while batch := list(islice(keys, PAGE)):
        yield batch
