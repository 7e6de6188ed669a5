"""Read the machine-readable zones of passports, identity cards and visas (ICAO Doc 9303).

A scan confuses letters and digits. A repair counts only if the check digit is then right.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date

from pipeline.model import Finding
from processors.values.lines import TextLine, enclosing_box

# What scans confuse in OCR-B, the type that Doc 9303 prescribes. Fields that must be digits, or
# letters, are translated; in others one repair at a time is tried.
_TO_DIGIT = str.maketrans("OQDILZSBGT", "0001125867")
_TO_LETTER = str.maketrans("0125689", "OIZSGBG")
_CONFUSED = {
    "O": "0",
    "0": "O",
    "Q": "0",
    "D": "0",
    "I": "1",
    "1": "I",
    "L": "1",
    "Z": "2",
    "2": "Z",
    "S": "5",
    "5": "S",
    "B": "8",
    "8": "B",
    "G": "6",
    "6": "G",
}

# Doc 9303 part 3, section 4.9: letters count from A = 10 on, the filler is 0; weights repeat.
_CHARACTERS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"
_CHECK_WEIGHTS = (7, 3, 1)

_WITH_COMPOSITE_CHECK = (36, 44)
"""Lengths of second lines that end in a check digit over all numbers: TD2 and TD3."""
_SHORTEST, _LONGEST = 26, 50
"""Characters of a line: 30 (TD1), 36 (TD2, MRV-B) or 44 (TD3, MRV-A), as far as a scan has them."""

_DIGIT = "[0-9OQDILZSBGT]"
# First line of two: document code, issuing state, names (Doc 9303 parts 4, 6 and 7).
_TWO_LINES_FIRST = re.compile(r"^([PVIAC])([A-Z0-9<])([A-Z0-9<]{3})([A-Z0-9<]{20,})$")
# Second line: number, nationality, birth, sex, expiry; check digits after number and dates.
_TWO_LINES_SECOND = re.compile(
    rf"^([A-Z0-9<]{{9}})({_DIGIT}|<)([A-Z0-9<]{{3}})({_DIGIT}{{6}})({_DIGIT})([MFX<HN])"
    rf"({_DIGIT}{{6}})({_DIGIT})"
)
# Three lines of a card (part 5): code, state and number; birth, sex, expiry, nationality; names.
_CARD_FIRST = re.compile(r"^([IAC])([A-Z0-9<])([A-Z0-9<]{3})([A-Z0-9<]{9})([A-Z0-9<])")
_CARD_SECOND = re.compile(
    rf"^({_DIGIT}{{6}})({_DIGIT})([MFX<])({_DIGIT}{{6}})({_DIGIT})([A-Z0-9<]{{3}})"
)
_CARD_LONG_NUMBER = re.compile(r"([A-Z0-9]{1,14})([0-9])<")

# The letters that a scan reads the filler "<" as: K, C, L, E and S.
_FILLERS_AS_NAME = re.compile("[KCLES]{3,}")
_FILLERS_AT_END = re.compile(r"[KCLES]{4,}$")

_SEX = {"M": "M", "F": "F", "H": "M", "N": "F", "<": "X", "X": "X"}
"""The sex by its letter; H and N are M and F misread."""
_KINDS = {"V": "visa", "P": "passport"}

_CENTURY = 100
_LAST_EXPIRY = 2069
"""Years have two digits. No zone was printed before 1970; a birth is before the expiry."""

_CHECKED_CONFIDENCE = 0.98
_OPEN_CONFIDENCE = 0.3


@dataclass(frozen=True, slots=True)
class _Number:
    """A number or date of a zone, and whether its check digit is right."""

    text: str
    is_right: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class _Zone:
    """The fields of a zone as they are printed."""

    kind: str
    names: str
    number: _Number
    nationality: str
    country: str
    birth: _Number
    expiry: _Number
    sex: str
    lines: tuple[TextLine, ...]

    @property
    def right(self) -> int:
        """Return how many of the three check digits are right."""
        return self.number.is_right + self.birth.is_right + self.expiry.is_right

    def finding(self, value: str | None, confidence: float, reason: str) -> Finding:
        """Return a finding whose box encloses the zone."""
        boxes = [line.box for line in self.lines if line.box]
        return Finding(
            value,
            confidence,
            f"the {self.kind}'s machine-readable zone {reason}",
            self.lines[0].page,
            enclosing_box(boxes) if boxes else None,
        )


def values_in_zone(lines: Sequence[TextLine]) -> dict[str, Finding]:
    """Return the values of a machine-readable zone; those with a wrong check digit stay open."""
    zone = max(_zones(lines), key=lambda zone: zone.right, default=None)
    # Without any right check digit it is a line of capitals that looks like a zone.
    if zone is None or zone.right == 0:
        return {}

    all_right = zone.right == len((zone.number, zone.birth, zone.expiry))
    confidence = 0.9 if all_right else 0.7
    said = (
        "whose check digits are right" if all_right else "of which not every check digit is right"
    )
    surname, given_names = names_in(zone.names)
    unchecked = {
        "person": f"{given_names} {surname}".strip(),
        "nationality": zone.nationality.replace("<", ""),
        "issuing_country": zone.country.replace("<", ""),
        "sex": _SEX[zone.sex],
    }
    found = {
        name: zone.finding(value, confidence, f"says so, {said}")
        for name, value in unchecked.items()
        if value
    }

    expiry = _iso_date(zone.expiry.text, latest_year=_LAST_EXPIRY)
    birth = _iso_date(
        zone.birth.text,
        latest_year=int(expiry[:4]) if expiry else _LAST_EXPIRY,
    )
    checked = {
        "document_number": (zone.number.text.replace("<", ""), zone.number.is_right),
        "birth_date": (birth, zone.birth.is_right),
        "expiry_date": (expiry, zone.expiry.is_right),
    }
    for name, (value, is_right) in checked.items():
        if is_right and value is not None:
            reason = "says so; its check digit is right"
            found[name] = zone.finding(value, _CHECKED_CONFIDENCE, reason)
        else:
            reason = f"has '{value}', but its check digit is wrong"
            found[name] = zone.finding(None, _OPEN_CONFIDENCE, reason)
    return found


def check_digit(text: str) -> int:
    """Return the check digit of a field (Doc 9303 part 3, section 4.9)."""
    total = 0
    for place, char in enumerate(text.replace("<", "0")):
        total += _CHARACTERS.index(char) * _CHECK_WEIGHTS[place % len(_CHECK_WEIGHTS)]
    return total % 10


def _zones(lines: Sequence[TextLine]) -> Iterator[_Zone]:
    """Yield everything that has the form of a zone."""
    texts = [_zone_text(line) for line in lines]
    for place in range(1, len(texts)):
        first = _TWO_LINES_FIRST.match(texts[place - 1])
        second = _TWO_LINES_SECOND.match(texts[place])
        if first and second:
            yield _Zone(
                kind=_KINDS.get(first[1], "identity card"),
                names=first[4],
                number=number_of_two_lines(second, texts[place], is_visa=first[1] == "V"),
                nationality=second[3].translate(_TO_LETTER),
                country=first[3].translate(_TO_LETTER),
                birth=_checked_date(second[4], second[5]),
                expiry=_checked_date(second[7], second[8]),
                sex=second[6],
                lines=tuple(lines[place - 1 : place + 1]),
            )

        card_first = _CARD_FIRST.match(texts[place - 1])
        card_second = _CARD_SECOND.match(texts[place])
        if card_first and card_second and place + 1 < len(texts):
            # A longer number goes on in the optional field, with its check digit after it.
            rest = _CARD_LONG_NUMBER.match(texts[place - 1], card_first.end())
            number = _checked(card_first[4], card_first[5])
            if card_first[5] == "<" and rest:
                number = _checked(card_first[4] + rest[1], rest[2])
            yield _Zone(
                kind="identity card",
                names=texts[place + 1],
                number=number,
                nationality=card_second[6].translate(_TO_LETTER),
                country=card_first[3].translate(_TO_LETTER),
                birth=_checked_date(card_second[1], card_second[2]),
                expiry=_checked_date(card_second[4], card_second[5]),
                sex=card_second[3],
                lines=tuple(lines[place - 1 : place + 2]),
            )


def _zone_text(line: TextLine) -> str:
    """Return the characters of a line if it can be one of a zone, else an empty text."""
    # OCR engines read two fillers as a quotation mark of the French.
    text = line.text.upper().replace("\u00ab", "<<").replace("\u2039", "<").replace(" ", "")
    is_zone = re.fullmatch(r"[A-Z0-9<]+", text) and _SHORTEST <= len(text) <= _LONGEST
    return text if is_zone else ""


def _checked(text: str, digit: str) -> _Number:
    """Return a number, repaired if exactly one repair makes the check digit right."""
    # An optional number that is absent may have the filler as its check digit.
    wanted = digit.translate(_TO_DIGIT).replace("<", "0")
    if not wanted.isdigit():
        return _Number(text, is_right=False)
    if check_digit(text) == int(wanted):
        return _Number(text, is_right=True)
    fitting = {repaired for repaired in _repairs(text) if check_digit(repaired) == int(wanted)}
    if len(fitting) == 1:
        return _Number(fitting.pop(), is_right=True)
    return _Number(text, is_right=False)


def _repairs(text: str) -> Iterator[str]:
    """Yield a number with one confused character replaced, or all of one kind."""
    for char in set(text) & set(_CONFUSED):
        other = _CONFUSED[char]
        yield text.replace(char, other)
        for place, each in enumerate(text):
            if each == char:
                yield text[:place] + other + text[place + 1 :]


def number_of_two_lines(match: re.Match[str], text: str, *, is_visa: bool) -> _Number:
    """Return the number of a passport or card; a repair must suit the composite check, too."""
    number = _checked(match[1], match[2])
    if is_visa or number.text == match[1] or len(text) not in _WITH_COMPOSITE_CHECK:
        return number

    fields = (match[2], match[4], match[5], match[7], match[8])
    check, birth, birth_check, expiry, expiry_check = (
        field.translate(_TO_DIGIT) for field in fields
    )
    optional = text[match.end() : -1]
    whole = f"{number.text}{check}{birth}{birth_check}{expiry}{expiry_check}{optional}"
    is_whole_right = str(check_digit(whole)) == text[-1].translate(_TO_DIGIT)
    return _Number(number.text, is_right=number.is_right and is_whole_right)


def _checked_date(text: str, digit: str) -> _Number:
    digits = text.translate(_TO_DIGIT)
    return _Number(digits, is_right=check_digit(digits) == int(digit.translate(_TO_DIGIT)))


def _iso_date(digits: str, *, latest_year: int) -> str | None:
    """Return YYMMDD as an ISO date in the last century that does not exceed the latest year."""
    year = latest_year - latest_year % _CENTURY + int(digits[:2])
    if year > latest_year:
        year -= _CENTURY
    try:
        return date(year, int(digits[2:4]), int(digits[4:])).isoformat()
    except ValueError:
        return None


def names_in(text: str) -> tuple[str, str]:
    """Return the surname and the given names; digits in them are letters that were misread."""
    surname, _, given = text.translate(_TO_LETTER).partition("<<")
    words = re.split("<+", given.strip("<"))
    # Fillers after the last name look like more names: "KKKK", "CLE".
    while len(words) > 1 and (len(set(words[-1])) == 1 or _FILLERS_AS_NAME.fullmatch(words[-1])):
        words.pop()
    given_names = " ".join(_FILLERS_AT_END.sub("", word) for word in words)
    return " ".join(surname.replace("<", " ").split()), given_names.strip()
