"""Compute the features of the date and the parties of a contract."""

import re
from collections.abc import Sequence

from pipeline.model import Finding
from processors.confidence.evidence import Evidence, FoundValue, compact
from processors.confidence.names import ODD_SIGN
from processors.confidence.shared import Features, counted
from processors.values.contracts.effective_date import (
    IN_OPENING,
    OF_LETTER,
    OF_TERM,
    announces_start,
    starts_of_post,
)
from processors.values.contracts.signatures import AT_SIGNATURES, names_signed
from processors.values.date_labels import MENTIONED, OF_ANOTHER, LabeledDate
from processors.values.legal_forms import end_of_form
from processors.values.lines import fold, label_pattern

# What announces the day from which a contract is in force, before the date or on the line above.
_FROM_WHEN = {
    "after_effective": re.compile(r"effective"),
    "after_as_of": re.compile(r"as of|dated|entered into|made"),
    "after_day_of": re.compile(r"day of"),
}
_NEAR_CHARS = 70
_CHARS_OF_SENTENCE = 160
_OF_OTHERS = frozenset({MENTIONED, OF_ANOTHER})
"""Kinds of dates that are of another document: "under the plan dated May 3"."""
_WITHOUT_LABEL = frozenset({"", "link", "other"})
_LABEL = re.compile(r"\b(?:date|dated|datum|fecha|data|day)\b[^a-z]*$|: ?$")
_SENTENCE_WORDS = 8
_USUAL_PARTIES = 2
_MOST_WORDS = 8
_LEAST_KEY = 4
_MOST_BESIDE_DATE = 12
"""Characters beside a date that is alone on its line, such as "Dated:" or the name of a place."""


def contract_date_features(
    evidence: Evidence, finding: Finding, same: Sequence[LabeledDate]
) -> Features:
    """Return the features of the date of a contract: what announces it, and what contradicts it.

    `same` are the places where the date is printed.
    """
    before = _text_before(evidence, finding, same)
    near = before[-_NEAR_CHARS:]
    features: Features = {
        name: float(bool(words.search(near))) for name, words in _FROM_WHEN.items()
    }
    is_announced = any(features.values())
    reason = finding.reason or ""
    has_others = any(not any(each is one for one in same) for each in evidence.dates)
    is_found = any(where in reason for where in (IN_OPENING, OF_LETTER, OF_TERM))
    return features | {
        "in_opening": float(IN_OPENING in reason),
        "of_letter": float(OF_LETTER in reason),
        "starts_elsewhere": float(not is_announced and _starts_elsewhere(evidence, same)),
        "starts_post": float(starts_of_post(before)),
        "begins_term": float(OF_TERM in reason and has_others),
        "mentioned_only": float(
            not is_found and _is_only_mentioned(same, is_announced=is_announced)
        ),
    }


def _is_only_mentioned(same: Sequence[LabeledDate], *, is_announced: bool) -> bool:
    """Return whether sentences have a date, but none that says that it is of the contract."""
    is_of_other = {each.kind for each in same} <= _OF_OTHERS
    is_named = (is_announced and not is_of_other) or any(map(_fills_line, same))
    return bool(same) and not is_named and all(map(_is_mentioned, same))


def _text_before(evidence: Evidence, finding: Finding, same: Sequence[LabeledDate]) -> str:
    """Return the words before a date, with those of the line above."""
    own = next(iter(evidence.lines_of(finding)), None) or next((e.line for e in same), None)
    if own is None:
        return ""
    above = evidence.lines[own.number - 1].folded if own.number else ""
    starts = [each.text.start for each in same if each.line is own]
    before = f"{above} {own.folded[: starts[0]] if starts else own.folded}"
    return before[-_CHARS_OF_SENTENCE:]


def _fills_line(date: LabeledDate) -> bool:
    return len(date.line.folded) <= len(date.text.text) + _MOST_BESIDE_DATE


def _is_mentioned(date: LabeledDate) -> bool:
    """Return whether nothing names a date, or only a sentence: "on May 3 the mill burned"."""
    if date.kind in _WITHOUT_LABEL | _OF_OTHERS:
        return True
    line = date.line.folded
    return len(line.split()) > _SENTENCE_WORDS and not _LABEL.search(line[: date.text.start])


def _starts_elsewhere(evidence: Evidence, same: Sequence[LabeledDate]) -> bool:
    """Say whether a contract is of one day and begins, or may begin, on another one.

    "Made as of" and "effective" say of a day that the contract is in force.
    """
    if any(map(_is_start, same)):
        return False
    days = {day for each in same for day in each.text.readings}
    return any(_is_start(each) and not days & set(each.text.readings) for each in evidence.dates)


def _is_start(each: LabeledDate) -> bool:
    return announces_start(each.line.folded[: each.text.start])


def parties_features(evidence: Evidence, value: FoundValue) -> Features:
    """Return the features of the parties of a contract: how many, of what form, and who signs."""
    names = [name.strip() for name in value.text.split(";") if name.strip()]
    count = max(len(names), 1)
    forms = [end_of_form(name, fold(name)) > 0 for name in names]
    words = [len(name.split()) for name in names] or [0]
    titles = label_pattern("parties", "titles")
    return {
        "two_parties": float(len(names) == _USUAL_PARTIES),
        "one_party": float(len(names) < _USUAL_PARTIES),
        "many_parties": float(len(names) > _USUAL_PARTIES),
        "with_forms": sum(forms) / count,
        "most_words": counted(max(words), _MOST_WORDS),
        "one_word_party": float(min(words) == 1),
        "of_titles": float(any(titles.search(fold(name)) for name in names)),
        "with_digits": float(any(map(str.isdigit, value.text))),
        "odd_signs": float(bool(ODD_SIGN.search(value.text.replace(";", "")))),
        "only_signed": float(AT_SIGNATURES in (value.finding.reason or "")),
        "another_signs": float(_another_signs(evidence, names)),
    }


def _another_signs(evidence: Evidence, names: Sequence[str]) -> bool:
    """Return whether a company that is none of the parties has its name above a signature."""
    own = [compact(name) for name in names]
    signed = {compact(each) for each in names_signed(evidence.lines)}
    return any(
        len(key) >= _LEAST_KEY and not any(key in each or each in key for each in own)
        for key in signed
    )
