"""Account and tax numbers whose check digits are right."""

import itertools
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from pipeline.model import Finding
from processors.values.lines import TextLine, label_pattern

_IBAN = re.compile(r"(?<![A-Z0-9])[A-Z]{2}\d\d(?: ?[A-Z0-9]){11,30}")
_VAT = re.compile(
    r"(?<![A-Z0-9])(AT|BE|BG|CY|CZ|DE|DK|EE|EL|ES|FI|FR|GB|HR|HU|IE|IT|LT|LU|LV|MT|NL|PL|PT|RO|SE|SI|SK|XI)"
    r"[ .-]?([A-Z0-9](?:[ .\-]?[A-Z0-9*+]){6,13})"
)
_SHORTEST_IBAN = 15
_MOST_VATS = 20


def _prefixes(text: str, shortest: int) -> Iterator[str]:
    """Yield ever shorter beginnings: words after a number look like part of it."""
    compact = re.sub(r"[ .\-]", "", text)
    for length in range(len(compact), shortest - 1, -1):
        yield compact[:length]


def find_iban(lines: Sequence[TextLine]) -> Finding | None:
    """Find the first IBAN whose check digits are right."""
    from stdnum import iban

    for line in lines:
        for match in _IBAN.finditer(line.text.upper()):
            good = next(
                (text for text in _prefixes(match.group(), _SHORTEST_IBAN) if iban.is_valid(text)),
                None,
            )
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


@dataclass(frozen=True, slots=True)
class _Vat:
    """A VAT number whose check digits are right, where it stands, and whether words say that it is the customer's."""

    number: str
    line: TextLine
    start: int
    end: int
    customers: bool

    def finding(self, confidence: float, why: str = "") -> Finding:
        reason = f"its check digits are right{why}; line {self.line.number + 1}"
        return self.line.finding(self.number, confidence, reason, start=self.start, end=self.end)


def _vats(lines: Sequence[TextLine]) -> Iterator[_Vat]:
    for line in lines:
        for match in _VAT.finditer(line.text.upper()):
            valid = _checker(match.group(1))
            good = next(
                (
                    t
                    for t in _prefixes(match.group(2), 7)
                    if sum(c.isdigit() for c in t) > 5 and valid(t)  # noqa: PLR2004 - words hold fewer
                ),
                None,
            )
            if good:
                customers = (
                    label_pattern("parties", "vat_of_buyer").search(line.folded, 0, match.start())
                    is not None
                )
                yield _Vat(match.group(1) + good, line, match.start(), match.end(), customers)


def find_vat_ids(lines: Sequence[TextLine]) -> dict[str, Finding | None]:
    """Find the European VAT numbers whose check digits are right: the issuer's and the customer's.

    The issuer's usually stands first, the customer's behind words that say so; a second one without is the other's.
    """
    found = list(itertools.islice(_vats(lines), _MOST_VATS))
    own = next((each for each in found if not each.customers), None)
    theirs = next(
        (each for each in found if each.customers and (own is None or each.number != own.number)),
        None,
    )
    others = {each.number for each in found if own and each.number != own.number}
    buyer = (
        theirs.finding(0.95, ", and words before it say that it is the customer's")
        if theirs
        else None
    )
    if theirs is None and len(others) == 1:
        other = next(each for each in found if each.number in others)
        buyer = other.finding(0.5, ", and it is not the one that stands first")
    return {"vat_id": own.finding(0.95) if own else None, "buyer_vat_id": buyer}
