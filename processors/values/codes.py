"""Read barcodes: payment slips (EPC, Swiss QR bill), driving licenses (AAMVA), and other text."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from pipeline.model import Finding
from processors.contract import Code, Page
from processors.values.money.amounts import format_amount

_MOST_NAMED = 20
_MOST_CHARS = 200
"""Characters kept of one barcode; a QR code may have 4,000."""

# Confidence: barcodes have error correction. The name in a payment code is that of the payee, who
# is mostly, but not always, the company that issued the document.
_SURE = 0.99
_PAYEE = 0.9

_ISO_CURRENCY = re.compile(r"[A-Z]{3}")
_AMOUNT = re.compile(r"\d{1,9}(?:\.\d{1,2})?")

# EPC069-12, section 3: service tag BCD, version, character set, identification SCT, BIC, name,
# IBAN, amount ("EUR12.50", which may be absent).
_EPC = "the payment QR code (EPC)"
_EPC_TAG, _EPC_IDENTIFICATION = "BCD", "SCT"
_EPC_LEAST_LINES = 7

# Swiss Implementation Guidelines QR-bill, section 4.2: type SPC, version, coding, IBAN, creditor
# (7 lines, the second is the name), ultimate creditor (7 lines, empty), amount, currency.
_SWISS = "the Swiss QR bill"
_SWISS_TAG = "SPC"
_SWISS_LEAST_LINES = 20

# AAMVA DL/ID Card Design Standard, annex D: elements of three letters, one a line. The first one
# is directly after the subfile type, DL or ID.
_AAMVA = re.compile(r"^(?:DL|ID)?(D[A-Z][A-Z])(.{0,80})$", re.MULTILINE)
_AAMVA_FIRST = re.compile(r"(?:DL|ID)(DAQ|DCS|DCA)([^\n]{0,60})")
_AAMVA_HEADER_CHARS = 30
_AAMVA_SEX = {"1": "M", "2": "F", "9": "X", "M": "M", "F": "F", "X": "X"}
_AAMVA_COUNTRIES = frozenset({"USA", "CAN"})
_AAMVA_UNKNOWN = frozenset({"", "NONE", "UNAVL"})
# Dates are MMDDCCYY in the United States and CCYYMMDD in Canada.
_US_DATE = re.compile(r"(?P<month>\d\d)(?P<day>\d\d)(?P<year>\d{4})")
_CANADIAN_DATE = re.compile(r"(?P<year>\d{4})(?P<month>\d\d)(?P<day>\d\d)")


@dataclass(frozen=True, slots=True)
class ScannedCode:
    """A barcode and the page it is on."""

    code: Code
    page: int

    @property
    def lines(self) -> list[str]:
        """Return the lines of its text."""
        return [line.strip() for line in self.code.text.splitlines()]

    def finding(self, value: str, reason: str, *, confidence: float = _SURE) -> Finding:
        """Return a finding at the place of the barcode."""
        return Finding(value, confidence, reason, self.page, self.code.box)


def values_in_codes(pages: Sequence[Page]) -> dict[str, Finding]:
    """Return all barcodes of a document as `barcodes`, and the values of those in known formats."""
    scanned = [ScannedCode(code, page.text.number) for page in pages for code in page.codes]
    if not scanned:
        return {}

    found: dict[str, Finding] = {}
    for each in scanned:
        for reader in (read_epc, _read_swiss_bill, read_license):
            for name, finding in reader(each):
                # The first barcode counts.
                found.setdefault(name, finding)

    texts = dict.fromkeys(" ".join(each.code.text.split())[:_MOST_CHARS] for each in scanned)
    places = [f"{each.code.format} on page {each.page}" for each in scanned[:_MOST_NAMED]]
    found["barcodes"] = scanned[0].finding(
        "; ".join(list(texts)[:_MOST_NAMED]),
        f"{len(scanned)} read: {', '.join(places)}",
    )
    return found


def read_epc(scanned: ScannedCode) -> Iterator[tuple[str, Finding]]:
    """Read the QR code of the European Payments Council, known as GiroCode."""
    lines = scanned.lines
    if len(lines) < _EPC_LEAST_LINES:
        return
    if (lines[0], lines[3]) != (_EPC_TAG, _EPC_IDENTIFICATION):
        return
    name, account, *rest = lines[5:]
    yield from _payee(scanned, _EPC, name=name, account=account)
    currency, amount = rest[0][:3] if rest else "", rest[0][3:] if rest else ""
    if _ISO_CURRENCY.fullmatch(currency) and _AMOUNT.fullmatch(amount):
        yield from _amount(scanned, _EPC, currency=currency, amount=amount)


def _read_swiss_bill(scanned: ScannedCode) -> Iterator[tuple[str, Finding]]:
    """Read the QR code of a Swiss QR bill."""
    lines = scanned.lines
    if len(lines) < _SWISS_LEAST_LINES or lines[0] != _SWISS_TAG:
        return
    yield from _payee(scanned, _SWISS, name=lines[5], account=lines[3])
    yield from _amount(scanned, _SWISS, currency=lines[19], amount=lines[18])


def _payee(
    scanned: ScannedCode,
    what: str,
    *,
    name: str,
    account: str,
) -> Iterator[tuple[str, Finding]]:
    from stdnum import iban

    compact = account.replace(" ", "").upper()
    if iban.is_valid(compact):
        reason = f"{what} says so; its check digits are right"
        yield "iban", scanned.finding(compact, reason)
    if name:
        finding = scanned.finding(name, f"{what} names the payee", confidence=_PAYEE)
        yield "company", finding
        yield "seller", finding


def _amount(
    scanned: ScannedCode,
    what: str,
    *,
    currency: str,
    amount: str,
) -> Iterator[tuple[str, Finding]]:
    # A Swiss QR bill without an amount is a donation slip.
    value = Decimal(amount) if _AMOUNT.fullmatch(amount) else Decimal(0)
    if value:
        yield "amount_due", scanned.finding(format_amount(value), f"{what} asks for it")
    if _ISO_CURRENCY.fullmatch(currency):
        yield "currency", scanned.finding(currency, f"{what} says so")


def read_license(scanned: ScannedCode) -> Iterator[tuple[str, Finding]]:
    """Read the barcode on the back of North American driving licenses and identity cards."""
    text = scanned.code.text.replace("\r", "\n")
    header = text[:_AAMVA_HEADER_CHARS]
    if scanned.code.format != "PDF417" or not ("ANSI " in header or "AAMVA" in header):
        return
    elements = {key: value.strip() for key, value in _AAMVA.findall(text)}
    first = _AAMVA_FIRST.search(text)
    if first:
        elements.setdefault(first[1], first[2].strip())

    country = elements.get("DCG", "")
    dates = _CANADIAN_DATE if country == "CAN" else _US_DATE
    values = {
        "document_number": elements.get("DAQ"),
        "birth_date": _iso_date(dates.fullmatch(elements.get("DBB", ""))),
        "expiry_date": _iso_date(dates.fullmatch(elements.get("DBA", ""))),
        "date": _iso_date(dates.fullmatch(elements.get("DBD", ""))),
        "sex": _AAMVA_SEX.get(elements.get("DBC", "")),
        "person": person_in(elements),
        "issuing_country": country if country in _AAMVA_COUNTRIES else None,
    }
    for name, value in values.items():
        if value:
            yield name, scanned.finding(value, "the barcode of the license says so")


def _iso_date(match: re.Match[str] | None) -> str | None:
    if match is None:
        return None
    try:
        return date(int(match["year"]), int(match["month"]), int(match["day"])).isoformat()
    except ValueError:
        return None


def person_in(elements: Mapping[str, str]) -> str:
    """Return the given names, the middle name and the surname, as far as they are there.

    Older versions of the standard have DCT for the given names, DAB for the surname and DAA for
    the whole name; commas separate names in one element.
    """
    given = elements.get("DAC") or elements.get("DCT", "").replace(",", " ")
    middle = elements.get("DAD", "")
    surname = elements.get("DCS") or elements.get("DAB", "")
    known = [name for name in (given, middle, surname) if name not in _AAMVA_UNKNOWN]
    whole = " ".join(known) or elements.get("DAA", "").replace(",", " ")
    return " ".join(whole.split())
