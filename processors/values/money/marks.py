"""Know the marks of currencies that are printed beside amounts: codes, symbols, abbreviations."""

import re
from collections import defaultdict
from collections.abc import Mapping, Sequence
from functools import cache

from processors.values.lines import any_of, word_lists

SYMBOLS = {
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
    "₦": "NGN",
    "₵": "GHS",
    "gh₵": "GHS",
    "gh¢": "GHS",
    "₡": "CRC",
    "₲": "PYG",
    "₸": "KZT",
    "₼": "AZN",
    "₾": "GEL",
    "৳": "BDT",
    "ksh": "KES",
    "kshs": "KES",
    "tsh": "TZS",
    "ush": "UGX",
    "zl": "PLN",
    "rmb": "CNY",
    "cn¥": "CNY",
    "円": "JPY",
    "원": "KRW",
    "บาท": "THB",
    "baht": "THB",
    "ringgit": "MYR",
    "rupiah": "IDR",
    "yen": "JPY",
    "zloty": "PLN",
    "zlotych": "PLN",
    "forint": "HUF",
    "د.ك": "KWD",
    "د.إ": "AED",
    "ر.س": "SAR",
    "ر.ق": "QAR",
    "ر.ع": "OMR",
    "د.ب": "BHD",
    "\u0440\u0443\u0431": "RUB",
    "\u0440\u0443\u0431.": "RUB",
    "грн": "UAH",
    "лв": "BGN",
    "лв.": "BGN",
    "nis": "ILS",
    "kč": "CZK",
    "kc": "CZK",
    "r$": "BRL",
    "s$": "SGD",
    "a$": "AUD",
    "au$": "AUD",
    "c$": "CAD",
    "ca$": "CAD",
    "us$": "USD",
    "nz$": "NZD",
    "hk$": "HKD",
    "nt$": "TWD",
    "mx$": "MXN",
    "rd$": "DOP",
    "mex$": "MXN",
    "cdn$": "CAD",
    "sg$": "SGD",
    "fj$": "FJD",
    "ec$": "XCD",
    "bds$": "BBD",
    "col$": "COP",
    "ar$": "ARS",
    "ghc": "GHS",
    "nrs": "NPR",
    "frw": "RWF",
    "៛": "KHR",
    "₭": "LAK",
    "₮": "MNT",
    "֏": "AMD",
    "rm": "MYR",
    "rp": "IDR",
    "euro": "EUR",
    "euros": "EUR",
    "eur": "EUR",
    "fr.": "CHF",
    "sfr": "CHF",
}
"""Marks of one currency, folded, and its ISO 4217 code."""

SHARED = {
    "$": (
        *("US", "CA", "AU", "NZ", "SG", "HK", "TW", "MX"),
        *("CL", "AR", "CO", "UY", "JM", "BB", "TT", "BS", "FJ"),
    ),
    "¥": ("JP", "CN"),
    "元": ("CN", "TW", "HK"),
    "kr": ("SE", "NO", "DK", "IS"),
    "kr.": ("SE", "NO", "DK", "IS"),
    "rs": ("IN", "PK", "LK", "NP", "MU"),
    "rs.": ("IN", "PK", "LK", "NP", "MU"),
}
"""Marks of several currencies, and the countries that use them: hints at one of them decide."""

_SHORT_SIGNS = """
r p q k l n d g e bs br sh kz mt kd bd jd ld dt ro qr dh da le tk mk zk um nu vt cfa fcfa lei leu
lek din ft n$ j$ z$ g$ l$ b$ tt$ bz$ s/ b/ try pen cop mad gel cup all bob crc dop mur nad mop amd
"""
SHORT_SIGNS = frozenset(_SHORT_SIGNS.split())
"""Abbreviations of currencies, in CLDR its narrow symbols.

They are also words and beginnings of references: they count right before a number with decimals.
"""

_CODES_LIKE_WORDS = """
szl lsl mvr btn lak bnd wst vuv sbd nio pab bbd bsd bzd htg ves gyd srd ang bam irr afn nad mop
"""
SHORT_CODES = {
    **{code: code for code in _CODES_LIKE_WORDS.upper().split()},
    "TRY": "TRY",
    "TL": "TRY",
    "PEN": "PEN",
    "COP": "COP",
    "MAD": "MAD",
    "GEL": "GEL",
    "BOB": "BOB",
    "CRC": "CRC",
    "DOP": "DOP",
    "MUR": "MUR",
    "AMD": "AMD",
    "Ft": "HUF",
    "lei": "RON",
    "Lei": "RON",
    "LEI": "RON",
    "KD": "KWD",
    "JD": "JOD",
    "BD": "BHD",
    "DT": "TND",
}
"""Marks of one currency that are words or abbreviations as well, spelled as beside amounts."""

THOUSANDTHS = frozenset(
    {
        *("bhd", "iqd", "jod", "kwd", "lyd", "omr", "tnd", "kd", "bd", "jd", "ld", "dt", "ro"),
        *("د.ك", "ر.ع", "د.ب"),
    }
)
"""Marks of the currencies that are divided by a thousand (ISO 4217)."""

THOUSANDTHS_AFTER_COMMA = frozenset({"tnd", "dt"})
"""Only Tunisia writes a comma before three decimals; elsewhere it groups thousands."""


def is_code(mark: str) -> bool:
    """Return whether a mark is an ISO 4217 code."""
    return mark in word_lists()["currency"]["codes"]


@cache
def long_marks() -> frozenset[str]:
    """Return the marks that say by themselves that a number is an amount, without last points."""
    codes = word_lists()["currency"]["codes"]
    return frozenset(mark.rstrip(".") for mark in (*codes, *SYMBOLS, *SHARED))


@cache
def lengths_of_marks() -> Mapping[str, Sequence[int]]:
    """Return how long the marks and short signs are that end with a character, longest first."""
    lengths = defaultdict[str, set[int]](set)
    for mark in long_marks() | SHORT_SIGNS:
        lengths[mark[-1]].add(len(mark))
    return {end: sorted(found, reverse=True) for end, found in lengths.items()}


@cache
def any_mark() -> str:
    """Return the regular expression of these marks, with their points."""
    marks = {*word_lists()["currency"]["codes"], *SYMBOLS, *SHARED}
    longest_first = sorted(marks, key=lambda mark: (-len(mark), mark))
    return any_of([[*map(re.escape, mark)] for mark in longest_first])
