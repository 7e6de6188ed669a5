"""Dates as they are written: candidates by strict patterns, month names of many languages."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from functools import lru_cache

from processors.values.lines import fold

FIRST_YEAR, LAST_YEAR = 1950, 2099
_CENTURY_TURN = 70
"""A two-digit year below this lies in the 2000s."""

_SEP = r" ?[-/.,] ?"
_NUMERIC = re.compile(
    rf"(?<![\d.,/-])(\d{{1,2}}){_SEP}(\d{{1,2}}){_SEP}(\d{{4}}|\d{{2}})"
    r"(?:(?!\d|[-/.,]\d)|(?<=\d{4})(?=\d{1,2}:\d\d))"
)
_YEAR_FIRST = re.compile(
    rf"(?<![\d.,/-])(\d{{4}}){_SEP}(\d{{1,2}}){_SEP}(\d{{1,2}})(?:(?!\d)|(?=\d\d:\d\d))"
)
_CJK = re.compile(r"(\d{4}) ?年 ?(\d{1,2}) ?月 ?(\d{1,2}) ?日")
_COMPACT = re.compile(r"(?<![\da-z])((?:19|20)\d\d)(0[1-9]|1[0-2])(0[1-9]|[12]\d|3[01])(?![\da-z])")
_WORD = r"([^\W\d_]{3,12})"
_DAY_MONTH = re.compile(
    rf"(?<![\d.,/])(\d{{1,2}})(?:st|nd|rd|th|er|\.|º)?[ \-/.]{{0,2}}(?:de |day of |of )?{_WORD}"
    r"[ \-/.,']{0,3}(?:de |del )?(\d{4}|\d{2})(?![\d:])"
)
_MONTH_DAY = re.compile(
    rf"(?<![^\W\d_]){_WORD}[ .\-/]{{0,2}}(\d{{1,2}})(?:st|nd|rd|th)?(?:[ ,.\-/]{{1,3}})(\d{{4}})(?!\d)"
)
_YEAR_MONTH_DAY = re.compile(
    rf"(?<!\d)(\d{{4}})[ \-/.]{{1,2}}{_WORD}[ \-/.]{{1,2}}(\d{{1,2}})(?!\d)"
)
_ZERO = re.compile(r"(?<=[\d/.\-])o(?=[\d/.\-])|(?<![a-z])o(?=\d[/.\-])")
_ONE = re.compile(r"(?<=[\d/.\-])[il|](?=[\d/.\-])")

_MONTHS = (
    "jan january januar janner janvier janv enero ene gennaio gen januari janeiro styczen stycznia ledna leden ocak",
    "feb february februar fevrier fevr febrero febbraio februari fevereiro fev luty lutego unora unor subat",
    "mar march marz maerz mrz mars marzo maart mrt marco marca brezna brezen mart",
    "apr april avril avr abril abr aprile kwiecien kwietnia dubna duben nisan",
    "may mai mayo maggio mag mei maio maj maja kvetna kveten mayis",
    "jun june juni juin junio giugno giu junho czerwiec czerwca cervna cerven haziran",
    "jul july juli juillet juil julio luglio lug julho lipiec lipca cervence cervenec temmuz",
    "aug august aout agosto ago augustus augusti sierpien sierpnia srpna srpen agustos",
    "sep sept september septembre septiembre settembre set setembro wrzesien wrzesnia zari eylul",
    "oct october oktober okt octobre octubre ottobre ott outubro out pazdziernik pazdziernika rijna rijen ekim",
    "nov november novembre noviembre novembro listopad listopada listopadu kasim",
    "dec december dezember dez decembre diciembre dic dicembre dezembro grudzien grudnia prosince prosinec desember",
)


@dataclass(frozen=True, slots=True)
class Written:
    """One date in a line.

    `readings` holds one date, or two where day and month may be exchanged: day first, then month first. `dotted`: its
    parts are separated by points.
    """

    readings: tuple[date, ...]
    start: int
    end: int
    text: str
    dotted: bool = False


@lru_cache(maxsize=1)
def _months() -> dict[str, int]:
    return {
        fold(name): number
        for number, names in enumerate(_MONTHS, start=1)
        for name in names.split()
    }


def _date(year: str | int, month: str | int, day: str | int) -> date | None:
    full = int(year)
    if len(str(year)) == 2:  # noqa: PLR2004 - a year of two digits
        full += 2000 if full < _CENTURY_TURN else 1900
    try:
        made = date(full, int(month), int(day))
    except ValueError:
        return None
    return made if FIRST_YEAR <= made.year <= LAST_YEAR else None


@lru_cache(maxsize=256)
def _foreign_month(word: str, languages: tuple[str, ...]) -> int | None:
    """Ask dateparser for a month's name in languages the table above lacks; costly, hence remembered."""
    import dateparser  # 0.3 s, and needed for few documents

    asked = f"15 {word} 2020"
    parsed = dateparser.parse(
        asked, languages=list(languages), settings={"REQUIRE_PARTS": ["day", "month", "year"]}
    )
    return parsed.month if parsed and (parsed.day, parsed.year) == (15, 2020) else None


class MonthNames:
    """Months by name, with a bounded number of questions to dateparser per document."""

    def __init__(self, languages: Sequence[str]) -> None:
        """Take ISO 639-1 codes of languages the built-in table does not hold."""
        self._languages = tuple(languages)
        self._left = 12

    def number(self, word: str) -> int | None:
        """Return a month's number, 1 to 12."""
        known = _months().get(word)
        if known or not self._languages or self._left <= 0:
            return known
        self._left -= 1
        return _foreign_month(word, self._languages)


def _mend(folded: str) -> str:
    return _ONE.sub("1", _ZERO.sub("0", folded))


def _single(found: date | None) -> tuple[date, ...]:
    return (found,) if found else ()


def _named(text: str, months: MonthNames) -> Iterator[tuple[re.Match[str], tuple[date, ...]]]:
    for pattern, day, month, year in (
        (_DAY_MONTH, 1, 2, 3),
        (_MONTH_DAY, 2, 1, 3),
        (_YEAR_MONTH_DAY, 3, 2, 1),
    ):
        for match in pattern.finditer(text):
            number = months.number(match.group(month))
            if number:
                yield match, _single(_date(match.group(year), number, match.group(day)))


def _numeric(text: str) -> Iterator[tuple[re.Match[str], tuple[date, ...]]]:
    for pattern in (_YEAR_FIRST, _CJK, _COMPACT):
        for match in pattern.finditer(text):
            yield match, _single(_date(*match.groups()))
    for match in _NUMERIC.finditer(text):
        first, second, year = match.groups()
        both = (_date(year, second, first), _date(year, first, second))
        yield match, tuple(dict.fromkeys(found for found in both if found))


def dates_in(folded: str, months: MonthNames) -> list[Written]:
    """Return the dates of a folded line from left to right, none overlapping another."""
    if not any(char.isdigit() for char in folded):
        return []
    text = _mend(folded)
    found: list[Written] = []
    for match, readings in (*_numeric(text), *_named(text, months)):
        start, end = match.span()
        if readings and not any(start < other.end and other.start < end for other in found):
            found.append(
                Written(
                    readings=readings,
                    start=start,
                    end=end,
                    text=match.group().strip(),
                    dotted="." in match.group(),
                )
            )
    return sorted(found, key=lambda written: written.start)
