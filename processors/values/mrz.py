"""Machine-readable zones of passports, identity cards and visas (ICAO 9303), with their check digits.

A scan confuses letters and digits. A repair is believed only where the check digit then holds.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date

from pipeline.model import Finding
from processors.values.lines import TextLine, enclosing_box

_TO_DIGIT = str.maketrans("OQDILZSBGT", "0001125867")
_TO_LETTER = str.maketrans("0125689", "OIZSGBG")
_SWAPS = {"O": "O0", "0": "0O", "Q": "Q0", "D": "D0", "I": "I1", "1": "1I", "L": "L1", "Z": "Z2", "2": "2Z",
          "S": "S5", "5": "5S", "B": "B8", "8": "8B", "G": "G6", "6": "6G"}  # fmt: skip
_WITH_LAST_DIGIT = (36, 44)
"""Characters of lines that end in a check digit over all numbers: TD2 and TD3."""
_SHORTEST, _LONGEST = 26, 50
_DIGIT = "[0-9OQDILZSBGT]"
_NAMES = re.compile(r"^([PVIAC])([A-Z0-9<])([A-Z0-9<]{3})([A-Z0-9<]{20,})$")
_TWO_LINES = re.compile(
    rf"^([A-Z0-9<]{{9}})({_DIGIT}|<)([A-Z0-9<]{{3}})({_DIGIT}{{6}})({_DIGIT})([MFX<HN])({_DIGIT}{{6}})({_DIGIT})"
)
_CARD_NUMBER = re.compile(r"^([IAC])([A-Z0-9<])([A-Z0-9<]{3})([A-Z0-9<]{9})([A-Z0-9<])")
_CARD_DATES = re.compile(
    rf"^({_DIGIT}{{6}})({_DIGIT})([MFX<])({_DIGIT}{{6}})({_DIGIT})([A-Z0-9<]{{3}})"
)
_CENTURY = 100
_LAST_EXPIRY = 2069
"""No zone was printed for a date before 1970; a birth lies before the expiry."""


@dataclass(frozen=True, slots=True)
class Zone:
    """The parts of a zone as they are printed, each number with whether its check digit holds."""

    names: str
    number: tuple[str, bool]
    nationality: str
    country: str
    birth: tuple[str, bool]
    expiry: tuple[str, bool]
    sex: str
    lines: tuple[TextLine, ...]
    kind: str


def check_digit(text: str) -> int:
    """Return the check digit of a field: weights 7, 3, 1; letters count from 10, the filler nothing."""
    values = (
        "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ".index(char) if char != "<" else 0 for char in text
    )
    return sum(value * (7, 3, 1)[place % 3] for place, value in enumerate(values)) % 10


def _zone_text(line: TextLine) -> str:
    text = line.text.upper().replace("\u00ab", "<<").replace("\u2039", "<").replace(" ", "")
    return (
        text
        if re.fullmatch(r"[A-Z0-9<]{1,90}", text) and _SHORTEST <= len(text) <= _LONGEST
        else ""
    )


def _checked(text: str, digit: str) -> tuple[str, bool]:
    """Return a number and whether its check digit holds, repaired where just one repair makes it hold."""
    wanted = digit.translate(_TO_DIGIT).replace("<", "0")
    if not wanted.isdigit() or check_digit(text) == int(wanted):
        return text, wanted.isdigit()
    fits = {repaired for repaired in _repairs(text) if check_digit(repaired) == int(wanted)}
    return (fits.pop(), True) if len(fits) == 1 else (text, False)


def _repairs(text: str) -> Iterator[str]:
    """Yield the number with one doubtful character taken for another, or all of one kind, as a scan confuses them."""
    for char in set(text) & set(_SWAPS):
        other = _SWAPS[char][1]
        yield text.replace(char, other)
        yield from (
            text[:at] + other + text[at + 1 :] for at, each in enumerate(text) if each == char
        )


def _two_line_number(core: re.Match[str], text: str, *, visa: bool) -> tuple[str, bool]:
    """Return the number of a passport or card; a repaired one must suit the last check digit, too."""
    number, holds = _checked(core[1], core[2])
    if visa or number == core[1] or len(text) not in _WITH_LAST_DIGIT:
        return number, holds
    parts = [core[2], core[4], core[5], core[7], core[8]]
    check, birth, birth_check, expiry, expiry_check = (part.translate(_TO_DIGIT) for part in parts)
    whole = f"{number}{check}{birth}{birth_check}{expiry}{expiry_check}{text[core.end() : -1]}"
    return number, holds and str(check_digit(whole)) == text[-1].translate(_TO_DIGIT)


def _day(text: str, digit: str) -> tuple[str, bool]:
    digits = text.translate(_TO_DIGIT)
    return digits, check_digit(digits) == int(digit.translate(_TO_DIGIT))


def _zones(lines: Sequence[TextLine]) -> Iterator[Zone]:
    texts = [_zone_text(line) for line in lines]
    for place, text in enumerate(texts):
        core = _TWO_LINES.match(text)
        if core and place and texts[place - 1] and (head := _NAMES.match(texts[place - 1])):
            yield Zone(
                names=head[4],
                number=_two_line_number(core, text, visa=head[1] == "V"),
                nationality=core[3].translate(_TO_LETTER),
                country=head[3].translate(_TO_LETTER),
                birth=_day(core[4], core[5]),
                expiry=_day(core[7], core[8]),
                sex=core[6],
                lines=tuple(lines[place - 1 : place + 1]),
                kind="visa"
                if head[1] == "V"
                else "passport"
                if head[1] == "P"
                else "identity card",
            )
        dates = _CARD_DATES.match(text)
        if (
            dates
            and place
            and place + 1 < len(texts)
            and (card := _CARD_NUMBER.match(texts[place - 1]))
        ):
            yield Zone(
                names=texts[place + 1],
                number=_card_number(card, texts[place - 1]),
                nationality=dates[6].translate(_TO_LETTER),
                country=card[3].translate(_TO_LETTER),
                birth=_day(dates[1], dates[2]),
                expiry=_day(dates[4], dates[5]),
                sex=dates[3],
                lines=tuple(lines[place - 1 : place + 2]),
                kind="identity card",
            )


def _card_number(card: re.Match[str], text: str) -> tuple[str, bool]:
    """Return a card's number; a longer one goes on in the optional field, its check digit after it."""
    rest = re.match(r"([A-Z0-9]{1,14})([0-9])<", text[card.end() :])
    if card[5] == "<" and rest:
        return _checked(card[4] + rest[1], rest[2])
    return _checked(card[4], card[5])


def _iso(text: str, *, latest: int) -> str | None:
    """Return an ISO date of two-digit years, in the last century that does not pass the year `latest`."""
    year = latest - latest % _CENTURY + int(text[:2])
    try:
        return date(
            year - _CENTURY if year > latest else year, int(text[2:4]), int(text[4:])
        ).isoformat()
    except ValueError:
        return None


def _names(text: str) -> tuple[str, str]:
    """Return surname and given names; digits among them are letters misread."""
    letters = text.translate(_TO_LETTER)
    surname, _, given = letters.partition("<<")
    return " ".join(surname.replace("<", " ").split()), _given(given)


def _given(text: str) -> str:
    """Return given names, without the fillers a scan takes for the letters K, C, E, L and the like."""
    words = [word for word in re.split("<+", text.strip("<")) if word]
    while len(words) > 1 and (len(set(words[-1])) == 1 or re.fullmatch("[KCLES]{3,}", words[-1])):
        words.pop()
    return " ".join(re.sub(r"[KCLES]{4,}$", "", word) for word in words).strip()


def values_in_zone(lines: Sequence[TextLine]) -> dict[str, Finding]:
    """Return what a machine-readable zone says; values with a wrong check digit are left open or unsure."""
    zones = list(_zones(lines))
    if not zones:
        return {}
    zone = max(zones, key=lambda z: z.number[1] + z.birth[1] + z.expiry[1])
    if not (zone.number[1] or zone.birth[1] or zone.expiry[1]):
        return {}
    surname, given = _names(zone.names)
    sex = {"M": "M", "F": "F", "H": "M", "N": "F", "<": "X", "X": "X"}.get(zone.sex)
    all_hold = zone.number[1] and zone.birth[1] and zone.expiry[1]
    plain = {
        "person": f"{given} {surname}".strip(),
        "nationality": zone.nationality.replace("<", ""),
        "issuing_country": zone.country.replace("<", ""),
        "sex": sex,
    }
    found = {name: _unchecked(zone, value, sure=all_hold) for name, value in plain.items() if value}
    found["document_number"] = _checked_finding(
        zone, zone.number[0].replace("<", ""), holds=zone.number[1]
    )
    expiry = _iso(zone.expiry[0], latest=_LAST_EXPIRY)
    birth = _iso(zone.birth[0], latest=int(expiry[:4]) if expiry else _LAST_EXPIRY)
    for name, day, holds in (
        ("birth_date", birth, zone.birth[1]),
        ("expiry_date", expiry, zone.expiry[1]),
    ):
        found[name] = _checked_finding(zone, day, holds=holds and day is not None)
    return found


def _place(zone: Zone, value: str | None, confidence: float, reason: str) -> Finding:
    boxes = [line.box for line in zone.lines if line.box]
    return Finding(
        value, confidence, reason, zone.lines[0].page, enclosing_box(boxes) if boxes else None
    )


def _unchecked(zone: Zone, value: str, *, sure: bool) -> Finding:
    said = "whose check digits hold" if sure else "of which not every check digit holds"
    return _place(
        zone,
        value,
        0.9 if sure else 0.7,
        f"the {zone.kind}'s machine-readable zone says so, {said}",
    )


def _checked_finding(zone: Zone, value: str | None, *, holds: bool) -> Finding:
    if holds:
        return _place(
            zone,
            value,
            0.98,
            f"the {zone.kind}'s machine-readable zone says so; its check digit holds",
        )
    return _place(
        zone,
        None,
        0.3,
        f"the {zone.kind}'s machine-readable zone has '{value}', but its check digit differs",
    )
