"""Compute the features of candidates: what speaks for and against each of them.

All are numbers of about -5 to 5, so that no document can make one of them decide alone.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from math import exp, log, log1p

import numpy as np
from numpy.typing import NDArray

from pipeline.model import Finding
from processors.confidence.logistic import logit
from processors.confidence.shared import doubt
from processors.learning.candidates import PrintedCandidate
from processors.learning.classes import Classes
from processors.learning.memory import Memory
from processors.learning.text.document import Document, grams_of, similar
from processors.learning.text.keys import compact
from processors.learning.text.shape import Shape, digit_share, upper_share
from processors.learning.text.spans import Spot
from processors.learning.types import ColumnKind
from processors.learning.words import CONTEXTS, WordScores

Matrix = NDArray[np.float64]

_FORM = (
    "always", "rule", "rule_logit", "rule_elsewhere", "of_rules", "line", "part", "joined",
    "skipping", "name", "top", "near_top", "near_end", "later_page", "left", "middle", "tall",
    "chars", "words", "digits", "upper", "lines", "times", "doubt", "length", "digits_off",
    "upper_off",
)  # fmt: skip
_DATE = ("one_reading", "day_first", "month_first", "usual_year", "latest", "earliest", "rank")
_AMOUNT = ("cents", "repaired", "largest", "rank_by_size", "share_of_largest", "zero", "round")
_MEMORY = (
    "known", "known_twice", "known_often", "read", "known_and_read", "alike", "known_and_alike",
    "resemblance", "most_resembling", "usual", "known_and_rule", "nearly_known",
    "by_words", "familiar",
)  # fmt: skip
NAMES = (*_FORM, *_DATE, *_AMOUNT, *(f"words_{each}" for each in CONTEXTS), *_MEMORY)
INDEX = {name: number for number, name in enumerate(NAMES)}
_FIRST_LEARNED = INDEX[f"words_{CONTEXTS[0]}"]

_MOST = 5.0
ALIKE = 0.75
"""Share of a known value's pieces on a few lines from which on it is printed there, misread."""
_NEAR = 4.0
_MISREAD_YEARS = 0.005
"""Share of printed years that are misread: one of 228 receipts."""
_MOST_ALIKE_LINES = 4


@dataclass(frozen=True, slots=True)
class Usual:
    """What is usual in the column: its years, and how many of its records are known values."""

    years: Mapping[str, float] = field(default_factory=dict)
    records: int = 0

    def most_certain(self, year: str) -> float:
        """Return how certain a date of a year can be: one that no record has may be misread.

        The share of records with a year of their own is about that of new years to come (Good
        1953). The year after the latest one is only new.
        """
        if not self.years or year in {*self.years, str(int(max(self.years)) + 1)}:
            return 1.0
        alone = sum(round(share * self.records) == 1 for share in self.years.values())
        new = (alone + 1) / (self.records + 1)
        return new / (new + _MISREAD_YEARS)


@dataclass(frozen=True, slots=True)
class Asked:
    """A document with the findings of the rules, and the finding that the column is mapped to."""

    document: Document
    findings: Mapping[str, Finding]
    finding: str | None
    kind: ColumnKind
    shape: Shape
    usual: Usual

    @property
    def own(self) -> Finding | None:
        """Return the finding that the column is mapped to, None where nothing was found."""
        found = self.findings.get(self.finding or "")
        return found if found and found.value else None


def plain_features(asked: Asked, candidates: Sequence[PrintedCandidate]) -> Matrix:
    """Return the features that need neither memory nor words, one row for each candidate."""
    rows = np.zeros((len(candidates), len(NAMES)))
    kind_features = _KIND_FEATURES.get(asked.kind, _text)
    # Where a rule found several names, another one is less likely to be missing.
    by_rule = sum(asked.finding in each.names for each in candidates)
    for row, candidate in zip(rows, candidates, strict=True):
        printed = candidate.like or candidate
        _rules(row, printed, asked, by_rule)
        for form in ("line", "part", "joined", "skipping", "name"):
            row[INDEX[form]] = form in printed.forms
        if printed.spots:
            _place(row, asked.document, printed.spots[0])
        kind_features(row, candidate, asked)
    if asked.kind in _AMONG:
        _AMONG[asked.kind](rows, candidates)
    return np.clip(rows, -_MOST, _MOST)


def _rules(
    row: NDArray[np.float64], candidate: PrintedCandidate, asked: Asked, by_rule: int
) -> None:
    """Say what the rules found: `by_rule` values for this column, perhaps this one."""
    is_rule = asked.finding in candidate.names
    chance = asked.own.confidence if asked.own and is_rule else 0.5
    _set(
        row,
        always=1.0,
        rule=is_rule,
        rule_logit=max(-1.0, logit(chance) / 2),
        rule_elsewhere=0.0 if is_rule or not by_rule else 0.5 * min(by_rule + 1, 3),
        of_rules=min(len(candidate.names), 3),
        times=log1p(len(candidate.spots)),
    )


def _set(row: NDArray[np.float64], **values: float) -> None:
    for name, value in values.items():
        row[INDEX[name]] = value


def _place(row: NDArray[np.float64], document: Document, spot: Spot) -> None:
    """Say where the first of the printed ones is, how tall, and how certain its letters are."""
    count = len(document.lines)
    line = document.lines[spot.first]
    page = document.pages.get(line.page)
    _set(
        row,
        top=spot.first / max(count - 1, 1),
        near_top=exp(-spot.first / _NEAR),
        near_end=exp(-(count - 1 - spot.last) / _NEAR),
        later_page=line.page > 1,
        lines=spot.last - spot.first + 1 - (spot.left_out >= 0),
    )
    if line.box and page and page.width_pt:
        box = document.box_of(spot.first, spot.start, len(line.text)) or line.box
        height = (line.box[3] - line.box[1]) / (document.usual_height or 1.0)
        middle = (line.box[0] + line.box[2]) / 2 / page.width_pt
        _set(
            row,
            left=box[0] / page.width_pt,
            middle=abs(middle - 0.5),
            tall=log(max(0.3, min(4.0, height))),
        )
    certain = [
        word.confidence
        for index in range(spot.first, min(spot.last + 1, spot.first + _MOST_ALIKE_LINES))
        for word in document.lines[index].words
        if word.confidence is not None
    ]
    if certain:
        row[INDEX["doubt"]] = doubt(min(certain))


def _text(row: NDArray[np.float64], candidate: PrintedCandidate, asked: Asked) -> None:
    """Say how a text is formed, and how far that is from what is usual in the column."""
    shape = asked.shape
    chars = log(max(len(candidate.key), 1))
    digits, upper = digit_share(candidate.text), upper_share(candidate.text)
    _set(
        row,
        chars=chars / 2,
        words=log1p(len(candidate.text.split())),
        digits=digits,
        upper=upper,
        length=abs(chars - shape.chars_log) / shape.chars_spread,
        digits_off=abs(digits - shape.digits),
        upper_off=abs(upper - shape.upper),
    )


def _amount(row: NDArray[np.float64], candidate: PrintedCandidate, _asked: Asked) -> None:
    """Say whether an amount has decimals, and whether its point was lost."""
    _set(
        row,
        cents="cents" in candidate.forms,
        repaired=candidate.forms == {"repaired"},
    )


def _date(row: NDArray[np.float64], candidate: PrintedCandidate, asked: Asked) -> None:
    """Say how a date can be read, and how usual its year is."""
    years = asked.usual.years
    share = years.get(candidate.key[:4], 0.0)
    _set(
        row,
        one_reading="one reading" in candidate.forms,
        day_first="day first" in candidate.forms,
        month_first="month first" in candidate.forms,
        usual_year=log((share + 0.01) / 0.1) if years else 0.0,
    )


def _among_dates(rows: Matrix, candidates: Sequence[PrintedCandidate]) -> None:
    """Say which dates are the first, the latest and the earliest of the document."""
    keys = sorted({each.key for each in candidates})
    for number, (row, each) in enumerate(zip(rows, candidates, strict=True)):
        _set(
            row,
            latest=each.key == keys[-1],
            earliest=each.key == keys[0],
            rank=log1p(number),
        )


def _among_amounts(rows: Matrix, candidates: Sequence[PrintedCandidate]) -> None:
    """Compare the amounts of the document by size; repaired ones do not count as others."""
    values = [abs(float(Decimal(each.key))) for each in candidates]
    pairs = zip(values, candidates, strict=True)
    plain = sorted({value for value, each in pairs if each.forms != {"repaired"}}, reverse=True)
    most = max(plain, default=1.0) or 1.0
    for row, value in zip(rows, values, strict=True):
        # Beyond the fiftieth place it does not matter how many are larger.
        larger = sum(each > value for each in plain[:50])
        _set(
            row,
            largest=larger == 0,
            rank_by_size=log1p(larger),
            share_of_largest=min(1.5, value / most),
            zero=value == 0,
            round=value == round(value),
        )


_KIND_FEATURES: Mapping[
    ColumnKind, Callable[[NDArray[np.float64], PrintedCandidate, Asked], None]
] = {
    ColumnKind.DATE: _date,
    ColumnKind.AMOUNT: _amount,
    ColumnKind.NUMBER: _amount,
}
_AMONG: Mapping[ColumnKind, Callable[[Matrix, Sequence[PrintedCandidate]], None]] = {
    ColumnKind.DATE: _among_dates,
    ColumnKind.AMOUNT: _among_amounts,
    ColumnKind.NUMBER: _among_amounts,
}


def with_learned(
    rows: Matrix,
    asked: Asked,
    candidates: Sequence[PrintedCandidate],
    *,
    scores: WordScores,
    memory: Memory | None,
    classes: Classes | None = None,
    hidden: str | None = None,
) -> Matrix:
    """Return the rows with the features of words and of the memory; `hidden` is not remembered."""
    learned = rows.copy()
    for row, candidate in zip(learned, candidates, strict=True):
        # A known value that is printed with other letters has the words of that place.
        printed = candidate.like or candidate
        row[_FIRST_LEARNED : _FIRST_LEARNED + len(CONTEXTS)] = scores.of(printed.around)
    if memory is not None:
        _remember(learned, asked, candidates, memory, hidden)
    if classes is not None:
        scores_of = classes.scores(asked.document)
        for row, candidate in zip(learned, candidates, strict=True):
            # A value that was typed once has no class, and is as unlikely as can be.
            row[INDEX["by_words"]] = scores_of.get(candidate.key, -_MOST)
        learned[:, INDEX["familiar"]] = classes.familiar(asked.document)
    # No single number may decide alone, whatever a document was made to say.
    return np.clip(learned, -_MOST, _MOST)


def _remember(
    rows: Matrix,
    asked: Asked,
    candidates: Sequence[PrintedCandidate],
    memory: Memory,
    hidden: str | None,
) -> None:
    """Say how often a value is known, how much of it is printed, and whether the sender has it."""
    resembling: dict[int, float] = {}
    for number, (row, each) in enumerate(zip(rows, candidates, strict=True)):
        records = memory.records(each.key, hidden=hidden)
        is_read = bool(each.spots)
        row[INDEX["read"]] = is_read
        if not records:
            continue
        share = 1.0 if is_read or each.like else alike(each.text, asked.document)[0]
        resemblance = memory.resemblance(each.key, asked.document)
        resembling[number] = resemblance
        _set(
            row,
            known=1.0,
            # One record may have a typing error, and would hand it on.
            known_twice=records > 1,
            known_often=log(records) / 2,
            known_and_read=is_read,
            alike=share,
            known_and_alike=share >= ALIKE and not is_read,
            resemblance=resemblance,
            usual=log1p(10 * records / max(asked.usual.records, 1)),
            known_and_rule=asked.finding in (each.like or each).names,
        )
    _near_known(rows, candidates, resembling)
    if resembling:
        best = max(resembling, key=lambda number: (resembling[number], -number))
        rows[best, INDEX["most_resembling"]] = resembling[best]


def _near_known(
    rows: Matrix, candidates: Sequence[PrintedCandidate], known: Mapping[int, float]
) -> None:
    """Say of what is printed how much it is like a known value: it may be that one, misread."""
    others = [candidates[number].key for number in known]
    for number, (row, each) in enumerate(zip(rows, candidates, strict=True)):
        if number not in known:
            row[INDEX["nearly_known"]] = max((similar(each.key, key) for key in others), default=0)


def alike(text: str, document: Document) -> tuple[float, int]:
    """Return the share of a text's pieces on a few lines of a document, and the first of these."""
    wanted = grams_of(compact(text))
    if not wanted:
        return 0.0, -1
    shared = [len(wanted & grams) for grams in document.grams]
    best = max(range(len(shared)), key=lambda index: (shared[index], -index), default=-1)
    if best < 0 or not shared[best]:
        return 0.0, -1
    first = last = best
    covered = set(wanted & document.grams[best])
    # The neighbor that adds more is taken, as long as one adds something that is worth a line.
    while last - first + 1 < _MOST_ALIKE_LINES:
        options = [
            (len((wanted & document.grams[index]) - covered), index)
            for index in (first - 1, last + 1)
            if 0 <= index < len(shared)
        ]
        gain, index = max(options, default=(0, -1))
        if gain * 10 < len(wanted):
            break
        covered |= wanted & document.grams[index]
        first, last = min(first, index), max(last, index)
    return len(covered) / len(wanted), first
