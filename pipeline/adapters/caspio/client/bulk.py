"""Update many records with few calls: one for each distinct set of values and as many records as an address names."""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from pipeline.adapters.caspio.client import where
from pipeline.adapters.caspio.client.areas.containers import Containers, Written, body
from pipeline.adapters.caspio.client.where import Clause
from pipeline.adapters.caspio.client.wire import Record
from pipeline.errors import EffectInDoubt


@dataclass(frozen=True, slots=True)
class Updates:
    """What became of the records named, by PK_ID: each is in one of the three.

    Attributes:
        met: Written.
        missed: Not there, or not meeting the condition; nothing was written.
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
        only: Write those records only that meet this too. It should name what the values were planned against.

    Raises:
        RejectFile: a PK_ID cannot be one, or the condition leaves no room for a record.
        RefusedByCaspio: values were refused; the calls before were made.
        ValueError: a record has no values; nothing was written.
    """
    extra = where.size(where.both("x", only)) if only else 0
    room = containers.room(container) - extra
    for values, pks in _by_values(changes):
        clauses = where.in_lists(
            where.PK,
            pks,
            literal=lambda pk: where.pk_literal(pk, is_view=containers.is_view),
            room=room,
        )
        for clause, chunk in clauses:
            yield _Call(containers, container, values, clause, tuple(chunk)).made(only)


def _by_values(
    changes: Mapping[str, Mapping[str, Written]],
) -> Iterable[tuple[Mapping[str, Written], Sequence[str]]]:
    groups: dict[str, tuple[Mapping[str, Written], list[str]]] = {}
    for pk, values in changes.items():
        if not values:
            raise ValueError(f"record {pk} has no values to be written")
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

    def made(self, only: Clause | None) -> Updates:
        condition = where.both(self.clause, only)
        about = f"{len(self.pks):,} records"
        try:
            answer = self.containers.update(
                self.container, self.values, condition=condition, about=about
            )
        except EffectInDoubt:
            holding = self._holding()
            return Updates(met=self.pks) if holding == set(self.pks) else Updates(in_doubt=self.pks)
        if answer.count == len(self.pks):
            return Updates(met=self.pks)
        told = {row.pk for row in answer.rows} & set(self.pks)
        met = told if len(told) == answer.count else self._holding()
        if (
            len(met) != answer.count
        ):  # the answer told a number alone, and others wrote the same values meanwhile
            return Updates(in_doubt=self.pks)
        return Updates(
            met=tuple(pk for pk in self.pks if pk in met),
            missed=tuple(pk for pk in self.pks if pk not in met),
        )

    def _holding(self) -> set[str]:
        """Look which of the records hold the values now; a LIST field is not looked at."""
        scalars = {
            name: value
            for name, value in self.values.items()
            if isinstance(value, str | int | float | None)
        }
        rows = self.containers.records(
            self.container, select=(where.PK, *scalars), condition=self.clause
        )
        return {row.pk for row in rows if row.pk is not None and _holds(row, scalars)}


def _holds(row: Record, values: Mapping[str, object]) -> bool:
    return all(_unset(row.values.get(name)) == _unset(value) for name, value in values.items())


def _unset(value: object) -> object:
    """Return None for blank, which a text column that was set to NULL shows."""
    return None if value == "" else value
