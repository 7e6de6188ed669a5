"""Find amounts of money in a line of text."""

import re
from dataclasses import dataclass
from decimal import Decimal

MAX_DIGITS = 13
_LARGEST_WITHOUT_CENTS = 1_000_000_000
"""A longer number without decimals is an account or a reference, also beside a currency."""
_GROUP = 3
"""Digits between separators of thousands."""
_CENTS = 2

_CURRENCY = r"(?:rm|myr|eur|usd|gbp|chf|sgd|aud|cad|inr|rs\.?|jpy|s\$|a\$|us\$|kr|pln|zl|[$€£¥₹])"
_CURRENCY_BEFORE = re.compile(_CURRENCY + r"[ .:]{0,2}[-\u2212(]?$")
_CURRENCY_AFTER = re.compile(r" ?" + _CURRENCY + r"(?![a-z])")

# Digits with any separators between them; blanks separate thousands only before decimals.
_NUMBER = re.compile(
    r"(?<![\d.,])(?:\d{1,3}(?: \d{3}){1,3},\d{2}(?!\d)|\d+(?:[.,'\u2019]\d+){0,6})"
)

# A number beside these is no amount: a share, or a part of a date, time, ratio or reference.
_SHARE_OR_RATIO_AFTER = re.compile(r" ?%|[/:]\d")
_REFERENCE_BEFORE = re.compile(r".#|\d[/:]", re.DOTALL)

# A minus sign belongs to the number after it, also with a blank between them, unless it joins two
# words or numbers: "total -5.00" and "total: - 5.00" are negative, "10-5.00" and "a - 5.00" not.
_MINUS_BEFORE = re.compile(r"(?<![^\W_])(?:[-\u2212]|(?<![^\W_] )[-\u2212] )$")

# Scan errors: a blank beside the decimal point, the letters O for zero and I for one.
_GAP_AT_DECIMALS = re.compile(r"(?<=\d)(?: ([.,])|([.,]) )(?=\d\d(?!\d))")
_LETTER_O = re.compile(r"(?<=[\d.,])o(?=[\d.,]|$|\s)")
_LETTER_I = re.compile(r"(?:(?<=rm)|(?<=[$€£¥])|(?<![^\s:(]))[il|](?=\d{1,3}[.,]\d\d(?!\d))")


@dataclass(frozen=True, slots=True)
class Amount:
    """A number that may be money, at these characters of its line.

    `cents`: it has exactly two decimals. `marked`: a currency is beside it.
    """

    value: Decimal
    start: int
    end: int
    cents: bool
    marked: bool


def parse_number(text: str) -> tuple[Decimal, bool] | None:
    """Parse a number with any separators; return it and whether it has two decimals.

    The last separator decides: before three digits it separates thousands ("1.234"), unless the
    number begins with zero ("0.125"); before any other count it separates decimals.
    """
    body = re.sub(r"[ '\u2019]", "", text)
    digits = re.sub(r"\D", "", body)
    if not digits or len(digits) > MAX_DIGITS:
        return None

    last_separator = max(body.rfind("."), body.rfind(","))
    if last_separator < 0:
        return Decimal(digits), False

    decimals = len(body) - last_separator - 1
    is_repeated = body.count(body[last_separator]) > 1
    has_whole_part = last_separator > 0 and not body.startswith("0")
    if decimals == _GROUP and (is_repeated or has_whole_part):
        return Decimal(digits), False
    return Decimal(digits).scaleb(-decimals), decimals == _CENTS


def repair_scan_errors(folded: str) -> str:
    """Undo what scans do to numbers; the text may become shorter."""
    with_digits = _LETTER_I.sub("1", _LETTER_O.sub("0", folded))
    return _GAP_AT_DECIMALS.sub(r"\1\2", with_digits)


def amounts_in(folded: str) -> list[Amount]:
    """Return the numbers of a folded line that can be amounts, from left to right."""
    found = []
    for match in _NUMBER.finditer(folded):
        start, end = match.span()
        parsed = parse_number(match.group())
        if parsed is None or is_no_amount(folded, start, end):
            continue
        value, cents = parsed

        # Bookkeepers write negative amounts in parentheses. Without a currency before it, a number
        # in parentheses is a remark.
        is_opened = folded[max(0, start - 2) : start].rstrip().endswith("(")
        is_closed = folded[end : end + 1] == ")"
        is_negative = bool(
            _MINUS_BEFORE.search(folded[max(0, start - 4) : start])
            or (is_opened and is_closed and _CURRENCY_BEFORE.search(folded[: start - 1]))
        )
        is_marked = bool(
            _CURRENCY_BEFORE.search(folded[max(0, start - 8) : start])
            or _CURRENCY_AFTER.match(folded, end)
        )
        found.append(
            Amount(
                value=-value if is_negative else value,
                start=start,
                end=end,
                cents=cents,
                marked=is_marked,
            )
        )
    return found


def is_no_amount(folded: str, start: int, end: int) -> bool:
    """Return whether a number is a share, or a part of a word, date, time or reference."""
    if _SHARE_OR_RATIO_AFTER.match(folded, end):
        return True
    if _REFERENCE_BEFORE.fullmatch(folded, max(0, start - 2), start):
        return True

    # Letters before a number are part of a reference, except a currency and "x" for "times".
    letter = folded[max(0, start - 1) : start]
    if letter == "x" or not letter.isalpha():
        return False
    return not _CURRENCY_BEFORE.search(folded[max(0, start - 6) : start])


def money_in(folded: str) -> list[Amount]:
    """Return the numbers that look like money: with cents, or with a currency beside them."""
    return [
        amount
        for amount in amounts_in(repair_scan_errors(folded))
        if amount.cents or (amount.marked and amount.value < _LARGEST_WITHOUT_CENTS)
    ]


def values_in(folded: str) -> list[Decimal]:
    """Return the amounts of a folded line without their signs, from left to right."""
    return [abs(amount.value) for amount in money_in(folded)]


def format_amount(value: Decimal) -> str:
    """Return an amount with a decimal point and two decimals."""
    return f"{value:.2f}"
