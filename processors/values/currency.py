"""The currency amounts are given in."""

import re
from collections import Counter
from collections.abc import Sequence
from functools import cache

from pipeline.model import Finding
from processors.values.country import Hints, countries
from processors.values.lines import Line, words

_SYMBOLS = {
    "€": "EUR",
    "£": "GBP",
    "₹": "INR",
    "₽": "RUB",
    "₺": "TRY",
    "₩": "KRW",
    "₫": "VND",
    "฿": "THB",
    "₱": "PHP",
    "₪": "ILS",
    "₴": "UAH",
    "zl": "PLN",
    "kč": "CZK",
    "kc": "CZK",
    "r$": "BRL",
    "s$": "SGD",
    "a$": "AUD",
    "c$": "CAD",
    "ca$": "CAD",
    "us$": "USD",
    "nz$": "NZD",
    "hk$": "HKD",
    "nt$": "TWD",
    "rm": "MYR",
    "rs": "INR",
    "rs.": "INR",
    "rp": "IDR",
    "euro": "EUR",
    "euros": "EUR",
    "eur": "EUR",
    "fr.": "CHF",
    "sfr": "CHF",
}
_DOLLAR = ("US", "CA", "AU", "NZ", "SG", "MX")
_YEN = ("JP", "CN")
_KRONA = ("SE", "NO", "DK")


@cache
def _mark() -> re.Pattern[str]:
    codes = "|".join(words()["currency"]["codes"])
    symbols = "|".join(re.escape(symbol) for symbol in sorted(_SYMBOLS, key=len, reverse=True))
    one = rf"({codes}|{symbols}|kr\.?|[$¥])"
    beside = rf"(?<![a-z$]){one}[ .:]{{0,2}}[-\u2212]?\d|\d ?{one}(?![a-z$])"
    labelled = rf"(?<![a-z])(?:total|currency|\w{{0,20}}wahrung|devise|moneda|valuta|amount|in|betrag) ?:? ?{one}(?![a-z])"
    return re.compile(rf"{beside}|[(\[]{one}[)\]]|(?<![a-z]){one} ?:|{labelled}")


def _meaning(mark: str, hints: Hints) -> str | None:
    if mark in words()["currency"]["codes"]:
        return mark.upper()
    if mark in _SYMBOLS:
        return _SYMBOLS[mark]
    shared = {"$": _DOLLAR, "¥": _YEN}.get(mark, _KRONA)
    country = hints.best(shared)
    return countries()[country].currency if country else None


def _from_hints(hints: Hints) -> Finding | None:
    country = hints.best(tuple(hints.weights))
    if country is None or hints.weights[country] < 2:  # noqa: PLR2004 - one chance word is not a country
        return None
    currency = countries()[country].currency
    return Finding(
        currency, 0.6, f"no currency is written; '{hints.marks[country]}' hints at {country}"
    )


def _counted(lines: Sequence[Line]) -> tuple[Counter[str], dict[str, Line]]:
    counts: Counter[str] = Counter()
    first: dict[str, Line] = {}
    for line in lines:
        for groups in _mark().findall(line.folded):
            mark = next(group for group in groups if group)
            counts[mark] += 1
            first.setdefault(mark, line)
    return counts, first


def find_currency(lines: Sequence[Line], *, hints: Hints, has_total: bool) -> Finding | None:
    """Find the currency written beside amounts, or else, where there is a total, the one of the country hinted at."""
    counts, first = _counted(lines)
    votes: Counter[str] = Counter()
    where: dict[str, str] = {}
    for mark, count in counts.items():
        code = _meaning(mark, hints)
        if code:
            votes[code] += count
            where.setdefault(code, mark)
    if not votes:
        return _undecided(counts, first) or (_from_hints(hints) if has_total else None)
    ranked = votes.most_common(2)
    code, count = ranked[0]
    line = first[where[code]]
    if len(ranked) > 1 and ranked[1][1] == count:
        return line.finding(None, 0.4, f"{code} and {ranked[1][0]} are written equally often")
    confidence = 0.95 if len(ranked) == 1 else 0.8
    amounts = "an amount" if count == 1 else f"{count} amounts"
    return line.finding(code, confidence, f"'{where[code]}' stands beside {amounts}")


def _undecided(counts: Counter[str], first: dict[str, Line]) -> Finding | None:
    if not counts:
        return None
    mark, _ = counts.most_common(1)[0]
    if mark == "$":
        return first[mark].finding(
            "USD", 0.55, "'$' is written and nothing hints at another country's dollar"
        )
    return first[mark].finding(
        None, 0.3, f"'{mark}' is written, which several countries use, and nothing hints at one"
    )
