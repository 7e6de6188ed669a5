"""What each column of a place can take, and what speaks for it: names, types, values. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from pipeline.decide.column_values import WRITABLE_TYPES, is_empty
from pipeline.decide.mapping import refuse_column
from pipeline.findings import FINDINGS
from pipeline.labels import LEARNED
from pipeline.model import Column, Value
from pipeline.model.schema import FILE_TYPES, Container
from pipeline.onboarding.column_matching import match_columns, possible_matches
from pipeline.onboarding.sample_documents import (
    Agreement,
    SampleDocument,
    agreed_columns,
    agreements,
)
from pipeline.wording import counted

SHOWN = 3
"""Values of a column or finding that are shown."""

MOST_CHARS = 60
"""Characters of such a value."""

_NO_AGREEMENT = Agreement(0, 0)


@dataclass(frozen=True, slots=True)
class FindingChoice:
    """A finding that a column can take. `evidence` says why it is suggested, "" if it is not."""

    finding: str
    description: str
    evidence: str = ""


@dataclass(frozen=True, slots=True)
class ColumnChoices:
    """A column with values of it and what it can take, the best suggestion first.

    Attributes:
        proposed: The finding that it is proposed for, "" for none.
        why_not: Why nothing can be written to it, "" if something can.
    """

    column: Column
    values: tuple[Value, ...]
    choices: tuple[FindingChoice, ...] = ()
    proposed: str = ""
    why_not: str = ""

    @property
    def suggested(self) -> tuple[FindingChoice, ...]:
        """Return the choices that something speaks for."""
        return tuple(one for one in self.choices if one.evidence)


@dataclass(frozen=True, slots=True)
class FindingCount:
    """A finding with how many documents say it, and some of its values."""

    finding: str
    description: str
    documents: int
    values: tuple[str, ...]


def column_choices(
    container: Container, samples: Sequence[SampleDocument], *, path_column: str = ""
) -> tuple[ColumnChoices, ...]:
    """Return every column but those with files, with what it can take.

    `path_column` is that of an index table, "" without one: it keeps the paths of the files.
    """
    # Neither a name nor a value of it is to claim a finding that another column could take.
    kept = [one for one in container.columns.values() if one.name == path_column]
    others = {name: one for name, one in container.columns.items() if name != path_column}
    container = replace(container, columns=others)
    pairs = agreements(container, samples)
    sure, _ = match_columns(container, agreed_columns(container, samples))
    taken = {match.column: match.finding for match in sure}
    named = {
        (match.column, match.finding): match.why
        for match in possible_matches(container)
        if not match.objection
    }
    why_not = "it has the paths by which the rows belong to their files"
    return (
        *(ColumnChoices(one, _values(one, container), why_not=why_not) for one in kept),
        *(
            _of_column(column, container, pairs, named, taken.get(column.name, ""))
            for column in container.columns.values()
            if column.type not in FILE_TYPES
        ),
    )


def _of_column(
    column: Column,
    container: Container,
    pairs: Mapping[tuple[str, str], Agreement],
    named: Mapping[tuple[str, str], str],
    taken: str,
) -> ColumnChoices:
    values = _values(column, container)
    if column.type not in WRITABLE_TYPES:
        why_not = f"a column of type {column.type} cannot be written"
        return ColumnChoices(column, values, why_not=why_not)
    if column.is_locked:
        return ColumnChoices(column, values, why_not="it is calculated or read-only")
    fitting = [
        name
        for name in (*FINDINGS, LEARNED)
        if not refuse_column(column.name, name, container.columns)
    ]

    def rank(name: str) -> tuple[bool, int, bool]:
        # First what is proposed, then what most documents say, then what the column's name says.
        agreement = pairs.get((column.name, name), _NO_AGREEMENT)
        return name != taken, -agreement.agreed, (column.name, name) not in named

    choices = [
        FindingChoice(name, _description(name), _evidence(column.name, name, pairs, named))
        for name in sorted(fitting, key=rank)
    ]
    return ColumnChoices(column, values, tuple(choices), taken)


def _values(column: Column, container: Container) -> tuple[Value, ...]:
    return _distinct([row.get(column.name) for row in container.samples])


def _description(finding: str) -> str:
    kind = FINDINGS.get(finding)
    return kind.description if kind else "what is learned from the records that people filled"


def _evidence(
    column: str,
    finding: str,
    pairs: Mapping[tuple[str, str], Agreement],
    named: Mapping[tuple[str, str], str],
) -> str:
    found = pairs.get((column, finding))
    agree = ""
    # A value that agrees once among many is a chance.
    if found is not None and (found.is_proof or (column, finding) in named):
        verb = "agrees" if found.compared == 1 else "agree"
        agree = f"{found.agreed} of {counted(found.compared, 'sample record')} {verb}"
    return "; ".join(text for text in (agree, named.get((column, finding), "")) if text)


def documents_say(samples: Sequence[SampleDocument]) -> tuple[FindingCount, ...]:
    """Return what documents say, in the order of the catalogue."""
    said: list[FindingCount] = []
    for name, kind in FINDINGS.items():
        values = [one.values[name] for one in samples if name in one.values]
        if values:
            said.append(
                FindingCount(
                    name, kind.description, len(values), tuple(map(str, _distinct(values)))
                )
            )
    return tuple(said)


def _distinct(values: Sequence[Value]) -> tuple[Value, ...]:
    """Return the first different values; numbers stay numbers, which each column shows its way."""
    first: dict[str, Value] = {}
    for value in values:
        if not is_empty(value):
            is_long = isinstance(value, str) and len(value) > MOST_CHARS
            first.setdefault(str(value), f"{str(value)[:MOST_CHARS]}…" if is_long else value)
    return tuple(first.values())[:SHOWN]
