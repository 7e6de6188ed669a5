"""Turn the scores of the rules into probabilities: how often such values are right.

The weights were fitted on documents whose values people typed; docs/confidence.md says on which,
and how well they do on senders that they have not seen.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace

from pipeline.model import Candidate, Finding
from processors.confidence.addresses import most_of_address
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

    def probability(name: str, finding: Finding) -> float:
        # As if it had been found: what else was found speaks for it or against it.
        instead = replace(evidence, found={**found, name: finding})
        return model.probability(kind_of(name, doc_type.value), features_of(instead, name))

    def rated(name: str, finding: Finding) -> Finding:
        if name not in KIND_OF or machine.get(name) == finding:
            return finding
        of_others = [probability(name, each) for each in as_findings(finding)]
        if finding.value is not None:
            finding = replace(finding, confidence=probability(name, finding))
        return with_shares(finding, of_others)

    values = {name: rated(name, finding) for name, finding in found.items()}
    issuer, address = values.get("company"), values.get("address")
    if issuer and address and machine.get("address") != found["address"]:
        most = most_of_address(doc_type.value, issuer.confidence)
        values["address"] = replace(address, confidence=min(most, address.confidence))
    return values


def as_findings(finding: Finding) -> list[Finding]:
    """Return the candidates of a finding as findings, each with all others as its candidates."""
    best = Candidate(
        finding.value or "", finding.confidence, finding.reason, finding.page, finding.box
    )
    ranked = (best, *finding.others) if finding.value is not None else finding.others
    return [
        Finding(
            each.value,
            each.confidence,
            each.reason,
            each.page,
            each.box,
            others=tuple(other for other in ranked if other is not each),
        )
        for each in finding.others
    ]


def with_shares(finding: Finding, probabilities: Sequence[float]) -> Finding:
    """Return a finding with these probabilities of its candidates, the likeliest first.

    The weights judge the best value of a document. One of the values is right at most, so that each
    candidate has no more than what the values before it leave of 1.
    """
    rated = sorted(
        zip(probabilities, finding.others, strict=True), key=lambda pair: pair[0], reverse=True
    )
    left = 1.0 - finding.confidence if finding.value is not None else 1.0
    others: list[Candidate] = []
    for chance, candidate in rated:
        share = round(min(chance, left), 3)
        left = max(0.0, left - share)
        others.append(replace(candidate, confidence=share))
    return replace(finding, others=tuple(others))
