"""Update many records with few calls: one for each set of values, as far as addresses have room."""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from pipeline.adapters.caspio.client import where
from pipeline.adapters.caspio.client.areas.containers import Containers, body
from pipeline.adapters.caspio.client.errors import InDoubt
from pipeline.adapters.caspio.client.values import Written
from pipeline.adapters.caspio.client.where import Clause


@dataclass(frozen=True, slots=True)
class Updates:
    """What became of the records named, by PK_ID: each is in one of the three.

    Attributes:
        met: Written.
        missed: Not there, or not matching the condition; nothing was written.
        in_doubt: Written or not: no clear answer came, and looking did not settle it.
    """

    met: tuple[str, ...] = ()
    missed: tuple[str, ...] = ()
    in_doubt: tuple[str, ...] = ()

    @property
    def are_complete(self) -> bool:
        """Say whether every record was written."""
        return not self.missed and not self.in_doubt

    def __add__(self, other: "Updates") -> "Updates":
        return Updates(
            self.met + other.met, self.missed + other.missed, self.in_doubt + other.in_doubt
        )


def update_many(
    containers: Containers,
    container: str,
    changes: Mapping[str, Mapping[str, Written]],
    *,
    only: Clause | None = None,
) -> Updates:
    """Make all the calls of `updates` and return what became of every record."""
    return sum(updates(containers, container, changes, only=only), start=Updates())


def updates(
    containers: Containers,
    container: str,
    changes: Mapping[str, Mapping[str, Written]],
    *,
    only: Clause | None = None,
) -> Iterator[Updates]:
    """Write each record's values, and yield what became of the records of each call.

    Args:
        containers: `client.tables` or `client.views`.
        container: The table or view.
        changes: Values by column, by PK_ID.
        only: Write those records only that match this too. It should name what the values were
            planned against.

    Raises:
        UnusableValue: a PK_ID cannot be one, or the condition leaves no room for a record.
        Refused: values were refused; the calls before were made.
        ValueError: a record has no values; nothing was written.
    """
    # The condition beside the PK_IDs, in brackets, with AND.
    extra = where.size(where.both("x", only)) if only else 0
    room = containers.room(container) - extra

    def literal(pk: str) -> str:
        return where.pk_literal(pk, is_view=containers.is_view)

    for values, pks in _by_values(changes):
        for clause, chunk in where.in_lists(where.PK, pks, literal=literal, room=room):
            call = _Call(containers, container, values, clause, tuple(chunk))
            yield call.make(only)


def _by_values(
    changes: Mapping[str, Mapping[str, Written]],
) -> Iterable[tuple[Mapping[str, Written], Sequence[str]]]:
    """Return each distinct set of values with the records that get it."""
    groups: dict[str, tuple[Mapping[str, Written], list[str]]] = {}
    for pk, values in changes.items():
        if not values:
            raise ValueError(f"record {pk} has no values to be written")
        # Equal values go into one call, in whatever order their columns are given.
        key = json.dumps(body(values), sort_keys=True)
        groups.setdefault(key, (values, []))[1].append(pk)
    return groups.values()


@dataclass(frozen=True, slots=True)
class _Call:
    """One set of values for some records."""

    containers: Containers
    container: str
    values: Mapping[str, Written]
    clause: Clause
    pks: tuple[str, ...]

    def make(self, only: Clause | None) -> Updates:
        """Write, and find out what became of each record."""
        condition = where.both(self.clause, only)
        about = f"{len(self.pks):,} {'record' if len(self.pks) == 1 else 'records'}"
        try:
            answer = self.containers.update(
                self.container, self.values, condition=condition, about=about
            )
        except InDoubt:
            if self._records_with_values() == set(self.pks):
                return Updates(met=self.pks)
            return Updates(in_doubt=self.pks)

        if answer.count == len(self.pks):
            return Updates(met=self.pks)
        met = {row.pk for row in answer.rows} & set(self.pks)
        if len(met) != answer.count:
            met = self._records_with_values()
        if len(met) != answer.count:
            # The answer had a number only, and others wrote the same values meanwhile.
            return Updates(in_doubt=self.pks)
        return Updates(
            met=tuple(pk for pk in self.pks if pk in met),
            missed=tuple(pk for pk in self.pks if pk not in met),
        )

    def _records_with_values(self) -> set[str | None]:
        """Look which of the records have the values now; a LIST field is not compared."""
        scalars = {
            name: _blank_as_none(value)
            for name, value in self.values.items()
            if isinstance(value, str | int | float | None)
        }
        rows = self.containers.records(
            self.container, select=(where.PK, *scalars), condition=self.clause
        )
        found: set[str | None] = set()
        for row in rows:
            now = {name: _blank_as_none(row.values.get(name)) for name in scalars}
            if row.pk is not None and now == scalars:
                found.add(row.pk)
        return found


def _blank_as_none(value: object) -> object:
    """Return None for blank, which a text column that was set to NULL shows."""
    return None if value == "" else value
