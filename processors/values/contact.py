"""Addresses to write to and numbers to call."""

import re
from collections.abc import Sequence

from pipeline.model import Finding
from processors.values.lines import Line

_EMAIL = re.compile(
    r"(?<![\w.+-])[a-z0-9][a-z0-9._%+-]{0,63}@(?:[a-z0-9-]{1,63}\.){1,4}[a-z]{2,18}(?![\w@])"
)
_PHONE_LABEL = re.compile(
    r"(?<![a-z])(?:tel|telephone|telefon|telefono|telefone|phone|ph|mobile|mobil|mob|hp|h/p|call|fon|puh|tlf)(?![a-z])"
    r"[ .:)#]{0,4}(?:no|nr|number)?[ .:)]{0,4}"
)
_PHONE = re.compile(r"\+?\(?\d(?:[ .()/\-]{0,2}\d){6,14}")
_INTERNATIONAL = re.compile(r"(?<![\w+])\+\d{1,3}(?:[ .()/\-]{0,2}\d){6,12}")


def find_email(lines: Sequence[Line]) -> Finding | None:
    """Find the first e-mail address."""
    for line in lines:
        match = _EMAIL.search(line.folded) if "@" in line.folded else None
        if match:
            return line.finding(
                match.group(),
                0.95,
                f"the first address, on line {line.number + 1}",
                start=match.start(),
                end=match.end(),
            )
    return None


def _phone(line: Line, match: re.Match[str], confidence: float, reason: str) -> Finding:
    """Normalise a number: digits grouped as they are written, one blank between groups at most."""
    number = re.sub(r"[ ]{2,}", " ", match.group().strip())
    return line.finding(number, confidence, reason, start=match.start(), end=match.end())


def find_phone(lines: Sequence[Line]) -> Finding | None:
    """Find the first telephone number: after a label, or else written with a country's code."""
    for line in lines:
        label = _PHONE_LABEL.search(line.folded)
        match = _PHONE.match(line.folded, label.end()) if label else None
        if match and label:
            return _phone(line, match, 0.85, f"stands after '{label.group().strip()}'")
    for line in lines:
        match = _INTERNATIONAL.search(line.folded) if "+" in line.folded else None
        if match:
            return _phone(line, match, 0.75, "is written with a country's code")
    return None
