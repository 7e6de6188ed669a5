"""Tools for the review: the riskiest suggestions, and a decision on one of them."""

import re
from collections.abc import Collection
from contextlib import closing
from dataclasses import asdict
from datetime import timedelta

from flows.agents.tools import schemas
from flows.agents.tools.runs import run_of
from flows.agents.tools.tool import Answer, Json, Method, Refusal, Tool, ToolCall
from flows.app.review.decisions import carry_out, seen_of, shown_types
from flows.app.review.desk import ReviewDesk
from pipeline.model import Findings, SourceSpec
from pipeline.model.review import Decider, ReviewFilter, ReviewItem
from pipeline.model.users import Role, User
from pipeline.ports.ledger import latest_reading
from pipeline.ports.ledger.reviews import ReviewLedger
from pipeline.steps.write_back import ReviewChoice

PAGE = 20
"""Records of an answer; each has at most as many suggestions as its source has columns."""

# A program decides at once; a claim that lasts longer would keep a user from the document.
CLAIM_TIME = timedelta(minutes=1)
_MOST_PAGES = 50  # of records that the token may not see, before an answer
# As `review_id` makes them: the beginning of a SHA-256.
_ID = re.compile(r"[0-9a-f]{20}")


def review_next(call: ToolCall) -> Answer:
    """List the suggestions that wait, the riskiest first."""
    arguments, reviews = call.arguments, call.account.ledger.reviews
    after = arguments.get("cursor", "")
    if after and not _ID.fullmatch(after):
        raise Refusal("cursor is not the next_cursor of an answer.")
    named = [arguments["source"]] if "source" in arguments else []
    specs = {spec.name: spec for spec in call.sources(named)}
    wanted = ReviewFilter(
        source=arguments.get("source", ""),
        column=arguments.get("column", ""),
        least_amount=arguments.get("least_amount"),
        user=_user(call).name,
    )
    found, after = _visible(reviews, wanted, after, specs)
    items = reviews.open_items(found)
    files = call.account.ledger.files
    origins = {item.origin for item in items}
    readings = {origin: latest_reading(files, files.state(origin)) for origin in origins}
    result = [
        _shown(item) | {"others": _others(item, specs[item.source], readings[item.origin])}
        for item in items
    ]
    return Answer({"result": result, "next_cursor": after or None}, records=len(result))


def _visible(
    reviews: ReviewLedger, wanted: ReviewFilter, after: str, names: Collection[str]
) -> tuple[list[str], str]:
    """Return the ids of the next reviews of these sources, and where to go on, "" at the end."""
    found: list[str] = []
    for _ in range(_MOST_PAGES):
        page = reviews.queue(wanted, after=after, limit=PAGE)
        found += [review.id for review in page if review.source in names]
        after = page[-1].id if len(page) == PAGE else ""
        if not after or len(found) >= PAGE:
            break
    return found, after


def _shown(item: ReviewItem) -> Json:
    return {
        "review": item.review_id,
        "key": item.key,
        "seen": seen_of(item),
        "source": item.source,
        "record": item.record.pk,
        "document": item.origin,
        "why": str(item.reason),
        "risk": item.risk,
        **asdict(item.suggestion),
    }


def _others(item: ReviewItem, spec: SourceSpec, reading: tuple[Findings, str] | None) -> list[Json]:
    """Return what reading ranked below a suggestion: what it may be where it is wrong."""
    if reading is None:
        return []
    found = reading[0].named(spec.columns.get(item.suggestion.column, ""))
    return [asdict(other) for other in found.others] if found else []


def review_decide(call: ToolCall) -> Answer:
    """Decide one suggestion, by the same path as the web page."""
    item = _item(call)
    choice, text = ReviewChoice(call.arguments["decision"]), call.arguments.get("value", "")
    if (choice is ReviewChoice.CORRECT) != ("value" in call.arguments):
        raise Refusal("value is for the decision correct, which needs it.")
    ledger, user = call.account.ledger, _user(call)
    claimed = ledger.reviews.claim(item.review_id, user.name, lasts=CLAIM_TIME)
    if claimed is None or claimed.claimed_by_another(user.name, call.account.clock.now()):
        raise Refusal("Somebody is reviewing this record. Call again later.", kind="try_later")
    try:
        with closing(ReviewDesk(lambda: run_of(call), Decider.AGENT)) as desk:
            problem = carry_out(
                item,
                choice,
                text,
                user=user,
                ledger=ledger,
                desk=desk,
                column_type=_shown_type(call, item),
            )
            run_id = desk.run_id
    finally:
        ledger.reviews.release(item.review_id, user.name)
    if problem:
        raise Refusal(problem, kind="failed")
    result = {"key": item.key, "decision": str(choice), "run_id": run_id}
    return Answer({"result": result}, records=1, run_id=run_id)


def _shown_type(call: ToolCall, item: ReviewItem) -> str:
    """Return as which type the values of a suggestion are shown in the audit trail."""
    known = call.account.ledger.files.column_types(item.source)
    spec = next((one for one in call.sources() if one.name == item.source), None)
    types = shown_types(known.types if known is not None else {}, spec)
    return types.get(item.suggestion.column, "")


def _item(call: ToolCall) -> ReviewItem:
    """Return the suggestion that the arguments name, as the agent has seen it.

    Raises:
        Refusal: there is none for this token, or it has changed.
    """
    ledger, names = call.account.ledger, {spec.name for spec in call.sources()}
    review = ledger.reviews.review(call.arguments["review"])
    if review is not None and review.source in names:
        record = (review.record.container, review.record.pk)
        for item in ledger.effects.review_items(review.source, record):
            if item.key == call.arguments["key"]:
                if seen_of(item) != call.arguments["seen"]:
                    raise Refusal("This suggestion has changed. Ask for it with review_next.")
                return item
    raise Refusal("There is no such suggestion.", kind="not_found")


def _user(call: ToolCall) -> User:
    return User(f"agent {call.token}".strip(), Role.REVIEWER)


_KEY = {"type": "string", "pattern": "^[0-9a-f]{20}$"}

TOOLS = (
    Tool(
        name="review_next",
        tag="review",
        method=Method.LIST,
        description=(
            "List suggestions that wait for a decision, the riskiest first, with both values, the "
            "reason, and what review_decide takes."
        ),
        properties={
            "source": schemas.text(),
            "column": schemas.text(),
            "least_amount": {"type": "number", "minimum": 0},
            "cursor": schemas.CURSOR,
        },
        result=schemas.ROWS,
        more=schemas.NEXT,
        run=review_next,
        container="source",
        is_shown=True,
    ),
    Tool(
        name="review_decide",
        tag="review",
        method=Method.UPDATE,
        description=(
            "Decide one suggestion of review_next: accept, correct (with value), absent (not in "
            "the document) or reject. Only where the user has said so. A record that has changed "
            "since is left alone. Only a user can take a decision back, in the review."
        ),
        properties={
            "review": _KEY,
            "key": _KEY,
            "seen": _KEY,
            "decision": {"enum": [choice.value for choice in ReviewChoice]},
            "value": {"type": "string", "maxLength": 64_000},
        },
        required=("review", "key", "seen", "decision"),
        result=schemas.OBJECT,
        run=review_decide,
        is_shown=True,
        reads_only=False,
        destroys=True,
    ),
)
