"""Compute the features of numbers and other identifiers."""

import re
from collections.abc import Sequence

from processors.confidence.evidence import Evidence, FoundValue, compact
from processors.confidence.shared import Features, counted
from processors.values.lines import TextLine, label_pattern
from processors.values.list_words import labels_in
from processors.values.numbers.context import doubt_of

_TOKEN = re.compile(r"[a-z0-9][a-z0-9/_.\-]+")
_LABELS = {"invoice_number": ("invoice", "credit", "receipt"), "order_number": ("order",)}
_FEW_DIGITS, _LONG = 3, 14
_SHORT = 8
_HEAD_LINES = 14
_NEAR_CHARS = 12
# "2031", "2031-2032", "2031/32", "Q2-2031": what a bill may be about.
_YEARS = re.compile(
    r"(?:(?:fy|gj|q[1-4]|h[12]|t[1-4])[-/]?)?(?P<first>(?:19|20)\d\d)"
    r"(?:[-/](?:(?P<last>(?:19|20)?\d\d)|(?:q[1-4]|h[12]|t[1-4])))?"
)
_YEARS_BEFORE, _YEARS_BEHIND = 3, 2
"""Years before and behind its own day for which a bill may be."""
_EXPLICIT = re.compile(r"n[or]\b|num|#|°|º|\bid\b")
_SAYS_NUMBER = re.compile(r"\bn[or]?\b|nr\b|num|cislo|[#:°º№]|\bid\b|\bref")


def number_features(evidence: Evidence, value: FoundValue) -> Features:
    """Return the features of a number behind a label: its form, its label, and its rivals."""
    text, name, places = value.text, value.name, value.places
    digits = sum(map(str.isdigit, text))
    letters = sum(map(str.isalpha, text))
    features: Features = {
        f"is_{name}": 1.0,
        "digits_only": float(text.isdigit()),
        "letters": counted(letters, 6),
        "few_digits": float(digits < _FEW_DIGITS),
        "long": float(len(text) > _LONG),
        "signs": float(not text.isalnum()),
        "year": float(bool(re.fullmatch(r"(?:19|20)\d\d", text))),
    }
    own = next(iter(evidence.lines_of(value.finding)), None) or next(iter(places), None)
    lists = _LABELS.get(name, ())
    patterns = [label_pattern("numbers", each) for each in lists]
    if own is None or not patterns:
        return features
    before = own.folded[: max(own.folded.find(text.lower()), 0)]
    near = before[-_NEAR_CHARS - 20 :]
    features["labeled"] = float(any(pattern.search(before) for pattern in patterns))
    features["explicit"] = float(bool(_EXPLICIT.search(near)))
    features["of_receipt"] = float(bool(name == "invoice_number" and patterns[-1].search(before)))
    features["colon"] = float(":" in near)
    after = own.folded[len(before) + len(text) :]
    features["goes_on"] = float(bool(after.strip(" .,;|")))
    features["digits_after"] = float(bool(re.match(r"[ /.\-]{0,3}\d", after)))
    features["rivals"] = counted(_rivals(evidence, lists, text), 3)
    features["may_be_year"] = float(_may_be_year(evidence, value, before))
    features["of_else"] = float(_may_be_of_another(own, lists, len(before)))
    return features


def _may_be_year(evidence: Evidence, value: FoundValue, before: str) -> bool:
    """Return whether a number behind a title may be the year or the years that a bill is for."""
    years = _YEARS.fullmatch(value.text.lower()) if value.name == "invoice_number" else None
    titles = label_pattern("numbers", *_LABELS["invoice_number"])
    links = [before[each.start() :] for each in titles.finditer(before)]
    if years is None or not links or any(map(_SAYS_NUMBER.search, links)):
        return False
    first, last = int(years["first"]), years["last"]
    if last and int(last[-2:]) != (first + 1) % 100:
        return False
    issued = evidence.value("date")
    year = int(issued[:4]) if issued else first
    return year - _YEARS_BEFORE <= first <= year + _YEARS_BEHIND


def _may_be_of_another(own: TextLine, lists: Sequence[str], start: int) -> bool:
    """Return whether words before the label of a number may say it of another paper."""
    labels = [
        each
        for name in lists
        for each in labels_in(own.folded, "numbers", name)
        if each.end() <= start
    ]
    nearest = max(labels, key=lambda each: each.end(), default=None)
    return nearest is not None and bool(doubt_of(own, nearest))


def _rivals(evidence: Evidence, lists: Sequence[str], text: str) -> int:
    """Count the other numbers directly after a label of the same kind."""
    own = compact(text)
    rivals: set[str] = set()
    for line in evidence.lines:
        for name in lists:
            for label in labels_in(line.folded, "numbers", name):
                rest = line.folded[label.end() : label.end() + 40]
                tokens = [each for each in _TOKEN.findall(rest) if any(map(str.isdigit, each))]
                token = tokens[0] if tokens else ""
                if token and compact(token) not in own and own not in compact(token):
                    rivals.add(compact(token))
    return len(rivals)


def identifier_features(_evidence: Evidence, value: FoundValue) -> Features:
    """Return the features of an account, tax number, e-mail address or telephone number."""
    first = next(iter(value.places), None)
    is_short = len(compact(value.text)) < _SHORT
    features: Features = {f"is_{value.name}": 1.0, "short": float(is_short)}
    if first:
        features["at_head"] = float(first.number < _HEAD_LINES)
    return features
