"""Match a table's columns with findings, by their names and types, and say why. Pure.

A column is taken if its name says what a document may hold and its type holds it. What is only
possible is mentioned, and left to the user.
"""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from types import MappingProxyType

from pipeline.decide.column_values import UnfitText, convert, is_empty
from pipeline.finding_kinds import FindingKind, ValueType
from pipeline.findings import FINDINGS
from pipeline.model import Column, Value
from pipeline.model.schema import Container
from pipeline.onboarding.foreign_headers import FOREIGN_HEADERS, POSSIBLE_FOREIGN_HEADERS, spelled
from pipeline.onboarding.similarity import ratio, token_sort_ratio

SURE = 88.0
"""Similarity of names, 0 to 100, from which a column is taken: one letter of eight may differ."""

POSSIBLE = 72.0
"""Similarity from which a column is mentioned."""

_SHORT_NAME_CHARS = 4  # in so few letters one that differs makes another word: "net" and "note"
_POSSIBLE_HEADER_MAX = 80.0  # below `SURE`, so that such a column is only mentioned
_OTHER_TYPE_PENALTY = 4.0  # the better column of two with the same name is the one of a better type
_TABLE_NAME_PENALTY = 1.0  # a name that fits as it is comes before one without the table's name
_HEADER_RANK_PENALTY = 0.1  # of two headers that fit alike, the first one is the usual one

# What values of a finding look like, in any country: enough to say what is something else.
_SHAPES_OF_TYPES = dict.fromkeys(
    (ValueType.DATE, ValueType.AMOUNT, ValueType.COUNT, ValueType.SHARE), re.compile(r"\d")
)
_SHAPES = {
    "currency": re.compile(r"^\W{1,2}$|^[A-Za-z]{1,3}.?$"),
    "email": re.compile(r"@"),
    "iban": re.compile(r"^[A-Za-z]{2}\d\d"),
    "sha256": re.compile(r"^[0-9A-Fa-f]{64}$"),
    # Not a rate, such as 19 or "7.0 %".
    "tax": re.compile(r"^(?!\D*\d{1,2}([.,]0+)?\D*$).*\d"),
    "vat_id": re.compile(r"\d"),
    "phone": re.compile(r"\d{3}"),
    "invoice_number": re.compile(r"\d"),
    "order_number": re.compile(r"\d"),
    "document_number": re.compile(r"\d"),
}
_NOTHING: Mapping[str, str] = MappingProxyType({})

# Parts of a name as users write it: InvoiceDate, invoice_date, INVOICE DATE, sha256.
_WORD = re.compile(r"[A-Z]+(?![a-z])\d*|[A-Z]?[^\W\dA-Z_]+\d*|\d+")


@dataclass(frozen=True, slots=True)
class Match:
    """A column and the finding it may take. `score` is 0 to 100, `objection` "" for none.

    `creates` is the type of a column that does not exist yet, "" for one that does.
    """

    column: str
    finding: str
    score: float
    why: str
    objection: str = ""
    creates: str = ""


def match_columns(
    container: Container, agreed: Mapping[str, str] = _NOTHING
) -> tuple[tuple[Match, ...], tuple[Match, ...]]:
    """Return the columns to take, each for one finding, and the possible ones with objections.

    `agreed` has the finding of each column whose values are those that sample documents hold: that
    says more than a name.
    """
    by_value = (_match_by_value(container.columns[name], agreed[name]) for name in agreed)
    # A field of files holds the document itself, never what the document says.
    settled = {*agreed, *(field.name for field in container.fields)}
    by_name = (match for match in possible_matches(container) if match.column not in settled)
    ranked = sorted([*by_value, *by_name], key=lambda match: -match.score)
    taken = _taken(ranked)
    columns = {match.column for match in taken.values()}
    # A column that is not taken is mentioned with its best match.
    unsure: dict[str, Match] = {}
    for match in ranked:
        if match.column not in columns and match.column not in unsure:
            unsure[match.column] = replace(match, objection=_why_unsure(match, taken))
    order = {name: number for number, name in enumerate(container.columns)}
    return _ordered(taken.values(), order), _ordered(unsure.values(), order)


def _taken(ranked: Sequence[Match]) -> dict[str, Match]:
    """Return the best match of each finding that nothing speaks against, each column once."""
    taken: dict[str, Match] = {}
    columns: set[str] = set()
    for match in ranked:
        is_free = match.finding not in taken and match.column not in columns
        if match.score >= SURE and not match.objection and is_free:
            taken[match.finding] = match
            columns.add(match.column)
    return taken


def _ordered(matches: Iterable[Match], order: Mapping[str, int]) -> tuple[Match, ...]:
    return tuple(sorted(matches, key=lambda match: order[match.column]))


def _why_unsure(match: Match, taken: Mapping[str, Match]) -> str:
    if match.objection:
        return match.objection
    if match.finding in taken:
        return f"{match.finding} goes to {taken[match.finding].column} already"
    return "its name may mean something else"


def possible_matches(container: Container) -> Iterator[Match]:
    """Yield every pair of a column and a finding whose names are similar."""
    # "ReimbursementDate" in the table Reimbursements is just its date, and "IdExpires" beside the
    # file field IdScan is when that expires.
    names = (container.name, *(field.name for field in container.fields))
    context = {word.removesuffix("s") for name in names for word in words_of(name)}
    for column in container.columns.values():
        words = words_of(column.name)
        bare = [word for word in words if word.removesuffix("s") not in context] or words
        values = [row.get(column.name) for row in container.samples]
        for kind in FINDINGS.values():
            score, header = best_header(words, bare, kind)
            if score >= POSSIBLE:
                match = _match(column, kind, score, header)
                misfit = misfit_of(values, kind)
                yield replace(match, objection=misfit) if misfit else match


def misfit_of(values: Sequence[Value], kind: FindingKind) -> str:
    """Say why the values that a column has now are none of a finding; "" if they may be."""
    shape = _SHAPES.get(kind.name) or _SHAPES_OF_TYPES.get(kind.type)
    texts = [str(value).strip() for value in values if not is_empty(value)]
    if shape is None or not texts:
        return ""
    others = [text for text in texts if not shape.search(text)]
    # Users mistype some: half of the values decide.
    if 2 * len(others) <= len(texts):
        return ""
    return f"its values are something else, such as {others[0][:40]!r}"


def best_header(words: Sequence[str], bare: Sequence[str], kind: FindingKind) -> tuple[float, str]:
    """Return the similarity of a name to the nearest header of a finding, and that header."""
    best = (0.0, "")
    for headers, ceiling in ((kind.headers, 100.0), (kind.possible_headers, _POSSIBLE_HEADER_MAX)):
        for rank, header in enumerate(headers):
            similarity = max(
                _similarity(words, header), _similarity(bare, header) - _TABLE_NAME_PENALTY
            )
            score = min(ceiling, similarity) - _HEADER_RANK_PENALTY * rank
            best = max(best, (score, header))
    return max(best, *_foreign_headers(words, bare, kind))


def _foreign_headers(
    words: Sequence[str], bare: Sequence[str], kind: FindingKind
) -> Iterator[tuple[float, str]]:
    """Yield the headers in other languages that a name is, without and with the table's name."""
    for by_spelling, score in (
        (FOREIGN_HEADERS, 100.0),
        (POSSIBLE_FOREIGN_HEADERS, _POSSIBLE_HEADER_MAX),
    ):
        headers = by_spelling.get(kind.name, _NOTHING)
        for parts, penalty in ((words, 0.0), (bare, _TABLE_NAME_PENALTY)):
            if header := headers.get(spelled("".join(parts))):
                yield score - penalty, header
    yield 0.0, ""


def _similarity(words: Sequence[str], header: str) -> float:
    text = " ".join(words)
    if min(len(header), len(text)) <= _SHORT_NAME_CHARS:
        return 100.0 if text == header else 0.0
    joined = ratio(text.replace(" ", ""), header.replace(" ", ""))
    return max(token_sort_ratio(text, header), joined)


def words_of(name: str) -> list[str]:
    """Split the name of a table or column into lower-case words."""
    return [word.lower() for word in _WORD.findall(name)]


def _match_by_value(column: Column, finding: str) -> Match:
    match = Match(column.name, finding, 100.0, "documents say what its records hold")
    objection = _objection(column)
    return replace(match, objection=objection) if objection else match


def _objection(column: Column) -> str:
    if column.is_locked:
        return "it is calculated or read-only"
    if column.unique:
        return "it is unique: a second document with the same value is refused"
    return ""


def _match(column: Column, kind: FindingKind, score: float, header: str) -> Match:
    """Return the match of a column and a finding, with the objection that the column raises."""
    why = f"its name is like {header!r}"
    if column.name.casefold() == kind.name.casefold():
        why = "its name says so"
    match = Match(column.name, kind.name, score, why)
    objection = _objection(column)
    if objection:
        return replace(match, objection=objection)
    if column.type in kind.column_types:
        return replace(match, score=round(score, 1), why=f"{why}; {column.type} holds it")
    if kind.type.value.only_best:
        return replace(match, objection=f"it is of type {column.type}, which is too short")
    try:
        convert(kind.sample, column)
    except UnfitText as error:
        return replace(match, objection=str(error))
    better = kind.column_types[0]
    return replace(
        match,
        score=round(score - _OTHER_TYPE_PENALTY, 1),
        why=f"{why}; {column.type} takes it, {better} would suit it better",
    )
