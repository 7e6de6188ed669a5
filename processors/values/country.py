"""Collect hints at the country that a document comes from."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache, partial
from typing import Any

from processors.patterns import compiled, made, read_packaged
from processors.values.lines import TextLine, any_of, has_digit

# A US state and ZIP or ZIP+4 code, as USPS Publication 28 has it: "TX 75001-1234".
_US_ZIP = re.compile(r"\b[A-Z]{2}\.? \d{5}(?:-\d{4})?\b")
# A British postcode, and a Canadian one.
_GB_POSTCODE = re.compile(r"\b[A-Z]{1,2}\d[A-Z\d]? \d[ABD-HJLNP-UW-Z]{2}\b")
_CA_POSTCODE = re.compile(r"\b[ABCEGHJ-NPRSTVXY]\d[A-Z] \d[A-Z]\d\b")
_POSTCODES = (
    ("US", _US_ZIP, "a state and ZIP code"),
    ("GB", _GB_POSTCODE, "a postcode"),
    ("CA", _CA_POSTCODE, "a postal code"),
)
_POSTCODE_WEIGHT = 2

_MOST_REPEATS = 3
"""How often one mark counts: repeated on every line, it says no more than a few times."""


@dataclass(frozen=True, slots=True)
class Country:
    """What is customary in a country.

    `order` is that of numeric dates: "dmy", "mdy", "ymd" or "" where several are used. `currency`
    is an ISO 4217 code.
    """

    code: str
    order: str
    currency: str
    pattern: re.Pattern[str]


@dataclass(frozen=True, slots=True)
class Hints:
    """How strongly a document hints at each country (ISO 3166 code), and by which mark."""

    weights: Mapping[str, int]
    marks: Mapping[str, str]

    def best(self, codes: Sequence[str]) -> str | None:
        """Return the country with the most weight among these; None if there is none or a tie."""
        ranked = sorted(((self.weights.get(code, 0), code) for code in codes), reverse=True)
        best_weight, best_code = ranked[0] if ranked else (0, "")
        second_weight = ranked[1][0] if len(ranked) > 1 else 0
        return best_code if best_weight > second_weight else None


@cache
def countries() -> Mapping[str, Country]:
    """Return what is customary in each country by its code."""
    return {
        code: Country(
            code=code,
            order=entry["order"],
            currency=entry["currency"],
            pattern=_pattern_of(entry["marks"]),
        )
        for code, entry in _entries().items()
    }


def _pattern_of(marks: Iterable[str]) -> re.Pattern[str]:
    """Compile marks; a blank in one also matches dots, as in "S.A."."""
    words = [" ".join(mark.split()) for mark in marks]
    parts = [[r"[ .]{0,2}" if char == " " else re.escape(char) for char in word] for word in words]
    return compiled(rf"(?<![a-z]){any_of(parts)}(?![a-z])")


@cache
def _entries() -> Mapping[str, Mapping[str, Any]]:
    """Read the packaged countries.toml."""
    read = partial(read_packaged, __package__, "countries.toml")
    return made("countries", read)  # type: ignore[no-any-return]  # as it is in TOML


@cache
def _any_mark() -> re.Pattern[str]:
    return _pattern_of(mark for entry in _entries().values() for mark in entry["marks"])


def country_hints_in(lines: Sequence[TextLine]) -> Hints:
    """Weigh the countries that a document hints at: each mark counts a few times at most."""
    # Most lines have no mark of any country: one look at them is a tenth of forty.
    any_mark = _any_mark()
    text = "\n".join(line.folded for line in lines if any_mark.search(line.folded))
    weights: dict[str, int] = {}
    marks: dict[str, str] = {}
    for country in countries().values():
        found = country.pattern.findall(text)
        if found:
            different = set(found)
            weights[country.code] = sum(min(found.count(mark), _MOST_REPEATS) for mark in different)
            # The reason names one of them; the first in the alphabet is always the same.
            marks[country.code] = min(different)

    with_digits = [line.text for line in lines if has_digit(line.text)]
    for code, postcode, name in _POSTCODES:
        if any(map(postcode.search, with_digits)):
            weights[code] = weights.get(code, 0) + _POSTCODE_WEIGHT
            marks.setdefault(code, name)
    return Hints(weights=weights, marks=marks)
