"""Turn the scores of the rules into probabilities: how often such values are right.

The weights were fitted on documents whose values people typed; docs/confidence.md says on which,
and how well they do on senders that they have not seen.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace

from pipeline.model import Finding
from processors.confidence.evidence import Evidence
from processors.confidence.features import KIND_OF, features_of, kind_of
from processors.confidence.model import load_model
from processors.contract import Page
from processors.values import machine_values
from processors.values.lines import text_lines_of


def with_probabilities(
    found: Mapping[str, Finding],
    pages: Sequence[Page],
    *,
    doc_type: Finding,
    languages: Sequence[str] = ("eng",),
) -> dict[str, Finding]:
    """Return the findings of `find_values` with the probability that each value is right.

    What is made for machines keeps its confidence: its check digits say more than any statistics.
    So does a finding without a value, whose confidence decides nothing, and one of which no truths
    are known, such as a field of a form.
    """
    lines = text_lines_of(pages)
    machine = machine_values(lines, pages)
    evidence = Evidence.of(lines, pages, found, doc_type, languages)
    model = load_model()
    return {
        name: finding
        if finding.value is None or name not in KIND_OF or machine.get(name) == finding
        else replace(
            finding,
            confidence=model.probability(
                kind_of(name, doc_type.value), features_of(evidence, name)
            ),
        )
        for name, finding in found.items()
    }
