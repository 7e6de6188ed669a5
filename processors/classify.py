"""The kind of a document, by rules a person can read in `rules.toml`."""

import re
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Literal

from pipeline.model import Finding, PageText
from processors.values.lines import Line, fold, lines_of, word_pattern

VERSION = "1"

_TITLE_LINES = 12
_TOP_LINES = 25
_LEAST_WORDS = 3
_NAMED = 5
"""Pieces of evidence a reason names; more would bury it."""
_OFFICE = ("text/csv", "application/vnd.ms-excel", "application/vnd.openxmlformats-officedocument.spreadsheetml")


@dataclass(frozen=True, slots=True)
class Rule:
    """Words that speak for a class: each of at most `most` found adds `weight` (negative: speaks against)."""

    doc_class: str
    where: Literal["title", "top", "any"]
    weight: float
    most: int
    pattern: re.Pattern[str]


@dataclass(frozen=True, slots=True)
class Rules:
    """All rules, and the points a class needs to be named."""

    rules: tuple[Rule, ...]
    enough: float
    lead: float
    little: float
    words: int


@dataclass(frozen=True, slots=True)
class Evidence:
    """A word that was found: where it stands and what it adds."""

    doc_class: str
    word: str
    line: Line
    weight: float


@cache
def load_rules() -> Rules:
    """Read the packaged rules once."""
    raw = tomllib.loads(resources.files("processors").joinpath("rules.toml").read_text(encoding="utf-8"))
    return Rules(
        rules=tuple(_rule(entry) for entry in raw["rules"]),
        enough=raw["enough"],
        lead=raw["lead"],
        little=raw["little"],
        words=raw["words"],
    )


def _rule(entry: Mapping[str, object]) -> Rule:
    words, patterns = entry.get("words", []), entry.get("patterns", [])
    assert isinstance(words, list)
    assert isinstance(patterns, list)
    longest_first = sorted(words, key=len, reverse=True)
    parts = [rf"(?<![a-z0-9])(?:{'|'.join(map(word_pattern, map(fold, longest_first)))})(?![a-z])"] if words else []
    where = entry["where"]
    assert where in {"title", "top", "any"}
    if where == "title":
        parts = [rf"^\W{{0,4}}{part}" for part in parts]
    return Rule(
        doc_class=str(entry["class"]),
        where=where,
        weight=float(str(entry["weight"])),
        most=int(str(entry["most"])),
        pattern=re.compile("|".join([*parts, *patterns])),
    )


def _scope(lines: Sequence[Line], where: str) -> Sequence[Line]:
    return lines[: {"title": _TITLE_LINES, "top": _TOP_LINES}.get(where, len(lines))]


def _found_by(rule: Rule, lines: Sequence[Line]) -> Iterator[Evidence]:
    seen: set[str] = set()
    for line in _scope(lines, rule.where):
        for match in rule.pattern.finditer(line.folded):
            if match.group() not in seen and match.group():
                seen.add(match.group())
                yield Evidence(rule.doc_class, match.group().strip(), line, rule.weight)
                if len(seen) >= rule.most:
                    return


def evidence_in(lines: Sequence[Line]) -> list[Evidence]:
    """Return every word the rules found."""
    return [found for rule in load_rules().rules for found in _found_by(rule, lines)]


def _points(evidence: Sequence[Evidence]) -> list[tuple[float, str]]:
    points: dict[str, float] = {}
    for piece in evidence:
        points[piece.doc_class] = points.get(piece.doc_class, 0.0) + piece.weight
    return sorted(((score, name) for name, score in points.items() if score > 0), reverse=True)


def _named(evidence: Sequence[Evidence], doc_class: str) -> str:
    own = sorted((e for e in evidence if e.doc_class == doc_class and e.weight > 0), key=lambda e: -e.weight)
    return ", ".join(f"'{e.word[:40]}' (page {e.line.page}, line {e.line.number + 1})" for e in own[:_NAMED])


def _first_page(evidence: Sequence[Evidence], doc_class: str) -> int:
    return min(e.line.page for e in evidence if e.doc_class == doc_class and e.weight > 0)


def _nothing_found(word_count: int, *, rules: Rules, sheet: bool) -> Finding:
    if word_count >= rules.words or sheet:
        hint = " of a table" if sheet else ""
        return Finding("other", 0.6, f"next to nothing among {word_count} words{hint} points to a class")
    return Finding(None, 0.2, f"only {word_count} words were read, and next to nothing points to a class")


def _judge(points: Sequence[tuple[float, str]], evidence: Sequence[Evidence], *, rules: Rules, words: int) -> Finding:
    score, best = points[0]
    second, rival = points[1] if len(points) > 1 else (0.0, "")
    page = _first_page(evidence, best)
    if score < rules.enough:
        return Finding(
            None, 0.3, f"unsure: little points to {best}: {_named(evidence, best)}; {words} words in all", page
        )
    if score - second < rules.lead:
        both = f"{best} for {_named(evidence, best)}; {rival} for {_named(evidence, rival)}"
        return Finding(None, 0.4, f"unsure between {best} and {rival}: {both}", page)
    confidence = min(0.97, 0.5 + 0.03 * score + 0.04 * min(score - second, 6.0))
    return Finding(best, round(confidence, 2), f"{_named(evidence, best)}", page)


def classify(pages: Sequence[PageText], *, media_type: str) -> Finding:
    """Name the document's class, "other" where none fits, or None where the evidence is level or thin.

    Classes: receipt, invoice, contract, letter, form, resume, identity_document, bank_statement, medical_record.
    """
    rules = load_rules()
    lines = lines_of(pages)
    words = sum(len(line.folded.split()) for line in lines)
    if words < _LEAST_WORDS:
        return Finding(None, 0.0, "there is no text to judge by")
    evidence = evidence_in(lines)
    points = _points(evidence)
    sheet = media_type.startswith(_OFFICE)
    if not points or points[0][0] < rules.little:
        return _nothing_found(words, rules=rules, sheet=sheet)
    return _judge(points, evidence, rules=rules, words=words)
