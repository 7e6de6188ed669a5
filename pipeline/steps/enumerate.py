"""List what the source has, and let through what the ledger does not know as finished."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import partial

from pipeline.context import SourceRun
from pipeline.decide.own_changes import unprocessed
from pipeline.digests import is_same_file
from pipeline.model import FileRef, RecordWork

NAMED_AT_ONCE = 500
"""Records that are named one by one in one listing."""


def enumerate_records(
    run: SourceRun,
    *,
    only: Sequence[str] = (),
    on_unchanged: Callable[[FileRef], None],
    on_found: Callable[[Sequence[FileRef]], None] = lambda _: None,
    on_renamed: Callable[[Mapping[str, FileRef]], None] = lambda _: None,
) -> Iterator[RecordWork]:
    """Yield every record with a file that is new, changed or unfinished, lazily and page by page.

    `only` names the records (for a folder source the paths) to look at; those that do not belong to
    the source or are gone are left out. A record comes with its unfinished files only, each
    finished file goes to `on_unchanged`. A quarantined file counts as finished until its cooling
    time is over or the reader's fingerprint changes. `on_found` gets the files about to be yielded,
    a page at a time; `on_renamed` gets the versions that our own renames left, by the version that
    was renamed.
    """
    ledger, fingerprint = run.ports.ledger, run.ports.reader.fingerprint()
    for page in _pages(run, only):
        refs = files_of(page)
        todo = unprocessed(
            refs,
            ledger=ledger,
            settle=partial(is_same_file, source=run.ports.source),
            on_renamed=on_renamed,
        )
        todo |= ledger.files.released_from_quarantine([ref.version for ref in refs], fingerprint)
        works: list[RecordWork] = []
        found: list[FileRef] = []
        for work in page:
            files = [ref for ref in work.files if ref.version in todo]
            for ref in work.files:
                if ref.version not in todo:
                    on_unchanged(ref)
            if files:
                works.append(replace(work, files=tuple(files)))
                found += files
        # Recorded before it is yielded: a run that is killed now leaves the files as seen.
        ledger.files.seen(found, run.run_id)
        on_found(found)
        yield from works


def _pages(run: SourceRun, only: Sequence[str]) -> Iterator[Sequence[RecordWork]]:
    """Yield the pages of a listing, and measure how long the source needs for each."""
    source, keys = run.ports.source, list(dict.fromkeys(only))
    if only:
        pages: Iterator[Sequence[RecordWork]] = (
            source.records(run.spec, keys[start : start + NAMED_AT_ONCE], matching=True)
            for start in range(0, len(keys), NAMED_AT_ONCE)
        )
    else:
        pages = source.pages(run.spec)
    while True:
        with run.ports.telemetry.stage("list"):
            page = next(pages, None)
        if page is None:
            return
        yield page


def list_moved_file(ref: FileRef, run: SourceRun) -> list[RecordWork]:
    """List a Files-area file again if this run has moved it for another record."""
    ledger = run.ports.ledger
    path = ledger.effects.moved_to(ref.path) if ref.path is not None else None
    if path is None:
        return []
    listed = run.ports.source.records(run.spec, [ref.pk or path])
    works: list[RecordWork] = []
    for work in listed:
        moved = tuple(new for new in work.files if new.path == path)
        if moved:
            works.append(replace(work, files=moved))
    ledger.files.seen(files_of(works), run.run_id)
    return works


def files_of(works: Iterable[RecordWork]) -> list[FileRef]:
    """Return the files of all of these records."""
    return [ref for work in works for ref in work.files]
