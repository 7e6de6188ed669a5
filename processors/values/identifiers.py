"""Account and tax numbers whose check digits are right."""

import re
from collections.abc import Callable, Iterator, Sequence

from pipeline.model import Finding
from processors.values.lines import Line

_IBAN = re.compile(r"(?<![A-Z0-9])[A-Z]{2}\d\d(?: ?[A-Z0-9]){11,30}")
_VAT = re.compile(
    r"(?<![A-Z0-9])(AT|BE|BG|CY|CZ|DE|DK|EE|EL|ES|FI|FR|GB|HR|HU|IE|IT|LT|LU|LV|MT|NL|PL|PT|RO|SE|SI|SK|XI)"
    r"[ .-]?([A-Z0-9](?:[ .\-]?[A-Z0-9*+]){6,13})"
)
_SHORTEST_IBAN = 15


def _prefixes(text: str, shortest: int) -> Iterator[str]:
    """Yield ever shorter beginnings: words after a number look like part of it."""
    compact = re.sub(r"[ .\-]", "", text)
    for length in range(len(compact), shortest - 1, -1):
        yield compact[:length]


def find_iban(lines: Sequence[Line]) -> Finding | None:
    """Find the first IBAN whose check digits are right."""
    from stdnum import iban

    for line in lines:
        for match in _IBAN.finditer(line.text.upper()):
            good = next((text for text in _prefixes(match.group(), _SHORTEST_IBAN) if iban.is_valid(text)), None)
            if good:
                return line.finding(
                    good,
                    0.98,
                    f"its check digits are right; line {line.number + 1}",
                    start=match.start(),
                    end=match.end(),
                )
    return None


def _checker(country: str) -> Callable[[str], bool]:
    from stdnum import get_cc_module

    module = get_cc_module({"EL": "gr", "XI": "gb"}.get(country, country.lower()), "vat")
    return module.is_valid if module else lambda _text: False


def find_vat_id(lines: Sequence[Line]) -> Finding | None:
    """Find the first European VAT number whose check digits are right; the issuer's usually stands first."""
    for line in lines:
        for match in _VAT.finditer(line.text.upper()):
            valid = _checker(match.group(1))
            good = next((t for t in _prefixes(match.group(2), 7) if sum(c.isdigit() for c in t) > 5 and valid(t)), None)  # noqa: PLR2004 - words hold fewer
            if good:
                return line.finding(
                    match.group(1) + good,
                    0.95,
                    f"its check digits are right; line {line.number + 1}",
                    start=match.start(),
                    end=match.end(),
                )
    return None
