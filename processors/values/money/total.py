"""Find the total of a document, and the amount that is still to be paid.

Every amount that may be the total collects points: for the words that announce it, for its place,
and for each calculation in the document that leads to it or goes on from it.
"""

import re
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from decimal import ROUND_HALF_UP, Decimal

from pipeline.model import Finding
from processors.values.candidates import with_others
from processors.values.country import Hints
from processors.values.lines import TextLine, label_pattern
from processors.values.money.amounts import CENT, format_amount, money_in
from processors.values.money.currency import code_of, mark_pattern
from processors.values.money.labeled_amounts import labeled_amounts
from processors.values.money.marks import SYMBOLS, is_code
from processors.values.money.parts import result_of_parts, totals_of_parts
from processors.values.money.remarks import is_sentence
from processors.values.money.sums import TOTAL_KINDS, Sum, sums_in
from processors.values.money.total_support import supported_values, supports_in, written_tips

# Points by the kind of words. The numbers are fitted to receipts and invoices with known totals.
_POINTS = {
    "strong": 5.0,
    "plain": 4.0,
    "due": 3.0,
    "subtotal": 1.5,
    "card": 1.2,
    "weak": 1.5,
    "cash": 0.8,
}
_POINTS_WITHOUT_LABEL = 1.0

_IN_TAX_TABLE = 2.5
"""Points lost in a table of taxes below the total, which repeats the sums."""
_WHOLE_NUMBER = 0.5
_IN_A_SENTENCE = 2.5
_MOST_WORDS = 14
"""Words of a line; a longer one is a sentence about money, not a line of a bill."""
_ZERO = 3.0
_REPEAT = 0.4
_MOST_REPEATS = 3
_AT_THE_END = 0.6
"""Points for the last line that has a sum: totals are below what they sum up."""

_TAX_LINES = 3  # below a subtotal
_RATE = re.compile(r"(?<![\d.,])(\d{1,2}(?:[.,]\d{1,2})?) ?%")

_LEAST_LETTERS_OF_ITEM = 3
_CARRIED = re.compile(r"forward|carried|b/f|c/f|ubertrag|a reporter|riporto|transport|previous")
_NUMBERED_TITLE = re.compile(
    r"(?:tax )?(invoice|receipt|bill|rechnung|facture|recu|quittung)"
    r"(?: ?(?:no|nr|number|n°|#)[.:]?)? ?[:#]? ?([a-z]{0,4}[-/]?\d[\w/-]*)(?![.,]?\d| of \d)"
)
_STAGE = re.compile(
    r"\W{0,3}(?:in full )?(?:payable )?"
    r"(?:(?:before|prior to|on|upon|at|until|after|by) (?:the |your |our |final )?"
    r"(?:deliver|ship|dispatch|collect|complet|arriv|install|hand ?over|pick|start|check-?in"
    r"|move-?in|closing|order|booking|sign|event|acceptance|commencement)"
    r"|(?:vor|bei|nach) (?:der )?(?:liefer|abhol|versand|fertig|uberga|montage|abnahme|bestell"
    r"|anreise|ankunft)|(?:avant|a) (?:la |l['\u2019])?(?:livraison|expedition|reception|commande"
    r"|arrivee)|(?:antes de|a) (?:la )?(?:entrega|recogida)|(?:alla|prima della) consegna"
    r"|(?:voor|bij) (?:de )?(?:lever|aflever|oplever))"
)
"""When a part of the price is due: "balance due before delivery"."""
_LEAST_BILLS = 2
_NO_HINTS = Hints(weights={}, marks={})

# The sums of a bill; a statement has thousands of lines, and is not summed up by combining them.
_MOST_SUMS = 300

# Confidence: 5 points alone have 0.65, with a lead of 3 points over the next amount 0.83.
_BASE_CONFIDENCE = 0.35
_CONFIDENCE_PER_POINT = 0.06
_MOST_LEAD = 3.0
_MOST_CONFIDENCE = 0.97
_TIE = 0.05
"""A lead of fewer points decides nothing."""
_OPEN_CONFIDENCE = 0.4
_LARGEST_AMOUNT_CONFIDENCE = 0.3
_LIMIT = re.compile(r"limit|maxim|plafond|insured|versichert|asegurad|assicurat|verzekerd")
"""What nobody has to pay, such as "credit limit"."""
_NET_TOTALS = frozenset({"net total", "nett total"})
"""Words for what is left to pay, and also for a sum without taxes."""
_MOST_WITH_TAXES = Decimal("1.3")  # of a sum without them: no rate is higher than 27 %
UNANNOUNCED = "nothing is called a total"
"""The reason of a total that is one only because no amount is larger."""


@dataclass(frozen=True, slots=True)
class _TotalCandidate:
    """An amount that may be the total, with its points and the reasons for them."""

    value: Decimal
    points: float
    best: Sum
    reasons: tuple[str, ...]


def find_total(lines: Sequence[TextLine]) -> Finding | None:
    """Find the total: not the subtotal, the cash that was given, or the change."""
    ranked = sorted(
        candidates(lines),
        key=lambda candidate: (candidate.points, candidate.value),
        reverse=True,
    )
    if not ranked:
        return largest_amount(lines)

    first, *others = ranked
    if reason := why_open(lines, first.best) or why_rest(first) or why_tipped(lines, first.best):
        open_finding = first.best.finding(None, _OPEN_CONFIDENCE, reason)
        return with_others(open_finding, (_finding(each, 0.0) for each in ranked))
    lead = first.points - (others[0].points if others else 0.0)
    if others and lead < _TIE:
        both = f"{format_amount(first.value)} and {format_amount(others[0].value)}"
        open_finding = first.best.finding(
            None,
            _OPEN_CONFIDENCE,
            f"{both} are both called total and nothing decides between them",
        )
        return with_others(open_finding, (_finding(each, 0.0) for each in ranked))
    behind = (_finding(each, each.points - first.points) for each in others)
    return with_others(_finding(first, lead), behind)


def why_open(lines: Sequence[TextLine], best: Sum) -> str:
    """Say why the amount that most speaks for is not the total; "" if it is."""
    if best.kind in TOTAL_KINDS:
        return why_several(lines) or why_part(lines, best)
    return why_net(lines, best) if best.kind == "subtotal" else ""


def why_rest(candidate: _TotalCandidate) -> str:
    """Say why an amount that is due is only the rest of a price; "" if it may be all of it.

    It is due before a delivery or after it, and no calculation of the document leads to it.
    """
    best = candidate.best
    end = best.line.folded.find(best.label) + len(best.label)
    is_stage = best.kind == "due" and _STAGE.match(best.line.folded, end) is not None
    if not is_stage or len(candidate.reasons) > 1:
        return ""
    return f"'{best.label}' says when a part is due; no total was found"


def why_tipped(lines: Sequence[TextLine], best: Sum) -> str:
    """Say why a total lacks the tip that was written below it; "" if nothing says so.

    No sum of both is printed, nothing is less by the tip, and the total is not what was paid below.
    """
    tips = written_tips(lines[best.line.number + 1 :]) if best.kind in TOTAL_KINDS else {}
    printed = {each.value for line in lines for each in money_in(line.folded)} if tips else set()
    for number, tip in tips.items():
        below = (each.value for line in lines[number + 1 :] for each in money_in(line.folded))
        is_within = not printed.isdisjoint({best.value + tip, best.value - tip})
        if not is_within and best.value not in below:
            return "a tip is below it, and no sum of both is printed"
    return ""


def why_net(lines: Sequence[TextLine], subtotal: Sum) -> str:
    """Say why a subtotal is without the tax, so that the total is missing; "" if nothing says so.

    The tax is below it, at exactly the rate that is beside it.
    """
    for line in lines[subtotal.line.number + 1 : subtotal.line.number + 1 + _TAX_LINES]:
        for rate in _RATE.findall(line.folded):
            share = Decimal(rate.replace(",", ".")) / 100
            tax = (subtotal.value * share).quantize(CENT, ROUND_HALF_UP)
            if tax and any(amount.value == tax for amount in money_in(line.folded)):
                return f"'{subtotal.label}' is without the {rate} % below it; no total was found"
    return ""


def why_part(lines: Sequence[TextLine], best: Sum) -> str:
    """Say why a total is that of a part of the bill, whose total is missing; "" if it is not."""
    sums = sums_in(lines)[:_MOST_SUMS]
    taxes = labeled_amounts(lines, "tax")
    parts = totals_of_parts(sums)
    if best not in parts or result_of_parts(parts, taxes, sums):
        return ""
    following = [each for each in parts if each.line.number > best.line.number]
    return "there are totals of several parts and none of all" if following else ""


def why_several(lines: Sequence[TextLine]) -> str:
    """Say why a document has several totals, none of which is the one; "" if it has not.

    There are two bills on it, or a total in two currencies.
    """
    sums = sums_in(lines)[:_MOST_SUMS]
    totals = [each for each in sums if each.kind in {"plain", "strong"} and each.value > 0]
    codes = {
        code
        for each in totals
        for groups in mark_pattern().findall(each.place.folded)
        if is_code(mark := "".join(groups)) or mark in SYMBOLS
        if (code := code_of(mark, _NO_HINTS))
    }
    if len(codes) > 1:
        return f"the total is printed in {' and '.join(sorted(codes))}"
    return why_several_bills(lines)


def why_several_bills(lines: Sequence[TextLine]) -> str:
    """Say why there are two bills in a document; "" if there is one."""
    sums = sums_in(lines)[:_MOST_SUMS]
    if bills_apart(sums):
        return "there are two bills, each with items that add up to a total"
    if numbered_apart(lines, [each for each in sums if each.kind in {"plain", "strong"}]):
        return "there are two bills, each with a number and a total"
    return ""


def numbered_titles(lines: Sequence[TextLine]) -> list[tuple[int, str]]:
    """Return the lines that begin with the title and a new number of a bill, with the title."""
    heads: dict[str, tuple[int, str]] = {}
    for line in lines[:_MOST_SUMS]:
        head = _NUMBERED_TITLE.match(line.folded)
        if head:
            heads.setdefault(head[2], (line.number, head[1]))
    return sorted(heads.values())


def numbered_apart(lines: Sequence[TextLine], totals: Sequence[Sum]) -> bool:
    """Return whether two lines have the title and the number of a bill, and a total below each."""
    heads = numbered_titles(lines)
    if len(heads) < _LEAST_BILLS:
        return False
    (first, title), (second, other_title), *_ = heads
    above = {each.value for each in totals if first < each.line.number < second}
    below = {each.value for each in totals if each.line.number > second}
    if above and above == below:
        # A receipt for an invoice has its total, too.
        return title == other_title
    if not (above and below and above.isdisjoint(below)):
        return False
    # The rest of a statement, or the sum of parts, is one bill's.
    return max(above) + max(below) not in {each.value for each in totals}


def bills_apart(sums: Sequence[Sum]) -> bool:
    """Return whether items before a total, and others behind it, add up to a total of their own.

    Parts of one bill have a total that is the sum of theirs. Items have names: the rows of a table
    of taxes have none.
    """
    items = Decimal(0)
    totals: list[Decimal] = []
    for each in sums:
        if each.after_summary:
            break
        letters = sum(map(str.isalpha, each.line.folded))
        # A total that is brought forward goes on, on the next page.
        is_carried = _CARRIED.search(each.line.folded) is not None
        if each.kind == "" and (letters < _LEAST_LETTERS_OF_ITEM or is_carried):
            return False
        if each.kind in {"plain", "strong"}:
            if items == each.value > 0:
                totals.append(each.value)
            items = Decimal(0)
        elif each.kind == "":
            items += each.value
    values = {each.value for each in sums}
    return len(set(totals)) > 1 and sum(totals) not in values


def _finding(candidate: _TotalCandidate, lead: float) -> Finding:
    """Return a candidate as a finding; `lead` is by how many points it is before the next."""
    confidence = (
        _BASE_CONFIDENCE
        + _CONFIDENCE_PER_POINT * candidate.points
        + _CONFIDENCE_PER_POINT * min(lead, _MOST_LEAD)
    )
    return candidate.best.finding(
        format_amount(candidate.value),
        min(_MOST_CONFIDENCE, max(0.0, confidence)),
        "; ".join(candidate.reasons),
    )


def find_amount_due(lines: Sequence[TextLine]) -> Finding | None:
    """Find the amount that is still to be paid, after "amount due" or similar words.

    Of several the last one has counted in the most.
    """
    labels = label_pattern("due", "amount")
    due = [
        each
        for each in sums_in(lines)
        if each.label and labels.fullmatch(each.label) and each.kind != "never"
    ]
    if not due:
        return None
    confidence = 0.8 if len({each.value for each in due}) == 1 else 0.6
    last, *earlier = [
        each.finding(format_amount(each.value), confidence, f"is after '{each.label}'")
        for each in reversed(due)
    ]
    return with_others(last, earlier)


def candidates(lines: Sequence[TextLine]) -> Iterator[_TotalCandidate]:
    """Yield the amounts that a label or a calculation speaks for."""
    sums = _with_nets(sums_in(lines)[:_MOST_SUMS])
    supports = supports_in(lines, sums)
    supported = supported_values(supports)

    groups: dict[Decimal, list[Sum]] = defaultdict(list)
    for each in sums:
        is_backed = each.kind in _POINTS or each.value in supported
        # A negative amount without such a label is a discount.
        may_be_total = each.value > 0 or each.kind in TOTAL_KINDS or each.value in supported
        if is_backed and may_be_total and each.kind != "change":
            groups[each.value].append(each)

    for value, same in groups.items():
        best = max(same, key=lambda each: (_points_of(each), each.line.number))
        reasons = [f"'{best.label}' on line {best.line.number + 1}"]
        points = _points_of(best)
        points += _REPEAT * min(len(same) - 1, _MOST_REPEATS)
        points += _AT_THE_END * best.line.number / max(sums[-1].line.number, 1)
        for support in supports:
            if value in support.values:
                points += support.points
                reasons.append(support.reason)
        if value == 0:
            points -= _ZERO
        yield _TotalCandidate(value=value, points=points, best=best, reasons=tuple(reasons))


def _with_nets(sums: Sequence[Sum]) -> list[Sum]:
    """Return sums; a "net total" above a larger total is without the taxes."""
    totals = [each for each in sums if each.kind in {"strong", "plain"}]

    def is_net(each: Sum) -> bool:
        most = each.value * _MOST_WITH_TAXES
        below = (other.value for other in totals if other.line.number > each.line.number)
        return each.label in _NET_TOTALS and any(each.value < value <= most for value in below)

    return [replace(each, kind="subtotal") if is_net(each) else each for each in sums]


def _points_of(each: Sum) -> float:
    """Return the points for the words that announce a sum, and for its line."""
    points = _POINTS.get(each.kind, _POINTS_WITHOUT_LABEL)
    if each.after_summary and each.kind != "strong":
        points -= _IN_TAX_TABLE
    if each.integer:
        points -= _WHOLE_NUMBER
    if len(each.line.folded.split()) > _MOST_WORDS:
        points -= _IN_A_SENTENCE
    return points


def largest_amount(lines: Sequence[TextLine]) -> Finding | None:
    """Return the largest amount with a currency, which is unsure.

    None if a total is announced and has no amount, as in a table whose formula was never worked
    out. On a page, the amount may be elsewhere.
    """
    announced = label_pattern("totals", "strong", "plain")
    if any(line.box is None and announced.fullmatch(line.folded.strip(" :")) for line in lines):
        return None
    marked = [
        (amount.value, line)
        for line in lines
        if not is_sentence(line)
        for amount in money_in(line.folded)
        if amount.cents and amount.marked and not _LIMIT.search(line.folded)
    ]
    if not marked:
        return None
    value, line = max(marked, key=lambda pair: pair[0])
    return line.finding(
        format_amount(value),
        _LARGEST_AMOUNT_CONFIDENCE,
        f"{UNANNOUNCED}; this is the largest amount with a currency",
    )
