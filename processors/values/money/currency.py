"""Find the currency of the amounts in a document."""

import re
from collections import Counter
from collections.abc import Sequence
from functools import cache

from pipeline.model import Finding
from processors.values.candidates import with_others
from processors.values.country import Hints, countries, has_postcode, north_american_in
from processors.values.lines import TextLine, label_pattern, word_lists
from processors.values.money.marks import (
    SHARED,
    SHORT_CODES,
    SHORT_SIGNS,
    SYMBOLS,
    any_mark,
    is_code,
)

_MOSTLY = {"$": "USD"}
"""Marks of several currencies of which one is by far the most common."""
UNDECIDED = "nothing hints at another country"
"""The reason of a currency that is one only because it is the most common with its mark."""
_SIGNS = {"ZA": "r"}
"""Countries by whose letter beside the amounts one hint at them is enough."""
_SHARED_WORDS = """
facture tva sarl ttc merci rechnung mwst strasse gmbh factura nif cif fattura s.r.l fatura lda
contribuinte ltda s.r.o dic llc plc paragon moms belob faktura nit rut ein
"""
_WORDS_OF_LANGUAGES = frozenset(
    {*_SHARED_WORDS.split(), "mit freundlichen grussen", "private limited", "pvt ltd"}
    | {"vat no", "vat reg"}
)
"""Marks of countries that are on the bills of others with the same language, too."""
_LEAST_HINTS = 2
"""Weight of the hints at a country whose currency is assumed: one word may be chance."""


def find_currency(
    lines: Sequence[TextLine],
    *,
    hints: Hints,
    has_total: bool,
) -> Finding | None:
    """Find the currency that is printed with most amounts.

    Without any, but with a total, it is that of the country that the document hints at.
    """
    marks, first_lines = marks_in(lines)
    mark_of = _codes_of(marks, lines, hints)
    votes = Counter({code: sum(marks[each] for each in own) for code, own in mark_of.items()})
    if others := _shared_by_others(marks, votes):
        return shared_mark_finding(others, first_lines)
    if not votes:
        return short_code_in(lines) or (assumed_from(hints, lines) if has_total else None)

    ranked = votes.most_common()
    confidence = 0.95 if len(ranked) == 1 else 0.8
    found = [
        first_lines[mark_of[code][0]].finding(code, confidence, _beside(mark_of[code][0], count))
        for code, count in ranked
    ]
    if len(ranked) > 1 and ranked[0][1] == ranked[1][1]:
        reason = f"{ranked[0][0]} and {ranked[1][0]} are printed equally often"
        return with_others(first_lines[mark_of[ranked[0][0]][0]].finding(None, 0.4, reason), found)
    return with_others(found[0], found[1:])


def _codes_of(marks: Counter[str], lines: Sequence[TextLine], hints: Hints) -> dict[str, list[str]]:
    """Return the marks of each currency that is known by them, or by what hints at a country."""
    found: dict[str, list[str]] = {}
    for mark in marks:
        code = code_of(mark, hints) or _of_north_america(mark, lines, hints)
        if code:
            found.setdefault(code, []).append(mark)
    return found


def _shared_by_others(marks: Counter[str], votes: Counter[str]) -> Counter[str]:
    """Return the marks of several currencies that are none of those known, if no more are known.

    In "$50.00 (46.00 EUR)" the amount in euros is a remark. Letters such as "kr" may be of a word.
    """
    if not votes:
        return marks
    signs = [mark for mark in marks if (mark in SHARED and not mark.isascii()) or mark in _MOSTLY]
    codes = {mark: {countries()[each].currency for each in SHARED[mark]} for mark in signs}
    others = Counter({mark: marks[mark] for mark in signs if codes[mark].isdisjoint(votes)})
    return others if others and others.total() >= max(votes.values()) else Counter()


def _of_north_america(mark: str, lines: Sequence[TextLine], hints: Hints) -> str | None:
    """Return the code of dollars by area codes or dates, if nothing else hints at a country."""
    if mark not in _MOSTLY or hints.weights:
        return None
    country = north_american_in(lines)
    return countries()[country].currency if country else None


def _beside(mark: str, count: int) -> str:
    amounts = "an amount" if count == 1 else f"{count} amounts"
    return f"'{mark}' is next to {amounts}"


def marks_in(lines: Sequence[TextLine]) -> tuple[Counter[str], dict[str, TextLine]]:
    """Count the marks of currencies, and return the first line that has each."""
    counts: Counter[str] = Counter()
    first_lines: dict[str, TextLine] = {}
    for line in lines:
        for groups in mark_pattern().findall(line.folded):
            # One group for each place that a mark can have; all others are empty.
            mark = "".join(groups)
            counts[mark] += 1
            first_lines.setdefault(mark, line)
    return counts, first_lines


def short_code_in(lines: Sequence[TextLine]) -> Finding | None:
    """Return the currency whose code is a word too, if only one such code is beside amounts.

    In capitals and right beside a number with decimals it is no word.
    """
    found = [(line, match) for line in lines for match in _short_code_pattern().finditer(line.text)]
    marks = {match["before"] or match["after"] for _, match in found}
    if len(marks) != 1:
        return None
    (mark,) = marks
    # A word in capitals may be before one price: "MOP 4.99".
    if len(found) == 1 and not label_pattern("totals", "plain").search(found[0][0].folded):
        return None
    line, match = found[0]
    reason = f"'{mark}' is next to an amount"
    return line.finding(SHORT_CODES[mark], 0.9, reason, start=match.start(), end=match.end())


@cache
def _short_code_pattern() -> re.Pattern[str]:
    marks = "|".join(sorted(SHORT_CODES, key=len, reverse=True))
    no_date = r"(?!\d\d?([./])\d\d?\2\d)"  # "DT" is also short for a date
    return re.compile(
        rf"(?<![^\W\d_])(?P<before>{marks}) ?[-\u2013\u2212]?{no_date}\d[\d.,' ]*[.,]\d\d\d?(?!\d)"
        rf"|\d[.,]?\d\d ?(?P<after>{marks})(?![^\W\d_])"
    )


@cache
def _short_sign_pattern() -> re.Pattern[str]:
    marks = "|".join(map(re.escape, sorted(SHORT_SIGNS, key=len, reverse=True)))
    return re.compile(rf"(?:^|[ :])({marks})[ .]?\d[\d.,' ]*[.,]\d{{2,3}}(?!\d)")


@cache
def _code_pattern() -> re.Pattern[str]:
    codes = "|".join(word_lists()["currency"]["codes"]).upper()
    # A Malaysian company is a "SDN BHD".
    return re.compile(rf"(?<![\w/-])(?<!SDN )(?<!SDN\. )(?:{codes})(?![\w/-])")


@cache
def mark_pattern() -> re.Pattern[str]:
    """Compile the places of a mark: next to a digit, in brackets, before a colon, after a label."""
    mark = f"({any_mark()})"
    label = r"(?:total|currency|\w{0,20}wahrung|devise|moneda|valuta|amount|in(?=[ :])|betrag)"
    codes = "|".join(word_lists()["currency"]["codes"])
    heading = (
        r"(?:montant|prix|importe|precio|importo|prezzo|valor|preco|bedrag|prijs|preis|belopp?)"
    )
    places = (
        rf"(?<![a-z$]){mark}[ .:]{{0,2}}[-\u2013\u2212]?\d",
        rf"\d(?:[,.:]?[-\u2013\u2014]{{1,2}})? ?{mark}(?![a-z$])",
        rf"[(\[]{mark}[)\]]",
        rf"(?<![a-z]){mark} ?:",
        rf"(?<![a-z]){label} ?:? ?{mark}(?![a-z])",
        rf"(?<![a-z]){heading} ({codes})(?![a-z])",
    )
    return re.compile("|".join(places))


def code_of(mark: str, hints: Hints) -> str | None:
    """Return the ISO 4217 code of a mark; None if several countries use it and no hint decides."""
    if is_code(mark):
        return mark.upper()
    if mark in SYMBOLS:
        return SYMBOLS[mark]
    country = hints.best(SHARED[mark])
    return countries()[country].currency if country else None


def shared_mark_finding(marks: Counter[str], first_lines: dict[str, TextLine]) -> Finding:
    """Return a finding for marks that several countries use, when nothing hints at one."""
    ((mark, _),) = marks.most_common(1)
    line = first_lines[mark]
    codes = dict.fromkeys(countries()[country].currency for country in SHARED[mark])
    may_be = [line.finding(code, 0.3, f"'{mark}' may be {code}") for code in codes]
    # Most dollar amounts without any other hint are in US dollars; the confidence says how many.
    if code := _MOSTLY.get(mark):
        reason = f"'{mark}' is printed; {UNDECIDED} than that of {code}"
        return with_others(line.finding(code, 0.55, reason), may_be)
    reason = f"'{mark}' is printed, which several countries use, and nothing hints at one"
    return with_others(line.finding(None, 0.3, reason), may_be)


def assumed_from(hints: Hints, lines: Sequence[TextLine]) -> Finding | None:
    """Return the currency of the country that the document hints at.

    None if another one may be meant: by its code, "dollars" or an abbreviation beside an amount.
    """
    country = hints.best(tuple(hints.weights))
    if country is None:
        return None
    own = countries()[country].currency
    signs = {sign for line in lines for sign in _short_sign_pattern().findall(line.folded)}
    is_its_sign = signs == {_SIGNS.get(country)}
    if hints.weights[country] < _LEAST_HINTS and not is_its_sign:
        return None
    if (signs and not is_its_sign) or _names_another(own, lines):
        return None
    reason = f"no currency is printed; '{hints.marks[country]}' hints at {country}"
    if not _names_place(country, lines):
        reason += f", which is a word of a language; {UNDECIDED}"
    return Finding(own, 0.6, reason)


def _names_place(country: str, lines: Sequence[TextLine]) -> bool:
    """Return whether more than words of a language hints at a country: a place, a tax or account.

    "Rechnung" is on Swiss bills, too, and "facture" on those of twenty countries.
    """
    of_account = re.compile(rf"\b{country}[A-Z]?\d{{2}}[A-Z\d ]{{6}}")
    pattern = countries()[country].pattern
    return any(
        mark not in _WORDS_OF_LANGUAGES for line in lines for mark in pattern.findall(line.folded)
    ) or any(of_account.search(line.text) or has_postcode(country, line) for line in lines)


def _names_another(own: str, lines: Sequence[TextLine]) -> bool:
    """Return whether the code of another currency is anywhere, or dollars that are not meant."""
    if any(code != own for line in lines for code in _code_pattern().findall(line.text)):
        return True
    return not own.endswith("D") and any("dollar" in line.folded for line in lines)
