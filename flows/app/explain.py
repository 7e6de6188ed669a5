"""Everything the ledger knows of a record: versions, readings, decisions, writes, suggestions."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict

from pipeline.archive_layout import document_prefix, original_key
from pipeline.model import Effect, EffectState, SourceSpec
from pipeline.model.review import ReviewItem
from pipeline.ports import Archive, FileState, Ledger
from pipeline.ports.ledger import Acknowledgement


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
    reading = ledger.files.reading(state.sha256, state.fingerprint or "") if state.sha256 else None
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
        # An abandoned effect never took effect, so it is no write.
        "writes": sum(effect.state is not EffectState.ABANDONED for effect in effects),
        "outcome": None
        if outcome is None
        else {
            "status": outcome.status,
            "reason": outcome.reason,
            "planned_only": outcome.planned_only,
            "written": dict(outcome.written),
            "new_name": outcome.new_name,
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
