"""Describe the findings and facts that columns and names can ask for."""

from pipeline.findings import FACT_NAMES, FINDING_NAMES, FINDINGS


def findings(group: str) -> str:
    """Write a table of what is read from a document, or of the facts about one: `read` or `facts`."""
    names = {"read": FINDING_NAMES, "facts": FACT_NAMES}[group]
    rows = [
        f"| `{kind.name}` | {kind.description} |"
        for kind in FINDINGS.values()
        if kind.name in names
    ]
    heading = {"read": "finding", "facts": "fact"}[group]
    return "\n".join([f"| {heading} | is |", "|---|---|", *rows])
