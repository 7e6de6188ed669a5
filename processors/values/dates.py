"""The document's date and the day its payment is due."""

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date
from itertools import pairwise

from pipeline.model import Finding
from processors.values.country import Hints, countries
from processors.values.datetext import MonthNames, Written, dates_in
from processors.values.lines import Line, pattern

_CLOCK = re.compile(r"\d{1,2}[:.]\d\d(?:[:.]\d\d)? ?(?:[ap]m)?")
_WEIGHTS = {"document": 6.0, "title": 5.0, "plain": 3.0, "link": 0.5, "due": -5.0, "other": -4.0}
_NEAR = 45
"""Characters between a label and its date on one line."""
_MOST_DATES = 400
_JOINED = re.compile(
    r" ?(?:[-\u2013\u2014]|to|until|through|thru|bis(?: zum)?|au|al?|tot|till) ?(?:[a-z]{3,9} )?"
)
_PERSONAL = re.compile(r"birth|born|dob|naissance|ne[e]? le|naci|nasc|geb|lahir|exp|valid|gultig")
"""Labels of dates that are never the document's: births, and ends of validity."""


@dataclass(frozen=True, slots=True)
class Label:
    """Words that announce a date, and of which kind it is: a key of _WEIGHTS."""

    start: int
    end: int
    kind: str


@dataclass(frozen=True, slots=True)
class Dated:
    """A date in its line, and the kind of label before it ("" for none)."""

    written: Written
    line: Line
    kind: str
    label: str


def _all_of(kind: str, folded: str, stop: int) -> Iterator[Label]:
    """Yield a kind's labels, those that begin within another one too: "invoice date due date"."""
    match = pattern("dates", kind).search(folded, 0, stop)
    while match:
        yield Label(match.start(), match.end(), kind)
        match = pattern("dates", kind).search(folded, match.start() + 1, stop)


def _labels(folded: str, stop: int) -> list[Label]:
    """Return the labels that end before `stop`, from left to right; of two that overlap the longer one."""
    found: list[Label] = []
    for kind in _WEIGHTS:
        found += _all_of(kind, folded, stop)
    chosen: list[Label] = []
    for label in sorted(found, key=lambda each: each.start - each.end):
        if not any(label.start < other.end and other.start < label.end for other in chosen):
            chosen.append(label)
    return sorted(chosen, key=lambda each: each.start)


def _from_same_line(line: Line, written: Written, after: int) -> tuple[str, str]:
    """Take the nearest label before the date; a small word such as "of" passes on the label before it."""
    near = [
        label
        for label in _labels(line.folded, written.start)
        if label.start >= after and written.start - label.end <= _NEAR
    ]
    if not near:
        return "", ""
    label = near[-1]
    if label.kind == "link" and len(near) > 1 and label.start - near[-2].end <= _NEAR:
        label = near[-2]
    return label.kind, line.folded[label.start : label.end]


def _from_line_before(lines: Sequence[Line], line: Line, place: int) -> tuple[str, str]:
    """Take the label at the same place among the labels of the line above: over a column, or alone."""
    if line.number == 0:
        return "", ""
    above = lines[line.number - 1]
    labels = [
        label
        for label in _labels(above.folded, len(above.folded))
        if label.kind not in {"link", "title"}
    ]
    if place >= len(labels):
        return "", ""
    label = labels[place]
    return label.kind, above.folded[label.start : label.end]


def _dated_in(lines: Sequence[Line], months: MonthNames) -> list[Dated]:
    found: list[Dated] = []
    for line in lines:
        after = 0
        for place, written in enumerate(dates_in(line.folded, months)):
            kind, label = _from_same_line(line, written, after)
            if not kind and (place or written.start <= _NEAR):
                kind, label = _from_line_before(lines, line, place)
            found.append(Dated(written=written, line=line, kind=kind, label=label))
            after = written.end
        if len(found) > _MOST_DATES:
            break
    return found


def _order(
    found: Iterable[Dated],
    hints: Hints,
    languages: Sequence[str],
    usual_order: str,
    currency: str | None,
) -> tuple[str, str]:
    """Say whether the day or the month comes first in this document ("dmy", "mdy" or "") and why."""
    votes: dict[str, Written] = {}
    for dated in found:
        text = dated.written.text
        sure = bool(dated.label) or re.search(r"\d{4}", text) is not None
        if (
            sure
            and len(dated.written.readings) == 1
            and re.fullmatch(r"\d{1,2}\D{1,3}\d{1,2}\D{1,3}\d{2,4}", text)
        ):
            first, second = (int(part) for part in re.findall(r"\d+", text)[:2])
            if first != second:
                votes.setdefault("mdy" if second > 12 else "dmy", dated.written)  # noqa: PLR2004 - months in a year
    if len(votes) == 1:
        order, written = votes.popitem()
        return order, f"this document writes '{written.text}'"
    if usual_order in {"dmy", "mdy"}:
        return usual_order, "so the settings say"
    usual = {
        code: country.order
        for code, country in countries().items()
        if country.order in {"dmy", "mdy"}
    }
    weight = {
        order: sum(hints.weights.get(code, 0) for code, its in usual.items() if its == order)
        for order in ("dmy", "mdy")
    }
    if weight["dmy"] != weight["mdy"]:
        order = max(weight, key=lambda key: weight[key])
        code = max(
            (c for c, its in usual.items() if its == order), key=lambda c: hints.weights.get(c, 0)
        )
        return order, f"'{hints.marks[code]}' hints at {code}"
    orders = {country.order for country in countries().values() if country.currency == currency} & {
        "dmy",
        "mdy",
    }
    if len(orders) == 1:
        return orders.pop(), f"amounts are in {currency}"
    if languages and "eng" not in languages:
        return "dmy", "the document's language writes the day first"
    return "", "nothing in the document says whether day or month comes first"


def _certain(found: Iterable[Dated]) -> set[date]:
    return {dated.written.readings[0] for dated in found if len(dated.written.readings) == 1}


def _settle(
    written: Written, *, certain: set[date], order: str, why: str
) -> tuple[date | None, str]:
    """Choose a reading; None when nothing decides."""
    if len(written.readings) == 1:
        return written.readings[0], ""
    known = [reading for reading in written.readings if reading in certain]
    if len(known) == 1:
        return known[0], "; the same day is written unmistakably elsewhere"
    if written.dotted and not order:
        return written.readings[0], "; dates with points have the day first"
    if order:
        return written.readings[
            0 if order == "dmy" else 1
        ], f"; day and month in the order {order}: {why}"
    return None, why


def _score(dated: Dated, count: int) -> float:
    score = _WEIGHTS.get(dated.kind, 0.0) + min(count - 1, 2) * 0.5
    around = dated.line.folded[dated.written.end : dated.written.end + 16]
    if _CLOCK.search(around):
        score += 1.0
    return score - min(dated.line.number, 400) / 200


def _finding(chosen: Dated, *, day: date | None, why: str, score: float) -> Finding:
    text, line, start, end = (
        chosen.written.text,
        chosen.line,
        chosen.written.start,
        chosen.written.end,
    )
    place = (
        f"after '{chosen.label}'"
        if chosen.label
        else f"on line {chosen.line.number + 1}, without a label"
    )
    if day is None:
        first, second = (reading.isoformat() for reading in chosen.written.readings)
        return line.finding(
            None, 0.4, f"'{text}' {place} may be {first} or {second}: {why}", start=start, end=end
        )
    confidence = min(0.97, max(0.35, 0.62 + score * 0.06)) - (0.05 if why else 0.0)
    return line.finding(
        day.isoformat(), confidence, f"'{text}' stands {place}{why}", start=start, end=end
    )


def _best(found: Sequence[Dated], *, certain: set[date], order: str, why: str) -> Finding | None:
    counts: dict[tuple[date, ...], int] = defaultdict(int)
    for dated in found:
        counts[dated.written.readings] += 1
    if not found:
        return None
    scored = [
        (_score(dated, counts[dated.written.readings]), -dated.line.number, dated)
        for dated in found
    ]
    score, _, chosen = max(scored, key=lambda entry: entry[:2])
    day, reason = _settle(chosen.written, certain=certain, order=order, why=why)
    return _finding(chosen, day=day, why=reason, score=score)


def _period(
    lines: Sequence[Line], found: Sequence[Dated], *, certain: set[date], order: str, why: str
) -> Finding | None:
    """Find the stretch of time a document is about: two dates of one line, joined, with a period's word before."""
    for first, last in pairwise(found):
        line, between = first.line, first.line.folded[first.written.end : last.written.start]
        if line is not last.line or not _JOINED.fullmatch(between):
            continue
        above = lines[line.number - 1].folded if line.number else ""
        label = pattern("dates", "period").search(line.folded, 0, first.written.start)
        label = label or pattern("dates", "period").search(above)
        start, _ = _settle(first.written, certain=certain, order=order, why=why)
        end, _ = _settle(last.written, certain=certain, order=order, why=why)
        if label and start and end and start <= end:
            value, reason = (
                f"{start.isoformat()}/{end.isoformat()}",
                f"two dates stand after '{label.group()}'",
            )
            return line.finding(value, 0.8, reason, start=first.written.start, end=last.written.end)
    return None


def find_dates(
    lines: Sequence[Line],
    *,
    hints: Hints,
    languages: Sequence[str],
    months: MonthNames,
    usual_order: str = "",
    currency: str | None = None,
) -> dict[str, Finding | None]:
    """Find `date`, `due_date` and `period`; a person's paper, with a birth or an end of validity, has nothing due.

    `usual_order` (dmy, mdy) decides where the document itself does not; where it is not set, the country hinted at
    does, or `currency`, the code of one whose countries all write dates alike.
    """
    found = _dated_in(lines, months)
    order, why = _order(found, hints, languages, usual_order, currency)
    certain = _certain(found)
    personal = any(_PERSONAL.search(dated.label) for dated in found if dated.kind == "other")
    due = [dated for dated in found if dated.kind == "due" and not personal]
    rest = [dated for dated in found if dated.kind not in {"due", "other"}]
    rest = rest or [
        dated for dated in found if dated.kind == "other" and not _PERSONAL.search(dated.label)
    ]
    issued = _best(rest, certain=certain, order=order, why=why)
    payable = _best(due, certain=certain, order=order, why=why)
    if payable and payable.value:
        payable = replace(payable, confidence=0.85)
    period = _period(lines, found, certain=certain, order=order, why=why)
    return {"date": issued, "due_date": payable, "period": period}
