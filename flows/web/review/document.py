"""A document under review: its pages with the fields found, and the decisions."""

from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import cast

from starlette.responses import JSONResponse, Response

from flows.app.classes import classes
from flows.app.review.decisions import seen_of, undo_in_words
from flows.web.render import page, see
from flows.web.review.decisions import carry_out, choice_of, named_item, shown_type_of
from flows.web.review.field import Field
from flows.web.review.fields import fields_of
from flows.web.review.page_view import Leaf, PageView, files_of, leaf_of, page_view
from flows.web.review.queue import (
    MOST_COUNTED,
    address_of,
    items_of,
    just_postponed,
    named_review,
    open_items,
    require_claim,
    wanted_of,
)
from flows.web.review.reread import recent_job
from flows.web.review.words import as_typed, date_order_of, meant_values, picked, words_of
from flows.web.site import RequestRefused, Visit, not_found
from pipeline.errors import ArchiveUnavailable, FileGone, IngestError
from pipeline.model.review import Review
from pipeline.model.sync import is_sync
from pipeline.ports import Archive
from pipeline.steps.write_back import ReviewChoice

_DONE = {
    "accept": "was accepted and written",
    "correct": "was corrected and written",
    "reject": "was rejected",
    "absent": "is not in the document",
    "undo": "waits for a decision again",
}
# Somebody has written the value since it was suggested.
_HAD = {
    "accept": "was accepted; the record had this value already, so nothing was written",
    "correct": "was corrected; the record had this value already, so nothing was written",
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
        raise RequestRefused(400, "This is not a place.", "Draw a box on the page.") from None
    page_words = words_of(visit.site.archive, leaf.prefix, int(visit.parts["page"]))
    text = picked(page_words, (left, top, right, bottom))
    types = visit.column_types([review.source])[review.source]
    column_type = types.get(visit.query.get("column", ""), "")
    value, problem = as_typed(text, column_type) if text else ("", "No word is there.")
    is_two = bool(meant_values(text, column_type))  # the page asks which it is
    return JSONResponse({"text": value, "problem": "" if is_two else problem})


def _named_file(visit: Visit) -> Leaf:
    """Return the file of a review that the address names.

    Raises:
        RequestRefused: there is none.
    """
    files = files_of(visit.site, named_review(visit))
    file = int(visit.parts["file"])
    if not 1 <= file <= len(files):
        raise not_found("This page")
    return leaf_of(visit.site, files[file - 1])


def decide(visit: Visit) -> Response:
    """Carry out a decision, and show the document again."""
    review = named_review(visit)
    choice, text = choice_of(visit)
    try:
        require_claim(visit, review)
        item = named_item(visit, review)
    except RequestRefused as refusal:
        typed = visit.form.get("text", "") if choice is ReviewChoice.CORRECT else ""
        return _refused(visit, review, refusal, typed=typed)
    if choice is ReviewChoice.CORRECT:
        # A typed text may mean two dates or numbers: then the user is asked which.
        types = visit.column_types([item.source])[item.source]
        column_type = types.get(item.suggestion.column, "")
        meant = meant_values(text, column_type)
        if meant:
            is_date = column_type == "DATE/TIME"
            return _shown(visit, review, visit.form, typed_text=text, meant=meant, is_date=is_date)
    problem = carry_out(visit, item, choice, text)
    if problem:
        kept = text if choice is ReviewChoice.CORRECT else ""
        return _shown(visit, review, visit.form, problem=problem, typed_text=kept, status=409)
    return see(_back(visit, review, said=choice.value, column=item.suggestion.column))


def _refused(visit: Visit, review: Review, refusal: RequestRefused, *, typed: str = "") -> Response:
    """Say beside the document why nothing was decided, and keep what the user has typed.

    Nothing can be decided there: only the values are new, and not the picture of the page.
    """
    problem = f"{refusal.problem} Nothing was written."
    return _shown(
        visit, review, visit.form, problem=problem, kept_text=typed, status=refusal.status
    )


def _field_of(fields: Sequence[Field], key: str | None) -> Field | None:
    """Return the field of a suggestion, None if it has none on this page."""
    for field in fields:
        if field.item is not None and field.item.key == key:
            return field
    return None


def _date_order(visit: Visit, view: PageView, fields: Sequence[Field]) -> tuple[str, str]:
    """Return the order of day and month that is meant, and whose it is; "" for both if unknown.

    What is typed is mostly copied from the page that the value was read on, whichever is shown: its
    own order is before that of the account. While the archive is away, the page cannot be asked.
    """
    leaf, number = view.leaf, view.page
    field = _field_of(fields, visit.form.get("key"))
    with suppress(ArchiveUnavailable):
        if field is not None and field.file and field.finding is not None and field.finding.page:
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
    try:
        require_claim(visit, review)
    except RequestRefused as refusal:
        return _refused(visit, review, refusal)
    seen = set(visit.choices.get("seen", ()))
    for item in open_items(visit, review):
        problem = carry_out(visit, item, ReviewChoice.ACCEPT) if seen_of(item) in seen else ""
        if problem:
            return _shown(visit, review, visit.form, problem=problem, status=409)
    return see(_back(visit, review, said="accept", column="Everything"))


def undo(visit: Visit) -> Response:
    """Undo a decision, so that the suggestion waits again."""
    review = named_review(visit)
    try:
        require_claim(visit, review)
        item = named_item(visit, review)
    except RequestRefused as refusal:
        return _refused(visit, review, refusal)
    visit.audit("undo", review.id, undo_in_words(item, shown_type_of(visit, item)))
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
    kept_text: str | None = None,
    meant: tuple[str, ...] = (),
    is_date: bool = False,
    status: int = 200,
) -> Response:
    view, fields, away = _looked_at_anyhow(visit, review, asked)
    now, said = visit.site.clock.now(), asked.get("said", "")
    order, whose = _date_order(visit, view, fields) if is_date else ("", "")
    on, done = asked.get("on", ""), _done_of(review, asked, fields)
    response = page(
        visit,
        "review/document",
        review=replace(review, open_items=sum(field.is_open for field in fields)),
        fields=fields,
        view=view,
        away=away,
        wanted=wanted_of(asked),
        owner=review.claimed_by if review.claimed_by_another(visit.user.name, now) else "",
        is_postponed=review.is_postponed(now),
        just_postponed=just_postponed(visit),
        problem=problem,
        failed_key=visit.form.get("key", "") if problem or meant else "",
        typed_text=typed_text,
        is_stale=kept_text is not None,
        kept_text=kept_text,
        meant=meant[::-1] if order == "mdy" else meant,
        is_date=is_date,
        order_of=whose,
        most_counted=MOST_COUNTED,
        done_on=on if said in done and said != "undo" else "",
        message=f"{on} {done[said]}." if said in done else "",
        tomorrow=(now + timedelta(days=1)).date(),
        classes=classes(visit.site.settings),
        job=recent_job(visit, review),
        busy=said == "busy",
        trail=visit.site.ledger.users.audit_trail(subject=review.id, limit=20),
    )
    response.status_code = status
    return response


def _done_of(
    review: Review, asked: Mapping[str, str], fields: Sequence[Field]
) -> Mapping[str, str]:
    """Return what is said after a decision, by what was decided."""
    had_value = {field.column for field in fields if field.had_value}
    if asked.get("said") in _HAD and asked.get("on") in had_value:
        return _HAD
    return _DONE_IN_SYNC if is_sync(review.source) else _DONE


def _looked_at_anyhow(
    visit: Visit, review: Review, asked: Mapping[str, str]
) -> tuple[PageView, list[Field], str]:
    """Return what `_looked_at` returns, and "" or why the page itself cannot be shown.

    The values are in the ledger: they are shown and decided while the archive is away.
    """
    try:
        return *_looked_at(visit, review, asked), ""
    except ArchiveUnavailable as error:
        site = replace(visit.site, archive=cast("Archive", _NothingArchived()))
        view, fields = _looked_at(replace(visit, site=site), review, asked)
        return replace(view, picture=""), [replace(one, cut=None) for one in fields], str(error)


class _NothingArchived:
    """What there is to look at of an archive that is away."""

    def get(self, key: str, _target: Path) -> None:
        """Raise as for what is missing."""
        raise FileGone(f"{key} cannot be fetched.")


def _looked_at(
    visit: Visit, review: Review, asked: Mapping[str, str]
) -> tuple[PageView, list[Field]]:
    """Return the page of a file, and the fields of the record.

    Where no page is asked for, it is that of the first value that waits.
    """
    view, fields = _looked_at_page(visit, review, asked)
    if not asked.keys().isdisjoint({"file", "page"}):
        return view, fields
    # Work begins where the riskiest value is printed.
    first = next((field for field in fields if field.is_open and field.printed_on), None)
    if first is None or (first.file, first.printed_on) == (view.file, view.page):
        return view, fields
    there = {"file": str(first.file), "page": str(first.printed_on)}
    return _looked_at_page(visit, review, {**asked, **there})


def _looked_at_page(
    visit: Visit, review: Review, asked: Mapping[str, str]
) -> tuple[PageView, list[Field]]:
    """Return the page that is asked for, and the fields of the record with their places on it."""
    items = items_of(visit, review)
    spec = visit.site.settings.specs().get(review.source)
    marked = spec.columns if spec is not None else {}
    view = page_view(visit.site, review, asked, marked=marked, items=items)
    fields = fields_of(visit, review, spec, items, view)
    elsewhere = {one.column for one in fields if one.item and one.file not in {0, view.file}}
    if elsewhere:
        # This file may have such a value, too, which is not the one that waits.
        marked = {column: name for column, name in marked.items() if column not in elsewhere}
        here = [item for item in items if item.suggestion.column not in elsewhere]
        view = page_view(visit.site, review, asked, marked=marked, items=here)
        fields = fields_of(visit, review, spec, items, view)
    return view, fields
