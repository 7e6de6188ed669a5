"""Tell which method makes which operation, for the command line, the documentation and the tests."""

import inspect
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from pipeline.adapters.caspio.client.areas.applications import Applications
from pipeline.adapters.caspio.client.areas.containers import Tables, Views
from pipeline.adapters.caspio.client.areas.directories import Directories
from pipeline.adapters.caspio.client.areas.files import Files
from pipeline.adapters.caspio.client.areas.tasks import Tasks
from pipeline.adapters.caspio.client.areas.webhooks import Webhooks
from pipeline.adapters.caspio.client.operations import OPERATIONS, Operation, operations_of

GROUPS: Mapping[str, type] = {
    "tables": Tables,
    "views": Views,
    "files": Files,
    "webhooks": Webhooks,
    "tasks": Tasks,
    "applications": Applications,
    "directories": Directories,
}
"""The client's attributes and what they are, in the order of the specification's groups."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One operation: the methods that make it, such as `tables.names`, and what the first of them says it does."""

    operation: Operation
    methods: tuple[str, ...]
    summary: str


def catalogue() -> tuple[Entry, ...]:
    """Return every operation with its methods."""
    found: dict[str, list[str]] = {name: [] for name in OPERATIONS}
    said: dict[str, str] = {}
    for way, name, text in _tied():
        found[name].append(way)
        said.setdefault(name, text)
    return tuple(Entry(one, tuple(found[one.id]), said[one.id]) for one in OPERATIONS.values())


def _tied() -> Iterator[tuple[str, str, str]]:
    """Yield each method's way from the client, its operation and its first sentence."""
    for attribute, group in GROUPS.items():
        for name, method in inspect.getmembers(group, inspect.isfunction):
            tied = operations_of(method)
            if tied:
                yield (
                    f"{attribute}.{name}",
                    tied[-1] if group is Views else tied[0],
                    _sentence(method),
                )


def _sentence(method: object) -> str:
    text = " ".join((inspect.getdoc(method) or "").split("\n\n")[0].split())
    return text.partition(" (")[0].partition(". ")[0].rstrip(".") + "."
