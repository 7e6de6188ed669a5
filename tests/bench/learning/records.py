"""Make records of a corpus: its documents as the product reads them, and what people typed."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pipeline.model import Finding
from processors.classify.classifier import classify
from processors.confidence import with_probabilities
from processors.contract import Page
from processors.learning import Example
from processors.values import find_values
from tests.bench.confidence.readings import readings

_LANGUAGES = ("eng",)
_CURRENCY = re.compile(r"[^\d.\-]")


@dataclass(frozen=True, slots=True)
class Filled:
    """A document of the corpus with its findings, and the values that people typed by column."""

    id: str
    digest: str
    pages: Sequence[Page]
    findings: dict[str, Finding]
    values: dict[str, str]

    def example(self, column: str, value: str | None = None, *, when: int = 0) -> Example:
        """Return the record of one column, with another value if one is given."""
        return Example(
            record_id=self.id,
            digest=self.digest,
            pages=self.pages,
            findings=self.findings,
            value=self.values.get(column, "") if value is None else value,
            when=f"{when:06d}",
        )


def filled_records(corpus: Path, cache: Path, kind: str) -> list[Filled]:
    """Return the documents of one kind in the order of the manifest."""
    found = []
    for row, pages in readings(corpus, cache, kinds=frozenset({kind})):
        doc_type = classify(pages, media_type=row["media"])
        values = find_values(pages, languages=_LANGUAGES, doc_class=doc_type.value)
        findings = with_probabilities(values, pages, doc_type=doc_type, languages=_LANGUAGES)
        findings["doc_type"] = doc_type
        found.append(Filled(row["id"], row["sha256"], pages, findings, _typed(row)))
    return found


def _typed(row: dict[str, Any]) -> dict[str, str]:
    """Return what people typed: of some receipts the total with a currency."""
    fields = row["labels"].get("fields") or {}
    typed = {
        name: "; ".join(value) if isinstance(value, list) else str(value)
        for name, value in fields.items()
        if value
    }
    if "total" in typed:
        typed["total"] = _CURRENCY.sub("", typed["total"])
    return typed | {"class": row["labels"].get("doc_class", "")}
