"""List what there is, and let through what the ledger does not call finished."""

from collections.abc import Callable, Iterator
from dataclasses import replace

from pipeline.echo import news
from pipeline.model import FileRef, RecordWork, SourceSpec
from pipeline.ports import FileSource, Ledger


def enumerate_work(
    spec: SourceSpec,
    *,
    source: FileSource,
    ledger: Ledger,
    run_id: str,
    fingerprint: str,
    unchanged: Callable[[FileRef], None],
    found: Callable[[int], None] = lambda _: None,
) -> Iterator[RecordWork]:
    """Yield every record with a file that is new, changed or unfinished, lazily and page by page.

    A record comes with its unfinished files only; each finished one is told to `unchanged`. A quarantined one is
    finished until the reader's fingerprint changes. `found` is told, a page at a time, how many files are about to be
    yielded.
    """
    for page in source.pages(spec):
        refs = [ref for work in page for ref in work.files]
        fresh = news(refs, ledger=ledger) | ledger.released([ref.version for ref in refs], fingerprint)
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
        found(len(due))
        yield from todo
