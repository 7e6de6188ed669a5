"""The ways in which source, ledger and archive can differ, and what to do about each."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from pipeline.model import Effect, FileRef
from pipeline.ports import FileState


class DifferenceKind(StrEnum):
    """What differs."""

    # What users do at the source.
    NEW = "new at the source"
    GONE = "gone at the source"
    NAME = "name differs from what we left"
    VALUE = "value differs from what we left"
    # What a user has to correct: the record names a file that is not there.
    FILE_MISSING = "file missing in the Files area"
    # What a killed run or a damaged archive leaves.
    OPEN = "open effect"
    ORIGINAL_MISSING = "original missing"
    ORIGINAL_DAMAGED = "original damaged"
    DERIVED_MISSING = "derived missing"
    NOT_ARCHIVED = "ledger row without archive"
    UNKNOWN_DOCUMENT = "unknown document in the archive"
    UNKNOWN_ORIGINAL = "unknown original in the archive"


HARMLESS = frozenset(
    {DifferenceKind.NEW, DifferenceKind.GONE, DifferenceKind.NAME, DifferenceKind.VALUE}
)
"""What users have done at the source since: nothing to repair."""

_FETCH_OR_RESTORE = (
    "`verify --repair` fetches it if Caspio still has the same bytes. Otherwise restore a backup."
)
ADVICE = {
    DifferenceKind.NEW: "`run` processes it.",
    DifferenceKind.GONE: "Nothing to do: the archive keeps it.",
    DifferenceKind.NAME: "Nothing to do: a user's name stays.",
    DifferenceKind.VALUE: "Nothing to do: a user's value stays.",
    DifferenceKind.FILE_MISSING: (
        "Upload the file under this path, or correct the path in the record; if it was read "
        "before, the archive has it."
    ),
    DifferenceKind.OPEN: (
        "The next `run` of its source settles it; `verify --repair` does if looking is enough."
    ),
    DifferenceKind.ORIGINAL_MISSING: _FETCH_OR_RESTORE,
    DifferenceKind.ORIGINAL_DAMAGED: _FETCH_OR_RESTORE,
    DifferenceKind.DERIVED_MISSING: "`verify --repair` reads the archived original again.",
    DifferenceKind.NOT_ARCHIVED: (
        "`verify --repair` fetches and reads it if Caspio still has the same bytes."
    ),
    DifferenceKind.UNKNOWN_DOCUMENT: "`verify --rebuild-ledger` takes it into the ledger.",
    DifferenceKind.UNKNOWN_ORIGINAL: (
        "A killed run may have left it, and the next run uses it. Otherwise it may be the only "
        "copy of a file: look at it before you move it elsewhere."
    ),
}


@dataclass(frozen=True, slots=True)
class Difference:
    """One difference: its subject in words, and what is known of the file there.

    `listed` is the file as the source shows it now; None where it does not.
    """

    kind: DifferenceKind
    subject: str
    detail: str = ""
    state: FileState | None = None
    listed: FileRef | None = None
    effect: Effect | None = None


@dataclass(frozen=True, slots=True)
class Batch:
    """The differences of some files, and the place after which the next batch starts.

    Without a place there is no next batch. `unproven` counts the files whose archived bytes nothing
    confirmed: they were not read, and the store has no checksum of its own.
    """

    differences: Sequence[Difference]
    files: int = 0
    place: Sequence[str] = ()
    unproven: int = 0


def subject_of(ref: FileRef) -> str:
    """Name a file for an operator."""
    where = f"{ref.container} record {ref.record.pk} {ref.field}" if ref.record else ref.path
    return f"{ref.source}: {where} ({ref.name})"
