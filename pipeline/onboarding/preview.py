"""Show what sample documents would become under a proposal: values and names. Pure.

It is what a first run would plan, computed by the same functions; nothing is kept or written.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace

from pipeline.decide.mapping import decide, wanted_values
from pipeline.decide.naming import NameTemplate, findings_by_name, has_name
from pipeline.decide.provenance import known_facts
from pipeline.model import Column, Finding, SourceSpec, Value
from pipeline.onboarding.proposal import ProposedSource
from pipeline.onboarding.sample_documents import SampleDocument


@dataclass(frozen=True, slots=True)
class Becomes:
    """What one document would become.

    `new_name` is None where the name stays. `changes` has, by column, the value that is there and
    the one that would be written; `left` says what would be left to a user, or why nothing is done.
    """

    source: str
    record: str
    name: str
    new_name: str | None
    changes: Mapping[str, tuple[Value, Value]]
    left: tuple[str, ...]


def preview(source: ProposedSource, sample: SampleDocument) -> Becomes:
    """Return what a document would become as a file of a proposed source."""
    # Columns that are to be created are empty.
    new = {one.column: Column(one.column, one.creates) for one in source.columns if one.creates}
    return becomes(source.spec(), {**source.container.columns, **new}, sample)


def becomes(spec: SourceSpec, columns: Mapping[str, Column], sample: SampleDocument) -> Becomes:
    """Return what a document would become as a file of a source over these columns."""
    ref, findings = sample.ref, sample.findings
    record = f"{ref.container} {sample.work.record.pk}" if sample.work.record else str(ref.path)
    if not findings.status.readable:
        why = "; ".join(findings.problems) or f"it cannot be read: {findings.status}"
        return Becomes(spec.name, record, ref.name, None, {}, (why,))
    work = replace(sample.work, values={name: sample.work.values.get(name) for name in columns})
    wanted = wanted_values(spec, {ref.version: _facts(sample)}, columns)
    plan = decide(work, spec=spec, wanted=wanted.values, columns=columns, last_written={})
    left = [*wanted.problems, *(f"{one.column}: {one.reason}" for one in plan.suggestions)]
    new_name = None
    if spec.rename is not None:
        name = NameTemplate(spec.rename).render(
            findings,
            current=ref.name,
            original=ref.name,
            kept_extension=ref.extension,
            write_at=spec.limits.write_at,
        )
        left += [name.problem] if name.problem else []
        new_name = None if has_name(ref, name.name) else name.name
    changes = {name: (plan.before.get(name), value) for name, value in plan.after.items()}
    return Becomes(spec.name, record, ref.name, new_name, changes, tuple(left))


def _facts(sample: SampleDocument) -> Mapping[str, Finding]:
    """Return the findings, with the facts about every document that columns may be mapped to."""
    findings = sample.findings
    known = known_facts(findings.text, pages=findings.page_count, media_type=findings.media_type)
    return {**known, **findings_by_name(findings)}
