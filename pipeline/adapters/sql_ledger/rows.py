"""Turn values into what the tables hold and back. Pure."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from sqlalchemy import RowMapping

from pipeline.model import (
    Candidate,
    Child,
    Effect,
    EffectKind,
    EffectState,
    FileRef,
    Finding,
    Findings,
    Outcome,
    PageText,
    ReadStatus,
    ScanStatus,
    Stage,
    Status,
    Suggestion,
)
from pipeline.model.messages import Message, ReportedRecord
from pipeline.model.plain import as_plain
from pipeline.ports import FileState, RunState, Suspect
from pipeline.ports.ledger import Acknowledgement

Json = dict[str, Any]

# Every other status leaves nothing to do, not even a rejection: the same bytes would be rejected
# again.
UNFINISHED = frozenset({Status.FAILED})
# An entry of an index of PostgreSQL has at most 2,704 bytes.
MOST_NAMES_BYTES = 2_000
_FILE_KINDS = frozenset({EffectKind.PUT_FILE, EffectKind.DELETE_FILE})


def is_finished(outcome: Outcome) -> bool:
    """Say whether an outcome leaves nothing to do for its version."""
    return outcome.status not in UNFINISHED and not outcome.planned_only


def file_row(ref: FileRef) -> Json:
    """Return the columns that follow from a reference alone."""
    return {
        "version": ref.version,
        "location_key": ref.location_key,
        "source": ref.source,
        "container": ref.container,
        # A file that no record refers to is found by its path.
        "record_key": ref.pk or ref.path or "",
        "path": ref.path,
        "field": ref.field,
        "ref": dump_ref(ref),
    }


def searched_names(*names: str) -> str:
    """Return the names of a file as they are searched, whatever their case: one a line."""
    text = "\n".join(dict.fromkeys(names)).casefold()
    return text.encode("utf-8", "backslashreplace")[:MOST_NAMES_BYTES].decode("utf-8", "ignore")


def dump_ref(ref: FileRef) -> Json:
    """Return a reference as JSON, by hand: a listing has many of them."""
    record = ref.record
    return {
        "source": ref.source,
        "place": ref.place.value,
        "container": ref.container,
        "field": ref.field,
        "record": {"container": record.container, "pk": record.pk, "is_view": record.is_view}
        if record
        else None,
        "name": ref.name,
        "size_bytes": ref.size_bytes,
        "listed_date": ref.listed_date,
        "path": ref.path,
        "extension": ref.extension,
        "created": ref.created,
    }


def dump_outcome(outcome: Outcome) -> Json:
    """Return an outcome without its reference, which the row has already."""
    # Reasons and values are JSON, so that NUL and lone surrogates come back as they were.
    return {
        "status": outcome.status.value,
        "reason": outcome.reason,
        "sha256": outcome.sha256,
        "doc_type": outcome.doc_type,
        "pages": outcome.pages,
        "size_bytes": outcome.size_bytes,
        "written": dict(outcome.written),
        "new_name": outcome.new_name,
        "suggestions": [as_plain(suggestion) for suggestion in outcome.suggestions],
        "left_open": dict(outcome.left_open),
        "planned_only": outcome.planned_only,
        "quarantined": outcome.quarantined,
        "reason_before_undo": outcome.reason_before_undo,
    }


def load_outcome(row: Mapping[str, Any], ref: FileRef) -> Outcome:
    """Rebuild an outcome for the reference its row is about."""
    suggestions = tuple(load_suggestion(suggestion) for suggestion in row["suggestions"])
    return Outcome(
        **{**row, "ref": ref, "status": Status(row["status"]), "suggestions": suggestions}
    )


def load_file(row: RowMapping) -> FileState:
    """Rebuild what is known of one version."""
    ref = FileRef.from_plain(row["ref"])
    return FileState(
        version=row["version"],
        ref=ref,
        stage=Stage(row["stage"]),
        sha256=row["sha256"],
        fingerprint=row["fingerprint"],
        outcome=load_outcome(row["outcome"], ref) if row["outcome"] else None,
        listings=row["listings"],
        run_id=row["run_id"],
        updated_at=row["updated_at"],
        original_name=row["original_name"],
        size_bytes=row["size_bytes"],
        renamed_from=row["renamed_from"],
        rules=row["rules"],
        acknowledged=load_acknowledgement(row),
        seen_at=row["seen_at"],
    )


def load_suggestion(row: Mapping[str, Any]) -> Suggestion:
    """Rebuild a suggestion; JSON has no tuples."""
    box = row.get("box")
    return Suggestion(**{**row, "box": tuple(box) if box else None})


def load_acknowledgement(row: RowMapping) -> Acknowledgement | None:
    """Rebuild what a user said of a version; None if nobody did."""
    said = row["acknowledgement"]
    return Acknowledgement(said["by"], said["note"], row["acknowledged_at"]) if said else None


def load_suspect(row: RowMapping) -> Suspect:
    """Rebuild a suspect; a reading that did not end counts if the document was read alone."""
    died_alone = row["suspected"] and row["run_id"] is not None
    return Suspect(row["deaths"] + died_alone, row["fingerprint"], row["read_at"])


def without_text(findings: Findings) -> Findings:
    """Drop what the archive keeps: texts, and the paths of derived files."""
    pages = tuple(replace(page, text="") for page in findings.pages)
    children = tuple(
        replace(child, path=None, findings=without_text(child.findings))
        for child in findings.children
    )
    return replace(findings, text="", pages=pages, derived={}, children=children)


def dump_findings(findings: Findings) -> Json:
    """Return findings as JSON, without text and derived paths."""
    kept = without_text(findings)
    return {
        "media_type": kept.media_type,
        "status": kept.status.value,
        "doc_type": as_plain(kept.doc_type),
        "fields": {name: as_plain(finding) for name, finding in kept.fields.items()},
        "pages": [as_plain(page) for page in kept.pages],
        "problems": list(kept.problems),
        "children": [
            {
                "name": child.name,
                "sha256": child.sha256,
                "size_bytes": child.size_bytes,
                "page_range": child.page_range,
                "findings": dump_findings(child.findings),
            }
            for child in kept.children
        ],
        "metadata": dict(kept.metadata),
        "extension": kept.extension,
        "fingerprint": kept.fingerprint,
        "scan": kept.scan.value,
        "left_out": dict(kept.left_out),
    }


def _finding(row: Mapping[str, Any]) -> Finding:
    """Rebuild a finding with its candidates; JSON has no tuples: lists come back."""
    others = tuple(Candidate(**_with_box(other)) for other in row.get("others", ()))
    return Finding(**{**_with_box(row), "others": others})


def _with_box(row: Mapping[str, Any]) -> dict[str, Any]:
    box = row.get("box")
    return {**row, "box": box and tuple(box)}


def load_findings(row: Mapping[str, Any]) -> Findings:
    """Rebuild findings."""
    return Findings(
        media_type=row["media_type"],
        status=ReadStatus(row["status"]),
        doc_type=_finding(row["doc_type"]),
        fields={name: _finding(finding) for name, finding in row["fields"].items()},
        pages=tuple(PageText(**{"text": "", **page}) for page in row["pages"]),
        problems=tuple(row["problems"]),
        children=tuple(
            Child(
                child["name"],
                load_findings(child["findings"]),
                child["sha256"],
                child["size_bytes"],
                # JSON has no tuples.
                page_range=(raw := child.get("page_range")) and (raw[0], raw[1]),
            )
            for child in row["children"]
        ),
        metadata=row.get("metadata", {}),
        extension=row["extension"],
        fingerprint=row["fingerprint"],
        scan=ScanStatus(row.get("scan", ScanStatus.OFF)),
        left_out=row.get("left_out", {}),
    )


def dump_effect(effect: Effect) -> Json:
    """Return the columns of an effect, `id` left to the database."""
    # The columns path_from and path_to let `moved_to` find an effect by an index.
    path = (
        "path"
        if effect.kind in _FILE_KINDS
        else effect.field
        if effect.kind is EffectKind.REPOINT
        else None
    )
    return {
        "kind": effect.kind.value,
        "version": effect.version,
        "container": effect.container,
        "pk": effect.pk,
        "is_view": effect.is_view,
        "field": effect.field,
        "before": dict(effect.before),
        "after": dict(effect.after),
        "path_from": effect.before.get(path) if path else None,
        "path_to": effect.after.get(path) if path else None,
        "state": effect.state.value,
        "note": effect.note,
        "run_id": effect.run_id,
        "at": effect.at,
        "undoes": effect.undoes or None,
        "applied_at": effect.applied_at,
        "origins": dict(effect.origins) or None,
    }


def load_effect(row: RowMapping) -> Effect:
    """Rebuild an effect."""
    return Effect(
        kind=EffectKind(row["kind"]),
        version=row["version"],
        container=row["container"],
        pk=row["pk"],
        before=row["before"],
        after=row["after"],
        is_view=row["is_view"],
        field=row["field"],
        state=EffectState(row["state"]),
        note=row["note"],
        id=row["id"],
        run_id=row["run_id"],
        at=row["at"],
        undoes=row["undoes"] or 0,
        applied_at=row["applied_at"],
        origins=row["origins"] or {},
    )


def load_run(row: RowMapping) -> RunState:
    """Rebuild a run."""
    return RunState(
        id=row["id"],
        kind=row["kind"],
        started_at=row["started_at"],
        finished_at=row["finished_at"],
        status=row["status"],
        counts=row["counts"],
        calls=row["calls"],
        values=row["value_counts"],
        sources=tuple(row["sources"]),
    )


def dump_message(message: Message) -> Json:
    """Return the columns of a message, `seq` and the times left to the ledger.

    A message that is done from the beginning keeps no values.
    """
    return {
        "account": message.account,
        "message_id": message.message_id,
        "source": message.source,
        "part": message.part,
        "object": message.table,
        "event": message.event,
        "records": [
            {"key": reported.key, "values": {} if message.note else dict(reported.values)}
            for reported in message.records
        ],
        "attempts": 0,
        "batch": "",
        "run_id": message.run_id,
        "note": message.note,
    }


def load_message(row: RowMapping) -> Message:
    """Rebuild a message."""
    return Message(
        account=row["account"],
        message_id=row["message_id"],
        source=row["source"],
        table=row["object"],
        event=row["event"],
        records=tuple(ReportedRecord(**record) for record in row["records"]),
        part=row["part"],
        seq=row["seq"],
        received_at=row["received_at"],
        started_at=row["started_at"],
        done_at=row["done_at"],
        attempts=row["attempts"],
        run_id=row["run_id"],
        note=row["note"],
    )
