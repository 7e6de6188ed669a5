"""What was written to a record, also under another name of its table or by another source."""

from collections.abc import Sequence

from pipeline.model import Effect, RecordWork
from pipeline.ports import Ledger


def effects_on(work: RecordWork, ledger: Ledger) -> Sequence[Effect]:
    """Return the effects on a record under any name of its table.

    A view and the table of it show the same record with the same PK_ID: what we wrote through one
    of them is ours in the other, too.
    """
    record = work.record
    if record is None:
        return []
    sizes = {ref.size_bytes for ref in work.files if ref.size_bytes is not None}
    containers = ledger.files.containers(work.source, record, sizes=sizes) | {record.container}
    found = [one for name in containers for one in ledger.effects.find(record=(name, record.pk))]
    return sorted(found, key=lambda effect: effect.id)
