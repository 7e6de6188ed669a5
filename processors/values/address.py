"""The address of the company that issued a document: the lines below its name."""

import re
from collections.abc import Sequence

from pipeline.model import Finding
from processors.values.lines import TextLine, enclosing_box, label_pattern
from processors.values.money.amounts import money_in

_MOST_LINES = 6
_SKIPPED = 4
"""Lines between name and address: registration, slogan, branch."""
_POSTCODE = re.compile(
    r"(?<![\d.,/])(?:[a-z]{1,2}-)?\d{4,6}(?![\d.,/])|\b[a-z]{1,2}\d[a-z\d]? ?\d[a-z]{2}\b|\b[a-z]{2} \d{5}\b"
)
_HOUSE = re.compile(r"^(?:no\.? ?)?[a-z]{0,3}[\-. ]?\d{1,5}[a-z]?(?:[\-&/,. ]|$)|\b\d{1,4}[a-z]?$")
_MOSTLY_DIGITS = 0.6


def _is_street(line: TextLine) -> bool:
    return bool(
        label_pattern("company", "address").search(line.folded) or _HOUSE.search(line.folded)
    )


def _is_place(line: TextLine) -> bool:
    return bool(_POSTCODE.search(line.folded))


def _ends(line: TextLine) -> bool:
    """Say whether a line tells of something else than a place."""
    letters = sum(char.isalpha() for char in line.text)
    few = letters < (1 - _MOSTLY_DIGITS) * len(line.text.replace(" ", ""))
    paid = any(amount.cents for amount in money_in(line.folded))
    return (
        few or paid or bool(label_pattern("address", "end").search(line.folded)) or "@" in line.text
    )


def find_address(lines: Sequence[TextLine], *, company: Finding | None) -> Finding | None:
    """Find the address below the company's name, from its street to its town."""
    if company is None or company.value is None:
        return None
    word = company.value.split()[-1]
    at = next(
        (line.number for line in lines if company.page == line.page and company.value in line.text),
        None,
    )
    if at is None:
        at = next(
            (line.number for line in lines if company.page == line.page and word in line.text), None
        )
    if at is None:
        return None
    block = _block(lines[at + 1 : at + 1 + _SKIPPED + _MOST_LINES])
    if not block:
        return None
    boxes = [line.box for line in block if line.box]
    value = " ".join(line.text.strip() for line in block)
    confidence = 0.75 if any(_is_place(line) for line in block) else 0.55
    reason = f"what stands below '{company.value}' looks like an address"
    return Finding(
        value, confidence, reason, block[0].page, enclosing_box(boxes) if boxes else None
    )


def _block(lines: Sequence[TextLine]) -> list[TextLine]:
    block: list[TextLine] = []
    for place, line in enumerate(lines):
        if _ends(line):
            if _is_sure(block) or place > _SKIPPED:
                break
            block = []
            continue
        fits = not line.folded.startswith("(") and (
            _is_street(line)
            or _is_place(line)
            or (block and not _is_place(block[-1]))
            or line.text.endswith(",")
        )
        if not fits and (block or place >= _SKIPPED):
            if (
                block
                and len(line.text.split()) <= 3  # noqa: PLR2004 - a town
                and line.text.isupper()
                and len(block) < _MOST_LINES
            ):
                block.append(line)
            break
        if fits:
            block.append(line)
        if len(block) >= _MOST_LINES:
            break
    return block if _is_sure(block) else []


def _is_sure(block: Sequence[TextLine]) -> bool:
    """Say whether a block has a postcode or a word of addresses; a number at a line's end alone is none."""
    return any(
        _is_place(line) or label_pattern("company", "address").search(line.folded) for line in block
    )
