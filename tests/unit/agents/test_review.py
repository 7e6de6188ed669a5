"""Agents review as users do: the same queue, the same claims, the same write."""

from dataclasses import asdict
from types import SimpleNamespace
from typing import Any

import pytest

from flows.agents.tools.review import PAGE, TOOLS, review_decide, review_next
from flows.agents.tools.tool import Refusal, ToolCall
from pipeline.model import Candidate
from pipeline.model.agents import Scope
from pipeline.model.review import Decider, ReviewState
from tests.fakes.caspio import Attachment
from tests.unit.web.conftest import Office, connected


class Lock:
    """A lock that is free."""

    def acquire(self, *, blocking: bool) -> bool:  # noqa: ARG002 - as threading has it
        """Take it."""
        return True

    def release(self) -> None:
        """Let others have it."""


@pytest.fixture
def account(office: Office) -> Any:
    """The account as agents reach it."""
    site = office.site
    return SimpleNamespace(
        ledger=site.ledger,
        settings=site.settings,
        clock=site.clock,
        running=Lock(),
        connect=lambda _drain: connected(office.world, site.settings),
    )


def call(account: Any, scope: Scope | None = None, **arguments: Any) -> ToolCall:
    """Return a call of the token "helper"."""
    return ToolCall(account, scope or Scope(), arguments, token="helper")


def first(account: Any, **arguments: Any) -> dict[str, Any]:
    """Return what decides on the riskiest suggestion."""
    found = review_next(call(account)).content["result"][0]
    return {name: found[name] for name in ("review", "key", "seen")} | arguments


def test_the_riskiest_come_first_page_by_page(office: Office, account: Any):
    """Each suggestion once, with both values and why it waits; a filter narrows the list."""
    for pk in range(PAGE + 1):
        office.suggest(str(pk))
    pages = [review_next(call(account)).content]
    pages.append(review_next(call(account, cursor=pages[0]["next_cursor"])).content)
    keys = [item["key"] for page in pages for item in page["result"]]
    shown = pages[0]["result"][0]

    assert len(set(keys)) == len(keys) == PAGE + 1
    assert pages[1]["next_cursor"] is None
    assert (shown["current"], shown["suggested"], shown["why"]) == (99.0, 12.5, "differs")
    assert review_next(call(account, column="Missing")).content["result"] == []
    assert review_next(call(account, least_amount=13)).content["result"] == []
    with pytest.raises(Refusal, match="cursor"):
        review_next(call(account, cursor="1"))


def test_a_suggestion_has_what_it_may_be_instead(office: Office, account: Any):
    """Values that reading ranked lower are beside it, as explain has them."""
    lower = Candidate("7.00", 0.1, "after Subtotal", 1)
    office.world.reader.others = {"total": (lower,)}
    office.suggest("1")

    (item,) = review_next(call(account)).content["result"]

    assert item["others"] == [asdict(lower)]


def test_what_it_may_be_is_of_the_file_it_was_read_in(office: Office, account: Any):
    """Of a record with two files, the document is the one with the value, and so are the others."""
    caspio = office.world.caspio
    files = dict.fromkeys(("Letter", "Scan"), "ATTACHMENT")
    caspio.table("Receipts", DocType="STRING", Total="CURRENCY", Note="TEXT", **files)
    caspio.attachments["Receipts", "Letter", "1"] = Attachment("letter.txt", b"doc_type=letter")
    lower = Candidate("7.00", 0.1, "after Subtotal", 1)
    office.world.reader.others = {"total": (lower,)}
    office.suggest("1")

    (item,) = review_next(call(account)).content["result"]
    state = account.ledger.files.state(item["document"])

    assert state.ref.field == "Scan"
    assert item["others"] == [asdict(lower)]


@pytest.mark.parametrize(
    ("arguments", "total", "state"),
    [
        ({"decision": "accept"}, 12.5, ReviewState.ACCEPTED),
        ({"decision": "correct", "value": "1,014.25"}, 1014.25, ReviewState.ACCEPTED),
        ({"decision": "absent"}, 99.0, ReviewState.REJECTED),
        ({"decision": "reject"}, 99.0, ReviewState.REJECTED),
    ],
)
def test_a_decision_is_carried_out_and_named(
    office: Office, account: Any, arguments: dict[str, str], total: float, state: ReviewState
):
    """The record has the decided value, by a run that can be undone; the trail names the token, and nothing stays claimed."""
    office.suggest()
    answer = review_decide(call(account, **first(account, **arguments)))

    (item,) = office.site.ledger.effects.review_items("receipts")
    (entry,) = office.site.ledger.users.audit_trail(subject=item.review_id)
    review = office.site.ledger.reviews.review(item.review_id)
    assert office.world.record("1")["Total"] == total
    assert (item.state, item.decided_by) == (state, Decider.AGENT)
    assert (entry.user.name, entry.action) == ("agent helper", arguments["decision"])
    assert answer.run_id
    assert review is not None
    assert review.claimed_by == ""


def test_a_record_that_has_changed_is_left_alone(office: Office, account: Any):
    """A conflict is an error with both values; the suggestion waits beside the value that is there now."""
    office.suggest()
    arguments = first(account, decision="accept")
    office.world.caspio.tables["Receipts"]["1"]["Total"] = 50.0
    with pytest.raises(Refusal, match="The record has changed"):
        review_decide(call(account, **arguments))
    with pytest.raises(Refusal, match="has changed"):
        review_decide(call(account, **arguments))

    assert office.world.record("1")["Total"] == 50.0


def test_what_a_user_reviews_is_theirs(office: Office, account: Any):
    """While somebody reviews a record, no agent decides on it, and it is in no list."""
    path = office.suggest()
    arguments = first(account, decision="accept")
    office.signed_in(name="Bob").post(f"{path}/claim")
    with pytest.raises(Refusal, match="is reviewing"):
        review_decide(call(account, **arguments))

    assert review_next(call(account)).content["result"] == []
    assert office.world.record("1")["Total"] == 99.0


def test_a_token_decides_on_its_tables_alone(office: Office, account: Any):
    """For a token of another table a suggestion does not exist."""
    office.suggest()
    arguments = first(account, decision="accept")
    narrow = Scope(tables=("Other",))
    with pytest.raises(Refusal, match="no such suggestion"):
        review_decide(call(account, narrow, **arguments))
    with pytest.raises(Refusal, match="no such suggestion"):
        review_decide(call(account, **{**arguments, "key": "0" * 20}))

    assert review_next(call(account, narrow)).content["result"] == []
    assert office.world.record("1")["Total"] == 99.0


@pytest.mark.parametrize(
    "arguments", [{"decision": "correct"}, {"decision": "accept", "value": ""}]
)
def test_a_value_belongs_to_a_correction(office: Office, account: Any, arguments: dict[str, str]):
    """Without a value there is nothing to correct to; with another decision a value would be lost."""
    office.suggest()
    with pytest.raises(Refusal, match="value is for"):
        review_decide(call(account, **first(account, **arguments)))


def test_a_correction_is_written_whole_or_not_at_all(office: Office, account: Any):
    """What somebody decided on is not cut to fit its column, as something that was found is."""
    office.suggest(Total=None, DocType="memo")
    fits, too_long = "x " * 127 + "y", "word " * 60
    with pytest.raises(Refusal, match="holds 255 characters, and the value has 299"):
        review_decide(call(account, **first(account, decision="correct", value=too_long)))
    before = office.world.record("1")["DocType"]
    review_decide(call(account, **first(account, decision="correct", value=fits)))

    assert (before, office.world.record("1")["DocType"]) == ("memo", fits)


def test_deciding_is_no_reading():
    """A token that may only read has the list and not the decision."""
    lists, decides = TOOLS

    assert lists.reads_only
    assert (decides.reads_only, decides.method) == (False, "update")
    # `undo` is for plans: who decided in the review takes it back there.
    assert "undo" not in decides.description
