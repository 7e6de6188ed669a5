"""Look at sample documents: which columns hold what they say, and of which class they are. Pure.

What a name only suggests, a value proves: if a document says 2026-03-31 and the record it belongs
to has that in its column Effective, then Effective is the date.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from pipeline.decide.column_values import UnfitText, convert, is_empty, same
from pipeline.decide.naming import findings_by_name
from pipeline.finding_kinds import Origin, ValueType
from pipeline.findings import FINDINGS
from pipeline.model import Column, FileRef, Findings, RecordWork, Value
from pipeline.model.schema import Container

SHORTEST = 4
"""Characters of a value that proves something: a shorter one is the same by chance."""

ENOUGH = 2
"""Documents that must agree with their records before a column is proposed by its values alone."""


@dataclass(frozen=True, slots=True)
class SampleDocument:
    """A document that was read to look at, with its record as it is; nothing of it was kept.

    `own` are the columns with a value that this program wrote: that a document says the same proves
    nothing.
    """

    ref: FileRef
    work: RecordWork
    findings: Findings
    own: frozenset[str] = frozenset()

    @property
    def values(self) -> Mapping[str, str]:
        """Return what was read in the document, by finding of the catalogue."""
        named = findings_by_name(self.findings)
        # Fields of forms have names of their own, which only a user can map.
        return {
            name: one.value
            for name, one in named.items()
            if one.value is not None and name in FINDINGS
        }


def of_container(
    samples: Iterable[SampleDocument], container: Container
) -> tuple[SampleDocument, ...]:
    """Return the samples of a table or view."""
    return tuple(one for one in samples if one.ref.container == container.name)


@dataclass(frozen=True, slots=True)
class Agreement:
    """How many documents say what a column of their record holds, of those that can be compared."""

    agreed: int
    compared: int

    @property
    def is_proof(self) -> bool:
        """Say whether that is enough to propose a column by its values alone."""
        return self.agreed >= ENOUGH and 2 * self.agreed > self.compared


def agreements(
    container: Container, samples: Sequence[SampleDocument]
) -> Mapping[tuple[str, str], Agreement]:
    """Return for each pair of a column and a finding how often both have the same value.

    Pairs that never agree are left out.
    """
    agreed: Counter[tuple[str, str]] = Counter()
    compared: Counter[tuple[str, str]] = Counter()
    for sample in of_container(samples, container):
        for name, text in sample.values.items():
            for column in container.columns.values():
                current = sample.work.values.get(column.name)
                if _proves_nothing(name, text) or is_empty(current) or column.name in sample.own:
                    continue
                compared[column.name, name] += 1
                agreed[column.name, name] += is_value(current, text, column)
    return {pair: Agreement(count, compared[pair]) for pair, count in agreed.items() if count}


def agreed_columns(container: Container, samples: Sequence[SampleDocument]) -> Mapping[str, str]:
    """Return the finding of each column whose values the documents say, by column."""
    found: dict[str, str] = {}
    # A column that agrees with two findings, such as a total and what is due, has the usual one.
    order = list(FINDINGS)
    for (column_name, name), agreement in sorted(
        agreements(container, samples).items(),
        key=lambda one: (-one[1].agreed, order.index(one[0][1])),
    ):
        if agreement.is_proof and column_name not in found and name not in found.values():
            found[column_name] = name
    return found


def _proves_nothing(name: str, text: str) -> bool:
    kind = FINDINGS[name]
    return (
        kind.origin is not Origin.DOCUMENT
        or kind.type is ValueType.COUNT
        or len(text.strip()) < SHORTEST
    )


def is_value(current: Value, text: str, column: Column) -> bool:
    """Say whether a column holds what was read."""
    try:
        wanted = convert(text, column)
    except UnfitText:
        return False
    if isinstance(current, str) and isinstance(wanted, str):
        return current.strip().casefold() == wanted.strip().casefold()
    return same(current, wanted, column)


def usual_class(samples: Sequence[SampleDocument], container: Container, field: str) -> str | None:
    """Return the class that most documents of a field have; None if none of them was read."""
    classes = Counter(
        one.findings.doc_type.value or "other"
        for one in of_container(samples, container)
        if one.ref.field == field and one.findings.status.readable
    )
    return classes.most_common(1)[0][0] if classes else None
