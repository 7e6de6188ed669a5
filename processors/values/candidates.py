"""Keep the next best values beside the best one, for the user who finds it wrong.

Their number and length are bounded: a document can print a thousand amounts.
"""

from collections.abc import Iterable
from dataclasses import replace

from pipeline.model import Candidate, Finding
from pipeline.model.reading import MOST_CANDIDATE_CHARS, MOST_CANDIDATES


def with_others(best: Finding, ranked: Iterable[Finding]) -> Finding:
    """Return a finding with the next values of a ranking, which may have the finding itself.

    A value that would have to be cut is left out: a part of it would be another value.
    """
    others: dict[str, Candidate] = {}
    for each in ranked:
        value = each.value
        if value is None or value == best.value or len(value) > MOST_CANDIDATE_CHARS:
            continue
        reason = each.reason[:MOST_CANDIDATE_CHARS]
        others.setdefault(value, Candidate(value, each.confidence, reason, each.page, each.box))
        if len(others) == MOST_CANDIDATES:
            break
    return replace(best, others=tuple(others.values()))
