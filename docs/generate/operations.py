"""Describe the operations of Caspio's API and the methods of the client that make them."""

from itertools import groupby

from pipeline.adapters.caspio.client.catalogue import CatalogueEntry, catalogue


def operations() -> str:
    """Write every operation with its methods, one table for each group of the specification."""
    entries = catalogue()
    tables = [
        _table(group.value, list(found))
        for group, found in groupby(entries, key=lambda entry: entry.operation.group)
    ]
    tables.append(f"All {len(entries)} operations have a method.")
    return "\n\n".join(tables)


def _table(group: str, entries: list[CatalogueEntry]) -> str:
    rows = [f"### {group}", "", "| operation | method | description |", "|---|---|---|"]
    for entry in entries:
        methods = ", ".join(f"`client.{method}`" for method in entry.methods)
        rows.append(f"| `{entry.operation.id}` | {methods} | {entry.summary} |")
    return "\n".join(rows)
