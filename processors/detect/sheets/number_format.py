"""Write a number as Excel shows it, by the number format of its cell.

Formats are those of ECMA-376 part 1, section 18.8.31: up to four sections between semicolons, with
literals in quotes. The kept libraries that apply them are not written in Python, or drop literals
and leading zeros.

A format is applied for what it adds: the zeros and literals of a code, a currency, a percentage.
Where the text could be read as another amount than the number, the number stays as it is stored.
"""

import functools
import itertools
import operator
import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal, InvalidOperation

_TOKEN = re.compile(
    r'"(?P<quoted>[^"]*)"?|\\(?P<escaped>.)|_(?P<blank>.)|\*(?P<fill>.)|\[(?P<bracket>[^\]]*)\]'
    r"|(?P<general>General)|(?P<exponent>E[+-])|(?P<digit>[0#?])|(?P<other>.)",
    re.IGNORECASE | re.DOTALL,
)
_CONDITION = re.compile(r"(<=|>=|<>|<|>|=)(-?\d+(?:\.\d+)?)")
_CURRENCY = re.compile(r"\$([^-\]]*)")  # "[$€-407]": the sign, and the language it is written in
_COMPARE = {
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
    "=": operator.eq,
    "<>": operator.ne,
}
_DATE_LETTERS = frozenset("ymdhsbg")  # outside quotes, they are parts of a date or a time
_ELAPSED = re.compile(r"h+|m+|s+", re.IGNORECASE)  # "[h]": hours beyond a day
_MOST_CHARS = 255  # of a format that Excel accepts
_MOST_SECTIONS = 4
_MOST_KEPT = 256  # formats of a workbook, whose sections are kept
_MOST_WRITTEN = 64  # characters of a cell: no sum and no code is longer
_CENTS = 2
_PERCENT = 2  # the power of ten
_MISREAD = 3  # so many decimals look like a group of thousands
_SIGNS = re.compile(r"[-()\u2212]")
# "INV-0007", "7-A": no minus, if the number is a code and a word is beside the hyphen.
_HYPHENS_BEFORE = re.compile(r"(?:[^-\u2212]|(?<=\w)[-\u2212])*")
_HYPHENS_AFTER = re.compile(r"(?:[^-\u2212]|[-\u2212](?=\w))*")
_NO_CENTS = re.compile(r"^[.,][-\u2013\u2014\u2212]{0,2}(?![-\w\u2013\u2014\u2212])")  # "1250.-"
_CODE = re.compile(r"[-\w\s/#]*")  # literals with digits, such as "2026-"
# A literal point before the digits would be one of the number: "5." before "40".
_JOINS_BEFORE = re.compile(r"(?<![^\W\d_])[.,]$")  # but not "Rs."
_CREDIT = re.compile(r"(?<![a-z])cr(?![a-z])", re.IGNORECASE)
_NOT_ZERO = re.compile(r"[1-9]")
# What separates the digits of a code; blanks and apostrophes alone separate thousands.
_SEPARATORS = frozenset("-./:(),")
_THOUSANDS = "'\u2019 \u00a0\u202f\u2009"
_LIKE_AMOUNT = re.compile(r"\d+[.,]\d+|\d+(?:[.,]\d+)+[.,]\d{1,2}|\d+-\d\d")
# "1,234" may be read as one and a quarter: digits are grouped where nobody can read the comma as
# a decimal one, with decimals behind them or a second group.
_UNMISTAKABLE = 1_000_000


@dataclass(frozen=True, slots=True)
class _FormatToken:
    """A piece of a section: its kind, the name of a group of `_TOKEN`, and its text."""

    kind: str
    text: str


_POINT, _COMMA = _FormatToken("other", "."), _FormatToken("other", ",")


@dataclass(frozen=True, slots=True)
class _Section:
    """A section of a format: when it is used, and what it writes around and between the digits.

    `scale` is the power of ten by which the number is multiplied.
    """

    condition: tuple[str, Decimal] | None
    before: str
    digits: Sequence[_FormatToken]
    after: str
    scale: int
    is_known: bool


def shown(value: float, code: str) -> str | None:
    """Return a number as the format shows it, "" if it hides it; None to keep it as it is stored.

    It is kept if the format is not known, or its text could be read as another amount. A minus is
    always written, and no more than cents are rounded away.
    """
    if len(code) > _MOST_CHARS:
        return None
    try:
        number = Decimal(repr(value))
        section = _section_for(number, _sections(code))
        text = _written(number, section) if section.is_known else None
    except (InvalidOperation, ValueError, OverflowError):
        return None
    return None if text is None or len(text) > _MOST_WRITTEN else text


@functools.lru_cache(maxsize=_MOST_KEPT)
def _sections(code: str) -> Sequence[_Section]:
    sections: list[list[_FormatToken]] = [[]]
    for match in _TOKEN.finditer(code):
        kind = match.lastgroup or ""
        if kind == "other" and match.group() == ";":
            sections.append([])
        else:
            sections[-1].append(_FormatToken(kind, match[kind]))
    return [_section(tokens) for tokens in sections[:_MOST_SECTIONS]]


def _section(tokens: Sequence[_FormatToken]) -> _Section:
    """Divide a section into its digits and the literals around them."""
    places = [at for at, token in enumerate(tokens) if token.kind in {"digit", "general"}]
    first, last = (places[0], places[-1]) if places else (len(tokens), len(tokens))
    behind = tokens[last + 1 :]
    # Each comma behind the last digit divides by a thousand, each "%" multiplies by a hundred.
    commas = len([*itertools.takewhile(lambda token: token == _COMMA, behind)])
    others = [token.text.lower() for token in tokens if token.kind == "other"]
    after = "".join(map(_literal, behind[commas:]))
    return _Section(
        condition=_condition_in(tokens),
        before="".join(map(_literal, tokens[:first])),
        digits=tokens[first : last + 1],
        after=_NO_CENTS.sub("", after) if places else after,
        scale=_PERCENT * others.count("%"),
        is_known=not commas and len(places) <= _MOST_WRITTEN and _is_known(tokens, others),
    )


def _is_known(tokens: Sequence[_FormatToken], others: Sequence[str]) -> bool:
    """Say whether a section is no date, time, fraction or power of ten, and none of text."""
    kinds = [token.kind for token in tokens]
    return (
        _DATE_LETTERS.isdisjoint(others)
        and {"/", "@"}.isdisjoint(others)
        and others.count("%") < 2  # noqa: PLR2004 - one is a percentage
        and "exponent" not in kinds
        and ("general" not in kinds or kinds.count("general") + kinds.count("digit") == 1)
        and not any(_ELAPSED.fullmatch(token.text) for token in tokens if token.kind == "bracket")
    )


def _section_for(number: Decimal, sections: Sequence[_Section]) -> _Section:
    """Return the section for a number."""
    if any(section.condition for section in sections):
        for section in sections:
            condition = section.condition
            if condition is None or _COMPARE[condition[0]](number, condition[1]):
                return section
        return sections[-1]
    if number < 0 and len(sections) > 1:
        return sections[1]
    if number == 0 and len(sections) > 2:  # noqa: PLR2004 - positive, negative, zero
        return sections[2]
    return sections[0]


def _condition_in(tokens: Sequence[_FormatToken]) -> tuple[str, Decimal] | None:
    for token in tokens:
        found = _CONDITION.fullmatch(token.text) if token.kind == "bracket" else None
        if found:
            return found[1], Decimal(found[2])
    return None


def _written(number: Decimal, section: _Section) -> str | None:
    """Write a number with the literals around it; None if they make another amount of it."""
    if not section.digits:
        words = " ".join(f"{section.before}{section.after}".split())
        is_clear = any(map(str.isalpha, words)) and not any(map(str.isdigit, words))
        return words if is_clear or not words else None
    digits = _digits(abs(number).scaleb(section.scale), section.digits)
    if digits is None:
        return None
    is_negative = number < 0 and _NOT_ZERO.search(digits) is not None
    if _is_doubtful(section, digits, is_signed=not is_negative):
        return None
    before, after = section.before, section.after
    if is_negative:
        # A format may show the negative in parentheses, or in red alone: the minus is never lost.
        before, after = _SIGNS.sub("", before).lstrip(), _SIGNS.sub("", after)
        is_currency = all(char.isspace() or unicodedata.category(char) == "Sc" for char in before)
        before = f"-{before}" if is_currency else f"{before.rstrip()} -"
    return " ".join(f"{before}{digits}{after}".split())


def _is_doubtful(section: _Section, digits: str, *, is_signed: bool) -> bool:
    """Say whether what is around the digits could be read as a part of the number.

    With `is_signed`, also as its minus.
    """
    before, after = section.before, section.after
    around = before + after
    is_code = digits.isdigit() or not digits.replace(".", "").replace(",", "").isdigit()
    if _JOINS_BEFORE.search(before) or after.startswith((".", ",")):
        return True
    if _CREDIT.search(f"{before} {after}"):
        return True
    if any(map(str.isdigit, around)) and not (is_code and _CODE.fullmatch(around)):
        return True
    return is_signed and _looks_signed(before, digits, after, is_code=is_code)


def _looks_signed(before: str, digits: str, after: str, *, is_code: bool) -> bool:
    """Say whether what is around a number without a minus could be read as one."""
    if not digits or not is_code:
        return _SIGNS.search(before + after) is not None
    if "(" in before + after and digits.isdigit():
        return True
    return not (_HYPHENS_BEFORE.fullmatch(before) and _HYPHENS_AFTER.fullmatch(after))


def _digits(number: Decimal, tokens: Sequence[_FormatToken]) -> str | None:
    """Write the digits of a number, with the literals that are between them."""
    if tokens[0].kind == "general":
        return f"{number.normalize():f}"
    point = tokens.index(_POINT) if _POINT in tokens else len(tokens)
    rounded = _rounded(number, tokens[point + 1 :])
    if rounded is None:
        return None
    whole, rest = rounded
    between = "".join(map(_literal, tokens[:point])).strip(_THOUSANDS)
    if between:
        is_whole = not rest and point == len(tokens)
        return _filled(whole.lstrip("0"), tokens, between) if is_whole else None
    is_grouped = _COMMA in tokens[:point] and (rest != "" or number >= _UNMISTAKABLE)
    whole = _whole(whole, tokens[:point], is_grouped=is_grouped)
    return f"{whole or 0}.{rest}" if rest else whole


def _rounded(number: Decimal, decimals: Sequence[_FormatToken]) -> tuple[str, str] | None:
    """Return the digits before and behind the point, in as many places as the format has.

    Behind the cents there are no zeros that the number has not. None if it is rounded to what looks
    like a group of thousands, or literals are between the decimals.
    """
    if any(token.kind != "digit" for token in decimals):
        return None
    shape = number.as_tuple().exponent
    own = -shape if isinstance(shape, int) else 0
    places = max(len(decimals), min(own, _CENTS))
    rounded = number.quantize(Decimal(1).scaleb(-places), ROUND_HALF_UP)
    whole, _, rest = f"{rounded:f}".partition(".")
    least = max((at for at, place in enumerate(decimals, start=1) if place.text == "0"), default=0)
    least = min(least, _CENTS)
    rest = rest[:least] + rest[least:].rstrip("0")
    return None if len(rest) == _MISREAD < own else (whole, rest)


def _whole(digits: str, tokens: Sequence[_FormatToken], *, is_grouped: bool) -> str:
    """Write the digits before the point, with leading zeros or in groups."""
    left = digits.lstrip("0")
    zeros = sum(token.text == "0" for token in tokens if token.kind == "digit")
    if is_grouped and len(left) > zeros:
        return f"{int(left):,}"
    return left.zfill(zeros) if zeros else left


def _filled(digits: str, tokens: Sequence[_FormatToken], between: str) -> str | None:
    """Fill the places of a code from the right; the first one takes all digits that are left.

    None if places before a separator stay empty, or the code looks like an amount.
    """
    if not all(char in _SEPARATORS or char.isspace() for char in between):
        return None
    written: list[str] = []
    for at in reversed(range(len(tokens))):
        token = tokens[at]
        if token.kind == "digit":
            taken = len(digits) if at == 0 else 1
            digits, digit = digits[:-taken], digits[-taken:]
            written.append(digit or ("0" if token.text == "0" else ""))
        else:
            written.append(_literal(token))
    text = "".join(reversed(written))
    return text if text[:1].isdigit() and not _LIKE_AMOUNT.fullmatch(text) else None


def _literal(token: _FormatToken) -> str:
    """Return what a token other than a digit writes."""
    match token.kind:
        case "quoted" | "escaped":
            return token.text
        case "fill":
            return " "  # as many as fill the cell
        case "bracket":
            currency = _CURRENCY.match(token.text)
            return currency[1] if currency else ""
        case "other":
            return "" if token.text == "," else token.text
        case _:
            return ""
