"""Write a number as Excel shows it, by the number format of its cell.

Formats are those of ECMA-376 part 1, section 18.8.31: up to four sections between semicolons, with
literals in quotes. The kept libraries that apply them are not written in Python, or drop literals
and leading zeros.
"""

import functools
import itertools
import operator
import re
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal, InvalidOperation
from fractions import Fraction

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
_MOST_CHARS = 255  # of a format that Excel accepts
_MOST_SECTIONS = 4
_MOST_KEPT = 256  # formats of a workbook, whose sections are kept
_CENTS = 2
_SIGNED = re.compile(r"[-\u2212(]|\bCR\b")
_NOT_ZERO = re.compile(r"[1-9]")
# "1,234" may be read as one and a quarter: digits are grouped where nobody can read the comma as
# a decimal one, with decimals behind them or a second group.
_UNMISTAKABLE = 1_000_000


@dataclass(frozen=True, slots=True)
class _Token:
    """A piece of a section: its kind, the name of a group of `_TOKEN`, and its text."""

    kind: str
    text: str


@dataclass(frozen=True, slots=True)
class _Section:
    """A section of a format: when it is used, and what it writes around and between the digits.

    `scale` is the power of ten by which the number is multiplied.
    """

    condition: tuple[str, Decimal] | None
    before: Sequence[_Token]
    digits: Sequence[_Token]
    after: Sequence[_Token]
    scale: int
    is_known: bool


def shown(value: float, code: str) -> str | None:
    """Return a number as the format shows it, "" if it hides it; None for a format not known.

    No more than cents are rounded away: a sum that is shown without them still has them.
    """
    if len(code) > _MOST_CHARS:
        return None
    try:
        number = Decimal(repr(value))
        section, has_own_sign = _section_for(number, _sections(code))
        if not section.is_known:
            return None
        text = _written(abs(number), section)
    except (InvalidOperation, ValueError, OverflowError):
        return None
    # A format may show the negative in red alone; the minus is never lost.
    is_negative = number < 0 and not (has_own_sign and _SIGNED.search(text))
    return f"-{text}" if is_negative and _NOT_ZERO.search(text) else text


@functools.lru_cache(maxsize=_MOST_KEPT)
def _sections(code: str) -> Sequence[_Section]:
    sections: list[list[_Token]] = [[]]
    for match in _TOKEN.finditer(code):
        kind = match.lastgroup or ""
        if kind == "other" and match.group() == ";":
            sections.append([])
        else:
            sections[-1].append(_Token(kind, match[kind]))
    return [_section(tokens) for tokens in sections[:_MOST_SECTIONS]]


def _section(tokens: Sequence[_Token]) -> _Section:
    """Divide a section into its digits and the literals around them."""
    places = [at for at, token in enumerate(tokens) if token.kind == "digit"]
    first, last = (places[0], places[-1]) if places else (len(tokens), len(tokens))
    others = [token.text.lower() for token in tokens if token.kind == "other"]
    behind = tokens[last + 1 :]
    # A fixed denominator is no digit of the format.
    is_known = _DATE_LETTERS.isdisjoint(others) and all(
        token.text != "/" for token in behind if token.kind == "other"
    )
    # Each comma behind the last digit divides by a thousand, each "%" multiplies by a hundred.
    commas = len([*itertools.takewhile(lambda token: token.text == ",", behind)])
    return _Section(
        condition=_condition_in(tokens),
        before=tokens[:first],
        digits=tokens[first : last + 1],
        after=behind[commas:],
        scale=2 * others.count("%") - 3 * commas,
        is_known=is_known,
    )


def _section_for(number: Decimal, sections: Sequence[_Section]) -> tuple[_Section, bool]:
    """Return the section for a number, and whether it writes the sign of a negative one itself."""
    if any(section.condition for section in sections):
        for section in sections:
            condition = section.condition
            if condition is None or _COMPARE[condition[0]](number, condition[1]):
                return section, False
        return sections[-1], False
    if number < 0 and len(sections) > 1:
        return sections[1], True
    if number == 0 and len(sections) > 2:  # noqa: PLR2004 - positive, negative, zero
        return sections[2], True
    return sections[0], False


def _condition_in(tokens: Sequence[_Token]) -> tuple[str, Decimal] | None:
    for token in tokens:
        found = _CONDITION.fullmatch(token.text) if token.kind == "bracket" else None
        if found:
            return found[1], Decimal(found[2])
    return None


def _written(number: Decimal, section: _Section) -> str:
    """Write a number that is not negative."""
    before = "".join(_literal(token, number) for token in section.before)
    after = "".join(_literal(token, number) for token in section.after)
    digits = _digits(number.scaleb(section.scale), section.digits) if section.digits else ""
    return " ".join(f"{before}{digits}{after}".split())


def _digits(number: Decimal, tokens: Sequence[_Token]) -> str:
    """Write the digits of a number, with the literals that are between them."""
    marks = ["" if token.kind == "digit" else token.text for token in tokens]
    kinds = [token.kind for token in tokens]
    if "exponent" in kinds:
        return _scientific(number, tokens, kinds.index("exponent"))
    if "/" in marks:
        return _fraction(number, tokens[marks.index("/") + 1 :])
    point = marks.index(".") if "." in marks else len(tokens)
    integer, rest = _rounded(number, [token.text for token in tokens[point + 1 :]])
    is_grouped = "," in marks[:point] and (rest != "" or number >= _UNMISTAKABLE)
    integer = _integer(integer, tokens[:point], is_grouped=is_grouped)
    return f"{integer or 0}.{rest}" if rest else integer


def _rounded(number: Decimal, decimals: Sequence[str]) -> tuple[str, str]:
    """Return the digits before and behind the point, in as many places as the format has."""
    shape = number.as_tuple().exponent
    own = -shape if isinstance(shape, int) else 0
    places = max(len(decimals), min(own, _CENTS))
    rounded = number.quantize(Decimal(1).scaleb(-places), ROUND_HALF_UP)
    integer, _, rest = f"{rounded:f}".partition(".")
    least = max((at for at, text in enumerate(decimals, start=1) if text == "0"), default=0)
    return integer, rest[:least] + rest[least:].rstrip("0")


def _integer(digits: str, tokens: Sequence[_Token], *, is_grouped: bool) -> str:
    """Write the digits before the point, with leading zeros, groups or literals between them."""
    left = digits.lstrip("0")
    zeros = sum(token.text == "0" for token in tokens if token.kind == "digit")
    if any(_literal(token, Decimal(0)) for token in tokens):
        return _filled(left, tokens)
    if is_grouped and len(left) > zeros:
        return f"{int(left):,}"
    return left.zfill(zeros) if zeros else left


def _filled(digits: str, tokens: Sequence[_Token]) -> str:
    """Fill the places of a format from the right; the first one takes all digits that are left."""
    first = next(at for at, token in enumerate(tokens) if token.kind == "digit")
    written: list[str] = []
    for at in reversed(range(len(tokens))):
        token = tokens[at]
        if token.kind == "digit":
            taken = len(digits) if at == first else 1
            digits, digit = digits[:-taken], digits[-taken:]
            written.append(digit or ("0" if token.text == "0" else ""))
        else:
            written.append(_literal(token, Decimal(0)))
    return "".join(reversed(written))


def _fraction(number: Decimal, below: Sequence[_Token]) -> str:
    """Write a number as a whole and a fraction with as many digits as the format has."""
    whole = int(number)
    part = Fraction(number - whole).limit_denominator(10 ** len(below) - 1)
    if part in {0, 1}:
        return str(whole + int(part))
    return f"{whole} {part}" if whole else str(part)


def _scientific(number: Decimal, tokens: Sequence[_Token], at: int) -> str:
    marks = [token.text for token in tokens[:at]]
    decimals = len(marks) - marks.index(".") - 1 if "." in marks else 0
    mantissa, _, exponent = f"{number:.{decimals}E}".partition("E")
    power = int(exponent)
    plus = "+" if tokens[at].text.endswith("+") else ""
    places = sum(token.kind == "digit" for token in tokens[at:])
    return f"{mantissa}E{'-' if power < 0 else plus}{abs(power):0{places}d}"


def _literal(token: _Token, number: Decimal) -> str:
    """Return what a token other than a digit writes."""
    match token.kind:
        case "quoted" | "escaped":
            return token.text
        case "fill":
            return " "  # as many as fill the cell
        case "bracket":
            currency = _CURRENCY.match(token.text)
            return currency[1] if currency else ""
        case "general":
            return f"{number.normalize():f}"
        case "other":
            return "" if token.text in {",", "@"} else token.text
        case _:
            return ""
