"""The kind of a document, by rules a person can read in `rules.toml`."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from pipeline.model import Finding
from processors.classify.rules import Rule, Rules, load_rules, parse_rules
from processors.contract import Page
from processors.values.lines import TextLine, text_lines_of

_TITLE_LINES = 12
_TOP_LINES = 25
_LEAST_WORDS = 3
_NAMED = 5
"""Pieces of evidence a reason names; more would bury it."""
_OFFICE = (
    "text/csv",
    "application/vnd.ms-excel",
    "application/vnd.openxmlformats-officedocument.spreadsheetml",
)


@dataclass(frozen=True, slots=True)
class Evidence:
    """A word that was found: where it stands and what it adds."""

    doc_class: str
    word: str
    line: TextLine
    weight: float


def _scope(lines: Sequence[TextLine], where: str) -> Sequence[TextLine]:
    return lines[: {"title": _TITLE_LINES, "top": _TOP_LINES}.get(where, len(lines))]


def _found_by(rule: Rule, lines: Sequence[TextLine]) -> Iterator[Evidence]:
    seen: set[str] = set()
    for line in _scope(lines, rule.where):
        for match in rule.pattern.finditer(line.folded):
            if match.group() not in seen and match.group():
                seen.add(match.group())
                yield Evidence(rule.doc_class, match.group().strip(), line, rule.weight)
                if len(seen) >= rule.most:
                    return


def evidence_in(lines: Sequence[TextLine], rules: Rules) -> list[Evidence]:
    """Return every word the rules found."""
    return [found for rule in rules.rules for found in _found_by(rule, lines)]


def _points(evidence: Sequence[Evidence]) -> list[tuple[float, str]]:
    points: dict[str, float] = {}
    for piece in evidence:
        points[piece.doc_class] = points.get(piece.doc_class, 0.0) + piece.weight
    return sorted(((score, name) for name, score in points.items() if score > 0), reverse=True)


def _named(evidence: Sequence[Evidence], doc_class: str) -> str:
    own = sorted(
        (e for e in evidence if e.doc_class == doc_class and e.weight > 0), key=lambda e: -e.weight
    )
    return ", ".join(
        f"'{e.word[:40]}' (page {e.line.page}, line {e.line.number + 1})" for e in own[:_NAMED]
    )


def _first_page(evidence: Sequence[Evidence], doc_class: str) -> int:
    return min(e.line.page for e in evidence if e.doc_class == doc_class and e.weight > 0)


def _nothing_found(word_count: int, *, rules: Rules, sheet: bool) -> Finding:
    if word_count >= rules.words or sheet:
        hint = " of a table" if sheet else ""
        return Finding(
            "other", 0.6, f"next to nothing among {word_count} words{hint} points to a class"
        )
    return Finding(
        None, 0.2, f"only {word_count} words were read, and next to nothing points to a class"
    )


def _judge(
    points: Sequence[tuple[float, str]], evidence: Sequence[Evidence], *, rules: Rules, words: int
) -> Finding:
    score, best = points[0]
    second, rival = points[1] if len(points) > 1 else (0.0, "")
    page = _first_page(evidence, best)
    if score < rules.enough:
        return Finding(
            None,
            0.3,
            f"unsure: little points to {best}: {_named(evidence, best)}; {words} words in all",
            page,
        )
    if score - second < rules.lead:
        both = f"{best} for {_named(evidence, best)}; {rival} for {_named(evidence, rival)}"
        return Finding(None, 0.4, f"unsure between {best} and {rival}: {both}", page)
    confidence = min(0.97, 0.5 + 0.03 * score + 0.04 * min(score - second, 6.0))
    return Finding(best, round(confidence, 2), f"{_named(evidence, best)}", page)


def classify(pages: Sequence[Page], *, media_type: str, own_rules: str = "") -> Finding:
    """Name the document's class, "other" where none fits, or None where the evidence is level or thin.

    Classes: receipt, invoice, contract, letter, form, resume, identity_document, bank_statement, medical_record,
    and whatever others `own_rules`, the text of a person's own rules file, names.
    """
    rules = parse_rules(own_rules) if own_rules else load_rules()
    lines = text_lines_of(pages)
    words = sum(len(line.folded.split()) for line in lines)
    if words < _LEAST_WORDS:
        return Finding(None, 0.0, "there is no text to judge by")
    evidence = evidence_in(lines, rules)
    points = _points(evidence)
    sheet = media_type.startswith(_OFFICE)
    if not points or points[0][0] < rules.little:
        return _nothing_found(words, rules=rules, sheet=sheet)
    return _judge(points, evidence, rules=rules, words=words)
