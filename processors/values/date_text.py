"""Find dates as they are printed: strict patterns, with the names of months in many languages."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cache, lru_cache

from processors.document_cache import cached_by_value
from processors.values.lines import fold

# Years of dates in business papers; outside of them four digits are a number.
FIRST_YEAR, LAST_YEAR = 1950, 2099

_YEARS_BEFORE_ERA = {"令和": 2018, "平成": 1988, "昭和": 1925, "民國": 1911, "民国": 1911}
_BUDDHIST_YEARS = 543
_THAI = re.compile("[\u0e01-\u0e5b]")

_CENTURY_PIVOT = 70
"""Two-digit years from here on are in the 1900s (POSIX strptime draws the line at 69)."""
_TWO_DIGITS = 2
_JOINTS = frozenset("/-")
"""Signs that join a number to another one."""

_SEPARATOR = r" ?[-/.,] ?"
_MONTH_NAME = r"(?P<month>[^\W\d_]{3,12})"

# Dates whose order is known: year first (ISO 8601), in Chinese and Japanese, without separators,
# and with the name of the month. A time may follow without a blank.
_KNOWN_ORDER = (
    re.compile(
        rf"(?<![\d.,])(?P<year>\d{{4}}){_SEPARATOR}(?P<month>\d{{1,2}}){_SEPARATOR}"
        r"(?P<day>\d{1,2})(?:(?!\d)|(?=\d\d:\d\d))"
    ),
    re.compile(r"(?P<year>\d{4}) ?[年년] ?(?P<month>\d{1,2}) ?[月월] ?(?P<day>\d{1,2}) ?[日일]"),
    # Years of an emperor of Japan or of the Republic of China; the first one has a sign of its own.
    re.compile(
        r"(?P<era>令和|平成|昭和|民國|民国) ?(?P<year>\d{1,3}|元) ?年 ?(?P<month>\d{1,2}) ?月 ?"
        r"(?P<day>\d{1,2}) ?日"
    ),
    # Vietnamese: "ngày 3 tháng 5 năm 2030".
    re.compile(r"ngay (?P<day>\d{1,2}) thang (?P<month>\d{1,2}) nam (?P<year>\d{4})(?!\d)"),
    re.compile(
        r"(?<![\da-z])(?P<year>(?:19|20)\d\d)(?P<month>0[1-9]|1[0-2])"
        r"(?P<day>0[1-9]|[12]\d|3[01])(?![\da-z])"
    ),
)
_NAMED_MONTH = (
    re.compile(
        r"(?<![\d.,])(?P<day>\d{1,2})(?:st|nd|rd|th|er|\.|º)?[ \-/.]{0,2}"
        rf"(?:de |day of |of |ב)?{_MONTH_NAME}[ \-/.,']{{0,3}}(?:de |del )?"
        r"(?P<year>\d{4}|\d{2})(?![\d:])"
    ),
    re.compile(
        rf"(?<![^\W\d_]){_MONTH_NAME}[ .\-/]{{0,2}}(?P<day>\d{{1,2}})(?:st|nd|rd|th)?"
        r"(?:[ ,.\-/]{1,3})(?P<year>\d{4})(?!\d)"
    ),
    re.compile(
        rf"(?<![^\W\d_]){_MONTH_NAME}[ .\-/]{{0,2}}(?P<day>\d{{1,2}})(?:st|nd|rd|th)?"
        r"[ ,]{0,2}['\u2019](?P<year>\d{2})(?!\d)"
    ),
    re.compile(
        rf"(?<!\d)(?P<year>\d{{4}})[ \-/.]{{1,2}}{_MONTH_NAME}[ \-/.]{{1,2}}"
        r"(?P<day>\d{1,2})(?!\d)"
    ),
    # Signs of vowels are in Thai names, and points in short ones. "พ.ศ." is the Buddhist era.
    re.compile(
        r"(?<![\d.,])(?P<day>\d{1,2}) ?(?P<month>[\u0e01-\u0e4e.]{4,12}) ?(?:พ\.ศ\. ?)?"
        r"(?P<year>\d{4})(?!\d)"
    ),
)
# Dates in which day and month may be exchanged.
_OPEN_ORDER = re.compile(
    rf"(?<![\d.,])(?P<first>\d{{1,2}}){_SEPARATOR}(?P<second>\d{{1,2}}){_SEPARATOR}"
    r"(?P<year>\d{4}|\d{2})(?:(?!\d|[.,]\d)|(?<=\d{4})(?=\d{1,2}:\d\d))"
)

# Dashes of other lengths between the parts of a date.
_LONG_DASHES = re.compile(
    r"(?<=\d)( ?)[\u2010-\u2013\u2212]( ?\d{1,2}\1)[\u2010-\u2013\u2212](?= ?\d\d)"
)
# Scan errors: the letters O for zero, I and L for one.
# Both begin with their letter, to which a search can jump, and look behind it from there.
_LETTER_O = re.compile(r"o(?:(?<=[\d/.\-]o)(?=[\d/.\-])|(?<![a-z]o)(?=\d[/.\-]))")
_LETTER_I = re.compile(r"[il|](?:(?<=[\d/.\-].)(?=[\d/.\-])|(?<!\|)(?<![^\W_].)(?=\d[/.\-][\dio]))")
# Every date has a day or a month of one or two digits, or has eight digits in all.
_PART_OF_DATE = re.compile(r"(?<!\d)\d{1,2}(?!\d)|\d{8}")

_MONTHS = (
    (
        "jan january januar janner janvier janv enero ene gennaio gen januari janeiro"
        " styczen stycznia ledna leden ocak tammikuu tammikuuta ianuarie januara"
        " января січня януари ιανουαρίου ינואר يناير"
        " มกราคม ม.ค."
    ),
    (
        "feb february februar fevrier fevr febrero febbraio februari fevereiro fev luty lutego"
        " unora unor subat helmikuu helmikuuta februarie februara"
        " февраля лютого февруари φεβρουαρίου פברואר فبراير"
        " กุมภาพันธ์ ก.พ."
    ),
    (
        "mar march maret marz maerz mrz mars marzo maart mrt marco marca brezna brezen mart marts"
        " maaliskuu maaliskuuta marcius martie марта березня март μαρτίου מרץ مارس"
        " มีนาคม มี.ค."
    ),
    (
        "apr april avril avr abril abr aprile kwiecien kwietnia dubna duben nisan huhtikuu"
        " huhtikuuta aprilis aprilie aprila апреля квітня април απριλίου אפריל أبريل ابريل"
        " เมษายน เม.ย."
    ),
    (
        "may mai mayo maggio mag mei maio maj maja kvetna kveten mayis toukokuu toukokuuta"
        " majus мая травня май μαΐου מאי مايو"
        " พฤษภาคม พ.ค."
    ),
    (
        "jun june juni juin junio giugno giu junho czerwiec czerwca cervna cerven haziran"
        " kesakuu kesakuuta junius iunie juna июня червня юни ιουνίου יוני يونيو"
        " มิถุนายน มิ.ย."
    ),
    (
        "jul july juli juillet juil julio luglio lug julho lipiec lipca cervence cervenec temmuz"
        " heinakuu heinakuuta julius iulie jula июля липня юли ιουλίου יולי يوليو"
        " กรกฎาคม ก.ค."
    ),
    (
        "aug august agustus ogos aout agosto ago augustus augusti sierpien sierpnia srpna srpen"
        " agustos elokuu elokuuta augusztus augusta августа серпня август αυγούστου אוגוסט أغسطس"
        " สิงหาคม ส.ค."
    ),
    (
        "sep sept september septembre septiembre settembre set setembro wrzesien wrzesnia zari"
        " eylul syyskuu syyskuuta szeptember septembrie septembra"
        " сентября вересня септември σεπτεμβρίου ספטמבר سبتمبر"
        " กันยายน ก.ย."
    ),
    (
        "oct october oktober okt octobre octubre ottobre ott outubro out pazdziernik pazdziernika"
        " rijna rijen ekim lokakuu lokakuuta octombrie oktobra"
        " октября жовтня октомври οκτωβρίου אוקטובר أكتوبر"
        " ตุลาคม ต.ค."
    ),
    (
        "nov november novembre noviembre novembro listopad listopada listopadu kasim marraskuu"
        " marraskuuta noiembrie novembra ноября листопада ноември νοεμβρίου נובמבר نوفمبر"
        " พฤศจิกายน พ.ย."
    ),
    (
        "dec december disember dezember dez decembre diciembre dic dicembre dezembro grudzien"
        " grudnia prosince prosinec desember joulukuu joulukuuta decembrie decembra"
        " декабря грудня декември δεκεμβρίου דצמבר ديسمبر"
        " ธันวาคม ธ.ค."
    ),
)
"""The names of the months from January on, folded, in the languages of most documents."""

_DATEPARSER_LANGUAGES = {
    "fin": "fi",
    "rus": "ru",
    "ukr": "uk",
    "ell": "el",
    "hun": "hu",
    "ron": "ro",
    "bul": "bg",
    "hrv": "hr",
    "slk": "sk",
    "slv": "sl",
    "lit": "lt",
    "lav": "lv",
    "est": "et",
    "ara": "ar",
    "heb": "he",
    "tha": "th",
    "vie": "vi",
    "ind": "id",
    "msa": "ms",
    "hin": "hi",
    "srp": "sr",
    "cat": "ca",
    "eus": "eu",
    "glg": "gl",
    "isl": "is",
    "kat": "ka",
    "fas": "fa",
    "ben": "bn",
    "tam": "ta",
}
"""Languages whose months are not in the table: Tesseract's codes (ISO 639-2) and dateparser's."""

_MOST_QUESTIONS = 12
"""Words of one document that dateparser is asked about: each takes some milliseconds."""


@dataclass(frozen=True, slots=True)
class DateText:
    """A date in a line, at these characters.

    `readings` has one date, or two where day and month may be exchanged: first the one with the day
    first, then the one with the month first. `dotted`: points separate its parts.
    """

    readings: tuple[date, ...]
    start: int
    end: int
    text: str
    dotted: bool = False


class MonthNames:
    """Recognizes the names of months in the languages of one document."""

    def __init__(self, languages: Sequence[str]) -> None:
        """Take Tesseract's language codes; the built-in languages need none."""
        codes = map(_DATEPARSER_LANGUAGES.get, languages)
        self._languages = tuple(filter(None, codes))
        self._questions_left = _MOST_QUESTIONS

    @property
    def asks(self) -> bool:
        """Whether there are languages whose months are looked up, a limited number of times."""
        return bool(self._languages)

    def number(self, word: str) -> int | None:
        """Return the number of a month, 1 to 12."""
        known = _months().get(word)
        if known or not self._languages or self._questions_left <= 0:
            return known
        self._questions_left -= 1
        return foreign_month(word, self._languages)


@cache
def _months() -> dict[str, int]:
    return {
        fold(name): number
        for number, names in enumerate(_MONTHS, start=1)
        for name in names.split()
    }


@lru_cache(maxsize=256)
def foreign_month(word: str, languages: tuple[str, ...]) -> int | None:
    """Ask dateparser for the number of a month; slow, and therefore cached."""
    import dateparser  # takes 0.3 s, and few documents need it

    parsed = dateparser.parse(
        f"15 {word} 2020",
        languages=list(languages),
        settings={"REQUIRE_PARTS": ["day", "month", "year"]},
    )
    # Day and year must come back unchanged: then the word was understood as the month.
    if parsed and (parsed.day, parsed.year) == (15, 2020):
        return parsed.month
    return None


def dates_in(folded: str, months: MonthNames) -> tuple[DateText, ...]:
    """Return the dates of a folded line from left to right; none overlaps another."""
    if not any(map(str.isdigit, folded)):
        return ()
    return _dates_in(folded, months) if months.asks else _dates_without_asking(folded)


@cached_by_value
def _dates_without_asking(folded: str) -> tuple[DateText, ...]:
    return _dates_in(folded, MonthNames(()))


def _dates_in(folded: str, months: MonthNames) -> tuple[DateText, ...]:
    text = _LETTER_I.sub("1", _LETTER_O.sub("0", folded))
    if not text.isascii():
        text = _LONG_DASHES.sub(r"\1-\2-", text)
    if _PART_OF_DATE.search(text) is None:
        return ()
    found: list[DateText] = []
    for pattern in (*_KNOWN_ORDER, _OPEN_ORDER, *_NAMED_MONTH):
        for match, readings in _dates_of(pattern, text, months):
            start, end = match.span()
            if not any(start < other.end and other.start < end for other in found):
                found.append(
                    DateText(
                        readings=readings,
                        start=start,
                        end=end,
                        text=match.group().strip(),
                        dotted="." in match.group(),
                    )
                )
    return tuple(sorted(found, key=lambda each: each.start))


def _dates_of(
    pattern: re.Pattern[str], text: str, months: MonthNames
) -> Iterator[tuple[re.Match[str], tuple[date, ...]]]:
    """Yield what matches a pattern and is a date.

    What is none may have the first number of one that follows: "no 7- 24/07/2016".
    """
    match = pattern.search(text)
    while match:
        readings = readings_of(match, months)
        is_date = bool(readings) and not _is_part_of_number(text, match)
        if is_date:
            yield match, readings
        match = pattern.search(text, match.end() if is_date else match.start() + 1)


def _is_part_of_number(text: str, match: re.Match[str]) -> bool:
    """Return whether a slash or dash joins a date to what is before or after it.

    If the date has another separator and four digits of the year, it is only beside something:
    "4711/31.12.2030", "01.12.2030-31.12.2030".
    """
    before = text[max(0, match.start() - 1) : match.start()]
    after = text[match.end() : match.end() + 2]
    joints = {before} & ({"/"} if match.re in _NAMED_MONTH else _JOINTS)
    if match.re is _OPEN_ORDER and after[1:].isdigit():
        joints |= {after[0]} & _JOINTS
    is_apart = len(match["year"]) > _TWO_DIGITS and joints.isdisjoint(match.group())
    return bool(joints) and not is_apart


def readings_of(match: re.Match[str], months: MonthNames) -> tuple[date, ...]:
    """Return the dates that a match can mean, none if there is no such day."""
    parts = match.groupdict()
    year = _common_year(parts["year"], parts.get("era"), match.string)
    if "first" in parts:
        first, second = parts["first"], parts["second"]
        both = (_date(year, second, first), _date(year, first, second))
        # 3/3/2024 is the same day in both orders.
        return tuple(dict.fromkeys(filter(None, both)))

    month = parts["month"]
    if not month[0].isdigit():
        month = str(months.number(month) or 0)
    return tuple(filter(None, [_date(year, month, parts["day"])]))


def _common_year(year: str, era: str | None, text: str) -> str:
    """Return a year of the common era; Thai texts count from 543 years before it."""
    if era:
        return str(_YEARS_BEFORE_ERA[era] + (1 if year == "元" else int(year)))
    is_thai = year.isdigit() and int(year) > LAST_YEAR and _THAI.search(text) is not None
    return str(int(year) - _BUDDHIST_YEARS) if is_thai else year


def _date(year: str, month: str, day: str) -> date | None:
    """Return a date between the first and the last year, None if there is no such day."""
    full_year = int(year)
    if len(year) == _TWO_DIGITS:
        full_year += 1900 if full_year >= _CENTURY_PIVOT else 2000
    try:
        found = date(full_year, int(month), int(day))
    except ValueError:
        return None
    return found if FIRST_YEAR <= found.year <= LAST_YEAR else None
