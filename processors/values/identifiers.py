"""Find account and tax numbers whose check digits are right."""

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import islice

from pipeline.model import Finding
from processors.values.candidates import with_others
from processors.values.lines import TextLine, has_digit, label_pattern
from processors.values.list_words import labels_in

# ISO 13616: a country, two check digits (mod 97), and 11 to 30 characters of the account.
_IBAN = re.compile(r"(?<![A-Z0-9])[A-Z]{2} ?\d\d(?:[ .\-]?[A-Z0-9]){11,30}")
_SHORTEST_IBAN = 15
_IBAN_HEAD = 4
"""Country and check digits, which the computation of these puts behind the rest."""
_JOINTS = re.compile(r"[ .\-]")

# The members of the European Union (EL is Greece), Great Britain, and XI for Northern Ireland:
# https://taxation-customs.ec.europa.eu/online-services/vies. Switzerland numbers enterprises, with
# "CHE" before the digits. Each has its own check digits.
_VAT_ID = re.compile(
    r"(?<![A-Z0-9])"
    r"(CHE(?=[ .-]?\d{3})|"
    r"AT|BE|BG|CY|CZ|DE|DK|EE|EL|ES|FI|FR|GB|HR|HU|IE|IT|LT|LU|LV|MT|NL|PL|PT|RO|SE|SI|SK|XI)"
    r"[ .-]?([A-Z0-9](?:[ .\-]?[A-Z0-9*+]){6,13})"
)
_SHORTEST_VAT_ID = 7
_LEAST_VAT_DIGITS = 6
"""Words have fewer digits, but some countries have check digits that a word can meet by chance."""
_OTHER_NAMES = {"EL": "gr", "XI": "gb"}
"""What stdnum calls countries that it does not name by their prefix."""
_MOST_VAT_IDS = 20
_MOST_IBANS = 12


def find_iban(lines: Sequence[TextLine]) -> Finding | None:
    """Find the first IBAN whose check digits are right."""
    found = list(islice(_ibans(lines), _MOST_IBANS))
    return with_others(found[0], found[1:]) if found else None


def _ibans(lines: Sequence[TextLine]) -> Iterator[Finding]:
    for line, text in _with_next_lines(lines):
        for match in _IBAN.finditer(text):
            if match.start() >= len(line.text):
                break
            candidate = _valid_iban(match.group())
            if candidate:
                yield line.finding(
                    candidate,
                    0.98,
                    f"its check digits are right; line {line.number + 1}",
                    start=match.start(),
                    end=min(match.end(), len(line.text)),
                )


def _valid_iban(text: str) -> str | None:
    """Return the account number that a text begins with, None without right check digits."""
    from stdnum import iban

    digits = [str(int(char, 36)) for char in _JOINTS.sub("", text)]
    # Words in capitals look like accounts: the remainder of all beginnings is computed at once, and
    # the rest is checked where it is right.
    rest = 0
    remainders: list[int] = []
    for digit in digits[_IBAN_HEAD:]:
        rest = (rest * 10 ** len(digit) + int(digit)) % 97
        remainders.append(rest)
    head = "".join(digits[:_IBAN_HEAD])
    for candidate in _beginnings(text, _SHORTEST_IBAN):
        rest = remainders[len(candidate) - _IBAN_HEAD - 1]
        is_right = (rest * 10 ** len(head) + int(head)) % 97 == 1
        # Not the rules of the countries: they have lists of banks, which grow old.
        if is_right and iban.is_valid(candidate, check_country=False):
            return candidate
    return None


def _with_next_lines(lines: Sequence[TextLine]) -> Iterator[tuple[TextLine, str]]:
    """Yield each line with its text in capitals and that of the next line, which may go on.

    Lines without any digit in both are left out.
    """
    texts = [line.text.upper() for line in lines]
    # Not strict: a document without any line has none that goes on.
    for line, text, following in zip(lines, texts, [*texts[1:], ""], strict=False):
        whole = f"{text} {following}"
        if has_digit(whole):
            yield line, whole


@dataclass(frozen=True, slots=True)
class _VatId:
    """A VAT number whose check digits are right, and its place.

    `is_customers`: words before it say that it is the customer's.
    """

    number: str
    line: TextLine
    start: int
    end: int
    is_customers: bool

    def finding(self, confidence: float, reason: str = "") -> Finding:
        """Return a finding at the place of the number."""
        return self.line.finding(
            self.number,
            confidence,
            f"its check digits are right{reason}; line {self.line.number + 1}",
            start=self.start,
            end=self.end,
        )


def find_vat_ids(lines: Sequence[TextLine]) -> dict[str, Finding | None]:
    """Find the European VAT numbers of the issuer and of the customer.

    The issuer's is mostly the first one, the customer's is after words that say so. Without such
    words, a second number that differs is the customer's.
    """
    found = list(islice(_vat_ids(lines), _MOST_VAT_IDS))
    issuer = next((each for each in found if not each.is_customers), None)
    others = [each for each in found if issuer is None or each.number != issuer.number]
    customer = next((each for each in others if each.is_customers), None)

    buyer = None
    if customer:
        buyer = customer.finding(0.95, ", and words before it say that it is the customer's")
    elif len({each.number for each in others}) == 1:
        buyer = others[0].finding(0.5, ", and it is not the first one")
    if issuer is None:
        return {"vat_id": None, "buyer_vat_id": buyer}
    vat_id = with_others(issuer.finding(0.95), map(_candidate, others))
    return {"vat_id": vat_id, "buyer_vat_id": buyer}


def _candidate(number: _VatId) -> Finding:
    """Return a number that nothing calls the issuer's, as a finding that it may be instead."""
    return number.finding(0.5)


def _vat_ids(lines: Sequence[TextLine]) -> Iterator[_VatId]:
    customers_label = label_pattern("parties", "vat_of_buyer")
    for line, text in _with_next_lines(lines):
        # Many numbers have one check digit only: beside another line's digits, chance would meet
        # it. So only a line that names the tax goes on in the next one.
        is_named = bool(labels_in(line.folded, "totals", "tax"))
        for match in _VAT_ID.finditer(text if is_named else text[: len(line.text)]):
            if match.start() >= len(line.text):
                break
            # An account of Germany begins like a tax number, and one in ten has its check digit.
            account = _IBAN.match(text, match.start())
            if account and _valid_iban(account.group()):
                continue
            country, whole = match.groups()
            # What is valid without the next line is not continued by it.
            in_line = text[match.start(2) : min(match.end(), len(line.text))]
            candidates = dict.fromkeys(
                candidate
                for part in (in_line, whole)
                for candidate in _beginnings(part, _SHORTEST_VAT_ID)
            )
            for candidate in candidates:
                digits = sum(map(str.isdigit, candidate))
                if digits >= _LEAST_VAT_DIGITS and _is_valid_vat(country)(candidate):
                    label = customers_label.search(line.folded, 0, match.start())
                    yield _VatId(
                        number=country + candidate,
                        line=line,
                        start=match.start(),
                        end=min(match.end(), len(line.text)),
                        is_customers=label is not None,
                    )
                    break


def is_account_or_tax_number(token: str) -> bool:
    """Return whether a whole token is an IBAN, a European VAT number or an Indian GSTIN.

    Their check digits are right.
    """
    from stdnum.in_ import gstin

    text = token.upper()
    if _IBAN.fullmatch(text) and _valid_iban(text) == _JOINTS.sub("", text):
        return True
    vat_id = _VAT_ID.fullmatch(text)
    if vat_id and _is_valid_vat(vat_id[1])(_JOINTS.sub("", vat_id[2])):
        return True
    return gstin.is_valid(text)


@cache
def _is_valid_vat(country: str) -> Callable[[str], bool]:
    """Return the check of the VAT numbers of a country, without the country's prefix."""
    from stdnum import get_cc_module
    from stdnum.ch import uid

    if country == "CHE":
        return lambda digits: uid.is_valid(country + digits)
    module = get_cc_module(_OTHER_NAMES.get(country, country.lower()), "vat")
    return module.is_valid if module else lambda _text: False


def _beginnings(text: str, shortest: int) -> Iterator[str]:
    """Yield a number, then ever shorter beginnings: words after it look like part of it."""
    compact = _JOINTS.sub("", text)
    for length in range(len(compact), shortest - 1, -1):
        yield compact[:length]
