"""What was written to a record, also while its source had another table or view."""

from collections.abc import Sequence

from pipeline.model import Effect, RecordRef
from pipeline.ports import Ledger


def effects_on(source: str, record: RecordRef, ledger: Ledger) -> Sequence[Effect]:
    """Return the effects on a record under any name that its source had for its table.

    A view and the table of it show the same record with the same PK_ID: what we wrote through one
    of them is ours in the other, too.
    """
    containers = ledger.files.containers(source, record.pk) | {record.container}
    found = [one for name in containers for one in ledger.effects.find(record=(name, record.pk))]
    return sorted(found, key=lambda effect: effect.id)
