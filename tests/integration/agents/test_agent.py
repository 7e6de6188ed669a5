"""What an agent that makes plans can do, what that costs, and where it ends."""

import json
from typing import Any

import pytest
from mcp.client import Client
from mcp.shared.exceptions import MCPError

from pipeline.model.agents import CallState, Scope
from tests.integration.agents.desk import LEGACY, MODERN, RAW, Desk

pytestmark = pytest.mark.integration

AGAIN = Scope(methods=("reprocess", "apply", "undo"), per_minute=1_000)
"""What it takes to plan a record a second time."""


@pytest.fixture(scope="module")
def elsewhere(desk: Desk) -> Desk:
    """The other account: the scripted agent finds its own as nobody has read it."""
    return desk.at("other")


def receipts(desk: Desk, token: str) -> list[dict[str, Any]]:
    """Return the records as a tool shows them, in order."""
    shown: list[dict[str, Any]] = desk.result(token, "list_all_caspio_records", table="Receipts")
    return shown


def runs_in(history: list[dict[str, Any]]) -> set[str]:
    """Return the runs that changed something, as `explain` has them."""
    return {effect["run"] for version in history for effect in version["effects"]}


def test_an_agent_reads_plans_applies_and_undoes(desk: Desk):
    """It finds unread receipts, reads one, shows a plan, applies it, decides what waits, and puts everything back."""
    token = desk.token()
    # A company that a user typed: the receipt says another one, which then waits for a decision.
    one = {"field": "PK_ID", "op": "eq", "value": 1}
    typed = {"Company": "Typed by Anna"}
    raw = desk.token(scope=RAW)
    desk.result(raw, "update_a_caspio_record_by_id", table="Receipts", where=one, values=typed)
    before = receipts(desk, token)

    found = desk.result(token, "find_documents", unprocessed=True)
    read = desk.result(token, "read_document", source="main", record="1", boxes=True)
    plan = desk.result(token, "plan", source="main")
    shown = desk.result(token, "plan", digest=plan["digest"])
    planned = receipts(desk, token)
    applied = desk.result(token, "apply", digest=plan["digest"])
    written = receipts(desk, token)
    history = desk.result(token, "explain", source="main", record="1")
    (item,) = desk.result(token, "review_next", column="Company")
    seen = {name: item[name] for name in ("review", "key", "seen")}
    decided = desk.result(token, "review_decide", **seen, decision="reject")
    undone = desk.result(token, "undo", run_id=applied["run_id"])

    assert [one["record"] for one in found] == ["1", "2", "3"]
    assert (read["class"], read["values"]["total"]["value"]) == ("receipt", "1.50")
    assert read["page"]["lines"][0]["text"] == "Main Hardware Ltd"
    assert (shown["changes"], planned) == (plan["changes"], before)
    assert (item["current"], decided["decision"]) == ("Typed by Anna", "reject")
    assert applied["documents"] == undone["documents"] == {"done": 3}
    assert [one["Total"] for one in written] == [1.5, 2.5, 3.5]
    assert runs_in(history) == {applied["run_id"]}
    assert receipts(desk, token) == before


def test_a_decision_of_an_agent_is_no_users(elsewhere: Desk):
    """What it accepts is written as its own decision: nothing is learned from it."""
    raw, token = elsewhere.token(scope=RAW), elsewhere.token()
    one = {"field": "PK_ID", "op": "eq", "value": 3}
    typed = {"Company": "Typed by Anna"}
    elsewhere.result(raw, "update_a_caspio_record_by_id", table="Receipts", where=one, values=typed)
    planned = elsewhere.result(token, "plan", source="other")
    elsewhere.result(token, "apply", digest=planned["digest"])
    (item,) = elsewhere.result(token, "review_next", column="Company")
    seen = {name: item[name] for name in ("review", "key", "seen")}

    elsewhere.result(token, "review_decide", **seen, decision="accept")

    history = elsewhere.result(token, "explain", source="other", record="3")
    kinds = [effect["kind"] for version in history for effect in version["effects"]]
    assert "apply_agent_decision" in kinds
    assert "apply_decision" not in kinds


def test_an_applied_plan_is_in_the_audit(elsewhere: Desk):
    """Each call has its row: who, which tool, what it cost, which run it made, and no value."""
    token = elsewhere.token(scope=AGAIN)
    digest = elsewhere.result(token, "reprocess", source="other", records=["1", "2"])["digest"]

    run_id = elsewhere.result(token, "apply", digest=digest)["run_id"]

    row = elsewhere.audit()[0]
    assert (row.tool, row.state, row.run_id, row.records) == ("apply", CallState.DONE, run_id, 2)
    assert row.calls > 0
    assert len(row.arguments) == 64
    assert digest not in repr(row)


def test_an_agent_undoes_what_agents_did_alone(elsewhere: Desk):
    """A run that no call made is an operator's to undo."""
    assert (
        elsewhere.error(elsewhere.token(), "undo", run_id="20260101-000000-00000000") == "not_found"
    )


def test_a_plan_is_applied_as_it_was_shown(elsewhere: Desk):
    """A digest of no plan, or a plan that was changed after it was made, is refused."""
    token = elsewhere.token(scope=AGAIN)
    digest = elsewhere.result(token, "reprocess", source="other", records=["1"])["digest"]
    path = elsewhere.accounts["other"].plans / f"{digest}.jsonl"
    path.write_text(path.read_text().replace("Other Hardware", "Evil Hardware"))

    assert elsewhere.error(token, "apply", digest=digest) == "arguments"
    assert elsewhere.error(token, "apply", digest="0" * 64) == "not_found"
    assert elsewhere.error(token, "apply", digest="../" + digest) == "arguments"


@pytest.mark.parametrize("era", [MODERN, LEGACY])
def test_progress_is_reported(elsewhere: Desk, era: str):
    """A client that asks for it hears how far a long call is, in both eras."""
    reported: list[float] = []
    token = elsewhere.token()
    elsewhere.result(token, "read_document", source="other", record="1")

    async def ask(client: Client) -> None:
        async def note(done: float, _total: float | None, _message: str | None) -> None:
            reported.append(done)

        await client.call_tool("verify", {"source": "other"}, progress_callback=note)

    elsewhere.with_client(ask, token, era=era)

    assert reported


def test_one_run_at_a_time(elsewhere: Desk):
    """While a run is under way, another one is asked to wait, and reading goes on."""
    token = elsewhere.token()
    with elsewhere.accounts["other"].running:
        assert elsewhere.error(token, "plan", source="other") == "try_later"
        assert elsewhere.result(token, "budget")["monthly_calls"] == 500_000


def test_a_rate_is_kept(elsewhere: Desk):
    """A token that has made its calls of a minute is asked to wait; the others are not."""
    token = elsewhere.token(scope=Scope(per_minute=2))

    elsewhere.result(token, "budget")
    elsewhere.result(token, "budget")

    assert elsewhere.error(token, "budget") == "try_later"
    elsewhere.result(elsewhere.token(), "budget")


def test_a_share_of_the_budget_is_kept(elsewhere: Desk):
    """A token that has made its share of the month's calls makes no more."""
    token = elsewhere.token(scope=Scope(per_minute=100, budget_share=0.000006))  # three of 500,000

    answers = [elsewhere.call(token, "list_all_caspio_tables") for _ in range(4)]

    assert not answers[0].is_error
    assert answers[3].structured_content["error"]["kind"] == "stopped"
    assert elsewhere.error(token, "plan", source="other") == "stopped"


def test_a_run_ends_with_the_share(elsewhere: Desk):
    """A run that would use more than the token has left stops, and starts nothing more."""
    token = elsewhere.token(scope=Scope(per_minute=100, budget_share=0.000002))  # one call

    assert elsewhere.error(token, "plan", source="other") == "stopped"
    assert 1 <= elsewhere.audit()[0].calls < 8


def test_without_an_audit_nothing_is_done(elsewhere: Desk, monkeypatch: pytest.MonkeyPatch):
    """If the row cannot be written, the call is not made."""
    from pipeline.adapters.sql_ledger.agents import SqlAgents
    from pipeline.errors import LedgerUnavailable

    token = elsewhere.token()

    def fail(*_args: Any, **_kwargs: Any) -> None:
        raise LedgerUnavailable("the disk is full")

    calls = elsewhere.emulators["other"].control.calls()
    monkeypatch.setattr(SqlAgents, "begin_call", fail)

    with pytest.raises(MCPError, match="audit cannot be written"):
        elsewhere.call(token, "list_all_caspio_tables")

    assert elsewhere.emulators["other"].control.calls() == calls


def test_answers_are_bounded(elsewhere: Desk):
    """An answer that would fill a client's context is refused with what to do."""
    from flows.agents import calls

    token = elsewhere.token()
    assert calls.MOST_ANSWER_CHARS <= 200_000
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(calls, "MOST_ANSWER_CHARS", 50)
        answer = elsewhere.call(token, "list_all_caspio_records", {"table": "Receipts"})

    assert answer.is_error
    assert "fewer rows" in json.dumps(answer.structured_content)


def test_a_run_that_was_stopped_can_be_undone(elsewhere: Desk, monkeypatch: pytest.MonkeyPatch):
    """Its id is in the error and in the audit, so that what it did before is not out of reach."""
    from flows.agents.tools import plans
    from pipeline.errors import ArchiveUnavailable

    token = elsewhere.token(scope=AGAIN)
    digest = elsewhere.result(token, "reprocess", source="other", records=["3"])["digest"]

    def stop(*_args: Any, **_kwargs: Any) -> None:
        raise ArchiveUnavailable("the disk is full")

    monkeypatch.setattr(plans, "apply_plan", stop)
    answer = elsewhere.call(token, "apply", {"digest": digest})

    error, row = answer.structured_content["error"], elsewhere.audit()[0]
    assert (error["kind"], error["run_id"], row.run_id) == ("stopped", row.run_id, error["run_id"])
    mine = elsewhere.accounts["other"]
    assert mine.ledger.agents.run_of_agent(mine.key, error["run_id"])
