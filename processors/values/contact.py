"""Find e-mail addresses and telephone numbers."""

import re
from collections.abc import Sequence

from pipeline.model import Finding
from processors.values.lines import TextLine, matches_in

# RFC 5321 allows 64 characters before the @ and 63 in each part of the domain. Quoted names and
# the rarer signs of RFC 5322 are left out: on paper they are scan errors.
_EMAIL = re.compile(
    r"(?<![\w.+-])[a-z0-9][a-z0-9._%+-]{0,63}@(?:[a-z0-9-]{1,63}\.){1,4}[a-z]{2,18}(?![\w@])"
)
_PHONE_LABEL = re.compile(
    r"(?<![a-z])"
    r"(?:tel|telephone|telefon|telefono|telefone|phone|ph|mobile|mobil|mob|hp|h/p|call|fon|puh|tlf)"
    r"(?![a-z])[ .:)#]{0,4}(?:no|nr|number)?[ .:)]{0,4}"
)
# ITU-T E.164: at most 15 digits, of which up to 3 are the country code. A local number has 7.
_PHONE = re.compile(r"\+?\(?\d(?:[ .()/\-]{0,2}\d){6,14}")
_INTERNATIONAL = re.compile(r"(?<![\w+])\+\d{1,3}(?:[ .()/\-]{0,2}\d){6,12}")


def find_email(lines: Sequence[TextLine]) -> Finding | None:
    """Find the first e-mail address."""
    for line, match in matches_in(_EMAIL, lines, needs="@"):
        return line.finding(
            match.group(),
            0.95,
            f"the first e-mail address, on line {line.number + 1}",
            start=match.start(),
            end=match.end(),
        )
    return None


def find_phone(lines: Sequence[TextLine]) -> Finding | None:
    """Find the first telephone number: after a label, or else one with a country code."""
    for line, label in matches_in(_PHONE_LABEL, lines):
        number = _PHONE.match(line.folded, label.end())
        if number:
            return _phone_finding(line, number, 0.85, f"is after '{label.group().strip()}'")

    for line, number in matches_in(_INTERNATIONAL, lines, needs="+"):
        return _phone_finding(line, number, 0.75, "has a country code")
    return None


def _phone_finding(
    line: TextLine,
    match: re.Match[str],
    confidence: float,
    reason: str,
) -> Finding:
    """Return a number as it is printed, with at most one blank between groups of digits."""
    number = re.sub(r"[ ]{2,}", " ", match.group().strip())
    return line.finding(
        number,
        confidence,
        reason,
        start=match.start(),
        end=match.end(),
    )
