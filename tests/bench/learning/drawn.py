"""Draw the documents of a table: senders with layouts and words of their own, and misread letters.

Words are syllables at random, so that nothing can be known of a language.
"""

import random
from collections.abc import Sequence
from dataclasses import dataclass

from pipeline.model import PageText
from processors.contract import Line, Page

_SYLLABLES = [
    "ka",
    "lo",
    "mi",
    "re",
    "su",
    "ta",
    "no",
    "vi",
    "ze",
    "do",
    "pra",
    "bel",
    "tor",
    "win",
    "gal",
    "hu",
    "sten",
    "mar",
    "qui",
    "fer",
]
_ALIKE = {"o": "0", "l": "1", "i": "l", "s": "5", "b": "8", "e": "c", "n": "m"}
_MISREAD = 0.004
_WIDTH, _HEIGHT = 595.0, 842.0


@dataclass(frozen=True, slots=True)
class Sender:
    """Who sends documents from one week to another, with the words of its layout."""

    name: str
    phone: str
    street: str
    center: str
    labels: tuple[str, str, str]
    total_first: bool
    weeks: tuple[int, int]


@dataclass(frozen=True, slots=True)
class Drawn:
    """A document and the true values of its columns."""

    pages: Sequence[Page]
    values: dict[str, str]


def word(chance: random.Random, syllables: int = 3) -> str:
    """Return a word."""
    return "".join(chance.choices(_SYLLABLES, k=syllables))


def sender(
    chance: random.Random, weeks: tuple[int, int], languages: Sequence[tuple[str, str, str]]
) -> Sender:
    """Return a new sender that uses the words of one of some languages."""
    return Sender(
        name=f"{word(chance).title()} {word(chance, 2).title()}",
        phone=f"0{chance.randrange(10**8, 10**9)}",
        street=f"{word(chance).title()} {chance.randrange(1, 99)}",
        center=f"K{chance.randrange(1, 9)}{chance.randrange(100, 999)}",
        labels=chance.choice(languages),
        total_first=False,
        weeks=weeks,
    )


def document(of: Sender, chance: random.Random, number: int) -> Drawn:
    """Draw a document of a sender."""
    prices = [chance.randrange(150, 9_000) / 100 for _ in range(chance.randrange(1, 6))]
    total, reference = sum(prices), f"{chance.choice('ABC')}-{chance.randrange(10**5, 10**6)}"
    label_total, label_reference, label_day = of.labels
    head = [of.name, of.street, f"Tel {of.phone}"]
    body = [f"{label_day} {number % 27 + 1:02d}.{number % 12 + 1:02d}.2025"]
    body += [f"{word(chance)} {price:.2f}" for price in prices]
    end = [f"{label_total} {total:.2f}", f"{label_reference} {reference}"]
    lines = head + (end + body if of.total_first else body + end)
    lines = ["".join(_seen(char, chance) for char in line) for line in lines]
    values = {
        "company": of.name,
        "total": f"{total:.2f}",
        "reference": reference,
        "center": of.center,
        "lottery": str(chance.randrange(1, 40)),
    }
    return Drawn([page_of(lines)], values)


def page_of(lines: Sequence[str]) -> Page:
    """Return a page of lines."""
    text = PageText(1, "ocr", "drawn", 0.95, "\n".join(lines), _WIDTH, _HEIGHT)
    boxes = [
        (50.0, 40.0 + 14 * n, 50.0 + 6 * len(line), 52.0 + 14 * n) for n, line in enumerate(lines)
    ]
    return Page(text, tuple(Line(line, box) for line, box in zip(lines, boxes, strict=True)))


def _seen(char: str, chance: random.Random) -> str:
    return _ALIKE.get(char.lower(), char) if chance.random() < _MISREAD else char
