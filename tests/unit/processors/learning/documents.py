"""Draw records of a table: pages of text lines, findings, and what users typed."""

from collections.abc import Sequence

from pipeline.model import Finding, PageText
from processors.contract import Line, Page
from processors.learning import Example

SENDERS = ("Nordwind Papier", "Ateliers Cigogne", "Harbour Optics", "Molino Verde", "Quarzwerk Ost")


def page(lines: Sequence[str]) -> Page:
    """Return a page of lines, each with its box."""
    text = PageText(1, "text", None, None, "\n".join(lines), 595.0, 842.0)
    boxes = [
        (50.0, 40.0 + 14 * n, 50.0 + 6 * len(line), 52.0 + 14 * n) for n, line in enumerate(lines)
    ]
    return Page(text, tuple(Line(line, box) for line, box in zip(lines, boxes, strict=True)))


def receipt(number: int, *, sender: str = "", project: str = "") -> list[str]:
    """Return the lines of a drawn document: a sender, a project, a date and amounts."""
    own = sender or SENDERS[number % len(SENDERS)]
    return [
        own,
        f"Telefon 0{abs(hash_of(own)) % 900000 + 100000}",
        f"Beleg Nr {7000 + number}",
        f"Kostentraeger: {project or project_of(number)}",
        f"Datum {number % 27 + 1:02d}.03.2026",
        f"Artikel {3 + number % 9},50",
        f"Zwischenwert {20 + number},00",
        f"Endwert {24 + number},10",
    ]


def letter(number: int) -> list[str]:
    """Return the lines of a letter."""
    return [
        "Sehr geehrte Damen und Herren,",
        f"wir danken fuer Ihr Schreiben Nummer {number} und antworten gern.",
        "Mit freundlichen Gruessen",
    ]


def hash_of(text: str) -> int:
    """Return a number that is the same in every process."""
    return sum(ord(char) * 31**place for place, char in enumerate(text)) % 10**9


def project_of(number: int) -> str:
    """Return the project of a drawn document."""
    return f"PX-{(number * 37) % 90 + 10}-{(number * 53) % 900 + 100}"


def example(
    number: int,
    value: str,
    *,
    lines: Sequence[str] | None = None,
    findings: dict[str, Finding] | None = None,
    digest: str = "",
) -> Example:
    """Return a record with a drawn document."""
    return Example(
        record_id=str(number),
        digest=digest or f"digest {number}",
        pages=[page(lines or receipt(number))],
        findings=findings or {},
        value=value,
        when=f"2026-01-01T00:{number // 60:02d}:{number % 60:02d}",
    )
