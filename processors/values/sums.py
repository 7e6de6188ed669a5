"""Lines of a document that carry money, told apart by what they announce."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal

from pipeline.model import Finding
from processors.values.amounts import Amount, amounts_in, mend, money_in
from processors.values.lines import Line, pattern

KINDS = ("summary", "change", "cash", "card", "subtotal", "never", "strong", "due", "plain", "weak")
_LOOK_AHEAD = 3
_TABLE_ROWS = 6
_LARGEST_WHOLE = 100_000_000
"""A longer number without decimals or currency numbers something."""
_BARE_TOTALS = frozenset(
    {
        "total",
        "totals",
        "totaal",
        "totale",
        "gesamt",
        "gesamtbetrag",
        "summe",
        "sum",
        "suma",
        "summa",
    }
)
_INCLUDED = re.compile(r"(?:incl|inkl|inc|with|including|inclusive|inclusief|mit|ttc)\W{0,3}$")
_TOTAL = re.compile(r"(?<![a-z0-9])[t7i][o0a]t[a4e][l1i|!](?![a-z0-9])")
"""What scans make of the word total."""


@dataclass(frozen=True, slots=True)
class Sum:
    """An amount and what its line announces: `kind` is one of KINDS or "" and `label` the words themselves."""

    value: Decimal
    kind: str
    label: str
    line: Line
    after_summary: bool
    integer: bool = False
    place: Line | None = None
    start: int = 0
    end: int | None = None

    def finding(self, value: str | None, confidence: float, reason: str) -> Finding:
        """Return a finding that stands where the amount does, which may be below its label."""
        return (self.place or self.line).finding(
            value, confidence, reason, start=self.start, end=self.end
        )


def _longest(folded: str) -> tuple[str, str]:
    """Return the kind whose word is the longest in the line; the order of KINDS decides between equals."""
    best, kind_of_best = "", ""
    for kind in KINDS:
        for match in pattern("totals", kind).finditer(folded):
            if len(match.group()) > len(best):
                best, kind_of_best = match.group(), kind
    return kind_of_best, best


def _of_taxes(folded: str, label: str) -> bool:
    """Say whether a total is that of the taxes, named right before it."""
    before = folded[: folded.find(label)].rstrip(" .:-")
    named = [
        match for match in pattern("totals", "tax").finditer(before) if match.end() == len(before)
    ]
    return (
        label in _BARE_TOTALS and bool(named) and not _INCLUDED.search(before[: named[0].start()])
    )


def kind_of(folded: str) -> tuple[str, str]:
    """Say what a line announces, and by which words."""
    folded = _TOTAL.sub("total", folded)
    kind, label = _longest(folded)
    if kind in {"strong", "plain"} and _of_taxes(folded, label):
        return "never", label
    if kind in {"plain", "never"}:
        for other in ("change", "cash"):
            match = pattern("totals", other).search(folded)
            if match and match.start() < folded.find(label):
                return other, match.group()
    return kind, label


def _is_heading(folded: str, kind: str, label: str) -> bool:
    """Recognise the heading of a table of goods: its "total" is a column's, and below stand prices."""
    others = kind == "weak" and any(map(str.isalpha, folded[folded.find(label) + len(label) :]))
    return others or (
        kind in {"plain", "weak"} and pattern("totals", "never").search(folded) is not None
    )


def _amounts(line: Line, *, announced: bool) -> list[Amount]:
    found = money_in(line.folded)
    if found or not announced:
        return found
    whole = [
        amount for amount in amounts_in(mend(line.folded)) if 1 <= amount.value < _LARGEST_WHOLE
    ]
    return whole[-1:] if len(whole) == 1 and line.folded[whole[0].end :].strip(" .-") == "" else []


def _bare(line: Line) -> list[Amount]:
    """Return the amounts of a line that holds nothing else."""
    letters = sum(char.isalpha() for char in line.folded)
    return money_in(line.folded) if letters <= 4 else []  # noqa: PLR2004 - a currency's name at most


def _following(lines: Sequence[Line], line: Line) -> list[tuple[Amount, Line]]:
    """Return the amounts below a label; of the rows of a table, the last one, where the sums stand."""
    rows: list[list[tuple[Amount, Line]]] = []
    for later in lines[line.number + 1 : line.number + 1 + _TABLE_ROWS]:
        bare = _bare(later)
        if not bare and (
            rows or later.number - line.number >= _LOOK_AHEAD or kind_of(later.folded)[0]
        ):
            break
        rows += [[(amount, later) for amount in bare]] if bare else []
        if bare and len(bare) < 3:  # noqa: PLR2004 - no row of a table
            break
    return rows[-1] if rows else []


def _labelled(
    line: Line, amounts: Sequence[Amount], whole: tuple[str, str]
) -> Iterator[tuple[Amount, str, str]]:
    """Give each amount the label right before it; the last amount without one takes the line's."""
    start = 0
    own: list[tuple[str, str]] = []
    for amount in amounts:
        own.append(kind_of(line.folded[start : amount.start]))
        start = amount.end
    for place, amount in enumerate(amounts):
        followed = place + 1 < len(amounts) and own[place + 1][0]
        if place + 1 == len(amounts):
            yield amount, *(own[place] if own[place][0] else whole)
        elif followed and own[place][0]:
            yield amount, *own[place]


def _sum(
    amount: Amount, kind: str, label: str, *, line: Line, place: Line, after_summary: bool
) -> Sum:
    return Sum(
        amount.value,
        kind,
        label,
        line,
        after_summary,
        integer=not amount.cents,
        place=place,
        start=amount.start,
        end=amount.end,
    )


def sums_in(lines: Sequence[Line]) -> list[Sum]:
    """Return the amounts that stand beside a word of KINDS, and the bare ones, in reading order."""
    found: list[Sum] = []
    after_summary = False
    for line in lines:
        kind, label = kind_of(line.folded)
        after_summary = after_summary or kind == "summary"
        amounts = _amounts(line, announced=kind in {"strong", "plain", "due", "weak"})
        for amount, own, words in _labelled(line, amounts, (kind, label)):
            found.append(
                _sum(amount, own, words, line=line, place=line, after_summary=after_summary)
            )
        heading = after_summary or _is_heading(line.folded, kind, label)
        if not amounts and kind not in {"", "summary", "never"} and not heading:
            found += [
                _sum(amount, kind, label, line=line, place=place, after_summary=after_summary)
                for amount, place in _following(lines, line)[-1:]
            ]
    return found
