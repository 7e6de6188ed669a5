"""Amounts of money in a line of text."""

import re
from dataclasses import dataclass
from decimal import Decimal

_CURRENCY = r"(?:rm|myr|eur|usd|gbp|chf|sgd|aud|cad|inr|rs\.?|jpy|s\$|a\$|us\$|kr|pln|zl|[$€£¥₹])"
_BEFORE = re.compile(_CURRENCY + r"[ .:]{0,2}[-\u2212(]?$")
_AFTER = re.compile(r" ?" + _CURRENCY + r"(?![a-z])")
_TOKEN = re.compile(r"(?<![\d.,])(?:\d{1,3}(?: \d{3}){1,3},\d{2}(?!\d)|\d+(?:[.,'\u2019]\d+){0,6})")
_GAP = re.compile(r"(?<=\d)(?: ([.,])|([.,]) )(?=\d\d(?!\d))")
_LETTER_O = re.compile(r"(?<=[\d.,])o(?=[\d.,]|$|\s)")
_LETTER_ONE = re.compile(r"(?:(?<=rm)|(?<=[$€£¥])|(?<![^\s:(]))[il|](?=\d{1,3}[.,]\d\d(?!\d))")
MAX_DIGITS = 13
_LARGEST_WHOLE = 1_000_000_000
"""A longer number without decimals numbers something."""


@dataclass(frozen=True, slots=True)
class Amount:
    """A number that may be money. `cents`: it is written with two decimals; `marked`: a currency stands beside it."""

    value: Decimal
    start: int
    end: int
    cents: bool
    marked: bool


def parse_number(token: str) -> tuple[Decimal, bool] | None:
    """Read a number with any separators; return it and whether it has two decimals."""
    body = re.sub(r"[ '\u2019]", "", token)
    last = max(body.rfind("."), body.rfind(","))
    digits = re.sub(r"\D", "", body)
    if not digits or len(digits) > MAX_DIGITS:
        return None
    if last < 0:
        return Decimal(digits), False
    decimals = len(body) - last - 1
    repeated = body.count(body[last]) > 1
    whole = len(re.sub(r"\D", "", body[:last]))
    thousands = decimals == 3 and (repeated or (whole >= 1 and not body.startswith("0")))  # noqa: PLR2004 - groups of three
    if thousands:
        return Decimal(digits), False
    return Decimal(digits).scaleb(-decimals), decimals == 2  # noqa: PLR2004 - cents


def _is_part_of_something(folded: str, start: int, end: int) -> bool:
    before, after = folded[start - 1 : start], folded[end : end + 1]
    if after == "%" or folded[end : end + 2] == " %":
        return True
    if before.isalpha() and before != "x" and not _BEFORE.search(folded[max(0, start - 6) : start]):
        return True
    if before in {"/", ":", "#"} and start > 1 and (folded[start - 2].isdigit() or before == "#"):
        return True
    return after in {"/", ":"} and folded[end + 1 : end + 2].isdigit()


def _negative(folded: str, start: int, end: int) -> bool:
    lead = folded[max(0, start - 2) : start].replace(" ", "")
    if (
        lead.endswith(("-", "\u2212"))
        and not folded[max(0, start - 2) : start - 1].strip()[-1:].isalnum()
    ):
        return (
            folded[start - 1 : start] != " "
            or not folded[max(0, start - 4) : start - 2].strip()[-1:].isalnum()
        )
    return (
        lead.endswith("(")
        and folded[end : end + 1] == ")"
        and _BEFORE.search(folded[: start - 1]) is not None
    )


def mend(folded: str) -> str:
    """Undo what scans do to numbers: a blank beside the decimal point, the letters O and I for a nought and a one."""
    lettered = _LETTER_ONE.sub("1", _LETTER_O.sub("0", folded))
    return _GAP.sub(lambda m: m.group(1) or m.group(2), lettered)


def amounts_in(folded: str) -> list[Amount]:
    """Return the numbers of a folded line that can be amounts, from left to right."""
    found = []
    for match in _TOKEN.finditer(folded):
        start, end = match.span()
        parsed = parse_number(match.group())
        if parsed is None or _is_part_of_something(folded, start, end):
            continue
        marked = bool(
            _BEFORE.search(folded[max(0, start - 8) : start]) or _AFTER.match(folded, end)
        )
        value = -parsed[0] if _negative(folded, start, end) else parsed[0]
        found.append(Amount(value=value, start=start, end=end, cents=parsed[1], marked=marked))
    return found


def money_in(folded: str) -> list[Amount]:
    """Return the numbers that look like money: with cents, or with a currency beside them."""
    return [
        amount
        for amount in amounts_in(mend(folded))
        if amount.cents or (amount.marked and amount.value < _LARGEST_WHOLE)
    ]


def plain(value: Decimal) -> str:
    """Write an amount with a dot and two decimals."""
    return f"{value:.2f}"
