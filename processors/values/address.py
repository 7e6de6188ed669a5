"""Find the address of the company that issued a document: a block of lines below its name.

The block is found by named rules: what continues it (`continues_address`), what ends it
(`is_something_else`), and what makes it sure (`is_certain_address`).
"""

import re
from collections.abc import Sequence

from pipeline.model import Finding
from processors.values.date_text import MonthNames, dates_in
from processors.values.legal_forms import repair_form
from processors.values.lines import TextLine, enclosing_box, label_pattern
from processors.values.money.amounts import money_in

_MOST_LINES = 6
_SKIPPED_LINES = 4
"""Lines between the name and the address: a registration number, a slogan, a branch."""

# Postal codes as the UPU lists them: 4 to 6 digits with a country ("D-10115"), the letters and
# digits of the United Kingdom ("SW1A 1AA"), a US state with its ZIP code ("TX 75001"),
# and five digits in two groups before the town ("111 22 Stockholm").
_POSTAL_CODE = re.compile(
    r"(?<![\d.,/])(?:[a-z]{1,2}-)?\d{4,6}(?![\d.,/])"
    r"|\b[a-z]{1,2}\d[a-z\d]? ?\d[a-z]{2}\b"
    r"|\b[a-z]{2} \d{5}\b"
    r"|(?<!\d)\d{3} \d{2} [a-z]{3}"
)
# A house number at the beginning of a line ("No. 12-3, …") or at its end ("Main Road 12a").
_HOUSE_NUMBER = re.compile(
    r"^(?:no\.? ?)?[a-z]{0,3}[\-. ]?\d{1,5}[a-z]?(?:[\-&/,. ]|$)|\b\d{1,4}[a-z]?$"
)
_LABEL = re.compile(r"(?!add|no\b|lot\b|unit\b|hq\b|branch)[^:,]{2,30}:(?!\d)")
"""Words with a colon after them announce another value, unless they announce an address."""
_SALUTATION = re.compile(r"(?:dear|sehr geehrte|madame|monsieur|bonjour|estimad[oa]|guten tag)\b")
_COMPLETE = re.compile(r"[^,]*\d[^,]*, ?(?:\d{4,6} )?[^\W\d_][^,\d]{2,}$")
"""A street with its house number, and the town after a comma."""
_LEAST_SHARE_OF_LETTERS = 0.4
"""Of the characters of a line: telephone and registration numbers have fewer."""
_TOWN_WORDS = 3
"""Words of a line in capitals that may be the town at the end of an address."""


def find_address(lines: Sequence[TextLine], *, company: Finding | None) -> Finding | None:
    """Find the address below the company's name, from its street to its town."""
    if company is None or company.value is None:
        return None
    name_line = _line_of(company, lines)
    if name_line is None:
        return None

    first = name_line.number + 1
    block = address_in(lines[first : first + _SKIPPED_LINES + _MOST_LINES])
    if not block:
        return None
    boxes = [line.box for line in block if line.box]
    has_postal_code = any(map(_has_postal_code, block))
    return Finding(
        " ".join(line.text.strip() for line in block),
        0.75 if has_postal_code else 0.55,
        f"the lines below '{company.value}' look like an address",
        block[0].page,
        enclosing_box(boxes) if boxes else None,
    )


def _line_of(company: Finding, lines: Sequence[TextLine]) -> TextLine | None:
    """Return the line with the company's name, or else with its last word."""
    name = company.value or ""
    for text in (name, name.split()[-1]):
        for line in lines:
            if line.page == company.page and text in repair_form(line.text):
                return line
    return None


def address_in(lines: Sequence[TextLine]) -> list[TextLine]:
    """Return the first lines that are an address, none if there is no certain one."""
    block: list[TextLine] = []
    for place, line in enumerate(lines):
        if is_something_else(line):
            if is_certain_address(block) or place > _SKIPPED_LINES:
                break
            block = []
        elif continues_address(block, line):
            block.append(line)
            if len(block) >= _MOST_LINES:
                break
        elif block or place >= _SKIPPED_LINES:
            if block and is_town_in_capitals(line):
                block.append(line)
            break
    return block if is_certain_address(block) else []


def continues_address(block: Sequence[TextLine], line: TextLine) -> bool:
    """A street, a house number or a postal code begins an address and continues it.

    So does any line after one without a postal code, because the town is still missing, and a line
    that ends with a comma.
    """
    if line.folded.startswith("("):
        return False
    last = block[-1] if block else None
    town_is_missing = last and not _has_postal_code(last) and not _COMPLETE.match(last.folded)
    return bool(
        town_is_missing
        or line.text.endswith(",")
        or _has_postal_code(line)
        or _has_address_word(line)
        or _HOUSE_NUMBER.search(line.folded)
    )


def is_something_else(line: TextLine) -> bool:
    """A line of numbers, a price, an e-mail address or a word such as "telephone" is no address."""
    if _LABEL.match(line.folded) or _SALUTATION.match(line.folded):
        return True
    letters = sum(map(str.isalpha, line.text))
    characters = len(line.text.replace(" ", ""))
    if letters < _LEAST_SHARE_OF_LETTERS * characters or "@" in line.text:
        return True
    if label_pattern("address", "end").search(line.folded):
        return True
    if dates_in(line.folded, MonthNames(())):
        return True
    return any(amount.cents for amount in money_in(line.folded))


def is_town_in_capitals(line: TextLine) -> bool:
    """The last line of an address may be the town alone, in capitals."""
    return line.text.isupper() and len(line.text.split()) <= _TOWN_WORDS


def is_certain_address(block: Sequence[TextLine]) -> bool:
    """An address has a postal code or a word such as "street"; a house number is not enough."""
    return any(_has_postal_code(line) or _has_address_word(line) for line in block)


def _has_postal_code(line: TextLine) -> bool:
    return _POSTAL_CODE.search(line.folded) is not None


def _has_address_word(line: TextLine) -> bool:
    return label_pattern("company", "address").search(line.folded) is not None
