"""Own-change detection: which records did a webhook report only because a sync wrote to them?"""

from collections.abc import Mapping, Sequence

from pipeline.model.messages import ReportedRecord
from pipeline.model.sync import PK, RowState, SyncSpec
from pipeline.ports.ledger import SyncLedger
from pipeline.sync.conversions import Unfit, of_caspio
from pipeline.sync.layout import agreed_values


def own_writes(
    records: Sequence[ReportedRecord],
    spec: SyncSpec,
    *,
    types: Mapping[str, str],
    ledger: SyncLedger,
) -> set[str]:
    """Return the PK_IDs of records whose values, as a message carries them, both sides had last.

    In doubt a record is not among them: to look once too often costs a call, to look once too
    seldom leaves a change until the next run. A view's records are always in doubt.
    """
    if spec.is_view:
        # A column that is not in sync, and so in no message, may have hidden the record.
        return set()
    asked = [record.key for record in records if record.values]
    known = {state.pk: state for state in ledger.rows_with_pks(spec.identity, asked)}
    return {
        record.key
        for record in records
        if record.key in known and _is_as_known(record, known[record.key], spec, types)
    }


def _is_as_known(
    record: ReportedRecord, state: RowState, spec: SyncSpec, types: Mapping[str, str]
) -> bool:
    # A difference that waits, or that an undo left, is looked at again whenever its record moves.
    if state.base is None or state.left_as:
        return False
    agreed = agreed_values(state.base, spec.columns)
    for name in spec.columns:
        if name == PK:
            continue
        if name not in agreed or name not in types or name not in record.values:
            return False
        try:
            if of_caspio(types[name], record.values[name]) != agreed[name]:
                return False
        except Unfit:
            return False
    return True
