"""A document under review: its pages with the fields found, and the decisions."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import timedelta
from hashlib import sha256

from starlette.responses import Response

from flows.web.render import page, see, shown
from flows.web.review.page_view import Leaf, PageView, files_of, page_view
from flows.web.review.queue import (
    address_of,
    filter_of,
    items_of,
    named_review,
    require_claim,
)
from flows.web.site import Refused, Visit, not_found
from pipeline.errors import IngestError
from pipeline.model import Finding, SourceSpec, Value
from pipeline.model.review import Review, ReviewItem, ReviewState
from pipeline.steps.write_back import Choice

_INPUTS = {"DATE/TIME": "date", "YES/NO": "yes-no", "TEXT": "long"}
_NUMBERS = frozenset({"NUMBER", "INTEGER", "CURRENCY"})
_DONE = {
    "accept": "was accepted and written",
    "correct": "was corrected and written",
    "reject": "was rejected",
    "absent": "is not in the document",
    "undo": "waits for a decision again",
}


@dataclass(frozen=True, slots=True)
class Field:
    """A column with what was found for it, and the suggestion for it if there is one.

    `seen` identifies what the user sees, `kind` is how a value is typed, `mark` the number of its
    place on the page, 0 without one.
    """

    column: str
    finding: Finding | None
    item: ReviewItem | None
    kind: str
    mark: int

    @property
    def is_open(self) -> bool:
        """Say whether the suggestion waits for a decision."""
        return self.item is not None and self.item.state is ReviewState.OPEN

    @property
    def seen(self) -> str:
        """Identify suggestion and present value, to notice that they have changed."""
        return seen_of(self.item) if self.item is not None else ""

    @property
    def text(self) -> str:
        """Return the suggested value as it is typed."""
        return typed(self.item.suggestion.suggested) if self.item is not None else ""


def seen_of(item: ReviewItem) -> str:
    """Identify what a user sees of a suggestion: both values, and its state."""
    values = (item.suggestion.suggested, item.suggestion.current, item.state)
    return sha256(repr(values).encode("utf-8", "replace")).hexdigest()[:20]


def typed(value: Value) -> str:
    """Return a value as it is typed into a form."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    return "" if value is None else str(value).removesuffix("T00:00:00")


def document(visit: Visit) -> Response:
    """Show a document under review."""
    return _shown(visit, named_review(visit), visit.query)


def picture(visit: Visit) -> Response:
    """Return the picture of a page of a review's file."""
    files = files_of(visit.site, named_review(visit))
    file, number = int(visit.parts["file"]), int(visit.parts["page"])
    if not 1 <= file <= len(files):
        raise not_found("This picture")
    sha256 = files[file - 1].sha256
    data = visit.site.pictures.page(sha256, number) if sha256 is not None else b""
    if not data:
        raise not_found("This picture")
    # The same bytes for these digits of the address as long as the session lasts.
    headers = {"cache-control": "private, max-age=600"}
    return Response(data, media_type="image/webp", headers=headers)


def decide(visit: Visit) -> Response:
    """Carry out a decision, and show the document again."""
    review = named_review(visit)
    require_claim(visit, review)
    item = _named_item(visit, review)
    try:
        choice = Choice(visit.form.get("choice", ""))
    except ValueError:
        raise Refused(400, "This is not a decision.", "Go back, and use the buttons.") from None
    text = visit.form.get("text", "")
    problem = _carry_out(visit, review, item, choice, text)
    if problem:
        kept = text if choice is Choice.CORRECT else ""
        return _shown(visit, review, visit.form, problem=problem, typed_text=kept, status=409)
    return see(_back(visit, review, said=choice.value, column=item.suggestion.column))


def accept_all(visit: Visit) -> Response:
    """Accept every open suggestion that the user has seen; stop at the first that fails."""
    review = named_review(visit)
    require_claim(visit, review)
    seen = set(visit.choices.get("seen", ()))
    for item in items_of(visit, review):
        if item.state is ReviewState.OPEN and seen_of(item) in seen:
            problem = _carry_out(visit, review, item, Choice.ACCEPT, "")
            if problem:
                return _shown(visit, review, visit.form, problem=problem, status=409)
    return see(_back(visit, review, said="accept", column="Everything"))


def undo(visit: Visit) -> Response:
    """Undo a decision, so that the suggestion waits again."""
    review = named_review(visit)
    require_claim(visit, review)
    item = _named_item(visit, review)
    visit.audit("undo", review.id, _in_words(item, item.suggestion.current))
    try:
        problem = visit.site.desk.take_back(item)
    except IngestError as error:
        problem = str(error)
    if problem:
        return _shown(visit, review, visit.form, problem=problem, status=409)
    return see(_back(visit, review, said="undo", column=item.suggestion.column))


def _carry_out(visit: Visit, review: Review, item: ReviewItem, choice: Choice, text: str) -> str:
    """Decide one suggestion; return "" or what went wrong, with both values of a conflict."""
    value = text if choice is Choice.CORRECT else item.suggestion.suggested
    # Before the effect: whatever happens in between, it is known who wanted it.
    visit.audit(choice.value, review.id, _in_words(item, value))
    try:
        changes = visit.site.desk.decide(item, choice, text)
    except IngestError as error:
        problem = str(error)
    else:
        problem = changes and (
            f"The record has changed: {changes}. Nothing was written. "
            f"{shown(item.suggestion.suggested)} was read. Decide again."
        )
    if problem:
        visit.audit(f"{choice.value} failed", review.id, problem)
    return problem


def _in_words(item: ReviewItem, value: Value) -> str:
    left = item.suggestion
    place = f"{item.source} {item.record.container} {item.record.pk} {left.column}"
    return f"{place}: {shown(left.current)} → {shown(value)}"


def _named_item(visit: Visit, review: Review) -> ReviewItem:
    """Return the suggestion that the form names.

    Raises:
        Refused: there is none, or it is not what the user saw.
    """
    found = {item.key: item for item in items_of(visit, review)}
    item = found.get(visit.form.get("key", ""))
    if item is None or seen_of(item) != visit.form.get("seen"):
        raise Refused(
            409,
            "This suggestion has changed since the page was loaded.",
            "Go back, load the page again, and decide on what it shows then.",
        )
    return item


def _back(visit: Visit, review: Review, *, said: str, column: str) -> str:
    kept = {name: visit.form.get(name, "") for name in ("file", "page", "zoom")}
    path = f"/review/{review.id}"
    return address_of(filter_of(visit.form), path, **kept, said=said, on=column)


def _shown(
    visit: Visit,
    review: Review,
    asked: Mapping[str, str],
    *,
    problem: str = "",
    typed_text: str = "",
    status: int = 200,
) -> Response:
    items = items_of(visit, review)
    view = page_view(visit.site, review, asked, marked=_columns(visit, review))
    spec = visit.site.settings.specs().get(review.source)
    fields = _fields(visit, review, spec, items, view)
    now, said = visit.site.clock.now(), asked.get("said", "")
    response = page(
        visit,
        "review/document",
        review=replace(review, open_items=sum(field.is_open for field in fields)),
        fields=fields,
        view=view,
        wanted=filter_of(asked),
        owner=review.claimed_by if review.claimed_by_another(visit.user.name, now) else "",
        problem=problem,
        failed_key=visit.form.get("key", "") if problem else "",
        typed_text=typed_text,
        message=f"{asked.get('on', '')} {_DONE[said]}." if said in _DONE else "",
        tomorrow=(now + timedelta(days=1)).date(),
        trail=visit.site.ledger.users.audit_trail(subject=review.id, limit=20),
    )
    response.status_code = status
    return response


def _columns(visit: Visit, review: Review) -> Mapping[str, str]:
    spec = visit.site.settings.specs().get(review.source)
    return spec.columns if spec is not None else {}


def _fields(
    visit: Visit,
    review: Review,
    spec: SourceSpec | None,
    items: list[ReviewItem],
    view: PageView,
) -> list[Field]:
    """Return the fields: open ones first, then what was decided, then what was written at once."""
    known = visit.site.ledger.files.column_types(review.source)
    types = known.types if known is not None else {}
    by_column = {item.suggestion.column: item for item in items}
    mapped = spec.columns if spec is not None else {}
    fields = []
    for column in dict.fromkeys([*by_column, *mapped]):
        finding = _finding(view.leaf, mapped.get(column, ""))
        item = by_column.get(column)
        if item is None and (finding is None or finding.value is None):
            continue
        fields.append(
            Field(column, finding, item, _kind(types.get(column, "")), view.marks.get(column, 0))
        )
    return sorted(fields, key=lambda field: (not field.is_open, field.item is None))


def _finding(leaf: Leaf | None, name: str) -> Finding | None:
    if leaf is None or leaf.findings is None:
        return None
    return leaf.findings.doc_type if name == "doc_type" else leaf.findings.fields.get(name)


def _kind(column_type: str) -> str:
    if column_type in _NUMBERS:
        return "number"
    return _INPUTS.get(column_type, "short")
