"""Read a few documents of an account, to look at them: nothing is archived, recorded or written."""

import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import replace
from itertools import chain, islice, zip_longest
from pathlib import Path
from typing import TYPE_CHECKING

from flows.app.onboarding.wiring import open_source
from flows.app.reading import open_reader
from pipeline.decide.column_values import is_empty
from pipeline.errors import IngestError
from pipeline.model import FileRef, RecordWork
from pipeline.onboarding.proposal import Proposal, ProposedSource
from pipeline.onboarding.sample_documents import SampleDocument
from pipeline.ports import FileSource, Reader
from pipeline.ports.reader import ReadingTurns
from pipeline.settings.sections import ProcessingSettings
from pipeline.steps.fetch import download

if TYPE_CHECKING:
    from pipeline.adapters.caspio.client import CaspioClient

MOST = 10
"""Documents that are read."""

_DEFAULTS = ProcessingSettings()


def read_samples(
    client: "CaspioClient",
    proposal: Proposal,
    *,
    most: int = MOST,
    processing: ProcessingSettings = _DEFAULTS,
    turns: ReadingTurns | None = None,
    fullest: bool = False,
    on_read: Callable[[FileRef], None] = lambda _: None,
) -> list[SampleDocument]:
    """Read documents of each file field in turn, `most` in all.

    A document that cannot be fetched is left out. With `fullest`, those of the records with the
    most values come first, and some of the emptiest ones last. With `turns` other accounts of this
    machine read in between.

    Raises:
        BadSettings: no reader process can be started.
    """
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="caspio-ingest-")))
        source = open_source(client, folder=folder)
        # One after the other: the user waits for ten documents, and each reader loads its models.
        reader = stack.enter_context(open_reader(processing, workers=1, turns=turns))
        by_field = [_files(source, one) for one in proposal.sources]
        if fullest:
            by_field = [[spread(queue, most) for queue in one] for one in by_field]
        samples: list[SampleDocument] = []
        for work, ref in islice(_in_turn(list(chain.from_iterable(by_field))), most):
            sample = _read(ref, work, source, reader, folder)
            if sample is not None:
                samples.append(sample)
            on_read(ref)
        return samples


def spread(
    queue: Sequence[tuple[RecordWork, FileRef]], most: int
) -> list[tuple[RecordWork, FileRef]]:
    """Return `most` documents: three of four from the fullest records, the rest from the emptiest.

    Values that are there prove what a column is for; what would be written shows where none are.
    """

    def filled(one: tuple[RecordWork, FileRef]) -> int:
        return sum(not is_empty(value) for value in one[0].values.values())

    ranked = sorted(queue, key=filled, reverse=True)
    last = min(most // 4, len(ranked))
    return [*ranked[: most - last], *ranked[max(most - last, len(ranked) - last) :]]


def _in_turn(
    queues: Sequence[Sequence[tuple[RecordWork, FileRef]]],
) -> Iterator[tuple[RecordWork, FileRef]]:
    for row in zip_longest(*queues):
        yield from (one for one in row if one is not None)


def _files(source: FileSource, proposed: ProposedSource) -> list[list[tuple[RecordWork, FileRef]]]:
    """Return the first files of each field, with their records."""
    # All columns, so that values can be compared with what the documents say.
    unreadable = {"PASSWORD", "ATTACHMENT"}
    found = proposed.container.columns.values()
    columns = {one.name: "text" for one in found if one.type not in unreadable}
    spec = replace(proposed.spec(), columns=columns, fields=())
    if not proposed.container.columns:
        spec = replace(spec, index=None)  # the index table is still to be created
    try:
        page = next(iter(source.pages(spec)), ())
    except IngestError:
        return []
    queues: dict[str, list[tuple[RecordWork, FileRef]]] = {}
    for work in page:
        for ref in work.files:
            if proposed.reads(ref) and not ref.is_missing:
                queues.setdefault(ref.field, []).append((work, ref))
    return list(queues.values())


def _read(
    ref: FileRef, work: RecordWork, source: FileSource, reader: Reader, folder: Path
) -> SampleDocument | None:
    with tempfile.TemporaryDirectory(dir=folder) as name:
        original, work_dir = Path(name) / "original", Path(name) / "work"
        work_dir.mkdir()
        try:
            download(ref, source=source, target=original)
            findings = reader.read(original, name=ref.name, work_dir=work_dir)
        except IngestError:
            return None
    return SampleDocument(ref, work, findings)
