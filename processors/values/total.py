"""The sum asked for, with the net amount and the tax that lead to it."""

import re
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from itertools import product

from pipeline.model import Finding
from processors.values.amounts import money_in, plain
from processors.values.lines import Line, pattern
from processors.values.sums import Sum, sums_in

_WEIGHTS = {"strong": 5.0, "plain": 4.0, "due": 3.0, "subtotal": 1.5, "card": 1.2, "weak": 1.5, "cash": 0.8, "": 1.0}
_CENT = Decimal("0.01")
_MOST_ROUNDING = Decimal("0.05")
_MOST_SUMS = 300
_MOST_WORDS = 14
"""Words in a line; a longer one is a sentence about money, not a line of a bill."""


@dataclass(frozen=True, slots=True)
class Candidate:
    """An amount that may be the total: what speaks for it, in points and in words."""

    value: Decimal
    score: float
    best: Sum
    reasons: tuple[str, ...]


def _kept(sums: Sequence[Sum]) -> set[Decimal]:
    """Return what was kept of the money given: cash less change."""
    cash = [s.value for s in sums if s.kind in {"cash", "card"}][:20]
    change = [abs(s.value) for s in sums if s.kind == "change"][:20]
    return {given - back for given in cash for back in change if given > back}


def _on_card(sums: Sequence[Sum]) -> set[Decimal]:
    return {s.value for s in sums if s.kind == "card"}


def _parts(sums: Sequence[Sum], taxes: set[Decimal]) -> set[Decimal]:
    """Return the sums of each net amount and each tax."""
    nets = {s.value for s in sums if s.kind == "subtotal"}
    return {net + tax for net in list(nets)[:20] for tax in list(taxes)[:20] if tax}


def _tax_amounts(lines: Sequence[Line]) -> list[tuple[Decimal, Line]]:
    found = []
    for line in lines:
        if pattern("totals", "tax").search(line.folded):
            found += [(amount.value, line) for amount in money_in(line.folded)[-1:]]
    return found[:40]


def _rounded(sums: Sequence[Sum], lines: Sequence[Line]) -> set[Decimal]:
    """Return the totals that another total leads to by a line of rounding: the later one was asked for."""
    steps = {
        a.value
        for line in lines
        if pattern("totals", "rounding").search(line.folded)
        for a in money_in(line.folded)[-1:]
    }
    steps |= {s.value for s in sums if not s.kind and s.line.folded.strip("-").replace(".", "").isdigit()}
    totals = [s.value for s in sums if s.kind in {"strong", "plain", "due", ""}][:80]
    near = {abs(step) for step in steps if 0 < abs(step) <= _MOST_ROUNDING}
    return {later for place, later in enumerate(totals) for first in totals[:place] if abs(later - first) in near}


def _candidates(lines: Sequence[Line]) -> list[Candidate]:
    sums = sums_in(lines)[:_MOST_SUMS]
    taxes = {value for value, _ in _tax_amounts(lines)}
    supports = (
        (_kept(sums), 3.0, "it is the money given less the change"),
        (_on_card(sums), 2.0, "it went on a card"),
        (_parts(sums, taxes), 1.5, "net and tax add up to it"),
        (_rounded(sums, lines), 2.0, "it is the total after rounding"),
    )
    groups: dict[Decimal, list[Sum]] = defaultdict(list)
    for entry in sums:
        backed = entry.kind or any(entry.value in values for values, _, _ in supports[:2])
        if backed and entry.kind in _WEIGHTS and (entry.value > 0 or entry.kind in {"strong", "plain", "due"}):
            groups[entry.value].append(entry)
    return [_candidate(value, entries, supports, last=sums[-1].line.number) for value, entries in groups.items()]


def _weight(entry: Sum) -> float:
    penalty = (2.5 if entry.after_summary and entry.kind != "strong" else 0.0) + (0.5 if entry.integer else 0.0)
    penalty += 2.5 if len(entry.line.folded.split()) > _MOST_WORDS else 0.0
    return _WEIGHTS[entry.kind] - penalty


def _candidate(
    value: Decimal, entries: list[Sum], supports: Sequence[tuple[set[Decimal], float, str]], *, last: int
) -> Candidate:
    best = max(entries, key=lambda entry: (_weight(entry), entry.line.number))
    score = _weight(best) + 0.4 * min(len(entries) - 1, 3) + 0.6 * best.line.number / max(last, 1)
    reasons = [f"'{best.label}' on line {best.line.number + 1}"]
    for values, points, why in supports:
        if value in values:
            score += points
            reasons.append(why)
    if value == 0:
        score -= 3
    return Candidate(value=value, score=score, best=best, reasons=tuple(reasons))


def _loose(lines: Sequence[Line]) -> Finding | None:
    """Fall back on the largest amount beside a currency, unsure."""
    marked = [
        (amount.value, line) for line in lines for amount in money_in(line.folded) if amount.cents and amount.marked
    ]
    if not marked:
        return None
    value, line = max(marked, key=lambda entry: entry[0])
    return line.finding(plain(value), 0.3, "nothing is called a total; this is the largest amount beside a currency")


def find_total(lines: Sequence[Line]) -> Finding | None:
    """Find the sum asked for: not the subtotal, nor cash given, nor change."""
    ranked = sorted(_candidates(lines), key=lambda candidate: (candidate.score, candidate.value), reverse=True)
    if not ranked:
        return _loose(lines)
    first = ranked[0]
    lead = first.score - (ranked[1].score if len(ranked) > 1 else 0.0)
    confidence = min(0.97, 0.35 + 0.06 * first.score + 0.06 * min(lead, 3.0))
    if lead < 0.05 and len(ranked) > 1:  # noqa: PLR2004 - level, for all the points say
        both = f"{plain(first.value)} and {plain(ranked[1].value)}"
        return first.best.finding(None, 0.4, f"{both} are both called total and nothing decides between them")
    return first.best.finding(plain(first.value), confidence, "; ".join(first.reasons))


def find_amount_due(lines: Sequence[Line]) -> Finding | None:
    """Find the sum still to be paid, behind "amount due" or the like; the last one counts the most in."""
    due = [s for s in sums_in(lines) if s.label and pattern("due", "amount").fullmatch(s.label)]
    if not due:
        return None
    last = due[-1]
    same = {entry.value for entry in due} == {last.value}
    return last.finding(plain(last.value), 0.8 if same else 0.6, f"stands after '{last.label}'")


def _after(lines: Sequence[Line], name: str, *, below: Decimal) -> list[tuple[Decimal, Line, str]]:
    """Return the first amount after a label of a kind, and the last of its line."""
    found = []
    for line in lines:
        match = pattern("totals", name).search(line.folded)
        if match:
            amounts = [a for a in money_in(line.folded) if 0 <= a.value <= below]
            chosen = {a.value for a in (*[a for a in amounts if a.start >= match.end()][:1], *amounts[-1:])}
            found += [(value, line, match.group()) for value in sorted(chosen)]
    return found[:80]


def find_net_and_tax(lines: Sequence[Line], *, total: Finding | None) -> dict[str, Finding | None]:
    """Find `net` and `tax`: the pair that adds up to the total, or else nothing."""
    if total is None or total.value is None:
        return {"net": None, "tax": None}
    whole = Decimal(total.value)
    nets = [entry for entry in _after(lines, "net", below=whole) if entry[0]]
    taxes = [entry for entry in _after(lines, "tax", below=whole) if entry[0]]
    for slack, confidence in ((Decimal(0), 0.9), (_MOST_ROUNDING, 0.75)):
        for net, tax in product(nets, taxes):
            if net[0] > tax[0] and abs(net[0] + tax[0] - whole) <= slack:
                why = f"'{net[2]}' and '{tax[2]}' add up to the total"
                return _both((net[0], net[1]), (tax[0], tax[1]), confidence=confidence, why=why)
    return _from_rate(lines, whole=whole)


def _both(
    net: tuple[Decimal, Line], tax: tuple[Decimal, Line], *, confidence: float, why: str
) -> dict[str, Finding | None]:
    return {
        "net": _placed(*net, confidence, why),
        "tax": _placed(*tax, confidence, why),
    }


def _placed(value: Decimal, line: Line, confidence: float, why: str) -> Finding:
    amount = next((a for a in reversed(money_in(line.folded)) if a.value == value), None)
    return line.finding(
        plain(value), confidence, why, start=amount.start if amount else 0, end=amount.end if amount else None
    )


_PAIR = re.compile(r"(?<!\d)(\d{1,2}(?:[.,]\d{1,2})?) ?%")


def _from_rate(lines: Sequence[Line], *, whole: Decimal) -> dict[str, Finding | None]:
    """Take the two amounts of a tax table's line that add up to the total."""
    for line in lines:
        amounts = [amount.value for amount in money_in(line.folded)]
        for net in amounts:
            tax = whole - net
            if (
                tax > 0
                and net > tax
                and tax in amounts
                and (_PAIR.search(line.folded) or pattern("totals", "tax").search(line.folded))
            ):
                why = "two amounts of one line about tax add up to the total"
                return _both((net, line), (tax, line), confidence=0.75, why=why)
    return {"net": None, "tax": None}
