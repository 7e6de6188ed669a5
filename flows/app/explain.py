"""What the ledger knows of a record, and what a user says of it: `explain` and `acknowledge`."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path

from flows.app.accounts.wiring import open_own_ledger
from flows.app.settings import load_settings
from flows.app.sources import named_sources
from flows.app.wiring.ports import system_clock
from pipeline.archive_layout import document_prefix, original_key
from pipeline.errors import raise_problems
from pipeline.metering.summary import FAILED, NEEDS_ATTENTION
from pipeline.model import Effect, EffectState, SourceSpec
from pipeline.model.learning import Trial
from pipeline.model.review import ReviewItem
from pipeline.ports import Archive, FileState, Ledger
from pipeline.ports.ledger import Acknowledgement, latest_reading
from pipeline.settings import Settings
from pipeline.wording import counted


def lives_of(
    source: str,
    pk: str,
    field: str | None,
    *,
    ledger: Ledger,
    archive: Archive,
    spec: SourceSpec | None = None,
) -> list[Mapping[str, object]]:
    """Return every version of a record's files, oldest first.

    `pk` is a PK_ID, or a path that the file has or had. `spec` is the source as the settings have
    it now, None if they no longer have it.
    """
    states = versions_of(source, pk, field, ledger=ledger)
    items = review_items(states, ledger)
    takers = {} if spec is None else columns_by_finding(spec)
    return [version_json(state, items, takers, ledger=ledger, archive=archive) for state in states]


def versions_of(source: str, pk: str, field: str | None, *, ledger: Ledger) -> list[FileState]:
    """Return every version of a record's files, oldest first; `pk` may be a path it has or had."""
    # A file of the Files area that we renamed is found by its old and by its new path.
    is_path = pk.startswith("/")
    paths = {pk, ledger.effects.moved_to(pk) or pk} if is_path else set()
    return [
        state
        for state in ledger.files.states(source=source, pk=None if is_path else pk, newest=False)
        if (not is_path or state.ref.path in paths) and field in {None, state.ref.field}
    ]


def columns_by_finding(spec: SourceSpec) -> Mapping[str, Mapping[str, Mapping[str, float]]]:
    """Return by finding the columns that take it, each with its limits."""
    takers: dict[str, dict[str, Mapping[str, float]]] = {}
    for column, finding in spec.columns.items():
        takers.setdefault(finding, {})[column] = asdict(spec.limits_of(column))
    return takers


def review_items(states: Sequence[FileState], ledger: Ledger) -> list[ReviewItem]:
    """Return the suggestions in review of these records."""
    records = {
        (s.ref.source, s.ref.record.container, s.ref.record.pk) for s in states if s.ref.record
    }
    return [
        item
        for source, *record in sorted(records)
        for item in ledger.effects.review_items(source, (record[0], record[1]))
    ]


def version_json(
    state: FileState,
    items: Sequence[ReviewItem],
    takers: Mapping[str, Mapping[str, Mapping[str, float]]],
    *,
    ledger: Ledger,
    archive: Archive,
) -> Mapping[str, object]:
    """Return a file version with everything the ledger knows of it.

    `takers` has, by finding, the columns that take it now.
    """
    effects = ledger.effects.find(version=state.version)
    reading = latest_reading(ledger.files, state)
    findings, outcome = reading[0] if reading else None, state.outcome
    return {
        "file": state.ref.name,
        "original_name": state.original_name,
        "place": state.ref.place,
        "path": state.ref.path,
        "field": state.ref.field,
        "version": state.version,
        "stage": state.stage,
        "listings": state.listings,
        "sha256": state.sha256,
        "fingerprint": state.fingerprint,
        "run": state.run_id,
        "updated_at": state.updated_at.isoformat(),
        "archive": archive.address(document_prefix(state.ref)),
        "original": archive.address(original_key(state.sha256)) if state.sha256 else None,
        # An abandoned effect never took effect, so it is not a write.
        "writes": sum(effect.state is not EffectState.ABANDONED for effect in effects),
        "outcome": None
        if outcome is None
        else {
            "status": outcome.status,
            "reason": outcome.reason,
            "planned_only": outcome.planned_only,
            "written": dict(outcome.written),
            "new_name": outcome.new_name,
            "left_open": dict(outcome.left_open),
            "suggestions": [asdict(suggestion) for suggestion in outcome.suggestions],
        },
        "acknowledged": acknowledgement_json(state.acknowledged),
        "findings": {}
        if findings is None
        else {
            name: {**asdict(f), "columns": takers.get(name, {})}
            for name, f in {"doc_type": findings.doc_type, **findings.fields}.items()
        },
        "effects": [effect_json(effect) for effect in effects],
        "review": [
            {"state": item.state, "row": item.row, **asdict(item.suggestion)} for item in items
        ],
        "learned": choices_json(state, ledger),
    }


def choices_json(state: FileState, ledger: Ledger) -> list[Mapping[str, object]]:
    """Return what the models last chose for the record of a file, by column."""
    record = state.ref.record
    if record is None:
        return []
    found = ledger.learning.trials(state.ref.source, record=(record.container, record.pk))
    return [choice_json(trial) for trial in sorted(found, key=lambda trial: trial.column)]


def choice_json(trial: Trial) -> Mapping[str, object]:
    """Return what a model chose for a column, why, and what became of it."""
    choice = trial.choice
    return {
        "column": trial.column,
        "value": choice.value,
        "confidence": choice.probability,
        "evidence": choice.stratum,
        "reason": choice.reason,
        "step": trial.step,
        "verdict": trial.verdict,
        "typed": trial.typed,
        "page": choice.place.page if choice.place else None,
        "box": choice.place.box if choice.place else None,
    }


def acknowledgement_json(said: Acknowledgement | None) -> Mapping[str, str] | None:
    """Return who knows of an outcome, since when and why nothing is done, for --json."""
    if said is None:
        return None
    return {"by": said.by, "at": said.at.isoformat(timespec="seconds"), "note": said.note}


def effect_json(effect: Effect) -> Mapping[str, object]:
    """Return a change at Caspio for --json."""
    return {
        "id": effect.id,
        "kind": effect.kind,
        "state": effect.state,
        "container": effect.container,
        "record": effect.pk,
        "before": dict(effect.before),
        "after": dict(effect.after),
        "note": effect.note,
        "undoes": effect.undoes or None,
        "run": effect.run_id,
        "at": effect.at.isoformat() if effect.at else None,
    }


@dataclass(frozen=True, slots=True)
class AcknowledgeRequest:
    """What a user knows.

    It holds for a file as it is: a file that is replaced is a new document.

    Attributes:
        keys: PK_IDs, or paths of the Files area; without any, everything of the source.
        by: Who says so.
        note: Why nothing is done about it.
        withdraw: True to take it back.
        versions: The versions that the user has seen, and no others; without any, all.
    """

    source: str
    keys: tuple[str, ...]
    by: str
    note: str
    withdraw: bool = False
    versions: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Acknowledged:
    """What was acknowledged, or withdrawn.

    Attributes:
        left: Documents of the source that still need a user.
    """

    source: str
    documents: tuple[FileState, ...]
    left: int
    withdrawn: bool = False

    def __str__(self) -> str:
        """Return it as a sentence."""
        number = counted(len(self.documents), "document")
        verb = "open again" if self.withdrawn else "acknowledged"
        left = "no other document needs a user"
        if self.left:
            left = f"{counted(self.left, 'document', 'needs/need')} a user still"
        return f"{self.source}: {number} {verb}; {left}."

    def as_json(self) -> dict[str, object]:
        """Return what `acknowledge --json` prints."""
        return {
            "source": self.source,
            "documents": [
                {
                    "record": state.ref.pk,
                    "path": state.ref.path,
                    "field": state.ref.field,
                    "file": state.ref.name,
                    "status": state.outcome.status if state.outcome else None,
                }
                for state in self.documents
            ],
            "left": self.left,
        }


def acknowledge_directly(config: Path, request: AcknowledgeRequest) -> Acknowledged:
    """Acknowledge in the ledger of the settings; the account is not needed."""
    settings, clock = load_settings(config, credentials=False), system_clock()
    with open_own_ledger(settings, clock=clock) as ledger:
        return acknowledge(settings, ledger, request, now=clock.now())


def acknowledge(
    settings: Settings, ledger: Ledger, request: AcknowledgeRequest, *, now: datetime
) -> Acknowledged:
    """Acknowledge what became of the named records' documents, or of all that need a user.

    Raises:
        BadSettings: there is no such source, or nothing of a record needs a user.
    """
    (spec,) = named_sources(settings, [request.source])
    # What makes runs red; a file that was done in part only where it is named. All is taken back.
    is_all = request.withdraw or request.keys or request.versions
    wanted = NEEDS_ATTENTION if is_all else FAILED
    known = [
        state
        for state in ledger.files.attention(wanted, source=spec.name)
        if (state.acknowledged is not None) == request.withdraw
    ]
    chosen = chosen_of(known, request)
    said = None if request.withdraw else Acknowledgement(request.by, request.note, now)
    ledger.files.acknowledge([state.version for state in chosen], said)
    left = ledger.files.count_attention(FAILED, source=spec.name).open
    return Acknowledged(spec.name, tuple(chosen), left, withdrawn=request.withdraw)


def chosen_of(known: Sequence[FileState], request: AcknowledgeRequest) -> list[FileState]:
    """Return the documents that a request names.

    Raises:
        BadSettings: nothing of a record needs a user.
    """
    if request.versions:
        known = [state for state in known if state.version in request.versions]
    named = set().union(*map(names_of, known))
    problems = [
        f"Source {request.source!r}: no document of {key!r} is listed by `caspio-ingest status`."
        for key in request.keys
        if key not in named
    ]
    raise_problems(problems)
    keys = set(request.keys) or named
    return [state for state in known if names_of(state) & keys]


def names_of(state: FileState) -> set[str]:
    """Return what a user may name a document by: the PK_ID of its record, and its path."""
    names = {state.ref.record.pk} if state.ref.record else set()
    return names | ({state.ref.path} if state.ref.path else set())
