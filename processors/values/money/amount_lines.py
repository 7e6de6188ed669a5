"""Prepare the lines of a document so that its amounts are read as the whole document means them.

What one line leaves open, the others decide: whether "12.500" has decimals, and whether the dash in
"total - 5.00" is a minus. The folded lines keep their length.
"""

import re
from collections.abc import Sequence
from dataclasses import replace

from processors.values.lines import TextLine, label_pattern
from processors.values.money.amounts import DECIMAL_MARK
from processors.values.money.currency import marks_in
from processors.values.money.marks import THOUSANDTHS

# The last separator of a number, before three digits. In Tunisia it is a comma.
_THOUSANDTHS = re.compile(r"(?<=\d)\.(?=\d{3}(?![\d.,]))")
_THOUSANDTHS_WITH_COMMA = re.compile(r"(?<=\d),(?=\d{3}(?![\d.,]))")
_DIVIDED_BY_A_THOUSAND = re.compile("bhd|iqd|jod|kwd|lyd|omr|tnd")
_WITH_COMMA = frozenset({"tnd", "dt"})
# Short marks of these currencies, which other papers have as words: behind three decimals only.
_SHORT_MARK = re.compile(r"\d[.,]\d{3} ?(kd|bd|jd|ld|dt|ro)(?![a-z])")

_TITLE_LINES = 15
"""Lines in which a document says that it gives money back."""
_DASH = "[-\u2010\u2011\u2012\u2013\u2212]"
_DASH_BEFORE = re.compile(
    rf"(?<=[^\W_]|[%):]) {_DASH} (?=[^\w\s]?[a-z]{{0,3}} ?\d[\d.,' ]*[.,]\d\d)"
)
# Behind an amount or its currency; "H" (Haben) is the German "CR".
_DASH_AFTER = re.compile(rf"(?<=[.,]\d\d)( ?(?:[$€£]|[a-z]{{2,3}}))? (?:{_DASH}|h)$")


def amount_lines(lines: Sequence[TextLine]) -> Sequence[TextLine]:
    """Return the lines with the decimals and the signs of their amounts made plain."""
    return _with_signs(_with_decimals(lines))


def _with_decimals(lines: Sequence[TextLine]) -> Sequence[TextLine]:
    """Mark the decimals of amounts if every currency of a document is divided by a thousand.

    It may be named once, in a heading, so that "12.500" does not say by itself whether it is twelve
    or twelve thousand.
    """
    marks = {match.group(1) for line in lines if (match := _SHORT_MARK.search(line.folded))}
    if any(_DIVIDED_BY_A_THOUSAND.search(line.folded) for line in lines):
        marks |= set(marks_in(lines)[0])
    elif marks and marks_in(lines)[0]:
        return lines
    if not marks or not marks <= THOUSANDTHS:
        return lines
    pattern = _THOUSANDTHS_WITH_COMMA if marks <= _WITH_COMMA else _THOUSANDTHS
    return [replace(line, folded=pattern.sub(DECIMAL_MARK, line.folded)) for line in lines]


def _with_signs(lines: Sequence[TextLine]) -> Sequence[TextLine]:
    """Join dashes to the amounts of a document that gives money back.

    Elsewhere a dash between blanks separates words from a number: "total - 5.00".
    """
    credit = label_pattern("totals", "credit")
    if not any(credit.match(line.folded) for line in lines[:_TITLE_LINES]):
        return lines
    return [
        replace(line, folded=_DASH_AFTER.sub(r"-\1 ", _DASH_BEFORE.sub("  -", line.folded)))
        for line in lines
    ]
