"""Prepare the lines of a document so that its amounts are read as the whole document means them.

What one line leaves open, the others decide: whether "12.500" has decimals, whether the dash in
"total - 5.00" is a minus, and whether the letters in "xy5.00" are a currency. The folded lines keep
their length.
"""

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace

from processors.document_cache import cached_by_identity
from processors.values.lines import TextLine, label_pattern
from processors.values.list_words import labels_in
from processors.values.money.amounts import DECIMAL_MARK
from processors.values.money.currency import marks_in
from processors.values.money.groups import with_groups
from processors.values.money.marks import (
    SHORT_SIGNS,
    THOUSANDTHS,
    THOUSANDTHS_AFTER_COMMA,
    long_marks,
)
from processors.values.money.sums import kind_of

# The last separator of a number, before three digits.
_THOUSANDTHS = re.compile(r"(?<=\d)\.(?=\d{3}(?![\d.,]))")
_THOUSANDTHS_WITH_COMMA = re.compile(r"(?<=\d),(?=\d{3}(?![\d.,]))")
_DIVIDED_BY_A_THOUSAND = re.compile("bhd|iqd|jod|kwd|lyd|omr|tnd")
# Alone with words for money, as in "amounts in Kuwaiti dinars": dinars are also goods.
_NAMED = re.compile(
    r"(?:.*\b(?:in|amounts?|currency|prices?|total)\b.{0,20})?"
    r"(?:(?:bahraini|iraqi|jordanian|kuwaiti?|libyan|tunisian) dinars?|omani? rials?)\W*(?:\(.*)?"
)
# Short marks of these currencies, which other papers have as words: behind three decimals only.
_SHORT_MARK = re.compile(r"\d[.,]\d{3} ?(kd|bd|jd|ld|dt|ro)(?![a-z])")

_DOTTED = re.compile(
    r"(?<![\w.])(?P<sign>[-(]?)(?:[a-z]\.){2,3} ?(?=[-(]?\d)"
    r"|(?<=\d)(?P<behind> ?(?:[a-z]\.){2,3}(?!\w))"
)
# As it was usual in Sweden: "1 200:50", and "75:-" without decimals. Times of the day have one or
# two digits before the colon, and mostly a date before them.
_COLON_FOR_SURE = re.compile(
    r"\d ?:[-\u2013\u2014]{1,2}(?=$| ?kr)|\d\d\d:\d\d ?kr(?![a-z])"
    r"|(?<![a-z])kr\.? ?\d[\d ]*:\d\d(?!\d)"
)
_COLON_AT_DECIMALS = re.compile(
    r"(?<![\d.:/-])(?<!\d )(?!0\d:)(\d{1,3}(?: \d{3})+|\d+):(?=\d\d ?(?:$|kr(?![a-z])))"
)
_LEAST_POINTS = 2
_LEAST_SUMS = 2
_GLUED = re.compile(
    r"(?<![^\W_])(?P<sign>[-(\u2013\u2212]{0,2})(?P<mark>[^\W\d_]{1,4}\.?[$£€]?)"
    r"(?P<inner>[-(\u2013\u2212]?)"
    r"(?=\d{1,3}(?:[.,'\u2019]\d{3})+(?!\d)|\d[\d.,'\u2019]*[.,]\d\d\d?(?!\d))"
)

_TITLE_LINES = 15
"""Lines in which a document says that it gives money back."""
_DASH = "[-\u2010\u2011\u2012\u2013\u2212]"
_DASH_BEFORE = re.compile(
    rf"(?<=[^\W_]|[%):]) {_DASH} (?=[^\w\s]?[a-z]{{0,3}} ?\d[\d.,' ]*[.,]\d\d)"
)
# Behind an amount or its currency; "H" (Haben) is the German "CR", and a small "h" is hours.
_DASH_AFTER = re.compile(rf"(?<=[.,]\d\d)( ?(?:[$€£]|[a-z]{{2,3}}))? {_DASH}$")
_HABEN_AFTER = re.compile(r"(?<=[.,]\d\d)( ?(?:[$€£]|[A-Za-z]{2,3}))? H$")
_IN_BRACKETS = re.compile(r"\[([^()\[\]\w]{0,2}\d[\d.,' ]*)\]")


@cached_by_identity
def amount_lines(lines: Sequence[TextLine]) -> Sequence[TextLine]:
    """Return the lines with the decimals and the signs of their amounts made plain."""
    plain = _without_colons([_undotted(line) for line in with_groups(lines)])
    return _with_signs(_with_decimals(_without_marks(plain)))


def _without_colons(lines: Sequence[TextLine]) -> Sequence[TextLine]:
    """Write commas for the colons before decimals in a document that has such amounts."""
    if not any(_COLON_FOR_SURE.search(line.folded) for line in lines if ":" in line.folded):
        return lines
    return [replace(line, folded=_COLON_AT_DECIMALS.sub(r"\1,", line.folded)) for line in lines]


def _undotted(line: TextLine) -> TextLine:
    """Return a line with its dotted currencies as they are without points: "k.d. 5.000"."""
    # Two letters with their points at least.
    if line.folded.count(".") < _LEAST_POINTS or not _DOTTED.search(line.folded):
        return line
    return replace(line, folded=_DOTTED.sub(_without_points, line.folded))


def _without_points(match: re.Match[str]) -> str:
    text = match.group()
    sign = match["sign"] or ""
    letters = text.removeprefix(sign).replace(".", "").strip()
    if letters not in SHORT_SIGNS:
        return text
    # The letters stay beside the number.
    is_behind = match["behind"] is not None
    return f" {letters}".ljust(len(text)) if is_behind else (sign + letters).rjust(len(text))


def _without_marks(lines: Sequence[TextLine]) -> Sequence[TextLine]:
    """Leave out letters that are glued to the amounts of several sums: they are a currency.

    There are more abbreviations than any list has. The sign before them stays with its number.
    """
    known = long_marks() | SHORT_SIGNS | {"x"}
    parts = ("net", "tax")
    found = Counter(
        match["mark"]
        for line in lines
        for match in _GLUED.finditer(line.folded)
        if kind_of(line.folded)[0] or any(labels_in(line.folded, "totals", e) for e in parts)
    )
    marks = {
        mark
        for mark, count in found.items()
        if count >= _LEAST_SUMS and mark.rstrip(".") not in known
    }
    if not marks:
        return lines

    def blank(match: re.Match[str]) -> str:
        blanks = " " * len(match["mark"])
        is_blank = match["mark"] in marks
        return blanks + match["sign"] + match["inner"] if is_blank else match.group()

    return [replace(line, folded=_GLUED.sub(blank, line.folded)) for line in lines]


def _with_decimals(lines: Sequence[TextLine]) -> Sequence[TextLine]:
    """Mark the decimals of amounts if every currency of a document is divided by a thousand."""
    marks = _currencies(lines)
    if not marks or not marks <= THOUSANDTHS:
        return lines
    pattern = _THOUSANDTHS_WITH_COMMA if marks <= THOUSANDTHS_AFTER_COMMA else _THOUSANDTHS
    return [replace(line, folded=pattern.sub(DECIMAL_MARK, line.folded)) for line in lines]


def _currencies(lines: Sequence[TextLine]) -> set[str]:
    """Return the marks of all currencies of a document if one may be divided by a thousand.

    It may be named once, in a heading, so that "12.500" does not say by itself whether it is twelve
    or twelve thousand.
    """
    short = {match.group(1) for line in lines if (match := _SHORT_MARK.search(line.folded))}
    if any(_DIVIDED_BY_A_THOUSAND.search(line.folded) for line in lines):
        return short | set(marks_in(lines)[0])
    named = {"kwd"} if any(_NAMED.fullmatch(line.folded) for line in lines) else set()
    if not (short or named) or marks_in(lines)[0]:
        return set()
    return short | named


def _with_signs(lines: Sequence[TextLine]) -> Sequence[TextLine]:
    """Join dashes to the amounts of a document that gives money back.

    Elsewhere a dash between blanks separates words from a number: "total - 5.00".
    """
    credit = label_pattern("totals", "credit")
    if not any(credit.match(line.folded) for line in lines[:_TITLE_LINES]):
        return lines
    return [replace(line, folded=_with_plain_signs(line)) for line in lines]


def _with_plain_signs(line: TextLine) -> str:
    """Return the folded line of a document that gives money back, its minus signs at numbers."""
    folded = _IN_BRACKETS.sub(r"(\1)", _DASH_BEFORE.sub("  -", line.folded))
    if _HABEN_AFTER.search(line.text):
        folded = f"{folded[:-1]}-"
    return _DASH_AFTER.sub(r"-\1 ", folded)
