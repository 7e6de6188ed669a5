"""A plan as a file to review and to carry out with `apply`: JSON lines, sealed. See docs/plan.md.

The first line says whose plan it is, every other line is one record, and the last line seals all
the lines before it with the key of the installation, which is in the ledger.
"""

import hashlib
import hmac
import json
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import IO, Any, Self

from pipeline.archive_layout import document_prefix
from pipeline.errors import BadSettings
from pipeline.model import (
    Basis,
    FileRef,
    Place,
    Plan,
    ReadDocument,
    RecordRef,
    Status,
    Suggestion,
    Value,
    ValueCounts,
)
from pipeline.private_files import private
from pipeline.steps.write_back import Cost

VERSION = 2
_DIGEST_BYTES = 16  # 128 bits: nobody finds another line with the same digest
_PLAN_AGAIN = "Make a new plan with `caspio-ingest plan`."


@dataclass(frozen=True, slots=True)
class PlannedFile:
    """A file of a planned record.

    `new_name` is None where the name stays, `problem` is "" where the file was read well.
    """

    ref: FileRef
    sha256: str
    size_bytes: int
    media_type: str
    doc_type: str | None
    new_name: str | None
    archive: str
    problem: str = ""


@dataclass(frozen=True, slots=True)
class PlannedRecord:
    """What will be written for one record, why, and what it costs."""

    source: str
    record: RecordRef | None
    files: tuple[PlannedFile, ...]
    before: Mapping[str, Value]
    after: Mapping[str, Value]
    basis: Mapping[str, Basis]
    suggestions: tuple[Suggestion, ...]
    problems: tuple[str, ...]
    cost: Cost
    left_open: Mapping[str, str] = field(default_factory=dict)

    @property
    def values(self) -> ValueCounts:
        """Count what would be written, what is suggested and what is left open."""
        return ValueCounts(
            planned=len(self.after),
            suggested=len(self.suggestions),
            left_open=len(self.left_open),
        )

    @property
    def key(self) -> str:
        """Return what users name the record by: the PK_ID, of a file without a record the path."""
        return self.record.pk if self.record else str(self.files[0].ref.path)


@dataclass(frozen=True, slots=True)
class PlanOwner:
    """Whose plan it is: account, profile (a digest of the client id), settings hash by source.

    `flow_run` is the Prefect run that asks for a decision on it, "" for none.
    """

    url: str
    profile: str
    sources: Mapping[str, str]
    run_id: str
    made_at: str
    flow_run: str = ""


@dataclass(frozen=True, slots=True)
class PlanFile:
    """A plan file whose seal was checked. `id` is the beginning of the seal.

    `values` counts those of all records. `line_digests` are those of the lines that the seal was
    checked over, one behind the other.
    """

    path: Path
    owner: PlanOwner
    seal: str
    records: int
    cost: Cost
    values: ValueCounts = field(default_factory=ValueCounts)
    line_digests: bytes = field(default=b"", repr=False)

    @property
    def id(self) -> str:
        """Return what names the plan."""
        # 64 bits: no two plans of an account have the same by chance.
        return self.seal[:16]

    def each(self) -> Iterator[PlannedRecord]:
        """Yield the planned records, read one by one.

        Raises:
            BadSettings: a line is not a planned record, or was changed since the seal was checked.
        """
        # The digests show that a line is as it was when the seal was checked over all of them.
        with self.path.open("rb") as lines:
            next(lines, b"")
            for number in range(1, self.records + 1):
                line = next(lines, b"")
                start = number * _DIGEST_BYTES
                if _digest(line) != self.line_digests[start : start + _DIGEST_BYTES]:
                    problem = (
                        f"{self.path}: line {number + 1} was changed while the plan was in use"
                    )
                    raise BadSettings([f"{problem}; nothing from there on was done. {_PLAN_AGAIN}"])
                try:
                    yield _record(json.loads(line))
                except (ValueError, TypeError, KeyError) as error:
                    raise BadSettings(
                        [f"{self.path}: line {number + 1} is not a planned record: {error!r}."]
                    ) from error


def planned_record(plan: Plan, documents: list[ReadDocument], *, cost: Cost) -> PlannedRecord:
    """Turn a plan and its documents into a line of the file."""
    unreadable = [document for document in documents if not document.findings.status.readable]
    files = tuple(
        PlannedFile(
            ref=document.file.ref,
            sha256=document.file.sha256,
            size_bytes=document.file.size_bytes,
            media_type=document.findings.media_type,
            doc_type=document.findings.doc_type.value,
            new_name=plan.new_names.get(document.file.ref.version),
            archive=document_prefix(document.file.ref),
            problem="; ".join(document.findings.problems) if document in unreadable else "",
        )
        for document in documents
    )
    return PlannedRecord(
        source=plan.work.source,
        record=plan.work.record,
        files=files,
        before=plan.before,
        after=plan.after,
        basis=plan.basis,
        suggestions=plan.suggestions,
        problems=plan.problems,
        cost=cost,
        left_open=plan.left_open,
    )


@dataclass(slots=True)
class PlanWriter:
    """Writes a plan line by line; the file gets its name when it is sealed. Not thread-safe.

    `key` is that of the installation.
    """

    path: Path
    owner: PlanOwner
    key: bytes = field(repr=False)
    records: int = 0
    cost: Cost = field(default_factory=Cost)
    values: ValueCounts = field(default_factory=ValueCounts)
    _lines: "_SealedLines" = field(init=False)
    _file: IO[bytes] | None = None

    def __post_init__(self) -> None:
        self._lines = _SealedLines(self.key)

    @property
    def _part(self) -> Path:
        return self.path.with_name(f".{self.path.name}.part")

    def __enter__(self) -> Self:
        # A plan has names and values of documents.
        self._file = open(self._part, "wb", opener=private)
        self._line({"plan": VERSION, "installation": _installation(self.key), **asdict(self.owner)})
        return self

    def add(self, record: PlannedRecord) -> None:
        """Write one record."""
        self.records += 1
        self.cost += record.cost
        self.values += record.values
        self._line(asdict(record))

    def finish(self, *, listing: Cost) -> PlanFile:
        """Seal the file and give it its name. `listing` is the cost of listing the records."""
        assert self._file is not None
        self.cost += listing
        totals = {
            "records": self.records,
            "cost": asdict(self.cost),
            "values": asdict(self.values),
        }
        seal = self._lines.seal(totals)
        self._file.write(_json({**totals, "seal": seal}))
        self._file.close()
        # Nothing is under the plan's name before it is complete, however the run ends.
        self._part.replace(self.path)
        digests = bytes(self._lines.digests)
        return PlanFile(self.path, self.owner, seal, self.records, self.cost, self.values, digests)

    def __exit__(self, *_exc: object) -> None:
        assert self._file is not None
        self._file.close()
        self._part.unlink(missing_ok=True)

    def _line(self, content: Mapping[str, object]) -> None:
        assert self._file is not None
        line = _json(content)
        self._lines.add(line)
        self._file.write(line)


def _json(content: Mapping[str, object]) -> bytes:
    return json.dumps(content, ensure_ascii=True, separators=(",", ":")).encode() + b"\n"


def _digest(line: bytes) -> bytes:
    return hashlib.blake2b(line, digest_size=_DIGEST_BYTES).digest()


def _installation(key: bytes) -> str:
    """Return what names a key and does not show it."""
    return hmac.new(key, b"installation", hashlib.sha256).hexdigest()[:16]


class _SealedLines:
    """Makes the seal over lines, and keeps a digest of each, so that a later change is noticed."""

    def __init__(self, key: bytes) -> None:
        self._mac = hmac.new(key, digestmod=hashlib.sha256)
        self.digests = bytearray()

    def add(self, line: bytes) -> None:
        """Add the next line."""
        self._mac.update(line)
        self.digests += _digest(line)

    def seal(self, totals: Mapping[str, object]) -> str:
        """Return the seal: HMAC-SHA256 over all lines, then over the totals in the last line."""
        mac = self._mac.copy()
        mac.update(_json(totals))
        return mac.hexdigest()


def open_plan(path: Path, key: bytes) -> PlanFile:
    """Read a plan file's first and last line, and check its seal over everything between.

    Args:
        path: The file.
        key: The key of the installation.

    Raises:
        BadSettings: it is not a plan, has another version, was sealed by another installation, or
            was changed or cut after it was made.
    """
    # The seal is one line behind: it covers every line but the last, which has it.
    lines = _SealedLines(key)
    first = last = b""
    try:
        with path.open("rb") as file:
            for line in file:
                if first:
                    lines.add(last)
                first, last = first or line, line
    except OSError as error:
        problem = f"{path} cannot be read: {error.strerror}."
        raise BadSettings([f"{problem} Name a file that `caspio-ingest plan` made."]) from error
    header, totals = _object(first), _object(last)
    if "plan" not in header:
        raise BadSettings([f"{path} is not a plan. Name a file that `caspio-ingest plan` made."])
    version = header.pop("plan")
    if version != VERSION:
        problem = f"{path} is a plan of version {version}; this program reads {VERSION}."
        raise BadSettings([f"{problem} {_PLAN_AGAIN}"])
    # Before the seal, which does not fit another key either: this message says what to do.
    if header.pop("installation", None) != _installation(key):
        problem = (
            f"{path} was sealed by another installation: the ledger of these settings has another "
            "key. Apply it with the settings and the ledger that it was made with, or make a new "
            "plan with `caspio-ingest plan`."
        )
        raise BadSettings([problem])
    seal = str(totals.pop("seal", ""))
    # Characters outside of ASCII, which a changed file may have, are compared as bytes.
    if not hmac.compare_digest(seal.encode(), lines.seal(totals).encode()):
        problem = f"{path} was changed or cut after it was made: its seal does not fit."
        raise BadSettings([f"{problem} {_PLAN_AGAIN}"])
    cost, records = Cost(**totals["cost"]), int(totals["records"])
    values = ValueCounts(**totals.get("values", {}))
    return PlanFile(path, PlanOwner(**header), seal, records, cost, values, bytes(lines.digests))


def _object(line: bytes) -> dict[str, Any]:
    try:
        content = json.loads(line)
    except ValueError:
        return {}
    return content if isinstance(content, dict) else {}


def refuse_owner(plan: PlanFile, owner: PlanOwner) -> list[str]:
    """Return a sentence for every sign that a plan is for another account or other settings."""
    problems = []
    if plan.owner.url != owner.url:
        problems.append(
            f"{plan.path} was made for {plan.owner.url}, and the settings name {owner.url}."
        )
    if plan.owner.profile != owner.profile:
        problems.append(f"{plan.path} was made with another Web Services profile. {_PLAN_AGAIN}")
    for name, planned in plan.owner.sources.items():
        if name not in owner.sources:
            problems.append(
                f"{plan.path} plans for a source {name!r}, which the settings no longer have. "
                f"{_PLAN_AGAIN}"
            )
        elif owner.sources[name] != planned:
            problems.append(
                f"{plan.path}: the settings of source {name!r} have changed since. {_PLAN_AGAIN}"
            )
    return problems


def _record(line: Mapping[str, Any]) -> PlannedRecord:
    return PlannedRecord(
        **{
            **line,
            "record": _record_ref(line["record"]),
            "files": tuple(_file(file) for file in line["files"]),
            "basis": {column: Basis(**basis) for column, basis in line["basis"].items()},
            "suggestions": tuple(Suggestion(**suggestion) for suggestion in line["suggestions"]),
            "problems": tuple(line["problems"]),
            "cost": Cost(**line["cost"]),
        }
    )


def _file(row: Mapping[str, Any]) -> PlannedFile:
    """Rebuild a planned file.

    A name that leads elsewhere is refused here, too: whoever has the key is not the last defense.
    """
    name = row["new_name"]
    if name is not None and (name in {"", ".", ".."} or set(name) & set("/\\\0")):
        raise ValueError(f"new_name {name!r} is not a file name")
    ref = row["ref"]
    ref = FileRef(**{**ref, "place": Place(ref["place"]), "record": _record_ref(ref["record"])})
    return PlannedFile(**{**row, "ref": ref})


def _record_ref(row: Mapping[str, Any] | None) -> RecordRef | None:
    return RecordRef(**row) if row else None


def is_settled(status: Status) -> bool:
    """Say whether a file with this outcome has nothing left of its plan to carry out."""
    return status in {Status.DONE, Status.PARTIAL}
