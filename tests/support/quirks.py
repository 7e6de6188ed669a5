"""Every value of every quirk, and the accounts that between them show each pair of values once."""

from collections.abc import Mapping, Sequence
from dataclasses import fields
from itertools import combinations
from typing import Any, get_args, get_type_hints

from infra.emulator import Quirks

SAMPLES: Mapping[str, Sequence[object]] = {
    "fileinfo_row_cap": (0, 25),
    "rate_limit_retry_after": (0, 3),
    "webhook_signature_header": ("X-Caspio-Signature", "X-Other"),
    "webhook_retries": (3, 0),
    "webhook_retry_ms": (1, 5),
    "webhook_timeout_ms": (30_000, 5_000),
    "task_ms": (1, 5),
    "max_upload_bytes": (0, 1_000_000),
}
"""Placeholders for numbers and texts that could be anything."""

_OF_WEBHOOKS = tuple(one.name for one in fields(Quirks) if one.name.startswith("webhook_"))
NOT_OF_THE_PIPELINE: Mapping[str, str] = {
    "files_upload": "the pipeline sends one file a call",
    "list_update": "the pipeline writes no LIST field",
    "task_ms": "the pipeline runs no tasks",
    **dict.fromkeys(_OF_WEBHOOKS, "the pipeline has no webhooks of its own"),
}
"""Quirks that cannot matter to the pipeline, and why."""


def choices(name: str) -> tuple[Any, ...]:
    """Return the values of a quirk, the usual one first."""
    kind = get_type_hints(Quirks)[name]
    if kind is bool:
        usual = getattr(Quirks(), name)
        return (usual, not usual)
    return get_args(kind) or tuple(SAMPLES[name])


def of_the_pipeline() -> dict[str, tuple[Any, ...]]:
    """Return the values of every quirk that can matter to the pipeline.

    A new one is among them by itself.
    """
    return {
        one.name: choices(one.name) for one in fields(Quirks) if one.name not in NOT_OF_THE_PIPELINE
    }


def of_webhooks() -> dict[str, tuple[Any, ...]]:
    """Return the values of every quirk that webhooks have."""
    return {name: choices(name) for name in (*_OF_WEBHOOKS, "attachment_event")}


Pair = frozenset[tuple[str, Any]]


def pairs(factors: Mapping[str, Sequence[Any]]) -> list[Pair]:
    """Return every pair of values of two factors."""
    return [
        frozenset({(a, x), (b, y)})
        for a, b in combinations(factors, 2)
        for x in factors[a]
        for y in factors[b]
    ]


def covering(factors: Mapping[str, Sequence[Any]], starts: int = 20) -> list[dict[str, Any]]:
    """Return rows, one value for each factor, with every pair; the same rows every time.

    Each row is the best of `starts`: it begins with a pair that no row has yet and takes, factor by
    factor, the value that brings most such pairs.
    """
    names = sorted(factors, key=lambda name: -len(factors[name]))
    missing = dict.fromkeys(pairs({name: factors[name] for name in names}))
    rows: list[dict[str, Any]] = []
    while missing:
        begun = list(missing)[:: max(1, len(missing) // starts)]
        row = max(
            (_filled(pair, names, factors, missing) for pair in begun),
            key=lambda one: len(_met(one, missing)),
        )
        for pair in _met(row, missing):
            del missing[pair]
        rows.append({name: row[name] for name in factors})
    return rows


def sample(rows: Sequence[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    """Return a few of the rows, in which every value is at least once; the first row is one of them."""
    missing = {item for row in rows for item in row.items()}
    chosen = [rows[0]]
    missing -= rows[0].items()
    while missing:
        best = max(rows, key=lambda row: len(missing & row.items()))
        missing -= best.items()
        chosen.append(best)
    return chosen


def _filled(
    pair: Pair,
    names: Sequence[str],
    factors: Mapping[str, Sequence[Any]],
    missing: Mapping[Pair, None],
) -> dict[str, Any]:
    row = dict(sorted(pair, key=lambda item: names.index(item[0])))
    for name in names:
        if name not in row:
            fresh = {
                x: sum(frozenset({(name, x), old}) in missing for old in row.items())
                for x in factors[name]
            }
            row[name] = max(fresh, key=lambda x: fresh[x])
    return row


def _met(row: Mapping[str, Any], missing: Mapping[Pair, None]) -> list[Pair]:
    return [pair for pair in map(frozenset, combinations(row.items(), 2)) if pair in missing]
