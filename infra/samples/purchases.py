"""A table that people have filled: receipts of recurring senders, to learn from.

Its newest records are empty, one value of the others is wrong, and no document has the cost
center: people know it from the sender.
"""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path

from infra.samples.pdf_writer import MARGIN, WIDTH, PdfPage, write_pdf

PURCHASES = "Purchases"
FILLED, NEW = 60, 20
"""Records that people have filled, and records that are new."""

WRONG_PK = 17
"""The record in which somebody has swapped two digits of the total."""

_FIRST_DAY = date(2026, 1, 5)
_PRICES = ("4.90", "12.35", "7.60", "23.40", "58.15", "9.95", "31.20")
_FIELDS = {
    "Receipt": "ATTACHMENT",
    "Company": "STRING",
    "BoughtOn": "DATE/TIME",
    "Total": "CURRENCY",
    "CostCenter": "STRING",
}


@dataclass(frozen=True, slots=True)
class Sender:
    """A shop whose receipts come again and again, and where people book them."""

    company: str
    address: str
    cost_center: str
    goods: tuple[str, ...]
    total_label: str


_SENDERS = (
    Sender("Harrier Fuel Stop", "1 Ring Road, Derby", "4200 Vehicles", ("Diesel",), "Total due"),
    Sender("Quill and Ream", "8 Paper Street, Bath", "4300 Office", ("Paper", "Pens"), "TOTAL"),
    Sender("Saltmarsh Cafe", "3 Quay, Whitby", "4600 Meals", ("Lunch", "Tea"), "To pay"),
    Sender("Northgate Tools", "22 Gate Street, York", "4100 Workshop", ("Drill",), "Amount due"),
    Sender("Riverside Rail", "Station Square, Leeds", "4500 Travel", ("Ticket",), "Fare total"),
    Sender("Thistle Post Office", "5 High Street, Perth", "4300 Office", ("Parcel",), "TOTAL"),
)


@dataclass(frozen=True, slots=True)
class Purchase:
    """One receipt, and what people type beside it."""

    pk: int
    sender: Sender
    day: date
    prices: tuple[Decimal, ...]

    @property
    def total(self) -> Decimal:
        """Return what was paid."""
        return sum(self.prices, Decimal(0))

    @property
    def typed(self) -> Mapping[str, str | float]:
        """Return what people put into the record."""
        return {
            "Company": self.sender.company,
            "BoughtOn": f"{self.day.isoformat()}T00:00:00",
            "Total": float(self.total),
            "CostCenter": self.sender.cost_center,
        }


def purchases() -> Iterator[Purchase]:
    """Yield every receipt, the oldest first."""
    for number in range(FILLED + NEW):
        # Steps that share no factor with the number of senders and prices: every mixture occurs.
        sender = _SENDERS[number * 5 % len(_SENDERS) if number % 4 else number // 4 % len(_SENDERS)]
        prices = [Decimal(_PRICES[(number * 3 + i) % len(_PRICES)]) for i in range(1 + number % 3)]
        day = _FIRST_DAY + timedelta(days=2 * number)
        yield Purchase(number + 1, sender, day, tuple(prices))


def add_purchases(seed: Path) -> None:
    """Add the table with its receipts to a seed folder, in which `account.json` is already."""
    folder = seed / "purchases"
    folder.mkdir(parents=True, exist_ok=True)
    records = []
    for purchase in purchases():
        path = folder / f"receipt {purchase.pk:03d}.pdf"
        path.write_bytes(write_pdf([_page(purchase)], title=f"Receipt {purchase.pk}"))
        empty: dict[str, str | float | None] = {
            "Company": "",
            "BoughtOn": None,
            "Total": None,
            "CostCenter": "",
        }
        typed = {**empty, **(purchase.typed if purchase.pk <= FILLED else {})}
        if purchase.pk == WRONG_PK:
            # Its first two digits are swapped, as people mistype an amount.
            digits = str(purchase.total)
            typed["Total"] = float(f"{digits[1]}{digits[0]}{digits[2:]}")
        receipt = f"purchases/{path.name}"
        records.append({"PK_ID": purchase.pk, "Receipt": receipt, **typed})
    account = json.loads((seed / "account.json").read_text(encoding="utf-8"))
    fields = [{"Name": name, "Type": kind} for name, kind in _FIELDS.items()]
    account["tables"][PURCHASES] = {"fields": fields, "records": records}
    text = json.dumps(account, indent=2, ensure_ascii=False) + "\n"
    (seed / "account.json").write_text(text, encoding="utf-8")


def _page(purchase: Purchase) -> PdfPage:
    page, sender = PdfPage(), purchase.sender
    page.text(MARGIN, sender.company, size=16, font="bold")
    page.down(20)
    page.text(MARGIN, sender.address)
    page.down(36)
    page.text(MARGIN, f"Receipt no. {2600 + purchase.pk}")
    page.text(WIDTH - MARGIN, f"Date {purchase.day:%d %B %Y}", align="right")
    page.down(30)
    right = WIDTH - MARGIN
    for number, price in enumerate(purchase.prices):
        goods = sender.goods[number % len(sender.goods)]
        page.row([(MARGIN, "left", goods), (right, "right", str(price))])
    page.rule()
    page.row(
        [(MARGIN, "left", sender.total_label), (right, "right", f"GBP {purchase.total}")],
        font="bold",
    )
    page.down(20)
    page.text(MARGIN, "Thank you for your visit")
    return page


SETTINGS = """
# A table that people have filled: its columns are learned from the records. No document has the
# cost center, which people know from the sender.
[[sources]]
name = "purchases"
table = "Purchases"
[sources.columns]
Company = "company"
BoughtOn = "date"
Total = "total"
CostCenter = "learned"
"""
