"""Decide what will be written for one record. Pure."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from pipeline.decide.mapping import decide, wanted_values
from pipeline.decide.naming import (
    NameTemplate,
    base_differs,
    findings_by_name,
    is_alternative,
    original_key,
)
from pipeline.decide.provenance import provenance
from pipeline.model import (
    Column,
    FileRef,
    Finding,
    Findings,
    Place,
    Plan,
    ReadDocument,
    ReadStatus,
    RecordWork,
    SourceSpec,
    Value,
)


@dataclass(frozen=True, slots=True)
class Stamp:
    """What a plan says of itself: its run, when it is made, and how the archive's keys become addresses."""

    run_id: str
    at: datetime
    address: Callable[[str], str]


def plan_record(
    work: RecordWork,
    documents: Sequence[ReadDocument],
    *,
    spec: SourceSpec,
    template: NameTemplate | None,
    columns: Mapping[str, Column],
    last_written: Mapping[str, Value],
    original_names: Mapping[str, str],
    stamp: Stamp,
) -> Plan:
    """Plan one record from its readable documents; `original_names` gives, by version, the name it was uploaded under.

    A finding that fits no column and a name that cannot be made become problems of the plan, never exceptions.
    """
    readable = [document for document in documents if document.findings.status.readable]
    facts = [_facts(document, spec=spec, stamp=stamp) for document in readable]
    wanted, problems = wanted_values(spec, facts, columns)
    names: dict[str, str] = {}
    for document in readable:
        if template is None:
            break
        ref = document.file.ref
        new = template.render(
            document.findings,
            current=ref.name,
            original=original_names.get(ref.version, ref.name),
            min_confidence=spec.min_confidence,
        )
        if new.problem:
            problems.append(f"{ref.name}: {new.problem}")
        elif _renames(ref, new.name):
            names[ref.version] = new.name
    plan = decide(
        work,
        spec=spec,
        wanted=wanted,
        columns=columns,
        last_written=last_written,
        renames=bool(names),
    )
    return replace(plan, new_names=names, problems=tuple(problems))


def _renames(ref: FileRef, name: str) -> bool:
    """Say whether a name is news. An attachment's extension cannot be changed; "a (2)" is as good as "a"."""
    if is_alternative(ref.name, name):
        return False
    if ref.place is Place.ATTACHMENT:
        return base_differs(ref.name, name)
    return (
        ref.name.casefold() != name.casefold()
    )  # the API cannot rename, and one folder holds no two cases of a name


def _facts(document: ReadDocument, *, spec: SourceSpec, stamp: Stamp) -> Mapping[str, Finding]:
    """Return a document's findings with the plain facts that columns may be mapped to as well."""
    findings = document.findings
    facts = {
        "text": findings.text,
        "pages": str(len(findings.pages)),
        "media_type": findings.media_type,
    }
    known = {
        name: Finding(value, 1.0, "known of every document")
        for name, value in facts.items()
        if value
    }
    named = findings_by_name(findings)
    own = provenance(
        (named[name] for name in spec.columns.values() if name in named),
        sha256=document.file.sha256,
        address=stamp.address(original_key(document.file.sha256)),
        status="partial" if findings.status is ReadStatus.PARTIAL else "done",
        run_id=stamp.run_id,
        processed_at=stamp.at.replace(tzinfo=None, microsecond=0).isoformat(),
    )
    return {**known, **own, **named}


def unplannable(findings: Findings) -> str:
    """Say why a document cannot be written back: the sentence for its record's owner."""
    detail = "; ".join(findings.problems) or "no further detail"
    return f"{findings.status.replace('_', ' ')}: {detail}"
