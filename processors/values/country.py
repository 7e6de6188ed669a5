"""Collect hints at the country that a document comes from."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache, partial
from typing import Any

from processors.patterns import made, read_packaged
from processors.values.lines import TextLine, any_of, has_digit

# A US state and ZIP or ZIP+4 code, as USPS Publication 28 has it: "TX 75001-1234". "DE" and "ID"
# are also before the postal codes of countries.
_US_ZIP = re.compile(
    r"\b(?:A[AEKLPRSZ]|C[AOT]|DC|DE(?=\.? 19[7-9])|F[LM]|G[AU]|HI|I[ALN]|ID(?=\.? 83)|K[SY]|LA"
    r"|M[ADEHINOPST]|N[CDEHJMVY]|O[HKR]|P[AR]|RI|S[CD]|T[NX]|UT|V[AIT]|W[AIVY])"
    r"\.? \d{5}(?:-\d{4})?\b"
)
# A British postcode, and a Canadian one.
_GB_POSTCODE = re.compile(r"\b[A-Z]{1,2}\d[A-Z\d]? \d[ABD-HJLNP-UW-Z]{2}\b")
_CA_POSTCODE = re.compile(r"\b[ABCEGHJ-NPRSTVXY]\d[A-Z] \d[A-Z]\d\b")
# An Australian state and postcode. "SA", "ACT" and "NT" are too often something else.
_AU_POSTCODE = re.compile(r"\b(?:NSW|VIC|QLD|TAS|WA),? \d{4}\b(?![-/.]\d)")
# The tax number of New Zealand, behind "GST".
_NZ_GST = re.compile(r"\bGST\b[^\d\n]{0,20}\b\d{2,3}[- ]\d{3}[- ]\d{3}\b(?![- ]\d)")
# The number of a Canadian business with its account for the tax: "123456789 RT0001".
_CA_TAX = re.compile(r"\b\d{9} ?RT ?\d{4}\b")
_POSTCODES = (
    ("US", _US_ZIP, "a state and ZIP code"),
    ("GB", _GB_POSTCODE, "a postcode"),
    ("CA", _CA_POSTCODE, "a postal code"),
    ("CA", _CA_TAX, "a tax number"),
    ("AU", _AU_POSTCODE, "a state and postcode"),
    ("NZ", _NZ_GST, "a tax number"),
)
_POSTCODE_WEIGHT = 2

# The North American Numbering Plan: its area codes in Canada, on islands, most of which have
# dollars of their own, and those of no place.
_NANP = re.compile(
    r"(?<![\d+])(?:\+?1[ .-]?)?\(?([2-9]\d\d)(?:\) ?|[ .-])[2-9]\d\d[ .-]\d{4}(?!\d)"
)
_CANADA = """
204 226 236 249 250 257 263 289 306 343 354 365 367 368 382 387 403 416 418 428 431 437 438 450 460
468 474 506 514 519 537 548 568 579 581 584 587 604 613 639 647 672 683 705 709 742 753 778 780 782
807 819 825 867 873 879 902 905 942
"""
_ISLANDS = """
242 246 264 268 284 345 441 473 649 658 664 721 758 767 784 809 829 849 868 869 876
"""
_NO_PLACE = "500 600 700 800 833 844 855 866 877 888 900"
_AREAS_OF_CANADA = frozenset(_CANADA.split())
_AREAS_OF_ISLANDS = frozenset(_ISLANDS.split())
_AREAS_OF_NO_PLACE = frozenset(_NO_PLACE.split())

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
    return re.compile(rf"(?<![a-z]){any_of(parts)}(?![a-z])")


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


def has_postcode(country: str, line: TextLine) -> bool:
    """Return whether a line has a postal code or a tax number as only one country has them."""
    return any(code == country and each.search(line.text) for code, each, _ in _POSTCODES)


def north_american_in(lines: Sequence[TextLine]) -> str | None:
    """Return "US" or "CA" by the area codes of telephones; None if they differ, or there are none.

    They are signs where nothing else hints at a country.
    """
    areas = {area for line in lines for area in _NANP.findall(line.text)} - _AREAS_OF_NO_PLACE
    is_canadian = {area in _AREAS_OF_CANADA for area in areas}
    if len(is_canadian) != 1 or not areas.isdisjoint(_AREAS_OF_ISLANDS):
        return None
    return "CA" if True in is_canadian else "US"
