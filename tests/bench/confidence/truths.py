"""Say what a document really says, and whether a value is that; the words are the corpus's own."""

import re
from collections.abc import Mapping
from typing import Any

from tests.bench.values import NAMES, folded, same

_CONTRACT_NAMES = {"effective_date": "date", "party": "parties"}
_FORMS = {
    "incorporated": "inc", "corporation": "corp", "limited": "ltd", "company": "co",
    "llc": "llc",
}  # fmt: skip
_SUMS = ("total", "net", "tax")
_SMALL_WORDS = frozenset({"and", "the"})
_REPAIRED = re.compile(r"[^\d.\-]")


def truths_of(row: Mapping[str, Any]) -> dict[str, Any]:
    """Return the known values of a document by the names of findings."""
    fields = row["labels"].get("fields") or {}
    if row["kind"].startswith("drawn"):
        return dict(fields)
    if row["kind"] == "contract":
        return {_CONTRACT_NAMES[name]: fields[name] for name in fields if name in _CONTRACT_NAMES}
    names = {**NAMES, "address": "address"}
    truths = {names[name]: str(value) for name, value in fields.items() if name in names and value}
    if "company" in truths and row["kind"] == "invoice":
        truths["seller"] = truths["company"]
    # Of some receipts the total was typed with its currency.
    if "total" in truths:
        truths["total"] = _REPAIRED.sub("", truths["total"])
    return truths


def printed_truths(truths: Mapping[str, Any], text: str) -> dict[str, Any]:
    """Return the known values without amounts if neither total nor net nor tax is in the text.

    The values of electronic invoices are those of their XML. Of one in which the page shows other
    amounts throughout, they say nothing about the page.
    """
    known = [str(truths[name]) for name in _SUMS if truths.get(name)]
    digits = re.sub(r"[^\d\n]", "", text)
    if len(known) < len(_SUMS) or any(re.sub(r"\D", "", each) in digits for each in known):
        return dict(truths)
    return {name: truth for name, truth in truths.items() if name not in {*_SUMS, "amount_due"}}


def issuer_of(row: Mapping[str, Any]) -> str:
    """Return who issued a document, folded; documents without a known issuer are on their own."""
    fields = row["labels"].get("fields") or {}
    issuer = fields.get("company") or fields.get("seller") or ""
    return folded(str(issuer)) or str(row["id"])


def is_right(name: str, truth: Any, value: str) -> bool:
    """Return whether a value is the one that people gave, in whatever form they wrote it."""
    if name == "parties":
        parties = {_party(each) for each in truth}
        return {_party(each) for each in value.split(";")} == parties
    return same(name, str(truth), value)


def _party(name: str) -> str:
    words = re.findall(r"\w+", re.sub(r"\.", "", name.casefold()))
    return "".join(_FORMS.get(word, word) for word in words if word not in _SMALL_WORDS)
