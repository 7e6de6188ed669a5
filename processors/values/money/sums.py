"""Find the lines of a document that announce sums: totals, subtotals, cash, change and the like."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from itertools import pairwise, takewhile

from pipeline.model import Finding
from processors.document_cache import cached_by_identity, cached_by_value
from processors.values.date_text import MonthNames, dates_in
from processors.values.lines import TextLine, has_digit, label_pattern
from processors.values.list_words import labels_in, lists_for
from processors.values.money.amounts import Amount, amounts_in, money_in, repair_scan_errors
from processors.values.money.cards import is_left_on_card
from processors.values.money.marks import SHORT_SIGNS
from processors.values.money.remarks import is_about_other, is_paid_late, is_sentence, is_verb
from processors.values.money.things import counts_things, is_below_things, is_bound, is_of_paper

KINDS = ("summary", "change", "cash", "card", "subtotal", "never", "strong", "due", "plain", "weak")
"""The lists of words in the section "totals" of words.toml, by precedence among equal lengths."""
TOTAL_KINDS = frozenset({"strong", "plain", "due"})
"""Kinds of words that call an amount a total."""
_ANNOUNCES_WHOLE_NUMBERS = frozenset({"strong", "plain", "due", "weak"})
"""Kinds whose amount may be printed without decimals."""

_LOOK_AHEAD_LINES = 3
"""Lines between a label and its amount below it: a blank heading or two may be between them."""
_TABLE_ROWS = 6
_TABLE_COLUMNS = 3  # amounts in one line from which on it is a row of a table
_LEAST_COLUMNS = 2
_LIST_ROWS = 3  # a heading and two rows
_MOST_IN_BLOCK = 12  # amounts, and labels, of a column
_MOST_OF_LABEL = 4  # words of a label; more are a sentence
_MOST_TO_NUMBER_OF_DATE = 20
"""Characters of a date before its first number: the name of a month has twelve at most."""
_CURRENCY_LETTERS = 4  # beside an amount that is alone: those of a currency at most ("euro")
_LARGEST_WHOLE = 100_000_000
"""A longer number without decimals or currency is an account or a reference."""

# Words for a total that, after the name of a tax, announce the total of the taxes ("VAT total").
BARE_TOTALS = frozenset(
    (
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
    )
)
# What is behind these words is a part of the amount before them.
_WITHIN = re.compile(
    r"(?:incl(?:uding|usive)?|inkl(?:usive)?|of which|davon|darin|dont|di cui|waarvan|varav|heraf"
    r"|herav|w tym|y compris|inclu(?:id[oa]s?|ye)|inclusief)(?![a-z])"
)
# But "including VAT total" is the total with taxes.
_INCLUDED = re.compile(r"(?:incl|inkl|inc|with|including|inclusive|inclusief|mit|ttc)\W{0,3}$")
_PERCENTAGE = re.compile(r"\d+(?:[.,]\d+)? ?%")
# What scans make of the word "total".
_MISREAD_TOTAL = re.compile(r"(?<![a-z0-9])(?:[t7i][o0a]t[a4e][l1i|!]|t ?o ?t ?a ?l)(?![a-z0-9])")


@dataclass(frozen=True, slots=True)
class Sum:
    """An amount and what announces it: `kind` is one of KINDS or "", `label` the words.

    `line` is that of the label, `place` the one of the amount, which may be below it.
    `after_summary`: it is in a table of taxes that repeats the sums.
    """

    value: Decimal
    kind: str
    label: str
    line: TextLine
    place: TextLine
    start: int
    end: int
    after_summary: bool
    integer: bool

    def finding(self, value: str | None, confidence: float, reason: str) -> Finding:
        """Return a finding at the place of the amount."""
        return self.place.finding(
            value,
            confidence,
            reason,
            start=self.start,
            end=self.end,
        )


@cached_by_identity
def sums_in(lines: Sequence[TextLine]) -> list[Sum]:
    """Return the amounts with a word of KINDS, and those without any word, in reading order."""
    found: list[Sum] = []
    after_summary = False
    for line in lines:
        kind, label = kind_of(line.folded)
        after_summary = after_summary or kind == "summary"
        amounts = money_in(line.folded)
        if not amounts and kind in _ANNOUNCES_WHOLE_NUMBERS:
            whole = last_whole_number(line.folded)
            amounts = tuple(each for each in whole if not is_of_paper(line, label, each.start))

        placed = [
            (amount, line, own_kind, own_label)
            for amount, own_kind, own_label in labeled(line, amounts, (kind, label))
        ]
        if kind and not amounts:
            placed = _placed_below(lines, line, (kind, label), after_summary=after_summary)

        for amount, place, own_kind, own_label in placed:
            found.append(
                Sum(
                    value=amount.value,
                    kind=own_kind,
                    label=own_label,
                    line=line,
                    place=place,
                    start=amount.start,
                    end=amount.end,
                    after_summary=after_summary,
                    integer=not amount.cents,
                )
            )
    return [_without_kind(each, found, lines) for each in found]


def _without_kind(each: Sum, sums: Sequence[Sum], lines: Sequence[TextLine]) -> Sum:
    """Return a sum, without its kind where it is of goods, a bound, or left on a card."""
    is_thing = is_bound(each.place, each.start) or is_below_things(lines, each.place, each.start)
    is_apart = is_thing or is_left_on_card(lines, each.line, each.label)
    is_prose = each.place is each.line and is_about_other(each.line, each.label, each.start)
    is_other = is_prose or is_apart or _is_goods(each, sums) or is_verb(each.line, each.label)
    return replace(each, kind="", label="") if is_other else each


def _is_goods(each: Sum, sums: Sequence[Sum]) -> bool:
    """Return whether the card is among the goods: "birthday card 2.50".

    What is paid with one is below the goods, and is what they cost together.
    """
    if each.kind != "card" or sum(other.value == each.value for other in sums) > 1:
        return False
    before = each.line.folded[: max(0, each.line.folded.find(each.label))]
    is_part_of_name = sum(map(str.isalpha, before)) > _CURRENCY_LETTERS
    return any(
        other.kind == "" and other.value > each.value
        for other in sums
        if is_part_of_name or other.line.number > each.line.number
    )


def _placed_below(
    lines: Sequence[TextLine], line: TextLine, whole: tuple[str, str], *, after_summary: bool
) -> list[tuple[Amount, TextLine, str, str]]:
    """Return the amounts below a label that has none in its line, each with kind and words.

    `whole` is what announces a sum in the line.
    """
    if columns := columns_below(lines, line):
        return [(amount, place, *kind_of(text)) for text, amount, place in columns]
    kind, label = whole
    rest = line.folded[line.folded.find(label) + len(label) :].lstrip(" :.-")
    # What is announced is that day: "Paid: 3 May 2030".
    if _begins_with_date(rest) or is_sentence(line):
        return []
    if place := _place_in_block(lines, line):
        return [(amount, each, kind, label) for amount, each in place if amount]
    is_alone = kind in {"summary", "never"} or is_column_heading(line.folded, kind, label)
    if is_alone or after_summary:
        return []
    return [(amount, place, kind, label) for amount, place in amounts_below(lines, line)[-1:]]


def _begins_with_date(folded: str) -> bool:
    # Looking for a digit first is much cheaper: a month's name at most is before it.
    if not has_digit(folded[:_MOST_TO_NUMBER_OF_DATE]):
        return False
    return any(date.start == 0 for date in dates_in(folded, MonthNames(())))


def _place_in_block(
    lines: Sequence[TextLine], line: TextLine
) -> list[tuple[Amount | None, TextLine]]:
    """Return the amount of a label in a column of labels with a column of amounts below it.

    It is at the same place of its column; None if the columns have different lengths. The list is
    empty if there are no such columns.
    """
    # One more than the most on either side: that is never as long as the column of amounts.
    before = reversed(lines[max(0, line.number - _MOST_IN_BLOCK) : line.number])
    first = line.number - sum(1 for _ in takewhile(_is_bare_label, before))
    following = lines[line.number + 1 : line.number + 1 + _MOST_IN_BLOCK]
    last = line.number + 1 + sum(1 for _ in takewhile(_is_bare_label, following))
    if last - first < _LEAST_COLUMNS:
        return []
    below = lines[last : last + _MOST_IN_BLOCK]
    column = list(takewhile(_has_one_amount, below))
    if len(column) < _LEAST_COLUMNS:
        return []
    if len(column) != last - first:
        return [(None, line)]
    place = column[line.number - first]
    return [(money_in(place.folded)[0], place)]


def _is_bare_label(line: TextLine) -> bool:
    """Return whether a line is words for a sum or a tax, and no number."""
    if len(line.text.split()) > _MOST_OF_LABEL:
        return False
    if any(map(str.isdigit, _PERCENTAGE.sub("", line.folded))):
        return False
    is_tax = any(labels_in(line.folded, "totals", each) for each in ("tax", "net"))
    return is_tax or kind_of(line.folded)[0] != ""


def _has_one_amount(line: TextLine) -> bool:
    letters = sum(map(str.isalpha, line.folded))
    return letters <= _CURRENCY_LETTERS and len(money_in(line.folded)) == 1


@cached_by_value
def kind_of(folded: str) -> tuple[str, str]:
    """Return the kind of sum that a line announces, and the words that announce it."""
    folded = _MISREAD_TOTAL.sub("total", folded)
    kind, label = "", ""
    for each in lists_for(folded, "totals", KINDS):
        for match in labels_in(folded, "totals", each):
            # The longest words say most: "total excluding VAT" contains "total".
            if len(match.group()) > len(label):
                kind, label = each, match.group()

    kind = _narrowed(kind, label, folded)
    if kind in {"plain", "never"}:
        # "Cash received for total" is about the cash.
        for earlier in ("change", "cash"):
            words = label_pattern("totals", earlier).search(folded)
            if words and words.start() < folded.find(label):
                return earlier, words.group()
    return kind, label


def _narrowed(kind: str, label: str, folded: str) -> str:
    """Return the kind of sum that is left of this one by the other words of the line."""
    is_total = kind in {"strong", "plain"}
    if (kind and is_paid_late(folded)) or (is_total and is_total_of_taxes(folded, label)):
        return "never"
    if kind in _ANNOUNCES_WHOLE_NUMBERS and counts_things(folded, label):
        return "never"
    return "weak" if is_total and label_pattern("totals", "of_years").search(folded) else kind


def is_total_of_taxes(folded: str, label: str) -> bool:
    """Return whether a total is that of the taxes, which are named directly before it."""
    if label not in BARE_TOTALS:
        return False
    before = folded[: folded.find(label)].rstrip(" .:-")
    for tax in label_pattern("totals", "tax").finditer(before):
        if tax.end() == len(before):
            return not _INCLUDED.search(before[: tax.start()])
    return False


@cached_by_value
def last_whole_number(folded: str) -> tuple[Amount, ...]:
    """Return the only number of a line, if it may be an amount and the line ends with it."""
    numbers = tuple(
        amount
        for amount in amounts_in(repair_scan_errors(folded))
        if 1 <= abs(amount.value) < _LARGEST_WHOLE
    )
    if len(numbers) != 1:
        return ()
    # Behind the number there may be a short currency: "12 500 ft".
    rest = folded[numbers[0].end :].strip(" .-")
    return numbers if not rest or rest in SHORT_SIGNS else ()


def labeled(
    line: TextLine,
    amounts: Sequence[Amount],
    whole: tuple[str, str],
) -> Iterator[tuple[Amount, str, str]]:
    """Yield amounts with the label directly before each.

    The last amount of the line takes the label of the whole line if it has none of its own. The
    others count only between labels: "subtotal 10.00 total 12.00", but not "2 x 5.00 10.00".
    """
    amounts = _without_shares(line.folded, amounts)
    own: list[tuple[str, str]] = []
    start = 0
    for amount in amounts:
        own.append(kind_of(line.folded[start : amount.start]))
        start = amount.end

    for amount, (kind, label), (next_kind, _) in zip(amounts, own, own[1:], strict=False):
        if kind and next_kind:
            yield amount, kind, label
    if amounts:
        yield amounts[-1], *(own[-1] if own[-1][0] else whole)


def _without_shares(folded: str, amounts: Sequence[Amount]) -> list[Amount]:
    """Return amounts without those that are within the one before: "96.00 including 16.00 VAT"."""
    return [
        amount
        for before, amount in zip([None, *amounts], amounts, strict=False)
        if before is None
        or abs(amount.value) >= abs(before.value)
        or not _WITHIN.search(folded[before.end : amount.start])
    ]


def is_column_heading(folded: str, kind: str, label: str) -> bool:
    """Return whether a line is the heading of a table of goods: below its "total" are prices."""
    if kind not in {"plain", "weak"}:
        return False
    after_label = folded[folded.find(label) + len(label) :]
    if kind == "weak" and any(map(str.isalpha, after_label)):
        return True
    return label_pattern("totals", "never").search(folded) is not None


def _is_list(rows: Sequence[TextLine]) -> bool:
    """Return whether a row of headings has rows of equal length below it, with one amount each."""
    if len(rows) < _LIST_ROWS:
        return False
    heading, *others = rows
    lengths = {len(row.text.split()) for row in others}
    is_table = len(lengths) == 1 and min(lengths) > 1 and len(heading.text.split()) > min(lengths)
    return is_table and all(len(money_in(row.folded)) == 1 for row in others)


def columns_below(
    lines: Sequence[TextLine], heading: TextLine
) -> list[tuple[str, Amount, TextLine]]:
    """Return the texts of a heading with the amount below each, and the line of the amounts.

    There are none unless the next line has as many amounts as the heading has texts.
    """
    following = next(iter(lines[heading.number + 1 : heading.number + 2]), None)
    amounts = money_in(following.folded) if following else ()
    if following is None or len(amounts) < _LEAST_COLUMNS:
        return []
    folded = _PERCENTAGE.sub(lambda share: " " * len(share.group()), heading.folded)
    if any(map(str.isdigit, folded)):
        return []
    starts = (0, *heading.gaps, len(folded) + 1)
    texts = [folded[start : max(start, end - 1)] for start, end in pairwise(starts)]
    texts = texts if heading.gaps else folded.split()
    if len(texts) != len(amounts):
        return []
    outside = list(following.folded)
    for amount in amounts:
        outside[amount.start : amount.end] = " " * (amount.end - amount.start)
    letters = sum(map(str.isalpha, outside))
    if letters > _CURRENCY_LETTERS * len(amounts) or any(map(str.isdigit, outside)):
        return []
    return [(text, amount, following) for text, amount in zip(texts, amounts, strict=True)]


def amounts_below(lines: Sequence[TextLine], line: TextLine) -> list[tuple[Amount, TextLine]]:
    """Return the amounts below a label, with their line.

    Below the heading of a table they are those of its last row, where the sums are. A table with
    the amounts of several documents, one in each row, has none.
    """
    if _is_list(lines[line.number : line.number + _LIST_ROWS]):
        return []
    last_row: list[tuple[Amount, TextLine]] = []
    for later in lines[line.number + 1 : line.number + 1 + _TABLE_ROWS]:
        amounts = money_in(later.folded)
        if amounts and sum(map(str.isalpha, later.folded)) > _CURRENCY_LETTERS:
            amounts = ()
        if amounts:
            last_row = [(amount, later) for amount in amounts]
            if len(amounts) < _TABLE_COLUMNS:
                break
        elif (
            last_row or later.number - line.number >= _LOOK_AHEAD_LINES or kind_of(later.folded)[0]
        ):
            break
    return last_row
