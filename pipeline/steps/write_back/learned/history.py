"""What was written to a record, also under another name of its table or by another source."""

from collections import defaultdict
from collections.abc import Iterator, Sequence

from pipeline.model import Effect, RecordWork
from pipeline.ports import Ledger


def effects_on(works: Sequence[RecordWork], ledger: Ledger) -> Iterator[Sequence[Effect]]:
    """Yield the effects on each of these records of a source, under any name of its table.

    A view and the table of it show the same record with the same PK_ID: what we wrote through one
    of them is ours in the other, too.
    """
    if not works:
        return
    shown = [(work.record, _sizes(work)) for work in works if work.record is not None]
    containers = iter(ledger.files.containers(works[0].source, shown))
    places = [
        {(name, work.record.pk) for name in {*next(containers), work.record.container}}
        if work.record is not None
        else set()
        for work in works
    ]
    by_place: dict[tuple[str, str], list[Effect]] = defaultdict(list)
    for effect in ledger.effects.on_records(set().union(*places)):
        by_place[effect.container, effect.pk].append(effect)
    for named in places:
        found = [effect for place in named for effect in by_place.get(place, ())]
        yield sorted(found, key=lambda effect: effect.id)


def _sizes(work: RecordWork) -> set[int]:
    return {ref.size_bytes for ref in work.files if ref.size_bytes is not None}
