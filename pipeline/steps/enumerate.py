"""List what there is, and let through what the ledger does not call finished."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import islice

from pipeline.decide.own_changes import news
from pipeline.model import FileRef, RecordWork, SourceSpec
from pipeline.ports import FileSource, Ledger, Telemetry
from pipeline.ports.metrics import SILENT

NAMED_AT_ONCE = 500
"""Records that are named one by one in a listing."""


def enumerate_work(
    spec: SourceSpec,
    *,
    source: FileSource,
    ledger: Ledger,
    run_id: str,
    fingerprint: str,
    only: Sequence[str] = (),
    unchanged: Callable[[FileRef], None],
    found: Callable[[Sequence[FileRef]], None] = lambda _: None,
    recognised: Callable[[Mapping[str, FileRef]], None] = lambda _: None,
    telemetry: Telemetry = SILENT,
) -> Iterator[RecordWork]:
    """Yield every record with a file that is new, changed or unfinished, lazily and page by page.

    `only` names the records (for a folder the paths) to look at, instead of all: those of them that belong to the
    source and are still there. A record comes with its unfinished files only; each finished one is told to `unchanged`.
    A quarantined one is finished until the reader's fingerprint changes. `found` is told, a page at a time, the files
    about to be yielded; `recognised` which versions our own renames have become, by the version that was
    renamed.
    """
    for page in _timed(_named(spec, source, only) if only else source.pages(spec), telemetry):
        refs = [ref for work in page for ref in work.files]
        fresh = news(refs, ledger=ledger, recognised=recognised)
        fresh |= ledger.released([ref.version for ref in refs], fingerprint)
        todo: list[RecordWork] = []
        for work in page:
            files = tuple(ref for ref in work.files if ref.version in fresh)
            for ref in work.files:
                if ref.version not in fresh:
                    unchanged(ref)
            if files:
                todo.append(replace(work, files=files))
        due = [ref for work in todo for ref in work.files]
        ledger.seen(due, run_id)
        found(due)
        yield from todo


def _timed(
    pages: Iterator[Sequence[RecordWork]], telemetry: Telemetry
) -> Iterator[Sequence[RecordWork]]:
    """Yield the pages, each timed as it is listed."""
    while True:
        with telemetry.stage("list"):
            page = next(pages, None)
        if page is None:
            return
        yield page


def _named(
    spec: SourceSpec, source: FileSource, keys: Iterable[str]
) -> Iterator[Sequence[RecordWork]]:
    rest = iter(dict.fromkeys(keys))
    while some := list(islice(rest, NAMED_AT_ONCE)):
        yield source.records(spec, some, matching=True)
