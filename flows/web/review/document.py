"""A document under review: its pages with the fields found, and the decisions."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import timedelta

from starlette.responses import JSONResponse, Response

from flows.app.classes import classes
from flows.app.review.decisions import seen_of, undo_in_words
from flows.web.render import page, see
from flows.web.review.decisions import carry_out, choice_of, named_item
from flows.web.review.field import Field
from flows.web.review.outcomes import decision_of, history_of, outcome_of
from flows.web.review.page_view import Leaf, PageView, files_of, leaf_of, page_view
from flows.web.review.queue import (
    address_of,
    items_of,
    named_review,
    open_items,
    require_claim,
    wanted_of,
)
from flows.web.review.reread import job_of
from flows.web.review.words import (
    PageWord,
    as_typed,
    candidates_for,
    date_order_of,
    is_value,
    meant_dates,
    other_values,
    picked,
    words_of,
)
from flows.web.site import Refused, Visit, not_found
from pipeline.decide.column_values import TEXT_TYPES
from pipeline.errors import IngestError
from pipeline.model import Finding, SourceSpec
from pipeline.model.review import Review, ReviewItem
from pipeline.model.sync import is_sync
from pipeline.steps.write_back import ReviewChoice

_INPUTS = {"DATE/TIME": "date", "YES/NO": "yes-no", "TEXT": "long", "INTEGER": "whole"}
_NUMBERS = frozenset({"NUMBER", "CURRENCY"})
_LISTED = frozenset({"doc_type", "language", "currency"})  # findings with a fixed list of values
_MOST_OFFERED = 30  # fields for which other values of the page are looked up
_DONE = {
    "accept": "was accepted and written",
    "correct": "was corrected and written",
    "reject": "was rejected",
    "absent": "is not in the document",
    "undo": "waits for a decision again",
}
_DONE_IN_SYNC = {
    "accept": "takes the mirror's value with the next run of the sync",
    "reject": "keeps Caspio's value; the next run of the sync writes it to the mirror",
    "undo": _DONE["undo"],
}


def document(visit: Visit) -> Response:
    """Show a document under review."""
    return _shown(visit, named_review(visit), visit.query)


def picture(visit: Visit) -> Response:
    """Return the picture of a page of a review's file."""
    sha256 = _named_file(visit).state.sha256
    number = int(visit.parts["page"])
    data = visit.site.pictures.page(sha256, number) if sha256 is not None else b""
    if not data:
        raise not_found("This picture")
    # The same bytes for these digits of the address as long as the session lasts.
    headers = {"cache-control": "private, max-age=600"}
    return Response(data, media_type="image/webp", headers=headers)


def words(visit: Visit) -> Response:
    """Return the text of a place on a page as it is typed into a column."""
    leaf, review = _named_file(visit), named_review(visit)
    try:
        left, top, right, bottom = (float(side) for side in visit.query.get("box", "").split(","))
    except ValueError:
        raise Refused(400, "This is not a place.", "Draw a box on the page.") from None
    page_words = words_of(visit.site.archive, leaf.prefix, int(visit.parts["page"]))
    text = picked(page_words, (left, top, right, bottom))
    types = visit.column_types([review.source])[review.source]
    column_type = types.get(visit.query.get("column", ""), "")
    value, problem = as_typed(text, column_type) if text else ("", "No word is there.")
    is_two_dates = meant_dates(text, column_type) is not None  # the page asks which it is
    return JSONResponse({"text": value, "problem": "" if is_two_dates else problem})


def _named_file(visit: Visit) -> Leaf:
    """Return the file of a review that the address names.

    Raises:
        Refused: there is none.
    """
    files = files_of(visit.site, named_review(visit))
    file = int(visit.parts["file"])
    if not 1 <= file <= len(files):
        raise not_found("This page")
    return leaf_of(visit.site, files[file - 1])


def decide(visit: Visit) -> Response:
    """Carry out a decision, and show the document again."""
    review = named_review(visit)
    require_claim(visit, review)
    item = named_item(visit, review)
    choice, text = choice_of(visit)
    dates = _dates(visit, item, text) if choice is ReviewChoice.CORRECT else None
    if dates is not None:
        return _shown(visit, review, visit.form, typed_text=text, dates=dates)
    problem = carry_out(visit, item, choice, text)
    if problem:
        kept = text if choice is ReviewChoice.CORRECT else ""
        return _shown(visit, review, visit.form, problem=problem, typed_text=kept, status=409)
    return see(_back(visit, review, said=choice.value, column=item.suggestion.column))


def _dates(visit: Visit, item: ReviewItem, text: str) -> tuple[str, str] | None:
    """Return the two dates that a typed text may mean, the day first; None if it is clear."""
    types = visit.column_types([item.source])[item.source]
    return meant_dates(text, types.get(item.suggestion.column, ""))


def _date_order(visit: Visit, view: PageView, fields: Sequence[Field]) -> tuple[str, str]:
    """Return the order of day and month that is meant, and whose it is; "" for both if unknown.

    What is typed is mostly copied from the page that the value was read on, whichever is shown: its
    own order is before that of the account.
    """
    leaf, number, key = view.leaf, view.page, visit.form.get("key")
    for field in fields:
        is_it = field.item is not None and field.item.key == key
        if is_it and field.file and field.finding is not None and field.finding.page:
            leaf, number = leaf_of(visit.site, view.files[field.file - 1]), field.finding.page
    if leaf is not None:
        order = date_order_of(words_of(visit.site.archive, leaf.prefix, number))
        if order:
            return order, "document"
    order = visit.site.settings.processing.date_order
    return order, "account" if order else ""


def accept_all(visit: Visit) -> Response:
    """Accept every open suggestion that the user has seen; stop at the first that fails."""
    review = named_review(visit)
    require_claim(visit, review)
    seen = set(visit.choices.get("seen", ()))
    for item in open_items(visit, review):
        problem = carry_out(visit, item, ReviewChoice.ACCEPT) if seen_of(item) in seen else ""
        if problem:
            return _shown(visit, review, visit.form, problem=problem, status=409)
    return see(_back(visit, review, said="accept", column="Everything"))


def undo(visit: Visit) -> Response:
    """Undo a decision, so that the suggestion waits again."""
    review = named_review(visit)
    require_claim(visit, review)
    item = named_item(visit, review)
    visit.audit("undo", review.id, undo_in_words(item))
    try:
        problem = visit.site.desk.take_back(item)
    except IngestError as error:
        problem = str(error)
    if problem:
        return _shown(visit, review, visit.form, problem=problem, status=409)
    return see(_back(visit, review, said="undo", column=item.suggestion.column))


def _back(visit: Visit, review: Review, *, said: str, column: str) -> str:
    kept = {name: visit.form.get(name, "") for name in ("file", "page", "zoom", "turn")}
    path = f"/review/{review.id}"
    return address_of(wanted_of(visit.form), path, **kept, said=said, on=column)


def _shown(
    visit: Visit,
    review: Review,
    asked: Mapping[str, str],
    *,
    problem: str = "",
    typed_text: str = "",
    dates: tuple[str, str] | None = None,
    status: int = 200,
) -> Response:
    view, fields = _looked_at(visit, review, asked)
    now, said = visit.site.clock.now(), asked.get("said", "")
    order, whose = _date_order(visit, view, fields) if dates is not None else ("", "")
    done = _DONE_IN_SYNC if is_sync(review.source) else _DONE
    response = page(
        visit,
        "review/document",
        review=replace(review, open_items=sum(field.is_open for field in fields)),
        fields=fields,
        view=view,
        wanted=wanted_of(asked),
        owner=review.claimed_by if review.claimed_by_another(visit.user.name, now) else "",
        problem=problem,
        failed_key=visit.form.get("key", "") if problem or dates else "",
        typed_text=typed_text,
        dates=dates[::-1] if dates is not None and order == "mdy" else dates,
        order_of=whose,
        message=f"{asked.get('on', '')} {done[said]}." if said in done else "",
        tomorrow=(now + timedelta(days=1)).date(),
        classes=classes(visit.site.settings),
        job=visit.site.jobs.job(job_of(review.id)),
        busy=said == "busy",
        trail=visit.site.ledger.users.audit_trail(subject=review.id, limit=20),
    )
    response.status_code = status
    return response


def _looked_at(
    visit: Visit, review: Review, asked: Mapping[str, str]
) -> tuple[PageView, list[Field]]:
    """Return the page of a file, and the fields of the record."""
    items = items_of(visit, review)
    spec = visit.site.settings.specs().get(review.source)
    marked = spec.columns if spec is not None else {}
    view = page_view(visit.site, review, asked, marked=marked, items=items)
    fields = _fields(visit, review, spec, items, view)
    elsewhere = {one.column for one in fields if one.item and one.file not in {0, view.file}}
    if elsewhere:
        # This file may have such a value, too, which is not the one that waits.
        marked = {column: name for column, name in marked.items() if column not in elsewhere}
        here = [item for item in items if item.suggestion.column not in elsewhere]
        view = page_view(visit.site, review, asked, marked=marked, items=here)
        fields = _fields(visit, review, spec, items, view)
    return view, fields


def _fields(
    visit: Visit,
    review: Review,
    spec: SourceSpec | None,
    items: list[ReviewItem],
    view: PageView,
) -> list[Field]:
    """Return the fields: open ones first, then what was decided, then what was written at once."""
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
                kind=_kind(kind),
                most=TEXT_TYPES.get(kind, max(TEXT_TYPES.values())),
                mark=view.marks.get(column, 0),
                file=file,
                shown_type=shown_types.get(column, ""),
                currency=_currency(leaf),
                decision=decision[0],
                written=decision[1],
                is_class=mapped.get(column) == "doc_type",
            )
        )
    if spec is not None:
        fields = _with_outcomes(visit, review, spec, fields, leaves)
    fields.sort(key=lambda field: (not field.is_open, field.item is None))
    return _with_offers_of(visit, view, fields, types, mapped)


def _with_offers_of(
    visit: Visit,
    view: PageView,
    fields: list[Field],
    types: Mapping[str, str],
    mapped: Mapping[str, str],
) -> list[Field]:
    """Return the fields; those that wait, which are the first, with what they may be instead."""
    page_words: Sequence[PageWord] = ()
    if view.leaf is not None and fields and fields[0].is_open:
        page_words = words_of(visit.site.archive, view.leaf.prefix, view.page)
    offered = [
        _with_offers(
            field,
            types.get(field.column, ""),
            # No line of the page is a class or the code of a language.
            () if mapped.get(field.column) in _LISTED else page_words,
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


def _kind(column_type: str) -> str:
    if column_type in _NUMBERS:
        return "number"
    return _INPUTS.get(column_type, "short")
