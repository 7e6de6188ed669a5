"""Collect examples for the probabilities: every value that was found, and whether it is right."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from processors.classify.classifier import classify
from processors.confidence.evidence import Evidence
from processors.confidence.features import features_of, kind_of
from processors.confidence.shared import Features
from processors.values import find_values
from processors.values.lines import text_lines_of
from tests.bench.confidence.readings import readings
from tests.bench.confidence.truths import is_right, issuer_of, printed_truths, truths_of

_LANGUAGES = ("eng",)


@dataclass(frozen=True, slots=True)
class Example:
    """One value of a document whose truth is known.

    `kind` is that of the document in the corpus, `doc_class` the class that was found, and
    `value_kind` the one whose weights apply.
    `rule` is the confidence of the rule, `features` are empty and `right` is None where nothing was
    found. `value` and `truth` are for people who look at what went wrong.
    """

    document: str
    kind: str
    doc_class: str | None
    value_kind: str
    issuer: str
    name: str
    rule: float
    right: bool | None
    features: Features
    value: str | None
    truth: str


def examples_of(
    corpus: Path, cache: Path, *, kinds: frozenset[str] = frozenset()
) -> Iterator[Example]:
    """Yield the examples of a corpus."""
    for row, pages in readings(corpus, cache, kinds=kinds):
        truths = printed_truths(truths_of(row), "\n".join(page.text.text for page in pages))
        if not truths:
            continue
        doc_type = classify(pages, media_type=row["media"])
        found = find_values(pages, languages=_LANGUAGES, doc_class=doc_type.value)
        lines = text_lines_of(pages)
        evidence = Evidence.of(lines, pages, found, doc_type, _LANGUAGES)
        for name, truth in truths.items():
            finding = found.get(name)
            value = finding.value if finding else None
            yield Example(
                document=str(row["id"]),
                kind=row["kind"],
                doc_class=doc_type.value,
                value_kind=kind_of(name, doc_type.value),
                issuer=issuer_of(row),
                name=name,
                rule=finding.confidence if finding else 0.0,
                right=None if value is None else is_right(name, truth, value),
                features={} if value is None else features_of(evidence, name),
                value=value,
                truth=str(truth),
            )
