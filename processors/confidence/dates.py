"""Compute the features of dates and periods."""

import re
from collections.abc import Sequence
from datetime import date
from statistics import median

from processors.confidence.contracts import contract_date_features
from processors.confidence.evidence import Evidence, FoundValue
from processors.confidence.shared import Features, counted
from processors.values.date_labels import (
    LETTERHEAD,
    LISTED,
    MENTIONED,
    OF_ANOTHER,
    OF_PAPER,
    QUOTED,
    LabeledDate,
)
from processors.values.money.amounts import money_in

_KINDS_THAT_SPEAK = ("document", "title", "plain", "link", "due", "other", LETTERHEAD, QUOTED)
_OF_ELSE = frozenset({"other", LISTED, OF_ANOTHER, OF_PAPER, MENTIONED, QUOTED})
_SHORT_YEAR = re.compile(r"\d{1,2}\D\d{1,2}\D\d\d")
_TIME = re.compile(r"\d[:.]\d\d")
_SENTENCE_WORDS = 10
_MANY_DATES = 20
_MOST_RIVALS = 3
_FAR_DAYS = 2 * 365
"""Days from the usual date of the document from which on a date may be misread."""
_EARLIEST_YEAR = 1990


def date_features(evidence: Evidence, value: FoundValue) -> Features:
    """Return the features of a date: its words, its rivals, and whether others agree with it."""
    day = value.text
    same = evidence.dates_like(day)
    kinds = {each.kind for each in same}
    features: Features = {f"is_{value.name}": 1.0}
    for kind in _KINDS_THAT_SPEAK:
        features[f"called_{kind}"] = float(kind in kinds)
    features["called_nothing"] = float(bool(same) and not kinds - {""})
    features["not_printed"] = float(not same)
    # A contract may have the day on which it begins in a row of its terms.
    is_contract = evidence.doc_type.value == "contract"
    is_own = is_contract or value.name != "date"
    is_of_else = kinds <= _OF_ELSE or _heads_rows(evidence, same)
    features["of_else"] = float(bool(same) and is_of_else and not is_own)
    features |= _reading(same)
    features |= _rivals(evidence, day, same)
    if is_contract:
        features |= contract_date_features(evidence, value.finding, same)
    issued = evidence.value("date")
    if value.name == "due_date" and issued:
        features["before_issue"] = float(day < issued)
        features["equals_issue"] = float(day == issued)
    return features


def _heads_rows(evidence: Evidence, same: Sequence[LabeledDate]) -> bool:
    """Return whether a date is printed only before what was booked on it, as other days are."""
    days = {
        each.line.number: each.text.readings
        for each in evidence.dates
        if each.text.start == 0 and money_in(each.line.folded[each.text.end :])
    }
    own = [each for each in same if each.kind not in _OF_ELSE]
    return len(set(days.values())) > 1 and all(each.line.number in days for each in own)


def _reading(same: Sequence[LabeledDate]) -> Features:
    """Say whether the date could be read another way."""
    if not same:
        return {}
    first = same[0]
    return {
        "two_readings": float(all(len(each.text.readings) > 1 for each in same)),
        "in_letters": float(any(map(str.isalpha, first.text.text))),
        "short_year": float(bool(_SHORT_YEAR.fullmatch(first.text.text))),
        "alone": float(len(first.line.folded) <= len(first.text.text) + 12),
        "with_time": float(bool(_TIME.search(first.line.folded, first.text.end))),
        "in_sentence": float(len(first.line.folded.split()) > _SENTENCE_WORDS),
    }


def _rivals(evidence: Evidence, value: str, same: Sequence[LabeledDate]) -> Features:
    """Say which other dates the document has."""
    day = date.fromisoformat(value[:10])
    printed = {id(each) for each in same}
    others = [each for each in evidence.dates if id(each) not in printed]
    days = {each.text.readings[0] for each in others}
    issuing = {each.text.readings[0] for each in others if each.kind not in {"due", "other"}}
    features: Features = {
        "other_dates": counted(len(days), _MOST_RIVALS),
        "rival_dates": counted(len(issuing), _MOST_RIVALS),
        "same_label_rivals": float(
            any(each.kind in {"document", "title"} for each in others if each.text.readings)
        ),
        "many_dates": float(len(evidence.dates) > _MANY_DATES),
        "old": float(day.year < _EARLIEST_YEAR),
    }
    if days:
        usual = median(each.toordinal() for each in days)
        features["far_from_others"] = float(abs(day.toordinal() - usual) > _FAR_DAYS)
        features["latest"] = float(day >= max(days))
        features["earliest"] = float(day <= min(days))
    return features
