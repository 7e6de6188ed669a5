"""What barcodes say: payment slips (EPC, Swiss QR), driving licenses (AAMVA), and whatever else as it stands."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal, InvalidOperation

from pipeline.model import Finding
from processors.contract import Code, Page

_MOST_NAMED = 20
_MOST_CHARS = 200
_EPC_FIELDS = 7
_SWISS_FIELDS = 20
_SWISS_CREDITOR = slice(5, 11)
_AAMVA = re.compile(r"^(D[A-Z][A-Z])(.{0,80})$", re.MULTILINE)
_AAMVA_NAMES = {
    "DAQ": "document_number",
    "DBB": "birth_date",
    "DBA": "expiry_date",
    "DBD": "date",
    "DBC": "sex",
}
_SEX = {"1": "M", "2": "F", "9": "X", "M": "M", "F": "F", "X": "X"}
_SURE = 0.99


@dataclass(frozen=True, slots=True)
class Seen:
    """A barcode and the page it is on."""

    code: Code
    page: int

    def finding(self, value: str, reason: str, *, confidence: float = _SURE) -> Finding:
        """Return a finding that stands where the barcode does."""
        return Finding(value, confidence, reason, self.page, self.code.box)


def values_in_codes(pages: Sequence[Page]) -> dict[str, Finding]:
    """Return what the barcodes of a document say: all of them as `barcodes`, and the values in those made for them."""
    seen = [Seen(code, page.text.number) for page in pages for code in page.codes]
    if not seen:
        return {}
    found: dict[str, Finding] = {}
    for one in seen:
        for reader in (_epc, _swiss, _aamva):
            for name, finding in reader(one):
                found.setdefault(name, finding)
    return {**found, "barcodes": _all(seen)}


def _all(seen: Sequence[Seen]) -> Finding:
    texts = dict.fromkeys(" ".join(one.code.text.split())[:_MOST_CHARS] for one in seen)
    kinds = ", ".join(f"{one.code.format} on page {one.page}" for one in seen[:_MOST_NAMED])
    return seen[0].finding("; ".join(list(texts)[:_MOST_NAMED]), f"{len(seen)} read: {kinds}")


def _epc(seen: Seen) -> Iterator[tuple[str, Finding]]:
    """Read the European Payments Council's QR code (GiroCode): BCD, version, charset, SCT, BIC, name, IBAN, amount."""
    lines = [line.strip() for line in seen.code.text.splitlines()]
    if len(lines) < _EPC_FIELDS or lines[0] != "BCD" or lines[3] != "SCT":
        return
    yield from _payment(seen, "the payment QR code (EPC)", name=lines[5], account=lines[6])
    amount = lines[7] if len(lines) > _EPC_FIELDS else ""
    if re.fullmatch(r"[A-Z]{3}\d{1,9}(?:\.\d{1,2})?", amount):
        yield from _sum(seen, "the payment QR code (EPC)", currency=amount[:3], amount=amount[3:])


def _swiss(seen: Seen) -> Iterator[tuple[str, Finding]]:
    """Read a Swiss QR bill: SPC, version, coding, IBAN, creditor in seven lines, seven empty ones, amount, currency."""
    lines = [line.strip() for line in seen.code.text.splitlines()]
    if len(lines) < _SWISS_FIELDS or lines[0] != "SPC":
        return
    yield from _payment(seen, "the Swiss QR bill", name=lines[5], account=lines[3])
    yield from _sum(seen, "the Swiss QR bill", currency=lines[19], amount=lines[18])


def _payment(seen: Seen, what: str, *, name: str, account: str) -> Iterator[tuple[str, Finding]]:
    from stdnum import iban

    compact = account.replace(" ", "").upper()
    if iban.is_valid(compact):
        yield "iban", seen.finding(compact, f"{what} says so; its check digits are right")
    if name:
        yield "company", seen.finding(name, f"{what} names who is to be paid", confidence=0.9)
        yield "seller", seen.finding(name, f"{what} names who is to be paid", confidence=0.9)


def _sum(seen: Seen, what: str, *, currency: str, amount: str) -> Iterator[tuple[str, Finding]]:
    try:
        value = Decimal(amount) if re.fullmatch(r"\d{1,9}(?:\.\d{1,2})?", amount) else None
    except InvalidOperation:
        value = None
    if value:
        yield "amount_due", seen.finding(f"{value:.2f}", f"{what} asks for it")
    if re.fullmatch(r"[A-Z]{3}", currency):
        yield "currency", seen.finding(currency, f"{what} says so")


def _aamva(seen: Seen) -> Iterator[tuple[str, Finding]]:
    """Read the barcode on the back of North American driving licenses and identity cards."""
    text = seen.code.text.replace("\r", "\n")
    if seen.code.format != "PDF417" or ("ANSI " not in text[:30] and "AAMVA" not in text[:30]):
        return
    said = {
        key: value.strip()
        for key, value in _AAMVA.findall(re.sub(r"(?<=\n)(?:DL|ID)(?=D[A-Z]{2})", "", text))
    }
    first = re.search(r"(?:DL|ID)(DAQ|DCS|DCA)([^\n]{0,60})", text)
    if first:
        said.setdefault(first[1], first[2].strip())
    why = "the barcode of the license says so"
    for key, name in _AAMVA_NAMES.items():
        value = _aamva_value(name, said.get(key, ""), canadian=said.get("DCG") == "CAN")
        if value:
            yield name, seen.finding(value, why)
    person = _person(said)
    if person:
        yield "person", seen.finding(person, why)
    if said.get("DCG") in {"USA", "CAN"}:
        yield "issuing_country", seen.finding(said["DCG"], why)


def _aamva_value(name: str, text: str, *, canadian: bool) -> str | None:
    if name == "sex":
        return _SEX.get(text)
    if not name.endswith("date"):
        return text or None
    if not re.fullmatch(r"\d{8}", text):
        return None
    year, month, day = (
        (text[:4], text[4:6], text[6:]) if canadian else (text[4:], text[:2], text[2:4])
    )
    try:
        return date(int(year), int(month), int(day)).isoformat()
    except ValueError:
        return None


def _person(said: Mapping[str, str]) -> str:
    given = said.get("DAC") or said.get("DCT", "").replace(",", " ")
    names = [given, said.get("DAD", ""), said.get("DCS", "") or said.get("DAB", "")]
    whole = " ".join(name for name in names if name and name not in {"NONE", "UNAVL"})
    return " ".join((whole or said.get("DAA", "").replace(",", " ")).split())
