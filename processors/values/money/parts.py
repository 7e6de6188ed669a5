"""Find the totals of the parts of a bill: "labor total 96.00", "parts total 80.00"."""

import re
from collections.abc import Sequence
from decimal import Decimal

from processors.values.money.labeled_amounts import LabeledAmount
from processors.values.money.sums import BARE_TOTALS, TOTAL_KINDS, Sum

_NAME_BEFORE = re.compile(r"([^\W\d_]{3,}) $")
_MOST_PARTS = 20


def totals_of_parts(sums: Sequence[Sum]) -> list[Sum]:
    """Return the totals with the name of a part right before the word, if they differ.

    What is called a total of everything has no name, or one that the list of words has.
    """
    named: dict[str, Sum] = {}
    for each in sums:
        if each.label not in BARE_TOTALS or each.after_summary:
            continue
        name = _NAME_BEFORE.search(each.line.folded[: max(0, each.line.folded.find(each.label))])
        if name and each.value > 0:
            named.setdefault(name[1], each)
    parts = list(named.values())[:_MOST_PARTS]
    return parts if len({each.value for each in parts}) > 1 else []


def result_of_parts(
    parts: Sequence[Sum], taxes: Sequence[LabeledAmount], sums: Sequence[Sum]
) -> Decimal | None:
    """Return the total below the parts that they add up to, alone or with the taxes."""
    if not parts:
        return None
    whole = sum((part.value for part in parts), Decimal(0))
    of_lines = {tax.line.number: tax.value for tax in taxes}
    steps = {Decimal(0), *of_lines.values(), sum(of_lines.values(), Decimal(0))}
    last = max(part.line.number for part in parts)
    return next(
        (
            each.value
            for each in sums
            if each.kind in TOTAL_KINDS and each.line.number > last and each.value - whole in steps
        ),
        None,
    )
