"""List which method makes which operation, for the command line, documentation and tests."""

import inspect
from collections.abc import Mapping
from dataclasses import dataclass

from pipeline.adapters.caspio.client.areas.applications import Applications
from pipeline.adapters.caspio.client.areas.directories import Directories
from pipeline.adapters.caspio.client.areas.files import Files
from pipeline.adapters.caspio.client.areas.tables import Tables, Views
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
class CatalogueEntry:
    """One operation, the methods that make it (such as `tables.names`), and what the first does."""

    operation: Operation
    methods: tuple[str, ...]
    summary: str


def catalogue() -> tuple[CatalogueEntry, ...]:
    """Return every operation with its methods."""
    methods: dict[str, list[str]] = {name: [] for name in OPERATIONS}
    summaries: dict[str, str] = {}
    for attribute, group in GROUPS.items():
        for name, method in inspect.getmembers(group, inspect.isfunction):
            tied = operations_of(method)
            if not tied:
                continue
            # Tables and views share methods; each is tied to both operations, the view's last.
            operation_id = tied[-1] if group is Views else tied[0]
            methods[operation_id].append(f"{attribute}.{name}")
            # The docstring's first sentence, without the operations' names in brackets.
            paragraph = " ".join((inspect.getdoc(method) or "").split("\n\n")[0].split())
            sentence = paragraph.partition(" (")[0].partition(". ")[0]
            summaries.setdefault(operation_id, sentence.rstrip(".") + ".")
    return tuple(
        CatalogueEntry(one, tuple(methods[one.id]), summaries[one.id])
        for one in OPERATIONS.values()
    )
