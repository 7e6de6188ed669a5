from collections.abc import Mapping
from dataclasses import replace

from pipeline.model import (
    Effect,
    EffectKind,
    EffectState,
    FileRef,
    Outcome,
    Place,
    RecordRef,
    Status,
    Value,
)
from pipeline.ports import Ledger

SHA = "ab" * 32


def a_ref(pk: str = "1", name: str = "scan.pdf", **changes: object) -> FileRef:
    """Make a reference to an attachment."""
    ref = FileRef(
        "receipts",
        Place.ATTACHMENT,
        "Receipts",
        "Scan",
        RecordRef("Receipts", pk),
        name,
        10,
        "2026-03-01",
    )
    return replace(ref, **changes)  # type: ignore[arg-type]  # a test names fields


def a_file(path: str, **changes: object) -> FileRef:
    """Make a reference to a Files-area file without a record."""
    return replace(FileRef("inbox", Place.FOLDER, "/In", "", None, path, 10, "", path), **changes)  # type: ignore[arg-type]  # as above


def done(ref: FileRef, **changes: object) -> Outcome:
    """Make an outcome, done unless `status` says otherwise."""
    return replace(Outcome(ref, Status.DONE), **changes)  # type: ignore[arg-type]  # as above


def update(pk: str = "1", *, version: str = "v1", **after: str | float | None) -> Effect:
    """Make an effect that writes columns."""
    return Effect(
        EffectKind.UPDATE_COLUMNS, version, "Receipts", pk, before=dict.fromkeys(after), after=after
    )


def repoint(old: str, new: str, *, version: str = "v1") -> Effect:
    """Make an effect that points a row at another path."""
    return Effect(
        EffectKind.REPOINT,
        version,
        "Docs",
        "7",
        before={"File": old},
        after={"File": new},
        field="File",
    )


def settled(ledger: Ledger, effect: Effect, state: EffectState = EffectState.VERIFIED) -> Effect:
    """Record an effect and what became of it."""
    known = ledger.effects.intend(effect, "run-1")
    ledger.effects.settle(known, state)
    return known


def last_values(ledger: Ledger, pk: str) -> Mapping[str, Value]:
    """Return the values that were written last to a receipt, by column."""
    written = ledger.effects.last_written("Receipts", pk)
    return {column: own.value for column, own in written.items()}
