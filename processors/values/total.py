"""The sum asked for, and what is still to be paid of it."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from pipeline.model import Finding
from processors.values.amounts import money_in, plain
from processors.values.lines import Line, pattern
from processors.values.sums import Sum, sums_in
from processors.values.taxes import MOST_ROUNDING, gross_sums, labelled

_WEIGHTS = {
    "strong": 5.0,
    "plain": 4.0,
    "due": 3.0,
    "subtotal": 1.5,
    "card": 1.2,
    "weak": 1.5,
    "cash": 0.8,
    "": 1.0,
}
_LABELLED = frozenset(_WEIGHTS) - {""}
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


def _parts(sums: Sequence[Sum], lines: Sequence[Line]) -> set[Decimal]:
    """Return the sums of each net amount and each tax."""
    nets = {s.value for s in sums if s.kind == "subtotal"} | {
        each.value for each in labelled(lines, "net")
    }
    taxes = {each.value for each in labelled(lines, "tax")}
    return {net + tax for net in sorted(nets)[-20:] for tax in sorted(taxes)[-20:] if net > tax > 0}


def _taxed(sums: Sequence[Sum], lines: Sequence[Line]) -> tuple[set[Decimal], set[Decimal]]:
    """Return the sums that a "total" and a tax below it lead to, and those totals."""
    totals = [s for s in sums if s.kind == "plain"][:20]
    taxes = labelled(lines, "tax")[:20]
    later = {s.value: s.line.number for s in sums}
    steps = [
        (total.value + tax.value, total.value)
        for total in totals
        for tax in taxes
        if tax.value and total.line.number < tax.line.number < later.get(total.value + tax.value, 0)
    ]
    return {taxed for taxed, _ in steps}, {bare for _, bare in steps}


def _left_after_payment(
    sums: Sequence[Sum], lines: Sequence[Line]
) -> tuple[set[Decimal], set[Decimal]]:
    """Return the totals that something was paid of before, and what was left of them to pay."""
    paid = {
        abs(amounts[-1].value)
        for line in lines
        if pattern("totals", "paid_before").search(line.folded)
        and (amounts := money_in(line.folded))
    }
    asked = {s.value for s in sums if s.kind in {"strong", "plain", "due"}}
    values = {s.value for s in sums if s.kind in {"strong", "plain", "due", ""}}
    steps = [
        (before, left) for left in asked for payment in paid if (before := left + payment) in values
    ]
    return {before for before, left in steps if left}, {left for _, left in steps}


def _rounded(sums: Sequence[Sum], lines: Sequence[Line]) -> tuple[set[Decimal], set[Decimal]]:
    """Return the totals that another total leads to by a line of rounding, and those others."""
    steps = {
        a.value
        for line in lines
        if pattern("totals", "rounding").search(line.folded)
        for a in money_in(line.folded)[-1:]
    }
    steps |= {
        s.value for s in sums if not s.kind and s.line.folded.strip("-").replace(".", "").isdigit()
    }
    asked = {"strong", "plain", "due", ""}
    totals = [s.value for s in sums if s.kind in asked and not s.after_summary][:80]
    near = {abs(step) for step in steps if 0 < abs(step) <= MOST_ROUNDING}
    pairs = [
        (later, first)
        for n, later in enumerate(totals)
        for first in totals[:n]
        if abs(later - first) in near
    ]
    return {later for later, _ in pairs}, {first for _, first in pairs} - {
        later for later, _ in pairs
    }


def _candidates(lines: Sequence[Line]) -> list[Candidate]:
    sums = sums_in(lines)[:_MOST_SUMS]
    whole, left = _left_after_payment(sums, lines)
    taxed, bare = _taxed(sums, lines)
    rounded, unrounded = _rounded(sums, lines)
    tables = gross_sums(lines)
    supports = (
        (_kept(sums), 3.0, "it is the money given less the change"),
        (_on_card(sums), 2.0, "it went on a card"),
        (_parts(sums, lines), 1.5, "net and tax add up to it"),
        (rounded, 4.0, "it is the total after rounding"),
        (unrounded, -2.0, "it is rounded below"),
        (
            {value for value, rows in tables.items() if rows > 1},
            3.0,
            "the table of taxes adds up to it",
        ),
        (whole, 1.5, "a payment is taken from it"),
        (left, -2.5, "a payment was taken from it"),
        (taxed, 1.5, "tax is added to a total before"),
        (bare, -2.5, "tax is added to it"),
    )
    groups: dict[Decimal, list[Sum]] = defaultdict(list)
    for entry in sums:
        backed = entry.kind in _LABELLED or any(
            entry.value in values for values, points, _ in supports if points > 0
        )
        if (
            backed
            and entry.kind != "change"
            and (entry.value > 0 or entry.kind in {"strong", "plain", "due"})
        ):
            groups[entry.value].append(entry)
    return [
        _candidate(value, entries, supports, last=sums[-1].line.number)
        for value, entries in groups.items()
    ]


def _weight(entry: Sum) -> float:
    penalty = (2.5 if entry.after_summary and entry.kind != "strong" else 0.0) + (
        0.5 if entry.integer else 0.0
    )
    penalty += 2.5 if len(entry.line.folded.split()) > _MOST_WORDS else 0.0
    return _WEIGHTS.get(entry.kind, _WEIGHTS[""]) - penalty


def _candidate(
    value: Decimal,
    entries: list[Sum],
    supports: Sequence[tuple[set[Decimal], float, str]],
    *,
    last: int,
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
        (amount.value, line)
        for line in lines
        for amount in money_in(line.folded)
        if amount.cents and amount.marked
    ]
    if not marked:
        return None
    value, line = max(marked, key=lambda entry: entry[0])
    return line.finding(
        plain(value), 0.3, "nothing is called a total; this is the largest amount beside a currency"
    )


def find_total(lines: Sequence[Line]) -> Finding | None:
    """Find the sum asked for: not the subtotal, nor cash given, nor change."""
    ranked = sorted(
        _candidates(lines), key=lambda candidate: (candidate.score, candidate.value), reverse=True
    )
    if not ranked:
        return _loose(lines)
    first = ranked[0]
    lead = first.score - (ranked[1].score if len(ranked) > 1 else 0.0)
    confidence = min(0.97, 0.35 + 0.06 * first.score + 0.06 * min(lead, 3.0))
    if lead < 0.05 and len(ranked) > 1:  # noqa: PLR2004 - level, for all the points say
        both = f"{plain(first.value)} and {plain(ranked[1].value)}"
        return first.best.finding(
            None, 0.4, f"{both} are both called total and nothing decides between them"
        )
    return first.best.finding(plain(first.value), confidence, "; ".join(first.reasons))


def find_amount_due(lines: Sequence[Line]) -> Finding | None:
    """Find the sum still to be paid, behind "amount due" or the like; the last one counts the most in."""
    due = [s for s in sums_in(lines) if s.label and pattern("due", "amount").fullmatch(s.label)]
    if not due:
        return None
    last = due[-1]
    same = {entry.value for entry in due} == {last.value}
    return last.finding(plain(last.value), 0.8 if same else 0.6, f"stands after '{last.label}'")
