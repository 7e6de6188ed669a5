"""Find amounts by the words that announce them."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal

from processors.document_cache import cached_by_identity
from processors.values.lines import TextLine, label_pattern
from processors.values.list_words import labeled_lines
from processors.values.money.amounts import Amount, money_in
from processors.values.money.sums import columns_below, last_whole_number

_MOST = 40
"""Amounts of one kind: rules combine them with each other."""
_LONE_LABEL_CHARS = 8
"""Characters after a label that is alone on its line: a colon, a rate, a currency."""
_WITHOUT = re.compile(r"(?<![a-z])(?:no|non|without|ohne|sans|sin|senza|zonder|utan|uden)[ -]$")
"""What says that a tax is not in an amount: "Stamps (no VAT) 5.00"."""
_CURRENCY_LETTERS = 4
"""Letters around an amount that announce nothing: those of a currency at most ("euro")."""


@dataclass(frozen=True, slots=True)
class LabeledAmount:
    """An amount without its sign, its line, and the words that announce it.

    `is_negative`: it is printed with a minus.
    """

    value: Decimal
    line: TextLine
    label: str = ""
    is_negative: bool = False


@cached_by_identity
def labeled_amounts(lines: Sequence[TextLine], kind: str) -> list[LabeledAmount]:
    """Return the amounts that the words of a kind (a list in "totals" of words.toml) announce.

    They are the first amount after the words and the last one of the line, because a rate or a
    base may be between them; or the amount alone on the next line, below words that are alone.
    """
    found: list[LabeledAmount] = []
    for line, match in _announcing(lines, kind):
        if columns := columns_below(lines, line):
            found += _in_columns(columns, kind)
            continue
        place = line
        values = after_label(line.folded, match.end())
        if not values:
            # Sheets print whole amounts without decimals.
            whole = last_whole_number(line.folded)
            values = {amount.value for amount in whole if amount.start >= match.end()}
        if not values:
            is_alone = len(line.folded) - match.end() <= _LONE_LABEL_CHARS
            below = lines[line.number + 1 : line.number + 2] if is_alone else ()
            for place in below:
                # Only an amount that is alone on its line, whatever is around it.
                alone = money_in(place.folded)
                if len(alone) == 1 and not _has_words(place.folded):
                    values = {alone[0].value}
        found.extend(
            LabeledAmount(abs(value), place, match.group(), is_negative=value < 0)
            for value in sorted(values)
        )
    return found[:_MOST]


def _announcing(lines: Sequence[TextLine], kind: str) -> Iterator[tuple[TextLine, re.Match[str]]]:
    """Yield the lines with words of a kind; "no VAT" announces no tax."""
    for line, match in labeled_lines(lines, "totals", kind):
        if kind != "tax" or not _WITHOUT.search(line.folded[: match.start()]):
            yield line, match


def _in_columns(columns: Sequence[tuple[str, Amount, TextLine]], kind: str) -> list[LabeledAmount]:
    """Return the amounts of a row whose headings have words of a kind."""
    labels = label_pattern("totals", kind)
    return [
        LabeledAmount(abs(amount.value), line, text, is_negative=amount.value < 0)
        for text, amount, line in columns
        if labels.search(text)
    ]


def after_label(folded: str, label_end: int) -> set[Decimal]:
    """Return the first amount after a label and the last amount of its line, with their signs."""
    amounts = money_in(folded)
    if not amounts:
        return set()
    last = amounts[-1]
    first = next((amount for amount in amounts if amount.start >= label_end), last)
    # Words between the two amounts announce the second one: it is something else.
    if _has_words(folded[first.end : last.start]):
        return {first.value}
    return {first.value, last.value}


def _has_words(folded: str) -> bool:
    return sum(map(str.isalpha, folded)) > _CURRENCY_LETTERS
