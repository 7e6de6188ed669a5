"""Photographs of receipts, from shops that do not exist."""

from dataclasses import dataclass

import numpy as np
from PIL import Image

from infra.samples.canvas import Canvas, jpeg, thermal_print
from infra.samples.photograph import LINEN, SLATE, WOOD, Shot, photograph
from infra.samples.sample import Sample

Item = tuple[str, str]
# EXIF's orientation of a camera that was turned to the left.
_TURNED_LEFT = 6


@dataclass(frozen=True, slots=True)
class Receipt:
    """The contents of a receipt, and how it was photographed.

    Amounts and `printed_date` are written as the receipt prints them. `orientation` is EXIF's
    number for how the camera was turned.
    """

    file: str
    company: str
    address: tuple[str, ...]
    printed_date: str
    date: str
    currency: str
    items: tuple[Item, ...]
    sums: tuple[Item, ...]
    total: Item
    tender: tuple[Item, ...]
    footer: tuple[str, ...]
    shot: Shot
    orientation: int = 1
    title: str = "RECEIPT"


# Each differs in country, currency, date format, table, angle or light, as users' photographs do.
RECEIPTS = (
    Receipt(
        file="IMG_4471.jpg",
        company="Harbour and Hearth Coffee",
        address=("12 Quayside Row, Bristol BS1 5UH", "VAT No. GB 902 4417 36"),
        printed_date="14/03/2026 09:42",
        date="2026-03-14",
        currency="GBP",
        items=(
            ("2 x Flat white", "7.20"),
            ("1 x Almond croissant", "3.40"),
            ("1 x Oat milk", "0.80"),
        ),
        sums=(("Subtotal", "11.40"), ("VAT 20% incl.", "1.90")),
        total=("TOTAL GBP", "11.40"),
        tender=(("Card ****4417", "11.40"),),
        footer=("You were served by Imogen", "Thank you, see you soon!"),
        shot=Shot(table=WOOD, degrees=-3.0, slant=0.05),
    ),
    Receipt(
        file="20260418_101522.jpg",
        company="Cedar and Pine Hardware",
        address=("480 NW Alder Street", "Portland, OR 97209", "Tel. (503) 555-0142"),
        printed_date="Apr 18, 2026  10:11 AM",
        date="2026-04-18",
        currency="USD",
        items=(
            ("Wood screws 4x40 (200)", "$12.49"),
            ("Sanding sheets P120", "$8.75"),
            ("Cordless drill bit set", "$39.90"),
            ("Linseed oil 1 qt", "$18.60"),
            ("Work gloves L", "$6.53"),
        ),
        sums=(("Subtotal", "$86.27"), ("Sales tax 0%", "$0.00")),
        total=("TOTAL", "$86.27"),
        tender=(("VISA ****0881", "$86.27"), ("Approval code", "041877")),
        footer=("Returns within 30 days", "with this receipt"),
        shot=Shot(table=SLATE, degrees=2.2, slant=0.08, light=0.5),
        title="SALES RECEIPT",
    ),
    Receipt(
        file="receipt (2).jpg",
        company="Finnegan's Corner Books",
        address=("7 Ormond Lane, Dublin 7", "VAT IE 6388047V"),
        printed_date="21-02-2026 16:05",
        date="2026-02-21",
        currency="EUR",
        items=(
            ("The Lighthouse Ledger", "14.95"),
            ("Atlas of Small Rivers", "18.90"),
            ("Gift wrap", "1.50"),
            ("Bookmark, linen", "2.50"),
        ),
        sums=(("Net", "30.77"), ("VAT 23%", "7.08")),
        total=("TOTAL EUR", "37.85"),
        tender=(("Cash", "40.00"), ("Change", "2.15")),
        footer=("Books warm the coldest room.",),
        shot=Shot(table=LINEN, degrees=4.0, slant=0.03, blur=0.9),
    ),
    Receipt(
        file="taxi.jpg",
        company="Bluebird Cabs Ltd",
        address=("Unit 3, Mill Road, Leeds LS9 8AL", "Booking 0113 496 0188"),
        printed_date="2 May 2026  22:47",
        date="2026-05-02",
        currency="GBP",
        items=(
            ("Leeds Station to Roundhay", "19.50"),
            ("Waiting time 6 min", "2.00"),
            ("Luggage", "2.00"),
        ),
        sums=(),
        total=("FARE TOTAL GBP", "23.50"),
        tender=(("Paid by card", "23.50"),),
        footer=("Driver 118  Vehicle LS 42", "Safe home!"),
        shot=Shot(
            table=SLATE, degrees=-1.5, slant=0.1, light=0.55, noise=7.0, width=1200, height=1300
        ),
    ),
    Receipt(
        file="IMG_4502.jpg",
        company="Maple Street Bakery",
        address=("219 Maple Street, Toronto ON", "HST 80417 2261 RT0001"),
        printed_date="2026-05-09 08:14",
        date="2026-05-09",
        currency="CAD",
        items=(("Sourdough loaf", "8.25"), ("Cinnamon knots x 3", "9.13")),
        sums=(("Subtotal", "17.38"), ("HST 13%", "2.26")),
        total=("TOTAL CAD", "19.64"),
        tender=(("Interac debit", "19.64"),),
        footer=("Baked before you woke up",),
        shot=Shot(table=WOOD, degrees=1.0, slant=0.04, width=1200, height=1350),
        orientation=_TURNED_LEFT,
    ),
    Receipt(
        file="scan0007.jpg",
        company="Lakeside Pharmacy",
        address=("1150 Shoreline Drive", "Madison, WI 53703"),
        printed_date="05/23/2026 17:31",
        date="2026-05-23",
        currency="USD",
        items=(
            ("Sun lotion SPF 50", "$14.29"),
            ("Plasters, assorted", "$5.40"),
            ("Vitamin D3 90 ct", "$20.35"),
        ),
        sums=(("Subtotal", "$40.04"), ("Tax 5.34%", "$2.14")),
        total=("AMOUNT DUE", "$42.18"),
        tender=(("Mastercard ****7720", "$42.18"),),
        footer=("Questions? Ask our pharmacist.",),
        shot=Shot(table=LINEN, degrees=-2.0, slant=0.06, light=0.3),
    ),
    Receipt(
        file="photo.jpg",
        company="Orchard Lane Grocers",
        address=("88 Orchard Lane, York YO1 7HB", "VAT GB 771 3054 12"),
        printed_date="30/04/2026 18:20",
        date="2026-04-30",
        currency="GBP",
        items=(
            ("Braeburn apples 1.2 kg", "3.48"),
            ("Wensleydale 300 g", "5.10"),
            ("Free range eggs x12", "4.25"),
            ("Ground coffee 500 g", "9.80"),
            ("Olive oil 1 l", "12.49"),
            ("Salmon fillet 2 pc", "11.90"),
            ("Spinach 400 g", "2.35"),
            ("Dark chocolate x2", "4.75"),
        ),
        sums=(("Subtotal (8 items)", "54.12"), ("Loyalty points earned", "54")),
        total=("TOTAL TO PAY GBP", "54.12"),
        tender=(("Contactless ****2093", "54.12"),),
        footer=("Grown near, sold fresh.",),
        shot=Shot(table=WOOD, degrees=2.6, slant=0.07, light=0.45),
        title="TILL RECEIPT",
    ),
    Receipt(
        file="old kiosk slip.jpg",
        company="Platform Nine Kiosk",
        address=("Victoria Road Station, Cardiff",),
        printed_date="11/01/2026 07:03",
        date="2026-01-11",
        currency="GBP",
        items=(("Newspaper", "2.20"), ("Spring water 500 ml", "1.60")),
        sums=(),
        total=("TOTAL GBP", "3.80"),
        tender=(("Cash", "5.00"), ("Change", "1.20")),
        footer=("Mind the gap, have a nice day",),
        shot=Shot(table=SLATE, degrees=-4.0, slant=0.02, width=1200, height=1250),
    ),
)


def draw_receipts(*, rng: np.random.Generator) -> list[Sample]:
    """Draw every receipt and photograph it."""
    return [draw_receipt(receipt, rng=rng) for receipt in RECEIPTS]


def draw_card_slips(*, rng: np.random.Generator) -> list[Sample]:
    """Draw the card terminal's slips for two of the receipts."""
    return [
        draw_receipt(slip, rng=rng)
        for slip in (
            _card_slip("slip-a.jpg", RECEIPTS[0], terminal="T-20418"),
            _card_slip("slip-b.jpg", RECEIPTS[6], terminal="T-11973"),
        )
    ]


# A card terminal prints what the till received, but no items and no address of the shop.
def _card_slip(file: str, receipt: Receipt, *, terminal: str) -> Receipt:
    amount = receipt.total[1]
    return Receipt(
        file=file,
        company=receipt.company,
        address=(f"Terminal {terminal}",),
        printed_date=receipt.printed_date,
        date=receipt.date,
        currency=receipt.currency,
        items=(("Contactless", "APPROVED"), ("Auth. code", "584102")),
        sums=(),
        total=(f"TOTAL {receipt.currency}", amount),
        tender=((receipt.tender[0][0], amount),),
        footer=("Please keep for your records",),
        shot=Shot(table=LINEN, degrees=1.2, slant=0.03, width=1100, height=1150),
        title="CARD RECEIPT",
    )


def draw_receipt(receipt: Receipt, *, rng: np.random.Generator) -> Sample:
    """Print one receipt and photograph it."""
    paper = thermal_print(print_receipt(receipt, rng=rng), rng=rng)
    picture = photograph(paper, shot=receipt.shot, rng=rng)
    if receipt.orientation == _TURNED_LEFT:
        # Then the camera stores the picture on its side.
        picture = picture.transpose(Image.Transpose.ROTATE_90)
    # The expected amount is without its sign.
    return Sample(
        name=receipt.file,
        data=jpeg(picture, orientation=receipt.orientation),
        doc_type="receipt",
        fields={
            "company": receipt.company,
            "date": receipt.date,
            "total": receipt.total[1].lstrip("$"),
            "currency": receipt.currency,
        },
        phrases=(receipt.total[1].lstrip("$"),),
        media_type="image/jpeg",
    )


def print_receipt(receipt: Receipt, *, rng: np.random.Generator) -> Image.Image:
    """Return a receipt's paper before it is printed and photographed."""
    paper = Canvas(width=820, height=2400, margin=56, y=64)
    paper.line(receipt.company, size=50, align="center", bold=True, gap=1.3)
    for line in receipt.address:
        paper.line(line, size=32, align="center")
    paper.space(14)
    paper.line(receipt.title, size=36, align="center", bold=True)
    paper.pair(f"Date: {receipt.printed_date}", f"No. {rng.integers(1000, 9999)}", size=32)
    paper.space(12)
    paper.rule(dashed=True)
    for text, amount in receipt.items:
        paper.pair(text, amount, size=36)
    paper.rule(dashed=True)
    for text, amount in receipt.sums:
        paper.pair(text, amount, size=34)
    paper.pair(*receipt.total, size=50, bold=True, gap=1.5)
    for text, amount in receipt.tender:
        paper.pair(text, amount, size=34)
    paper.space(22)
    # The bars look like a barcode and cannot be read.
    paper.bars(rng.integers(2, 8, size=61), height=70)
    for line in receipt.footer:
        paper.line(line, size=32, align="center")
    return paper.cut()
