"""Read the amounts in which a scan has a letter for a digit, or a blank beside a separator."""

import re

from processors.values.lines import label_pattern
from processors.values.money.marks import any_mark

_DIGITS = str.maketrans("oilsbz", "011582")
_LIKE = r"[\doilsbz]"
# Most lines have none of these beside a digit, a separator or a sign.
_MAY_BE_MISREAD = re.compile(r"[oilsbz](?<=[\d.,$€£¥].)")
# "2oo.00", "1,2oo.00", "12s.00": thousands and cents, if any, are complete. Behind a number without
# cents only the letter O is no unit: "$2,5oo", "$5bil".
_MISREAD = re.compile(
    r"(?:(?<![\w.,'\u2019])|(?<=rm)|(?<=usd|eur|gbp|chf|cad|aud))(?:\d|(?<=[$€£¥])[oil])"
    rf"(?:(?:{_LIKE}{{0,2}}(?:[.,'\u2019]{_LIKE}{{3}}){{1,3}}|{_LIKE}{{0,6}})[.,][\doilsbz][\do]"
    r"|(?<=[$€£¥].)[\do]{0,2}(?:[,'\u2019][\do]{3}){0,3})(?!\w|[.,]\w)"
)
_GLUED_MARK = re.compile(r"(?<=[\do])(?=(?:eur|usd|gbp|chf|cad|aud)(?![a-z]))")
# "$1 ,250.00", "$1, 250.00", "1 .250,00": the blank beside the separator of thousands.
_GAP_AT_THOUSANDS = re.compile(
    r"(?<![\d.,])(?<!\d )(\d{1,3}(?:([.,])\d{3})?) ([.,])(\d{3}(?!\3)[.,]\d\d)(?![\d.,]?\d)"
    r"|([$€£¥] ?\d{1,3}) ?([.,]) ?(\d{3}) ?((?!\6)[.,]) ?(\d\d)(?![\d.,]?\d)"
)
_GUESSED = re.compile("[sbz]")
# A digit before these signs goes on behind them, as what was printed there: "12§.00", "1?5.00".
_STRANGE = r"[?!§~_¬`\\{}]"
_GOES_ON = re.compile(rf"{_STRANGE}{{1,2}}[.,]?\d|(?!x)[a-z]{{1,2}}[.,]?\d")
_STARTS_BEFORE = re.compile(rf"(?:\d{_STRANGE}{{1,2}}|[$€£¥] ?\d{{1,3}}[a-wyz]{{1,2}})$")
_CHARS_BEFORE = 7
# A blank or another sign may be for a digit or a separator: "$12 5.00", "$1;250.00", "1, 250.00".
_UNCLEAR = re.compile(
    r"[$€£¥] ?\d{1,3}(?: \d{1,2}|;\d{3}|: ?\d{3})[.,]\d\d(?![.,]?\d)"
    r"|^[^\d$€£¥]*\d{1,3}[.,] \d{3}[.,]\d\d(?![.,]?\d)"
)


def with_digits(folded: str) -> str:
    """Return a line with digits for the letters in its amounts, and without blanks in them."""
    if _MAY_BE_MISREAD.search(folded):
        apart = _GLUED_MARK.sub(" ", folded)
        if _MISREAD.search(apart):
            folded = _MISREAD.sub(_digits_of, apart)
    if " ." in folded or " ," in folded or ", " in folded or ". " in folded:
        folded = _GAP_AT_THOUSANDS.sub(lambda match: match.group().replace(" ", ""), folded)
    return folded


def _digits_of(match: re.Match[str]) -> str:
    """Return a number with digits, if what is around it says that it is an amount.

    The letter O beside digits needs no such words.
    """
    number = match.group()
    is_amount = not re.search("[ilsbz]", number) or _is_beside_words(match)
    return number.translate(_DIGITS) if is_amount else number


def _is_beside_words(match: re.Match[str]) -> bool:
    """Return whether a currency is beside a number, or the words for a sum before it."""
    before, after = (
        match.string[: match.start()].rstrip(" .:"),
        match.string[match.end() :].strip(" .:*"),
    )
    if re.search(rf"(?:{any_mark()})$", before) or re.match(rf"(?:{any_mark()})(?![a-z])", after):
        return True
    sums = label_pattern("totals", "strong", "plain", "due", "subtotal", "weak", "tax", "net")
    return not after and sums.search(before) is not None


def is_cut(folded: str, start: int, end: int, *, is_price: bool) -> bool:
    """Return whether a number is only the legible part of an amount: "$12§.00".

    Letters that touch it may be its unit or a code, unless it is a price without cents.
    """
    if _STARTS_BEFORE.search(folded, max(0, start - _CHARS_BEFORE), start):
        return True
    goes_on = _GOES_ON.match(folded, end)
    if goes_on is None or not (is_price or not goes_on.group()[0].isalpha()):
        return False
    return re.match(rf"(?:{any_mark()})(?![a-z])", goes_on.group()) is None


def is_guessed(folded: str) -> bool:
    """Return whether the digits of an amount are guessed: S may be 5 or 8, a blank a digit."""
    if _UNCLEAR.search(folded):
        return True
    found = _MISREAD.finditer(folded) if _MAY_BE_MISREAD.search(folded) else ()
    return any(
        _GUESSED.search(match.group()) and _digits_of(match) != match.group() for match in found
    )
