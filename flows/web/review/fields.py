"""The columns of a record under review, each with what was found for it."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

from flows.web.review.cut import PageCut, cut_of
from flows.web.review.field import Field
from flows.web.review.outcomes import decision_of, history_of, outcome_of
from flows.web.review.page_view import Leaf, PageView, leaf_of, picture_of
from flows.web.review.words import (
    Box,
    PageWord,
    candidates_for,
    is_value,
    other_values,
    words_of_pages,
)
from flows.web.site import Visit
from pipeline.decide.column_values import TEXT_TYPES
from pipeline.model import Finding, SourceSpec
from pipeline.model.review import Review, ReviewItem
from pipeline.ports import Archive

_INPUTS = {
    "DATE/TIME": "date",
    "YES/NO": "yes-no",
    "TEXT": "long",
    "INTEGER": "whole",
    "NUMBER": "number",
    "CURRENCY": "number",
}
_LISTED = frozenset({"doc_type", "language", "currency"})  # findings with a fixed list of values
_MOST_OFFERED = 30  # fields for which other values of the page are looked up
_MOST_CUT = 10  # fields whose places are shown beside them: each may need another page drawn


def fields_of(
    visit: Visit,
    review: Review,
    spec: SourceSpec | None,
    items: list[ReviewItem],
    view: PageView,
) -> list[Field]:
    """Return the fields: open ones first, the riskiest of them before the others, as in the queue.

    Then comes what was decided, and then what was written at once.
    """
    types = visit.column_types([review.source])[review.source]
    shown_types = visit.shown_types([review.source])[review.source]
    by_column = {item.suggestion.column: item for item in items}
    mapped = spec.columns if spec is not None else {}
    fields = []
    leaves = _leaves(visit, view)
    for column in dict.fromkeys([*by_column, *mapped]):
        item, kind = by_column.get(column), types.get(column, "")
        decision = decision_of(item, visit.site.ledger) if item is not None else ("", None)
        finding, file = _read_for(item, mapped.get(column, ""), kind, leaves, view)
        if item is None and (finding is None or finding.value is None):
            continue
        leaf = leaves[file - 1] if file else None
        fields.append(
            Field(
                column,
                finding,
                item,
                kind=_INPUTS.get(kind, "short"),
                most=TEXT_TYPES.get(kind, max(TEXT_TYPES.values())),
                mark=view.marks.get(column, 0),
                file=file,
                shown_type=shown_types.get(column, ""),
                currency=_currency(leaf),
                decision=decision[0],
                written=decision[1],
                is_class=mapped.get(column) == "doc_type",
                write_at=spec.limits_of(column).write_at if spec is not None else 0.0,
            )
        )
    if spec is not None:
        fields = _with_outcomes(visit, review, spec, fields, leaves)
    fields.sort(key=_order)
    cut = _with_cuts(visit.site.archive, review, fields, leaves, view)
    return _with_offers_of(view, cut, types, mapped)


def _order(field: Field) -> tuple[bool, bool, float]:
    risk = field.item.risk if field.item is not None and field.is_open else 0.0
    return not field.is_open, field.item is None, -risk


def _with_cuts(
    archive: Archive,
    review: Review,
    fields: Sequence[Field],
    leaves: Sequence[Leaf],
    view: PageView,
) -> list[Field]:
    """Return the fields; the first that wait with their places, each cut out of its page."""
    printed = _printed_beside(archive, fields[:_MOST_CUT], leaves, view)
    cuts = [
        _cut(review, field, leaves[field.file - 1], view, printed)
        if field.is_open and field.file
        else None
        for field in fields[:_MOST_CUT]
    ]
    made = [replace(field, cut=cut) for field, cut in zip(fields, cuts, strict=False)]
    return [*made, *fields[len(made) :]]


def _printed_beside(
    archive: Archive, fields: Sequence[Field], leaves: Sequence[Leaf], view: PageView
) -> dict[tuple[int, int], Sequence[PageWord]]:
    """Return the words of the pages that values are cut out of, by file and page."""
    # Most values of a record are on the page that is shown.
    printed: dict[tuple[int, int], Sequence[PageWord]] = {(view.file, view.page): view.words}
    pages: dict[int, set[int]] = {}
    for field in fields:
        page, box = _place_of(field)
        if field.is_open and field.file and box and (field.file, page) not in printed:
            pages.setdefault(field.file, set()).add(page)
    for file, numbers in pages.items():
        found = words_of_pages(archive, leaves[file - 1].prefix, numbers)
        printed |= {(file, number): words for number, words in found.items()}
    return printed


def _cut(
    review: Review,
    field: Field,
    leaf: Leaf,
    view: PageView,
    printed: Mapping[tuple[int, int], Sequence[PageWord]],
) -> PageCut | None:
    """Return the place of a value, cut out of its page; None where it is not known."""
    page, box = _place_of(field)
    picture = picture_of(review, leaf, field.file, page)
    if box is None or leaf.findings is None or not picture:
        return None
    is_shown = (field.file, page) == (view.file, view.page)
    turn, words = view.turn if is_shown else 0, printed[field.file, page]
    return cut_of(picture, leaf.findings.pages[page - 1], box, turn, words)


def _place_of(field: Field) -> tuple[int, Box | None]:
    """Return page and box of a value; what was learned has a place of its own."""
    suggestion = field.item.suggestion if field.item is not None else None
    if suggestion is not None and suggestion.box is not None:
        return suggestion.page or 0, suggestion.box
    box = field.finding.box if field.finding is not None else None
    return field.printed_on, box


def _with_offers_of(
    view: PageView,
    fields: list[Field],
    types: Mapping[str, str],
    mapped: Mapping[str, str],
) -> list[Field]:
    """Return the fields; those that wait, which are the first, with what they may be instead."""
    offered = [
        _with_offers(
            field,
            types.get(field.column, ""),
            # No line of the page is a class or the code of a language.
            () if mapped.get(field.column) in _LISTED else view.words,
            view,
        )
        for field in fields[:_MOST_OFFERED]
        if field.is_open
    ]
    return [*offered, *fields[len(offered) :]]


def _with_offers(
    field: Field, column_type: str, page_words: Sequence[PageWord], view: PageView
) -> Field:
    """Return a field with what may be chosen instead by one click."""
    if field.item is None:
        return field
    left, finding = field.item.suggestion, field.finding
    candidates = () if finding is None else finding.others
    candidates = candidates_for(candidates, column_type, than=(left.suggested, left.current))
    known = (left.suggested, left.current, *(each.value for each in candidates))
    is_here = field.file == view.file and finding is not None and finding.page == view.page
    near = finding.box if finding is not None and is_here else None
    others = other_values(page_words, column_type, than=known, near=near)
    return replace(field, candidates=candidates, others=others)


def _leaves(visit: Visit, view: PageView) -> list[Leaf]:
    """Return all files of the record."""
    return [
        view.leaf if view.leaf is not None and number == view.file else leaf_of(visit.site, state)
        for number, state in enumerate(view.files, start=1)
    ]


def _read_for(
    item: ReviewItem | None, name: str, column_type: str, leaves: Sequence[Leaf], view: PageView
) -> tuple[Finding | None, int]:
    """Return the finding for a column, and which file of the record it is from.

    What a suggestion is shown with is of the file that it was read in, whichever is shown.
    """
    if item is None:
        return _finding(view.leaf, name), view.file
    suggested, origin = item.suggestion.suggested, item.origin
    found = [
        # Our own rename made another version of the same file.
        (finding, number, origin in {leaf.state.version, leaf.state.renamed_from})
        for number, leaf in enumerate(leaves, start=1)
        if (finding := _finding(leaf, name)) is not None
    ]

    def rank(one: tuple[Finding, int, bool]) -> tuple[bool, bool, float]:
        # The file may have been replaced since: then another one that says the same is as good.
        text = one[0].value
        is_it = is_value(text or "", column_type, suggested)
        return is_it, one[2], one[0].confidence if text is not None else -1.0

    return max(found, key=rank, default=(None, 0, False))[:2]


def _currency(leaf: Leaf | None) -> str:
    finding = _finding(leaf, "currency")
    return (finding.value or "") if finding is not None else ""


def _with_outcomes(
    visit: Visit, review: Review, spec: SourceSpec, fields: list[Field], leaves: Sequence[Leaf]
) -> list[Field]:
    """Return the fields; those that nobody decides about, with what became of what was read."""
    history = history_of(review.record, visit.site.ledger)
    types = visit.column_types([review.source])[review.source]

    def outcome(field: Field) -> str:
        if field.item is not None or field.finding is None or not field.file:
            return ""
        name = spec.columns.get(field.column, "")
        others = (_finding(leaf, name) for leaf in leaves)
        return outcome_of(
            field.column,
            field.finding,
            leaves[field.file - 1],
            column_type=types.get(field.column, ""),
            spec=spec,
            history=history,
            elsewhere=[one.value for one in others if one is not None and one.value is not None],
        )

    return [replace(field, outcome=outcome(field)) for field in fields]


def _finding(leaf: Leaf | None, name: str) -> Finding | None:
    if leaf is None or leaf.findings is None:
        return None
    return leaf.findings.named(name)
