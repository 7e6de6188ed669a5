"""Write the days and years that a contract spells in words as digits."""

import re

_UNITS = (
    "zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven",
    "twelve", "thirteen", "fourteen", "fifteen", "sixteen", "seventeen", "eighteen", "nineteen",
)  # fmt: skip
_TENS = (
    "zero",
    "ten",
    "twenty",
    "thirty",
    "forty",
    "fifty",
    "sixty",
    "seventy",
    "eighty",
    "ninety",
)
_ORDINALS = (
    "zeroth", "first", "second", "third", "fourth", "fifth", "sixth", "seventh", "eighth", "ninth",
    "tenth", "eleventh", "twelfth", "thirteenth", "fourteenth", "fifteenth", "sixteenth",
    "seventeenth", "eighteenth", "nineteenth",
)  # fmt: skip
_VALUES = {word: number for number, word in enumerate(_UNITS)}
_VALUES |= {word: 10 * number for number, word in enumerate(_TENS)}
_VALUES |= {word: number for number, word in enumerate(_ORDINALS)}
_VALUES |= {"twentieth": 20, "thirtieth": 30}

_COUNT = "|".join(sorted([*_UNITS[1:], *_TENS[2:]], key=len, reverse=True))
_DAY = re.compile(
    rf"\b(?:(twenty|thirty)[- ])?({'|'.join(_ORDINALS[1:])}|twentieth|thirtieth) (?=day |of )"
)
_YEAR = re.compile(
    rf"\b(?:(two) thousand|(nineteen|twenty)(?: hundred)?)(?:,? and)?"
    rf"(?:[ -]({_COUNT}))?(?:[ -]({_COUNT}))?\b"
)


def in_digits(folded: str) -> str:
    """Return a text with its spelled days and years in digits: "third day of May" is "3 day of"."""
    return _YEAR.sub(_year, _DAY.sub(lambda day: f"{_sum_of(day)} ", folded))


def _sum_of(words: re.Match[str]) -> int:
    return sum(_VALUES[word] for word in words.groups() if word)


def _year(words: re.Match[str]) -> str:
    """Return a year in digits, and the text as it is where only a century is named."""
    thousands, hundreds, tens, units = words.groups()
    if hundreds and not tens:
        return words.group()
    century = 2000 if thousands else 100 * _VALUES[hundreds]
    return str(century + sum(_VALUES[word] for word in (tens, units) if word))
