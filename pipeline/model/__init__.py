"""The values that travel through the pipeline. Nothing here does I/O; every value is frozen.

A *file* is in a *record* at Caspio. A *reference* says where, a *finding* says what was read, a
*plan* says what will be written, an *outcome* says how it ended.
"""

import dataclasses
import hashlib
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from functools import cached_property
from json.encoder import encode_basestring
from pathlib import Path
from typing import Any

from pipeline.model.limits import (
    NO_VALUES,
    ConfidenceLimits as ConfidenceLimits,
    ValueCounts as ValueCounts,
)
from pipeline.model.reading import (
    Candidate as Candidate,
    Child as Child,
    Finding as Finding,
    Findings as Findings,
    PageText as PageText,
    ReadStatus as ReadStatus,
    ScanStatus as ScanStatus,
)
from pipeline.model.sources import (
    Confirm as Confirm,
    IndexTable as IndexTable,
    Overwrite as Overwrite,
    SourceSpec as SourceSpec,
)
from pipeline.model.status import Stage as Stage, Status as Status

Value = str | int | float | bool | None
"""A scalar as Caspio's JSON carries it; dates are text without a zone."""


class Place(StrEnum):
    """Where a file's bytes are at Caspio."""

    ATTACHMENT = "attachment"  # inside the record, reached through /attachments
    FILE = "file"  # in the Files area, named by a path in a FILE field
    FOLDER = "folder"  # in the Files area, found by walking a folder


@dataclass(frozen=True, slots=True)
class RecordRef:
    """A record: `container` is a table or view, `pk` its PK_ID (of a view possibly with commas)."""

    container: str
    pk: str
    is_view: bool = False


# With a dictionary of its own, in which digests are kept: a listing asks for each a dozen times.
@dataclass(frozen=True)
class FileRef:
    """One version of one file, as a listing gave it.

    `name` is the full name with extension where one is known. `size_bytes` and `listed_date` (raw
    text) are None or "" where the listing left them out. `path` is the Files-area path for FILE and
    FOLDER places, None for attachments. `record` is None for a Files-area file that no record
    refers to. `extension` (no dot) is what the listing of an attachment has beside its name, ""
    where it has none; None for the Files area, which lists whole names. `created` is the date of
    creation as listed, "" where the listing left it out.
    """

    source: str
    place: Place
    container: str
    field: str
    record: RecordRef | None
    name: str
    size_bytes: int | None
    listed_date: str
    path: str | None = None
    extension: str | None = None
    created: str = ""

    @property
    def is_missing(self) -> bool:
        """Say whether a record names the file by its path, and the Files area has no such file."""
        return self.place is Place.FILE and self.size_bytes is None and not self.listed_date

    @property
    def holder(self) -> str:
        """Name what has the file: its record, or its path where the record may change."""
        if self.place is Place.FOLDER or self.record is None:
            return self.path or self.name
        return self.record.pk

    @classmethod
    def from_plain(cls, row: Mapping[str, Any]) -> "FileRef":
        """Rebuild a reference from its plain data."""
        record = row["record"]
        whole = RecordRef(**record) if record else None
        return cls(**{**row, "place": Place(row["place"]), "record": whole})

    @property
    def pk(self) -> str | None:
        """Return the PK_ID of its record, None for a file that no record refers to."""
        return self.record.pk if self.record is not None else None

    def shows_record_of(self, record: RecordRef, sizes: Collection[int]) -> bool:
        """Say whether this may be a file of a record, listed by its view or by its view's table.

        Both show a record with the same PK_ID, and its files with the same sizes.
        """
        own = self.record
        return (
            own is not None
            and own.pk == record.pk
            and (own.is_view or record.is_view)
            and self.size_bytes in sizes
        )

    @property
    def location(self) -> str:
        """Say in words where the file is."""
        if self.record is None:
            return f"the Files area at {self.path}"
        return f"{self.container} record {self.record.pk} field {self.field}"

    @cached_property
    def location_key(self) -> str:
        """Identify the place of the file, whatever version is there; attachments keep it."""
        return short_digest([self.source, *self._column(), self.holder])

    @cached_property
    def version(self) -> str:
        """Identify this version of the file: 20 hex digits of SHA-256 over the listing."""
        name = self.path or self.name
        return short_digest(
            [self.source, *self._column(), self.holder, name, self.size_bytes, self.listed_date]
        )

    def _column(self) -> list[str]:
        """Return table and field; a folder's file has neither until a record refers to it."""
        return [] if self.place is Place.FOLDER else [self.container, self.field]


def short_digest(parts: Sequence[str | int | None]) -> str:
    """Return 20 hex digits of SHA-256 over the parts, written as a list in JSON."""
    # Each file of a listing has one or two of them, and `json.dumps` makes an encoder for each.
    encoded = [
        encode_basestring(part) if isinstance(part, str) else "null" if part is None else str(part)
        for part in parts
    ]
    text = f"[{', '.join(encoded)}]"
    return hashlib.sha256(text.encode(errors="surrogatepass")).hexdigest()[:20]


@dataclass(frozen=True, slots=True)
class RecordWork:
    """A record with its files, and the values of the mapped columns when it was listed.

    `record` is None for a Files-area file without a record; such work has exactly one file.
    `reprocess_flag` is the row in which a user asked for the files to be read again.
    """

    source: str
    record: RecordRef | None
    values: Mapping[str, Value]
    files: tuple[FileRef, ...]
    reprocess_flag: RecordRef | None = None


@dataclass(frozen=True, slots=True)
class FetchedFile:
    """A file whose content is known. `path` is None where only the archive has the bytes so far."""

    ref: FileRef
    path: Path | None
    sha256: str
    size_bytes: int


@dataclass(frozen=True, slots=True)
class ReadDocument:
    """A file and what was read in it.

    `prefix` is where the archive has its derived files already, None where it does not have them.
    `stored` has what this run put into the archive of them, by name; None before that.
    """

    file: FetchedFile
    findings: Findings
    prefix: str | None = None
    stored: "Mapping[str, StoredObject] | None" = None


@dataclass(frozen=True, slots=True)
class StoredObject:
    """An object in the archive; `sha256` is lower-case hex, None if the store does not know it.

    It is proven by the bytes or by the store's own checksum of them. Otherwise it is what was noted
    with the object, which says nothing about bytes that were damaged since.
    """

    key: str
    size_bytes: int
    sha256: str | None
    is_proven: bool = field(default=True, compare=False)


@dataclass(frozen=True, slots=True)
class Column:
    """A Caspio column as the schema gives it; `type` is Caspio's (STRING, NUMBER, DATE/TIME, …).

    `table_field` is what the column of a view is called in its table, "" if that is not known.
    """

    name: str
    type: str
    editable: bool = True
    is_formula: bool = False
    unique: bool = False
    table_field: str = ""

    @property
    def is_locked(self) -> bool:
        """Say whether nobody can write to it: it is calculated or read-only."""
        return self.is_formula or not self.editable


class EffectKind(StrEnum):
    """The ways this system changes anything at Caspio."""

    UPDATE_COLUMNS = "update_columns"
    RENAME_ATTACHMENT = "rename_attachment"
    PUT_FILE = "put_file"
    REPOINT = "repoint"
    DELETE_FILE = "delete_file"
    INSERT_INDEX_ROW = "insert_index_row"
    DELETE_INDEX_ROW = "delete_index_row"
    APPLY_DECISION = "apply_decision"  # columns, as a user decided in the review
    APPLY_AGENT_DECISION = "apply_agent_decision"  # the same, as a program decided with a token
    INSERT_REVIEW_ROW = "insert_review_row"
    UPDATE_REVIEW_ROW = "update_review_row"
    CLEAR_REPROCESS_FLAG = "clear_reprocess_flag"


class EffectState(StrEnum):
    """How far an effect has come. The intent is recorded before the call, the others after it."""

    INTENT = "intent"  # recorded; the call was perhaps made
    APPLIED = "applied"  # Caspio has answered
    VERIFIED = "verified"  # known to be in effect
    CONFLICT = "conflict"  # the record was not as planned against: nothing was changed
    ABANDONED = "abandoned"  # not in effect, and not tried again


@dataclass(frozen=True, slots=True)
class Effect:
    """One change at Caspio: its target, the values it replaces, and the values it writes.

    `id` is 0 until the ledger has the effect. `undoes` is the id of the effect that this one takes
    back, 0 for any other effect. `at` is when the intent was recorded, `applied_at` when Caspio's
    answer was (of a put: right before its bytes were confirmed). `origins` has, by column, the file
    version that a value of `after` was read in, where that is not `version`.
    """

    kind: EffectKind
    version: str
    container: str
    pk: str
    before: Mapping[str, Value]
    after: Mapping[str, Value]
    is_view: bool = False
    field: str = ""
    state: EffectState = EffectState.INTENT
    note: str = ""
    id: int = 0
    run_id: str = ""
    at: datetime | None = None
    undoes: int = 0
    applied_at: datetime | None = None
    # In this class `field` is an attribute.
    origins: Mapping[str, str] = dataclasses.field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class OwnValue:
    """A value that this program wrote last to a column, and the file version it was read in."""

    value: Value
    version: str


@dataclass(frozen=True, slots=True)
class Suggestion:
    """A value that was not written: a user's value is there, or the finding is not sure enough.

    `page` and `box` are where the value is printed, as in `Finding`; None where that is not known,
    or is the place of the finding. `version` is the file version that the value was read in, ""
    where that is not known.
    """

    column: str
    current: Value
    suggested: Value
    reason: str
    confidence: float = 0.0
    page: int | None = None
    box: tuple[float, float, float, float] | None = None
    version: str = ""


@dataclass(frozen=True, slots=True)
class Basis:
    """Why a value is to be written: the confidence (0 to 1), the reason in words, and the version.

    `version` is the file version that the value was read in, "" where that is not known. `write_at`
    is the confidence that the column asks for.
    """

    confidence: float
    reason: str
    version: str = ""
    write_at: float = 0.0


@dataclass(frozen=True, slots=True)
class Plan:
    """What will be written for one record.

    `before` has the state that every changed column was planned against. `new_names` maps a file
    version to its new full name; only files whose name changes appear. `basis` says, by column, why
    a value of `after` is wanted. `left_open` has the columns that stay empty without a suggestion,
    with what was read and is too uncertain, "" if nothing was found.
    """

    work: RecordWork
    before: Mapping[str, Value] = field(default_factory=dict)
    after: Mapping[str, Value] = field(default_factory=dict)
    new_names: Mapping[str, str] = field(default_factory=dict)
    suggestions: tuple[Suggestion, ...] = ()
    problems: tuple[str, ...] = ()
    basis: Mapping[str, Basis] = field(default_factory=dict)
    left_open: Mapping[str, str] = field(default_factory=dict)

    @property
    def empty(self) -> bool:
        """Say whether nothing would be written."""
        return not self.after and not self.new_names


@dataclass(frozen=True, slots=True)
class Outcome:
    """How one file ended, with the reason as a sentence.

    `left_open` is as in the plan; `reason_before_undo`, set by an undo alone, says why the file was
    done in part before. The ledger keeps neither `seconds`, the wall time of its record in this
    run, nor `values`, which count a record once: with its first document.
    """

    ref: FileRef
    status: Status
    reason: str = ""
    sha256: str | None = None
    doc_type: str | None = None
    pages: int = 0
    size_bytes: int = 0
    written: Mapping[str, Value] = field(default_factory=dict)
    new_name: str | None = None
    suggestions: tuple[Suggestion, ...] = ()
    planned_only: bool = False
    quarantined: bool = False
    left_open: Mapping[str, str] = field(default_factory=dict)
    reason_before_undo: str | None = None
    seconds: float = field(default=0.0, compare=False)
    values: ValueCounts = field(default=NO_VALUES, compare=False)

    @property
    def state(self) -> str:
        """Return how it is shown: "planned" where it would be done, else its status."""
        return str(Stage.PLANNED if self.planned_only and self.status == "done" else self.status)
