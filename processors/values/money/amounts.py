"""Find amounts of money in a line of text."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from decimal import Decimal
from functools import cache

from processors.document_cache import cached_by_value
from processors.values.lines import has_digit, label_pattern
from processors.values.money.marks import (
    SHORT_SIGNS,
    THOUSANDTHS,
    THOUSANDTHS_AFTER_COMMA,
    any_mark,
    lengths_of_marks,
    long_marks,
)
from processors.values.money.misread import is_cut, with_digits
from processors.values.money.things import is_measure

MAX_DIGITS = 13
_LARGEST_WITHOUT_CENTS = 1_000_000_000
"""A longer number without decimals is an account or a reference, also beside a currency."""
_GROUP = 3
"""Digits between separators of thousands, and decimals of a currency divided by a thousand."""
_CENTS = 2
CENT = Decimal("0.01")
_CONTEXT_CHARS = 16
"""Characters before a number that can hold its currency and its sign."""

_MOST_GAP = 2
"""Points, colons and blanks between a currency and its number."""
_MOST_WORDS = 6
"""Words before an amount in parentheses; more are a sentence."""

DECIMAL_MARK = "\u066b"
"""The decimal separator of Arabic, which separates nothing else."""
# Hyphens, the figure dash, the en dash and the minus sign; triangles are the minus of Japan.
_MINUS = "[-\u2010\u2011\u2012\u2013\u2212\u25b3\u25b2]"

# Digits with any separators between them. Blanks separate thousands; a dash says that there are no
# cents.
_NUMBER = re.compile(
    r"(?:(?<![\d.,])(?<!\d_)|(?<=[a-z/]\.)|(?<=\.\.))(?:"
    r"(?:\d{1,3}(?:[.'\u2019 ]\d{3}){1,3}|\d{1,7})"
    r"(?:,[-\u2013\u2014]{1,2}(?![\w\-\u2013])"
    r"|(?:\.| ?:)[-\u2013\u2014]{1,2}(?= ?(?:$|[a-z]{2,3}(?![a-z])|[€)])))"
    r"|\d{1,3}(?: \d{3}){1,3}(?:[.,\u066b]\d{2,3})?(?![\d.,\u066b]?\d)"
    r"|\d+(?:[.,'\u2019\u066b\u066c]\d+){0,6})"
)
_GROUPING = re.compile(r"[ '\u2019\u066c]")
_DIGITS_ALONE = re.compile(rf"\d{{1,{MAX_DIGITS}}}")
_NO_DIGITS = re.compile(r"\D")
_WITHOUT_BLANKS = re.compile(r"(?<![\d.,])\d+(?:[.,'\u2019\u066b]\d+){0,6}")
# Both separators never group thousands in one number: "1,050.500" has decimals.
_DECIMALS_FOR_SURE = re.compile(r"[0.,\u066b]|\d+(?:,.*\.|\..*,)")
_CLOSED_BY_DASH = re.compile(r"¥(?:\d{1,3}(?:,\d{3})*|\d+)$")
_WITH_DECIMALS = re.compile(r"\d[\d.,' \u2019]*[.,\u066b]\d{2,3}")
_WITH_CENTS = re.compile(r"\d[\d.,'\u2019]*[.,]\d\d")
_PERCENTAGE = re.compile(r"\d+(?:[.,]\d+)? ?%")

# In Turkey the sign is before its number: "KDV %20 200,00".
_PERCENT_BEFORE = re.compile(r"(?<!\d)(?<!\d )%$")
# A number beside these is no amount: a share, or a part of a date, time, range or reference.
_SHARE_OR_RATIO_AFTER = re.compile(r" ?[%\u2030]|[/:\u2013\u2014]\d")
# Groups of two digits are in an amount only before a group of three: "1,20,450".
_DAY_OR_PAIRS = re.compile(r"\d{1,2}\.\d{1,2}\.(?:19|20)\d\d$|\d{1,2}([.,])(?:\d\d\1)+\d\d$")
_REFERENCE_BEFORE = re.compile(r"(?:.#|\d[/:\u2013\u2014]|\d{4}-\d\d?-)$")
# Numbers in words, as many as documents have before the digits that repeat them.
_SPELLED = re.compile(
    r"\b(?:hundred|thousand|(?:twen|thir|for|fif|six|seven|eigh|nine)ty|eleven|twelve|[a-z]{3,5}teen"
    r"|(?:one|two|three|four|five|six|seven|eight|nine|ten)(?= [a-z])|[a-z]*hundert|[a-z]*tausend"
    r"|[a-z]*zig|mille|cent|ciento|mil)\b"
)
_PARENTHESIS = re.compile(r"^[^()]*\)")

# A minus sign belongs to the number after it, also with a blank between them, unless it joins two
# words or numbers: "total -5.00" and "total: - 5.00" are negative, "10-5.00", "a - 5.00" and
# "tax (20%) - 5.00" not.
_MINUS_BEFORE = re.compile(
    rf"(?<![^\W_])(?<!{_MINUS})(?<!{_MINUS} )"
    rf"(?:{_MINUS}\(?|(?<![^\W_] )(?<![)%] ){_MINUS} |(?<=: ){_MINUS} )$"
    rf"|(?:refund|refunded|credit)\) {_MINUS} $"
    r"|(?<![^\W_])(?:minus|moins|menos|meno) ?$"
)
_OPENING = re.compile(rf"{_MINUS}?\(?{_MINUS}?$")
# This currency is that of the amount before the remark: "45.00 eur (48.60 usd)".
_BEFORE_REMARK = re.compile(r"\d ?[^\W\d_]{0,4}[^\w\s(]? ?\($")
# "CR" (credit) marks what is owed to the customer.
_CREDIT_BEFORE = re.compile(r"(?<![a-z])cr[ .:]{0,2}$")

# Scan errors: a blank beside the decimal point, the letters O for zero and I for one.
_GAP_AT_DECIMALS = re.compile(r"(?: ([.,])|([.,]) )(?<=\d..)(?=\d\d(?!\d))")
# Both beside a currency: "€ 31 . 40". In France the sign may be the point: "31€40".
_GAPS_AT_DECIMALS = re.compile(r"([$€£¥] ?\d{1,6}) ([.,]) (?=\d\d(?!\d))")
_SIGN_AS_POINT = re.compile(r"(?<![\d.,])(\d{1,5})([€£])(\d\d)(?![\d.,])")
# The point of a sum, read as a dash: "total 52-00", "cash rm 62- 00". Elsewhere it is a number.
_DASH_AT_DECIMALS = re.compile(r"(?:(?<=[a-z:)] )|(?<=[$€£¥])|(?<=[$€£¥] ))(\d{1,6})- ?(\d\d)$")
# The currency between the units and the cents, as it is spoken: "total 45 eur 50".
_MARK_AT_DECIMALS = re.compile(
    r"(?<![\d.,'\u2019] )(?<![\d.,'\u2019\w])(\d{1,3}(?:[.' ]\d{3})+|\d{1,6})"
    r" (eur(?:os?)?|chf|fr\.?|[€£]) (\d\d)$"
)
_SUMS = ("strong", "plain", "due", "subtotal", "weak", "cash", "card", "tax", "net")
# Bookkeepers' other parentheses, and pounds with their pence: "<45.00>", "£3 20p". In square ones
# is what was filled in, too, so they are a minus only beside a word for a refund.
_ANGLES = re.compile(r"<([^<>()\w]{0,2}\d[\d.,' ]*)>")
_BRACKETS = re.compile(r"\[([^()\[\]\w]{0,2}\d[\d.,' ]*)\]")
_REFUNDS = re.compile(r"refund|credit|gutschrift|avoir|erstatt")
# As it was usual in Sweden: "1 200:00 kr".
_COLON_AT_DECIMALS = re.compile(r"(?<=\d):(?=\d\d ?kr(?![a-z]))")
# A six whose loop and stroke look like the sign of the euro: "10.€0". Behind the digits it is one.
_EURO_FOR_SIX = re.compile(r"(?<=\d[.,])€(?=\d)")
_PENCE = re.compile(r"(?<=£)( ?\d{1,5}) (\d\d)p(?![a-z])")
_SUM_WORD = re.compile(
    r"[^\d]*\b(?:total|subtotal|cash|change|amount|amt|due|rm|visa|card)\b[^\d]*"
)
# Both begin with their letter, to which a search can jump, and look behind it from there.
_LETTER_O = re.compile(r"o(?<=[\d.,]o)(?=[\d.,]|$|\s)")
_LETTER_I = re.compile(r"[il|](?=\d{1,3}[.,]\d\d(?!\d))(?:(?<=rm.)|(?<=[$€£¥].)|(?<![^\s:(].))")


@dataclass(frozen=True, slots=True)
class Amount:
    """A number that may be money, at these characters of its line.

    `cents`: it has the decimals of its currency, or a dash for them. `marked`: a currency is beside
    it. `enclosed`: it is in parentheses, alone or with its currency.
    """

    value: Decimal
    start: int
    end: int
    cents: bool
    marked: bool
    enclosed: bool = False


@dataclass(frozen=True, slots=True)
class _Context:
    """What is around a number: its currency, which may be before it, and its sign.

    `is_enclosed`: it is in parentheses, which are a minus or hold a remark.
    """

    mark: str
    is_before: bool
    is_negative: bool
    is_enclosed: bool


def parse_number(text: str, *, thousandths: bool = False) -> tuple[Decimal, bool] | None:
    """Parse a number with any separators; return it and whether it has the decimals of money.

    The last separator decides: before three digits it separates thousands ("1.234"), unless the
    number begins with zero ("0.125"), has the other separator before it, or its currency has
    `thousandths`; before any other count it separates decimals.
    """
    if _DIGITS_ALONE.fullmatch(text):  # as most numbers
        return Decimal(text), False
    body = _GROUPING.sub("", text)
    has_dash = not body[-1:].isdigit()
    body = body.rstrip(".,:-\u2013\u2014")
    digits = _NO_DIGITS.sub("", body)
    if not digits or len(digits) > MAX_DIGITS:
        return None

    last_separator = max(map(body.rfind, (".", ",", DECIMAL_MARK)))
    if last_separator < 0 or has_dash:
        return Decimal(digits), has_dash

    decimals = len(body) - last_separator - 1
    is_repeated = body.count(body[last_separator]) > 1
    if decimals == _GROUP and thousandths and not is_repeated:
        return Decimal(digits).scaleb(-decimals), True
    if decimals == _GROUP and (is_repeated or not _DECIMALS_FOR_SURE.match(body)):
        return Decimal(digits), False
    return Decimal(digits).scaleb(-decimals), decimals == _CENTS


def repair_scan_errors(folded: str) -> str:
    """Undo what scans do to numbers; the text may become shorter."""
    folded = _with_points_of_sums(with_digits(folded))
    if "<" in folded:
        folded = _ANGLES.sub(r"(\1)", folded)
    if "[" in folded and _REFUNDS.search(folded):
        folded = _BRACKETS.sub(r"(\1)", folded)
    if "€" in folded:
        folded = _EURO_FOR_SIX.sub("6", folded)
    if ":" in folded:
        folded = _COLON_AT_DECIMALS.sub(",", folded)
    if "£" in folded:
        folded = _PENCE.sub(r"\1.\2 ", folded)
    folded = _LETTER_I.sub("1", _LETTER_O.sub("0", folded))
    folded = _GAPS_AT_DECIMALS.sub(r"\1\2", folded)
    if "€" in folded or "£" in folded:
        folded = _SIGN_AS_POINT.sub(r"\1,\3\2", folded)
    return _GAP_AT_DECIMALS.sub(r"\1\2", folded)


def _with_points_of_sums(folded: str) -> str:
    """Write a point for the dash or the currency that is before the cents of a sum."""
    if "-" in folded and _SUM_WORD.match(folded):
        folded = _DASH_AT_DECIMALS.sub(r"\1.\2", folded)
    if _MARK_AT_DECIMALS.search(folded) and label_pattern("totals", *_SUMS).search(folded):
        folded = _MARK_AT_DECIMALS.sub(r"\1.\3 \2", folded)
    return folded


def amounts_in(folded: str) -> list[Amount]:
    """Return the numbers of a folded line that can be amounts, from left to right."""
    found: list[Amount] = []
    if not has_digit(folded):
        return found
    for start, end in _numbers_in(folded):
        if is_no_amount(folded, start, end):
            continue
        context = _context_of(folded, start, end)
        number = folded[start:end]
        has_thousandths = DECIMAL_MARK in number or (
            context.mark in THOUSANDTHS
            and ("," not in number[-_GROUP - 1 :] or context.mark in THOUSANDTHS_AFTER_COMMA)
        )
        parsed = parse_number(number, thousandths=has_thousandths)
        if parsed is None:
            continue
        value, cents = parsed
        if is_cut(folded, start, end, is_price=bool(context.mark) and not cents):
            continue
        found.append(
            Amount(
                value=-value if context.is_negative else value,
                start=start,
                end=end,
                cents=cents,
                marked=bool(context.mark) and context.mark not in SHORT_SIGNS,
                enclosed=context.is_enclosed,
            )
        )
    return found


def _numbers_in(folded: str) -> Iterator[tuple[int, int]]:
    """Yield where the numbers of a line are."""
    for match in _NUMBER.finditer(folded):
        start, end = match.span()
        if " " not in match.group().rstrip(" :-") or is_grouped(folded, start, end):
            yield start, end
        else:
            for part in _WITHOUT_BLANKS.finditer(folded, start, end):
                yield part.span()


def is_grouped(folded: str, start: int, end: int) -> bool:
    """Return whether blanks in a number separate its thousands, and not a quantity from a price.

    A comma for decimals comes with them. Otherwise a currency is right before the number, or after
    it if no other number is in the line.
    """
    number = folded[start:end]
    if _PERCENT_BEFORE.search(folded[:start]):
        return False
    if "," in number:
        return True
    context = _context_of(folded, start, end)
    if context.mark and context.is_before:
        return True
    is_only = not any(map(str.isdigit, _PERCENTAGE.sub("", folded[:start] + folded[end:])))
    has_sign = context.mark or not number[-1].isdigit() or folded[end:].strip(" .") in SHORT_SIGNS
    return is_only and bool(has_sign)


def _context_of(folded: str, start: int, end: int) -> _Context:
    """Read the currency and the sign around a number."""
    left = folded[max(0, start - _CONTEXT_CHARS) : start]
    after = _after().match(folded, end)
    assert after  # every part of the pattern is optional
    mark, outer, inner = _opened_by(left)
    # In Japan a dash closes a sum, so that nobody adds digits to it: "¥1,500-".
    has_end = _CLOSED_BY_DASH.match(f"{mark}{folded[start:end]}") is not None
    has_minus = _has_minus(outer, inner, None if has_end else after)
    is_closed = after["close"] is not None and not has_minus
    # Bookkeepers write negative amounts in parentheses; after a currency they are nothing else.
    return _Context(
        mark=mark or after["mark"] or "",
        is_before=mark != "" and not outer.rstrip()[-1:].isdigit(),
        is_negative=has_minus or ("(" in inner and is_closed),
        is_enclosed=outer.endswith("(") and is_closed,
    )


def _opened_by(left: str) -> tuple[str, str, str]:
    """Return the currency before a number, what is before it, and what is between them."""
    opening = _OPENING.search(left)
    assert opening  # every part of the pattern is optional
    mark, outer = _mark_before(left[: opening.start()])
    if not mark or _BEFORE_REMARK.search(left):
        return "", left, ""
    return mark, outer, opening.group()


def _has_minus(outer: str, inner: str, after: re.Match[str] | None) -> bool:
    """Return whether a minus is before a number, between it and its currency, or after it."""
    if _MINUS_BEFORE.search(outer) or inner.strip("(") or _CREDIT_BEFORE.search(outer.rstrip("(")):
        return True
    return after is not None and any(after.group("minus", "behind", "credit"))


def _mark_before(text: str) -> tuple[str, str]:
    """Return the mark at the end of a text, "" if there is none, and the text before it."""
    stripped = text.rstrip(" .:")
    if len(text) - len(stripped) > _MOST_GAP:
        return "", text
    has_gap = stripped != text
    for length in lengths_of_marks().get(stripped[-1:], ()):
        if length > len(stripped):
            continue
        mark, outer = stripped[-length:], stripped[:-length]
        is_word = mark[0].isalpha() and outer[-1:].isalpha()
        # Scans lose the blank before a currency, but not one on both sides: "totalrm5.00".
        if mark in long_marks() and not (is_word and has_gap):
            return mark, outer
        if mark in SHORT_SIGNS and not (is_word or outer.endswith("$")):
            return mark, outer
    return "", text


@cache
def _after() -> re.Pattern[str]:
    # Minus and currency in either order, a closing parenthesis, and "CR" for a credit.
    minus = rf"{_MINUS}(?![\w\-\u2013])"
    mark = rf"(?:{any_mark()})(?![a-z])"
    return re.compile(
        rf"(?P<minus>{_MINUS}(?= ?{mark})|{minus})?(?: ?(?P<mark>{mark}))?"
        rf"(?P<behind>(?<!\d){minus})?(?P<close> ?\))?(?P<credit> ?cr(?![a-z]))?"
    )


def is_no_amount(folded: str, start: int, end: int) -> bool:
    """Return whether a number is a share, or a part of a word, date, time or reference."""
    if _SHARE_OR_RATIO_AFTER.match(folded, end) or _DAY_OR_PAIRS.match(folded[start:end]):
        return True
    if is_measure(folded, start, end):
        return True
    near = folded[max(0, start - _CONTEXT_CHARS) : start]
    if _REFERENCE_BEFORE.search(near) or _PERCENT_BEFORE.search(near):
        return True

    # Letters before a number are part of a reference, except a currency and "x" for "times".
    # Points lead from a label to its number: "total.....45.00".
    if near.endswith(("x", "..")) or not (near[-1:].isalpha() or near.endswith(".")):
        return False
    mark, _ = _mark_before(near)
    if mark in SHORT_SIGNS:
        return not _WITH_DECIMALS.fullmatch(folded, start, end)
    return not mark and not _is_of_label(folded, start, end)


def _is_of_label(folded: str, start: int, end: int) -> bool:
    """Return whether an amount touches the words that announce it: "Total120.00"."""
    labels = label_pattern("totals", *_SUMS).finditer(folded, 0, start)
    has_cents = _WITH_CENTS.fullmatch(folded, start, end) is not None
    return has_cents and any(label.end() == start for label in labels)


@cached_by_value
def money_in(folded: str) -> tuple[Amount, ...]:
    """Return the numbers that look like money: with cents, or with a currency beside them."""
    repaired = repair_scan_errors(folded)
    found = tuple(
        amount
        for amount in amounts_in(repaired)
        if amount.cents or (amount.marked and amount.value < _LARGEST_WITHOUT_CENTS)
    )
    # Parentheses are a minus if all amounts of a short line are in them and nothing follows.
    # Otherwise they hold a remark: "in words ($100)", "tax 5.00 (0.30)".
    if found and all(amount.enclosed for amount in found):
        before = repaired[: found[0].start]
        words_before = before.split()
        is_last = not any(map(str.isalpha, _PARENTHESIS.sub("", repaired[found[-1].start :])))
        # Digits repeat what is written in words: "ninety-six pounds (96.00)".
        is_repeated = _SPELLED.search(before) is not None
        if len(words_before) <= _MOST_WORDS and is_last and not is_repeated:
            return tuple(replace(amount, value=-amount.value) for amount in found)
    return found


def values_in(folded: str) -> list[Decimal]:
    """Return the amounts of a folded line without their signs, from left to right."""
    return [abs(amount.value) for amount in money_in(folded)]


def format_amount(value: Decimal) -> str:
    """Return an amount with a decimal point and two decimals, or three if it has so many."""
    exponent = value.as_tuple().exponent
    return f"{value:.3f}" if exponent == -_GROUP else f"{value:.2f}"
