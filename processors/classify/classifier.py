"""Classify a document by rules that users can read in `rules.toml`."""

import re
from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import accumulate

from pipeline.model import Finding
from processors.classify.rules import Rule, Rules, load_rules, parse_rules
from processors.contract import Page
from processors.values.candidates import with_others
from processors.values.contracts.acting import acting_in
from processors.values.lines import TextLine, text_lines_of
from processors.values.numbers.context import lists_bills

_LINES_OF = {"title": 12, "top": 25}
"""Lines that are searched for rules that are not about the whole document."""
_BILLS = frozenset({"invoice", "receipt"})
_LEAST_WORDS = 3
_MOST_NAMED = 5
"""Pieces of evidence in a reason; more would hide the important ones."""
_LONGEST_WORD = 40
"""Characters of a piece of evidence in a reason."""

# Tables have little running text: a short one may be classified as "other", too.
_TABLES = (
    "text/csv",
    "application/vnd.ms-excel",
    "application/vnd.openxmlformats-officedocument.spreadsheetml",
)
# So has XML, and JSON: each value has its name.
_NAMED = frozenset({"xml", "json"})

_CONTRACT, _OF_PARTIES = "contract", 3.0
_FORM, _AGAINST_FORM = "form", -2.0
"""The points of named parties who have to do something, whatever the contract calls them."""
_WITH_PARTIES = frozenset({_CONTRACT, _FORM})

# Confidence of a class: 4 points (the least) with a lead of 1 have 0.66, 12 points with a lead of 6
# have 0.97. The lead says more about the class than the points, which grow with the text.
_BASE_CONFIDENCE = 0.5
_PER_POINT = 0.03
_PER_POINT_OF_LEAD = 0.04
_MOST_LEAD = 6.0
_MOST_CONFIDENCE = 0.97
_MOST_DOUBTED = 0.9
_CERTAIN = 4.0
"""How many times the points that speak against a contract it has if it is certain."""
_OTHER_CONFIDENCE = 0.6
_TIE_CONFIDENCE = 0.4
_LITTLE_CONFIDENCE = 0.3
_SHORT_CONFIDENCE = 0.2


@dataclass(frozen=True, slots=True)
class ClassEvidence:
    """A word that a rule found, its line, and the points that it adds."""

    doc_class: str
    word: str
    line: TextLine
    weight: float
    where: str = "any"


def classify(pages: Sequence[Page], *, media_type: str, own_rules: str = "") -> Finding:
    """Return the class of a document.

    It is "other" if there is enough text and no class fits, and None if the evidence is thin or
    tied. The classes are receipt, invoice, contract, letter, form, resume, identity_document,
    bank_statement, medical_record, others of `rules.toml`, and those that `own_rules` (the text of
    a user's rules file) names.
    """
    rules = parse_rules(own_rules) if own_rules else load_rules()
    lines = text_lines_of(pages)
    words = sum(len(line.folded.split()) for line in lines)
    if words < _LEAST_WORDS:
        return Finding(None, 0.0, "there is no text to classify")

    is_table = media_type.startswith(_TABLES) or pages[0].text.engine in _NAMED
    evidence = evidence_in(lines, rules, is_table=is_table)
    if not is_table and not _may_quote(evidence, rules):
        evidence += _of_parties(lines)
    points = _points_of(evidence)
    ranked = sorted(((total, name) for name, total in points.items() if total > 0), reverse=True)
    if not ranked or ranked[0][0] < rules.little:
        return _without_evidence(words, rules, is_table=is_table)

    found = _decided(ranked, evidence, rules, words=words)
    return with_others(found, _behind(found, ranked, evidence))


def _behind(
    found: Finding, ranked: Sequence[tuple[float, str]], evidence: Sequence[ClassEvidence]
) -> Iterator[Finding]:
    """Yield the other classes: they share what is left of certainty, as much as speaks for them."""
    behind = [(points, name) for points, name in ranked if name != found.value]
    share = (1.0 - found.confidence) / max(sum(points for points, _ in behind), 1.0)
    for points, name in behind:
        yield Finding(name, round(share * points, 2), _named(evidence, name))


def _decided(
    ranked: Sequence[tuple[float, str]],
    evidence: Sequence[ClassEvidence],
    rules: Rules,
    *,
    words: int,
) -> Finding:
    """Return the class with the most points, or none where the points do not decide."""
    (best_points, best), (second_points, second) = [*ranked, (0.0, "")][:2]
    named = _named(evidence, best)
    page = min(piece.line.page for piece in _for_class(evidence, best))
    lead = best_points - second_points
    if best_points < rules.enough:
        one = _with_article(best)
        reason = f"it may be {one}, but too little says so: {named}; {words} words in all"
        return Finding(None, _LITTLE_CONFIDENCE, reason, page)
    if lead < rules.lead:
        both = f"{best} for {named}; {second} for {_named(evidence, second)}"
        either = f"{_with_article(best)} or {_with_article(second)}"
        reason = f"it may be {either}: {both}"
        return Finding(None, _TIE_CONFIDENCE, reason, page)
    confidence = (
        _BASE_CONFIDENCE + _PER_POINT * best_points + _PER_POINT_OF_LEAD * min(lead, _MOST_LEAD)
    )
    is_doubted = best == _CONTRACT and _is_doubted(evidence)
    most = _MOST_DOUBTED if is_doubted else _MOST_CONFIDENCE
    return Finding(best, round(min(most, confidence), 2), named, page)


def _with_article(name: str) -> str:
    """Return the name of a class as people say it: "an identity document"."""
    words = name.replace("_", " ")
    return f"an {words}" if words[0] in "aeiou" else f"a {words}"


def _points_of(evidence: Sequence[ClassEvidence]) -> dict[str, float]:
    points: dict[str, float] = defaultdict(float)
    for piece in evidence:
        points[piece.doc_class] += piece.weight
    return points


def _may_quote(evidence: Sequence[ClassEvidence], rules: Rules) -> bool:
    """Say whether words speak against a contract, or for what may say what people have to do."""
    against = any(piece.doc_class == _CONTRACT and piece.weight < 0 for piece in evidence)
    points = _points_of(evidence)
    others = [points[name] for name in points if name not in _WITH_PARTIES]
    return against or max(others, default=0.0) >= rules.little


def _is_doubted(evidence: Sequence[ClassEvidence]) -> bool:
    """Say whether a contract may be what quotes one: clauses alone say nothing about who does.

    It has no title, opening sentence or named parties of its own, the title of another paper, or
    few clauses for a letter.
    """
    own = [piece for piece in evidence if piece.doc_class == _CONTRACT]
    against = [piece for piece in own if piece.weight < 0]
    points = _points_of(evidence)
    doubt = points["letter"] - sum(piece.weight for piece in against)
    return (
        not any(piece.weight > 0 and piece.where != "any" for piece in own)
        or any(piece.where == "title" for piece in against)
        or points[_CONTRACT] < _CERTAIN * doubt
    )


def evidence_in(
    lines: Sequence[TextLine], rules: Rules, *, is_table: bool = False
) -> list[ClassEvidence]:
    """Return every word that the rules found.

    Labels do not make a form of a table, which has them anyway: only its title does.
    """
    # Few places have a word of any rule: one look for all of them instead of one for each rule.
    begins = rules.any_word.finditer
    found = [(line, [each.start() for each in begins(line.folded)]) for line in lines]
    places = [(line, starts) for line, starts in found if starts]
    # The headings of a table of bills are the words of the bills that it lists.
    unfit = _BILLS if lists_bills(lines) else frozenset[str]()
    whole = _Whole.of(lines)
    return [
        piece
        for rule in rules.rules
        if not (is_table and rule.doc_class == "form" and rule.where != "title")
        and rule.doc_class not in unfit
        for piece in found_by(rule, lines, places, whole)
    ]


@dataclass(frozen=True, slots=True)
class _Whole:
    """The folded text of all lines, and behind which character each of them ends."""

    text: str
    ends: Sequence[int]

    @classmethod
    def of(cls, lines: Sequence[TextLine]) -> "_Whole":
        """Join the lines of a document."""
        texts = [line.folded for line in lines]
        return cls("\n".join(texts), list(accumulate(len(text) + 1 for text in texts)))

    def lines_with(self, texts: Sequence[str]) -> list[int]:
        """Return the numbers of the lines with any of these texts, which few documents have."""
        found: set[int] = set()
        for text in texts:
            place = self.text.find(text)
            while place >= 0:
                number = bisect_right(self.ends, place)
                found.add(number)
                place = self.text.find(text, self.ends[number])
        return sorted(found)


def _of_parties(lines: Sequence[TextLine]) -> list[ClassEvidence]:
    """Return the labels of two or more parties, as evidence for a contract and against a form.

    Clauses write those whom they bind with a capital letter; "the patient" and "the driver" are in
    any text that says what people have to do.
    """
    found = acting_in(lines)
    if not any(_is_term(role, lines) for role in found):
        return []
    line = next(line for line, _ in found.values())
    word = ", ".join(found)
    weights = ((_CONTRACT, _OF_PARTIES), (_FORM, _AGAINST_FORM))
    return [ClassEvidence(name, word, line, weight, "top") for name, weight in weights]


def _is_term(role: str, lines: Sequence[TextLine]) -> bool:
    """Say whether a word has a capital letter within a sentence, too, and not only as a label."""
    within = re.compile(rf"[a-z],? ({re.escape(role)})(?!\w| ?:)")
    return any(
        line.text[match.start(1)].isupper()
        for line in lines
        for match in within.finditer(line.folded)
    )


def found_by(
    rule: Rule,
    lines: Sequence[TextLine],
    places: Sequence[tuple[TextLine, Sequence[int]]],
    whole: _Whole,
) -> Iterator[ClassEvidence]:
    """Yield the different words that a rule finds, at most as many as it counts.

    `places` are where words of any rule begin, `whole` is the text of all lines.
    """
    is_anywhere = rule.words and rule.where == "any"
    matches = _words_at(rule, places) if is_anywhere else _matches_in(rule, lines, whole)
    seen: set[str] = {""}
    for line, match in matches:
        word = match.group()
        if word in seen:
            continue
        seen.add(word)
        yield ClassEvidence(rule.doc_class, word.strip(), line, rule.weight, rule.where)
        if len(seen) > rule.most:
            return


def _matches_in(
    rule: Rule, lines: Sequence[TextLine], whole: _Whole
) -> Iterator[tuple[TextLine, re.Match[str]]]:
    if rule.texts:
        # Few documents have any of these texts: most rules end here.
        lines = [lines[number] for number in whole.lines_with(rule.texts)]
    for line in lines[: _LINES_OF.get(rule.where, len(lines))]:
        if rule.needs in line.folded:
            for match in rule.pattern.finditer(line.folded):
                yield line, match


def _words_at(
    rule: Rule, places: Sequence[tuple[TextLine, Sequence[int]]]
) -> Iterator[tuple[TextLine, re.Match[str]]]:
    """Yield the words of a rule as `finditer` does, in which none begins within another."""
    match_at = rule.pattern.match
    for line, starts in places:
        end = 0
        for start in starts:
            match = match_at(line.folded, start) if start >= end else None
            if match:
                end = match.end()
                yield line, match


def _without_evidence(words: int, rules: Rules, *, is_table: bool) -> Finding:
    """Return "other" if there was enough to find a class in, else None."""
    if words >= rules.words or is_table:
        of_table = " of a table" if is_table else ""
        reason = f"hardly any of the {words} words{of_table} are those of a class"
        return Finding("other", _OTHER_CONFIDENCE, reason)
    reason = f"only {words} words were read, and hardly any are those of a class"
    return Finding(None, _SHORT_CONFIDENCE, reason)


def _for_class(evidence: Sequence[ClassEvidence], doc_class: str) -> list[ClassEvidence]:
    """Return what speaks for a class, the strongest first."""
    own = [piece for piece in evidence if piece.doc_class == doc_class and piece.weight > 0]
    return sorted(own, key=lambda piece: -piece.weight)


def _named(evidence: Sequence[ClassEvidence], doc_class: str) -> str:
    """Return the strongest evidence for a class in words; what is printed once is named once."""
    strongest: list[ClassEvidence] = []
    for piece in _for_class(evidence, doc_class):
        is_other = not any(_is_part(piece, other) for other in strongest)
        if is_other and len(strongest) < _MOST_NAMED:
            strongest.append(piece)
    named = [
        f"'{_shortened(piece.word)}' (page {piece.line.page}, line {piece.line.number + 1})"
        for piece in strongest
    ]
    return ", ".join(named)


def _is_part(piece: ClassEvidence, other: ClassEvidence) -> bool:
    """Say whether one of two words, which different rules have found, is a part of the other."""
    is_one_line = piece.line.page == other.line.page and piece.line.number == other.line.number
    return is_one_line and (piece.word in other.word or other.word in piece.word)


def _shortened(text: str) -> str:
    """Return the beginning of a text, cut between two words where there are several."""
    if len(text) <= _LONGEST_WORD:
        return text
    beginning = text[: _LONGEST_WORD - 1]
    return (beginning.rpartition(" ")[0] or beginning) + "…"
