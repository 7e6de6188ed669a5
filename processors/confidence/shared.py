"""Compute the features that values of every kind have.

A feature is a number of about 0 to 1 under a name; one that is absent is 0. None of them is a word
of the document: the weights know how documents are made, and no sender.
"""

from collections.abc import Sequence
from math import log1p, log10
from statistics import mean

from pipeline.model import Finding
from processors.confidence.evidence import Evidence, FoundValue
from processors.confidence.logistic import logit
from processors.values.lines import TextLine

Features = dict[str, float]

CLASSES = ("receipt", "invoice", "contract")
"""Classes of which there are enough documents with known values."""
OF_OTHER_CLASS = "in_other"
"""The feature of a document that has none of these classes."""

_USUAL_LOGIT = 3.0
"""The logit of a confidence of 0.95, which rules give to what they are certain of."""
_EVEN = 0.5
_MOST_REPEATS = 3
_MANY_PAGES = 3.0
"""log(1 + pages) of a document of twenty pages."""
_FEW_LINES = 15
_SURE_OF_LETTERS = 0.9
"""A word below it has a letter that OCR hesitated about."""


def counted(count: int, most: int) -> float:
    """Return a count as a share of a number from which on more makes no difference."""
    return max(0, min(count, most)) / most


def shared_features(evidence: Evidence, value: FoundValue) -> Features:
    """Return the features of a value of any kind."""
    finding, places = value.finding, value.places
    features: Features = {
        "always": 1.0,
        "rule": max(-2.0, min(2.0, logit(finding.confidence) / _USUAL_LOGIT)),
        "repeated": counted(len(places) - 1, _MOST_REPEATS),
        "nowhere": float(not places),
        "pages": min(1.0, log1p(len(evidence.pages)) / _MANY_PAGES),
        "few_lines": float(len(evidence.lines) < _FEW_LINES),
    }
    doc_class = evidence.doc_type.value
    if doc_class in CLASSES:
        features[f"in_{doc_class}"] = 1.0
        features["class_doubt"] = 1.0 - evidence.doc_type.confidence
    else:
        features[OF_OTHER_CLASS] = 1.0
    features |= _place(evidence, finding, places) | _rivals(finding)
    return features | _letters(evidence, finding)


def _rivals(finding: Finding) -> Features:
    """Say how close the next best value came by the rules.

    Where rules look for less there are fewer rivals: none is no better than one of even odds.
    """
    best = max([_EVEN, *(each.confidence for each in finding.others)])
    lead = (logit(finding.confidence) - logit(best)) / _USUAL_LOGIT
    return {"lead": max(-1.0, min(1.0, lead))}


def _place(evidence: Evidence, finding: Finding, places: Sequence[TextLine]) -> Features:
    """Say where on its page a value is."""
    page = evidence.pages.get(finding.page or 0)
    features: Features = {"later_page": float(bool(finding.page and finding.page > 1))}
    if finding.box and page and page.height_pt:
        middle = (finding.box[1] + finding.box[3]) / 2
        features["down"] = min(1.0, max(0.0, middle / page.height_pt))
    elif places:
        features["down"] = places[0].number / max(len(evidence.lines) - 1, 1)
    return features


def _letters(evidence: Evidence, finding: Finding) -> Features:
    """Say how certain the letters of a value are; those of a text layer are certain."""
    page = evidence.pages.get(finding.page or 0)
    if page is None or page.source != "ocr":
        return {}
    features: Features = {"ocr": 1.0, "page_doubt": doubt(page.confidence or 1.0)}
    words = evidence.certainties(finding)
    if words:
        certainties = [certainty for certainty, _ in words]
        features["least_doubt"] = doubt(min(certainties))
        features["mean_doubt"] = doubt(mean(certainties))
        unsure = sum(each < _SURE_OF_LETTERS for each in certainties)
        features["unsure_words"] = counted(unsure, 3)
        # The certainty of a word is the mean of its characters: this many of them are misread.
        slips = [(1.0 - certainty) * count for certainty, count in words]
        features["slips_in_word"] = doubt(1.0 - min(1.0, max(slips)))
        features["slips"] = doubt(1.0 - min(1.0, sum(slips)))
    return features


def doubt(certainty: float) -> float:
    """Return 0 for a certainty of 0.999, and a third more for each tenth of it that is missing.

    OCR is certain of nearly all letters: 0.99 and 0.9 are as far apart as 0.9 and 0.
    """
    return 1.0 + log10(max(1.0 - certainty, 0.001)) / 3.0
