"""Hints at the country a document comes from."""

import re
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib import resources

from processors.values.lines import Line

_US_ZIP = re.compile(r"\b[A-Z]{2}\.? \d{5}(?:-\d{4})?\b")
_MOST_MARKS = 3
"""One mark repeated on every line says no more than a few do."""


@dataclass(frozen=True, slots=True)
class Country:
    """What is customary in a country: `order` is "dmy", "mdy", "ymd" or "" and `currency` an ISO 4217 code."""

    code: str
    order: str
    currency: str
    pattern: re.Pattern[str]


@dataclass(frozen=True, slots=True)
class Hints:
    """How strongly a document hints at each country, and by which mark."""

    weights: Mapping[str, int]
    marks: Mapping[str, str]

    def best(self, codes: Sequence[str]) -> str | None:
        """Return the country hinted at most among those given; None when two are level or none is hinted at."""
        ranked = sorted(
            ((self.weights[code], code) for code in codes if self.weights.get(code)), reverse=True
        )
        if not ranked or (len(ranked) > 1 and ranked[0][0] == ranked[1][0]):
            return None
        return ranked[0][1]


@cache
def countries() -> Mapping[str, Country]:
    """Read the packaged countries once."""
    raw = tomllib.loads(
        resources.files(__package__).joinpath("countries.toml").read_text(encoding="utf-8")
    )
    return {code: _country(code, entry) for code, entry in raw.items()}


def _country(code: str, entry: Mapping[str, object]) -> Country:
    marks = entry["marks"]
    assert isinstance(marks, list)
    alternatives = "|".join(r"[ .]{0,2}".join(map(re.escape, str(mark).split())) for mark in marks)
    compiled = re.compile(rf"(?<![a-z])(?:{alternatives})(?![a-z])")
    return Country(
        code=code, order=str(entry["order"]), currency=str(entry["currency"]), pattern=compiled
    )


def hints_in(lines: Sequence[Line]) -> Hints:
    """Weigh the countries a document hints at."""
    text = "\n".join(line.folded for line in lines)
    weights: dict[str, int] = {}
    marks: dict[str, str] = {}
    for country in countries().values():
        found = country.pattern.findall(text)
        if found:
            kinds = set(found)
            weights[country.code] = sum(min(found.count(kind), _MOST_MARKS) for kind in kinds)
            marks[country.code] = min(kinds)
    if any(_US_ZIP.search(line.text) for line in lines):
        weights["US"] = weights.get("US", 0) + 2
        marks.setdefault("US", "a state and ZIP code")
    return Hints(weights=weights, marks=marks)
