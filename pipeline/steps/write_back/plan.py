"""Decide what will be written for one record, from its documents and what the ledger has of it."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime

from pipeline.archive_layout import original_key
from pipeline.decide.learned import with_learned
from pipeline.decide.mapping import decide, wanted_values
from pipeline.decide.naming import findings_by_name, has_name, is_alternative
from pipeline.decide.ownership import last_named, owned, taken_back
from pipeline.decide.provenance import known_facts, provenance
from pipeline.model import (
    Effect,
    FileRef,
    Finding,
    Overwrite,
    Place,
    Plan,
    ReadDocument,
    ReadStatus,
    RecordWork,
)
from pipeline.steps.write_back.context import WriteContext
from pipeline.steps.write_back.suggestions import not_rejected


def plan_record(work: RecordWork, documents: Sequence[ReadDocument], context: WriteContext) -> Plan:
    """Plan one record from its readable documents; what a user has rejected is not suggested again.

    A finding that fits no column and a name that cannot be made become problems of the plan, never
    exceptions.
    """
    spec, ledger, record = context.spec, context.ports.ledger, work.record
    readable = [document for document in documents if document.findings.status.readable]
    now = context.ports.clock.now()
    facts = {document.file.ref.version: _facts(document, context, now) for document in readable}
    wanted = with_learned(
        wanted_values(spec, facts, context.columns),
        context.chosen,
        spec=spec,
        columns=context.columns,
    )
    effects = ledger.effects.find(record=(record.container, record.pk)) if record else []
    last_written, undone = owned(effects), list(taken_back(effects))
    names, name_problems = _new_names(list(filter(_may_be_named, readable)), effects, context)
    replaced = ledger.files.replaced({own.version for own in last_written.values()})
    plan = decide(
        work,
        spec=spec,
        wanted=wanted.values,
        missing=wanted.missing,
        columns=context.columns,
        last_written={name: own.value for name, own in last_written.items()},
        undone={one.column: one for one in undone if one.column},
        outdated=[name for name, own in last_written.items() if own.version in replaced],
        renames=bool(names),
    )
    suggestions = plan.suggestions
    if record is not None:
        suggestions = tuple(not_rejected(work.source, record, suggestions, ledger))
    return replace(
        plan,
        new_names=names,
        problems=(*wanted.problems, *name_problems),
        suggestions=suggestions,
    )


def _may_be_named(document: ReadDocument) -> bool:
    """Say whether a file can get a name.

    A move leads rows of tables to the new path, and which of them a view shows is not known.
    """
    ref = document.file.ref
    return ref.place is not Place.FILE or ref.record is None or not ref.record.is_view


def _new_names(
    documents: Sequence[ReadDocument], effects: Sequence[Effect], context: WriteContext
) -> tuple[dict[str, str], list[str]]:
    """Return the new names by file version, and why others could not be made.

    `effects` are those on the record: what they named is named again, and nothing else that was.
    """
    undone, given = list(taken_back(effects)), last_named(effects)
    names: dict[str, str] = {}
    problems: list[str] = []
    template = context.run.template
    if template is None:
        return names, problems
    for document in documents:
        ref = document.file.ref
        state = context.ports.ledger.files.state(ref.version)
        # The name at upload is kept over all renames, so that a template can always go back to it.
        new = template.render(
            document.findings,
            current=ref.name,
            original=state.original_name if state is not None else ref.name,
            kept_extension=ref.extension,
            write_at=context.spec.limits.write_at,
        )
        undo = next((one for one in undone if not one.column and one.field == ref.field), None)
        if new.problem:
            problems.append(f"{ref.name}: {new.problem}")
        elif undo is not None and not is_other_name(replace(ref, name=str(undo.value)), new.name):
            continue  # the name was given before, and a user has undone it
        elif _is_users(document, given.get(ref.field), context):
            continue  # a user has named it otherwise since
        elif is_other_name(ref, new.name):
            names[ref.version] = new.name
    return names, problems


def _is_users(document: ReadDocument, given: tuple[str, str] | None, context: WriteContext) -> bool:
    """Say whether a user has named the very file that this program had named before.

    `given` is that name and the version of the file that got it.
    A user's name stays as a user's value does. Another file in its place has no name of ours yet.
    """
    if given is None or context.spec.overwrite is Overwrite.ALWAYS:
        return False
    name, version = given
    state = context.ports.ledger.files.state(version)
    is_same_file = state is not None and state.sha256 == document.file.sha256
    return is_same_file and is_other_name(document.file.ref, name)


def is_other_name(ref: FileRef, name: str) -> bool:
    """Say whether a file must be renamed: "a (2).pdf" is as good as "a.pdf"."""
    if is_alternative(ref, name):
        return False
    if ref.place is Place.ATTACHMENT:
        return not has_name(ref, name)
    # One folder has no two names that differ in case only, so a move cannot change the case.
    return ref.name.casefold() != name.casefold()


def _facts(document: ReadDocument, context: WriteContext, now: datetime) -> Mapping[str, Finding]:
    """Return a document's findings, with the facts that columns may be mapped to as well."""
    findings = document.findings
    named = findings_by_name(findings)
    # The lowest confidence of what is written is the confidence of the record.
    own = provenance(
        (named[name] for name in context.spec.columns.values() if name in named),
        sha256=document.file.sha256,
        address=context.ports.archive.address(original_key(document.file.sha256)),
        status="partial" if findings.status is ReadStatus.PARTIAL else "done",
        run_id=context.run.run_id,
        processed_at=now.replace(tzinfo=None, microsecond=0).isoformat(),
    )
    known = known_facts(findings.text, pages=len(findings.pages), media_type=findings.media_type)
    return {**known, **own, **named}
