"""Documents that are drawn for the measurements, no two alike: receipts, scanned pages, PDF files."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from PIL import Image

from infra.samples.canvas import Canvas, flatbed_scan, png, thermal_print
from infra.samples.pdf_writer import PdfPage, write_pdf
from infra.samples.photograph import photograph
from infra.samples.receipts import RECEIPTS, Receipt, print_receipt

_A4_WIDTH, _A4_HEIGHT, _DPI = 1240, 1754, 150
_GOODS = (
    "Garden hose", "Paint brush", "Copper pipe", "Wall plugs", "Desk lamp", "Rye bread", "Green tea",
    "Door handle", "Work boots", "Paper towels", "Olive soap", "Wool socks", "Light bulb", "Tape roll",
)  # fmt: skip
_TEXT = """
the of and to in is that for it as was with be by on not at from this have or an they which
one were all their there been has when who will more no if out so said what up its about
into than them can only other new some could time these two may then do first any my now
such like our over man even most made after also did many before must through years where
much your way well payment delivery order account balance invoice quantity amount receipt
customer reference
"""


@dataclass(frozen=True, slots=True)
class Drawn:
    """A document in a file, and what is printed on it."""

    path: Path
    text: str
    total: str = ""


def receipts(folder: Path, count: int, *, seed: int = 1) -> list[Drawn]:
    """Draw photographed receipts of one page, each with other goods and amounts."""
    folder.mkdir(parents=True, exist_ok=True)
    rng = np.random.default_rng(seed)
    return [_receipt(folder / f"receipt{number:03}.jpg", number, rng) for number in range(count)]


def variants(folder: Path, count: int, *, seed: int, bases: int = 12) -> list[Drawn]:
    """Draw some receipts and cut many pictures from them, each shifted by some pixels.

    That is as much work to read and quicker to draw.
    """
    drawn = receipts(folder / "bases", min(bases, count), seed=seed)
    made: list[Drawn] = []
    for number in range(count):
        base = drawn[number % len(drawn)]
        across, down = divmod(number // len(drawn), 10)
        path = folder / f"variant{number:04}.jpg"
        with Image.open(base.path) as picture:
            width, height = picture.size
            picture.crop((across, down, width, height)).save(path, "JPEG", quality=88)
        made.append(Drawn(path, base.text, base.total))
    return made


def _receipt(path: Path, number: int, rng: np.random.Generator) -> Drawn:
    base = RECEIPTS[number % len(RECEIPTS)]
    items = tuple(
        (f"{rng.integers(1, 9)} x {rng.choice(_GOODS)}", f"{rng.integers(100, 9999) / 100:.2f}")
        for _ in range(int(rng.integers(3, 9)))
    )
    total = f"{sum(float(amount) for _, amount in items):.2f}"
    printed = replace(
        base,
        items=items,
        sums=(("Subtotal", total),),
        total=(base.total[0], total),
        tender=(("Card", total),),
        orientation=1,
    )
    paper = thermal_print(print_receipt(printed, rng=rng), rng=rng)
    photograph(paper, shot=base.shot, rng=rng).save(path, "JPEG", quality=88)
    return Drawn(path, _text_of(printed), total)


def _text_of(receipt: Receipt) -> str:
    pairs: Sequence[tuple[str, str]] = (
        *receipt.items,
        *receipt.sums,
        receipt.total,
        *receipt.tender,
    )
    lines = [receipt.company, *receipt.address, receipt.title, f"Date: {receipt.printed_date} No."]
    return "\n".join([*lines, *(" ".join(pair) for pair in pairs), *receipt.footer])


def scanned_pages(folder: Path, count: int, *, seed: int = 2) -> list[Drawn]:
    """Draw dense typed pages of A4 at 150 dots per inch, scanned a little crooked."""
    folder.mkdir(parents=True, exist_ok=True)
    rng = np.random.default_rng(seed)
    drawn: list[Drawn] = []
    for number in range(count):
        paper = Canvas(width=_A4_WIDTH, height=_A4_HEIGHT, margin=100, y=110)
        texts: list[str] = []
        while paper.y < _A4_HEIGHT - 330:
            texts.append(_sentences(rng, 45))
            paper.paragraph(texts[-1], size=26)
        scan = flatbed_scan(paper.image, rng=rng, degrees=float(rng.uniform(-1.0, 1.0)))
        path = folder / f"page{number:03}.png"
        path.write_bytes(png(scan, dpi=_DPI))
        drawn.append(Drawn(path, "\n".join(texts)))
    return drawn


def _sentences(rng: np.random.Generator, words: int) -> str:
    chosen = [str(word) for word in rng.choice(_TEXT.split(), words)]
    # A number now and then, as letters have.
    for at in range(7, words, 11):
        chosen[at] = str(rng.integers(10, 99_999))
    return " ".join(chosen).capitalize() + "."


def born_digital(path: Path, pages: int, *, seed: int = 3) -> Drawn:
    """Write a PDF file with so many full pages of text."""
    path.parent.mkdir(parents=True, exist_ok=True)
    rng = np.random.default_rng(seed)
    made: list[PdfPage] = []
    texts: list[str] = []
    for _ in range(pages):
        page = PdfPage()
        for _ in range(9):
            texts.append(_sentences(rng, 45))
            page.paragraph(texts[-1])
        made.append(page)
    path.write_bytes(write_pdf(made, title="Report"))
    return Drawn(path, "\n".join(texts))


def text_receipts(count: int) -> Iterator[tuple[str, bytes]]:
    """Yield names and contents of receipts as plain text, which cost nothing to read."""
    for number in range(1, count + 1):
        lines = [
            "Northwind Hardware Ltd", "RECEIPT", f"Receipt No: R-{number:06}", "Date: 2026-03-02",
            f"Hammer {number % 90 + 1}.50", f"TOTAL GBP {number % 90 + 1}.50",
        ]  # fmt: skip
        yield f"upload{number:06}.txt", "\n".join(lines).encode()
