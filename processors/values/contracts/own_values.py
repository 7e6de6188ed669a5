"""Keep of what was read from a contract only what is its own, and not what its clauses mention.

A clause names sums, numbers and places of all kinds: a fine, an exhibit, a bill to be paid.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace

from pipeline.model import Finding
from processors.values.contracts.defined_terms import key_of, unique
from processors.values.contracts.party_names import has_form
from processors.values.lines import TextLine, label_pattern
from processors.values.money.amounts import money_in
from processors.values.money.sums import kind_of

_AMOUNTS = ("total", "net", "tax", "amount_due")
_NUMBERS = ("invoice_number", "order_number")
_MOST_WORDS = 10
"""Words of a line that states a value, and is no part of a clause."""
_MOST_ADDRESS_CHARS = 100
_LEAST_KEY = 4
_FAR = 3
"""The distance of a party that was not read as the company."""
_CLAUSE = re.compile(
    r"[\"\u201c\u201d;]|_{2,}|\b(?:dated|exhibit|hereinafter|whereas|having|shall|company)\b"
)
_DESCRIPTION = re.compile(r"[\"\u201c\u201d(;]|, an? ")
_END_OF_SENTENCE = re.compile(r"[^\W_]{3,}\.$")
_GOES_ON = re.compile(r"[a-z,(\u2013-]$|\b(?:of|the|to)$")
"""The end of a line whose sentence continues in the next one."""


def own_values(
    found: Mapping[str, Finding | None], lines: Sequence[TextLine], parties: Finding | None
) -> dict[str, Finding | None]:
    """Return amounts, numbers, address and company of a contract, open where clauses have them."""
    stated = _stating_lines(lines)
    values: dict[str, Finding | None] = {}
    for name in (*_AMOUNTS, *_NUMBERS):
        finding = found.get(name)
        is_stated = finding and finding.value and _is_in(finding.value, stated)
        values[name] = finding if is_stated else _opened(finding, "is in a clause")
    company = found.get("company")
    values["company"] = own = _party(company, parties)
    values["address"] = _address(found.get("address"), is_of=company, party=own)
    return values


def _address(
    address: Finding | None, *, is_of: Finding | None, party: Finding | None
) -> Finding | None:
    """Return an address, open if it is a clause or below a company that is no party."""
    company = is_of.value if is_of else None
    is_opened = party is not None and party.value is None
    if address and company and is_opened and company in address.reason:
        return _opened(address, "is that of no party")
    return _opened(address, "is a clause") if _is_clause(address) else address


def _opened(finding: Finding | None, why: str) -> Finding | None:
    """Return a finding without its value, which the contract has in another sense."""
    if finding is None or finding.value is None:
        return finding
    return replace(finding, value=None, reason=f"{finding.reason}; it {why} of the contract")


def _stating_lines(lines: Sequence[TextLine]) -> list[TextLine]:
    """Return the short lines that begin what they say: a label and its value, a row of a table."""
    short = [
        line
        for line in lines
        if len(line.text.split()) <= _MOST_WORDS and not _END_OF_SENTENCE.search(line.text)
    ]
    return [line for line in short if not (line.number and _goes_on(lines[line.number - 1], line))]


def _goes_on(above: TextLine, line: TextLine) -> bool:
    """Return whether a line is the rest of a sentence that begins in the one above it."""
    is_long = len(above.text.split()) > _MOST_WORDS
    return ":" not in line.text and is_long and _GOES_ON.search(above.text) is not None


def _is_in(value: str, lines: Sequence[TextLine]) -> bool:
    """Return whether a line has a value, whatever signs are between its digits.

    Without its decimals an amount counts where a line is about money: "100" is also a house number.
    """
    about_money = [line for line in lines if kind_of(line.folded)[0] or money_in(line.folded)]
    whole = _with_any_signs(re.sub(r"(?<=\d)[.,]00$", "", value))
    is_exact = any(_with_any_signs(value).search(line.text) for line in lines)
    return is_exact or any(whole.search(line.text) for line in about_money)


def _with_any_signs(value: str) -> re.Pattern[str]:
    signs = map(re.escape, re.sub(r"\W", "", value))
    return re.compile(r"(?<!\d)" + r"[\s.,'\u2019/_-]?".join(signs) + r"(?!\d)")


def _is_clause(address: Finding | None) -> bool:
    """Return whether an address is a sentence, or has the title of the contract in it."""
    text = (address.value or "") if address else ""
    folded = text.casefold()
    is_titled = label_pattern("parties", "titles").search(folded) is not None
    is_sentence = _CLAUSE.search(folded) or _END_OF_SENTENCE.search(text)
    return len(text) > _MOST_ADDRESS_CHARS or is_titled or is_sentence is not None


def _party(company: Finding | None, parties: Finding | None) -> Finding | None:
    """Return the company of a contract with the whole name that it has as a party.

    Without one it is a part of a sentence: "a Delaware corporation".
    """
    if company is None or company.value is None:
        return company
    names = unique((parties.value or "").split("; ") if parties else [])
    if not names:
        is_clause = _DESCRIPTION.search(company.value) is not None
        return _opened(company, "is in a clause") if is_clause else company
    best = min(names, key=lambda name: _distance(name, company.value or ""))
    distance, _ = _distance(best, company.value)
    if distance == _FAR:
        return _opened(company, "names none of the parties")
    reason = f"{company.reason}; this is the name of the party" if distance else company.reason
    return replace(company, value=best, reason=reason)


def _distance(name: str, text: str) -> tuple[int, bool]:
    """Return how far a party is from what was read: the same, within it, or around it.

    Of several parties one with a legal form is the company.
    """
    own, key = key_of(name), key_of(text)
    if own == key:
        return 0, False
    is_around = key in own and len(key) >= _LEAST_KEY
    return (1 if own in key else 2 if is_around else _FAR), not has_form(name)
