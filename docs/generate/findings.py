"""Describe the findings and facts that columns and names can ask for, from the catalogue."""

from docs.generate.settings import row, stacked
from pipeline.findings import FACT_NAMES, FINDING_NAMES, FINDINGS

LONG_SAMPLE = 24
"""Longer samples are cut; nobody reads a whole SHA-256."""


def findings(group: str) -> str:
    """Write a table of the findings of a document (`read`), or of the facts about it (`facts`)."""
    names = {"read": FINDING_NAMES, "facts": FACT_NAMES}[group]
    heading = {"read": "finding", "facts": "fact"}[group]
    rows = [f"| {heading} | column types | example | description |", "|---|---|---|---|"]
    for kind in FINDINGS.values():
        if kind.name in names:
            sample = kind.sample
            if len(sample) > LONG_SAMPLE:
                sample = f"{sample[: LONG_SAMPLE - 1]}…"
            types = ", ".join(kind.column_types)
            rows.append(row(f"`{kind.name}`", types, f"`{sample}`", kind.description))
    return stacked(rows)


def headers() -> str:
    """Write the names of columns by which `init` recognizes a finding."""
    rows = ["| finding | mapped if a column is named | mentioned if a column is named |"]
    rows.append("|---|---|---|")
    rows += [
        row(f"`{kind.name}`", ", ".join(kind.headers), ", ".join(kind.possible_headers))
        for kind in FINDINGS.values()
        if kind.headers or kind.possible_headers
    ]
    return stacked(rows)
