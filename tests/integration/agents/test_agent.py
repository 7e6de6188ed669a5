"""What an agent that makes plans can do, what that costs, and where it ends."""

import json
from typing import Any

import pytest
from mcp.client import Client
from mcp.shared.exceptions import MCPError

from pipeline.model.agents import CallState, Scope
from tests.integration.agents.desk import LEGACY, MODERN, Desk

pytestmark = pytest.mark.integration

AGAIN = Scope(methods=("reprocess", "apply", "undo"), per_minute=1_000)
"""What it takes to plan a record a second time."""


def test_an_applied_plan_is_in_the_audit(desk: Desk):
    """Each call has its row: who, which tool, what it cost, which run it made, and no value."""
    token = desk.token(scope=AGAIN)
    digest = desk.result(token, "reprocess", source="main", records=["1", "2"])["digest"]

    run_id = desk.result(token, "apply", digest=digest)["run_id"]

    row = desk.audit()[0]
    assert (row.tool, row.state, row.run_id, row.records) == ("apply", CallState.DONE, run_id, 2)
    assert row.calls > 0
    assert len(row.arguments) == 64
    assert digest not in repr(row)


def test_an_agent_undoes_what_agents_did_alone(desk: Desk):
    """A run that no call made is an operator's to undo."""
    assert desk.error(desk.token(), "undo", run_id="20260101-000000-00000000") == "not_found"


def test_a_plan_is_applied_as_it_was_shown(desk: Desk):
    """A digest of no plan, or a plan that was changed after it was made, is refused."""
    token = desk.token(scope=AGAIN)
    digest = desk.result(token, "reprocess", source="main", records=["1"])["digest"]
    path = desk.accounts["main"].plans / f"{digest}.jsonl"
    path.write_text(path.read_text().replace("Main Hardware", "Evil Hardware"))

    assert desk.error(token, "apply", digest=digest) == "arguments"
    assert desk.error(token, "apply", digest="0" * 64) == "not_found"
    assert desk.error(token, "apply", digest="../" + digest) == "arguments"


@pytest.mark.parametrize("era", [MODERN, LEGACY])
def test_progress_is_reported(desk: Desk, era: str):
    """A client that asks for it hears how far a long call is, in both eras."""
    reported: list[float] = []
    token = desk.token()
    desk.result(token, "read_document", source="main", record="1")

    async def ask(client: Client) -> None:
        async def note(done: float, _total: float | None, _message: str | None) -> None:
            reported.append(done)

        await client.call_tool("verify", {"source": "main"}, progress_callback=note)

    desk.with_client(ask, token, era=era)

    assert reported


def test_one_run_at_a_time(desk: Desk):
    """While a run is under way, another one is asked to wait, and reading goes on."""
    token = desk.token()
    with desk.accounts["main"].running:
        assert desk.error(token, "plan", source="main") == "try_later"
        assert desk.result(token, "budget")["monthly_calls"] == 500_000


def test_a_rate_is_kept(desk: Desk):
    """A token that has made its calls of a minute is asked to wait; the others are not."""
    token = desk.token(scope=Scope(per_minute=2))

    desk.result(token, "budget")
    desk.result(token, "budget")

    assert desk.error(token, "budget") == "try_later"
    desk.result(desk.token(), "budget")


def test_a_share_of_the_budget_is_kept(desk: Desk):
    """A token that has made its share of the month's calls makes no more."""
    token = desk.token(scope=Scope(per_minute=100, budget_share=0.000006))  # three of 500,000

    answers = [desk.call(token, "list_all_caspio_tables") for _ in range(4)]

    assert not answers[0].is_error
    assert answers[3].structured_content["error"]["kind"] == "stopped"
    assert desk.error(token, "plan", source="main") == "stopped"


def test_a_run_ends_with_the_share(desk: Desk):
    """A run that would use more than the token has left stops, and starts nothing more."""
    token = desk.token(scope=Scope(per_minute=100, budget_share=0.000002))  # one call

    assert desk.error(token, "plan", source="main") == "stopped"
    assert 1 <= desk.audit()[0].calls < 8


def test_without_an_audit_nothing_is_done(desk: Desk, monkeypatch: pytest.MonkeyPatch):
    """If the row cannot be written, the call is not made."""
    from pipeline.adapters.sql_ledger.agents import SqlAgents
    from pipeline.errors import LedgerUnavailable

    token = desk.token()

    def fail(*_args: Any, **_kwargs: Any) -> None:
        raise LedgerUnavailable("the disk is full")

    calls = desk.emulators["main"].control.calls()
    monkeypatch.setattr(SqlAgents, "begin_call", fail)

    with pytest.raises(MCPError, match="audit cannot be written"):
        desk.call(token, "list_all_caspio_tables")

    assert desk.emulators["main"].control.calls() == calls


def test_answers_are_bounded(desk: Desk):
    """An answer that would fill a client's context is refused with what to do."""
    from flows.agents import calls

    token = desk.token()
    assert calls.MOST_ANSWER_CHARS <= 200_000
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(calls, "MOST_ANSWER_CHARS", 50)
        answer = desk.call(token, "list_all_caspio_records", {"table": "Receipts"})

    assert answer.is_error
    assert "fewer rows" in json.dumps(answer.structured_content)


def test_a_run_that_was_stopped_can_be_undone(desk: Desk, monkeypatch: pytest.MonkeyPatch):
    """Its id is in the error and in the audit, so that what it did before is not out of reach."""
    from flows.agents.tools import plans
    from pipeline.errors import ArchiveUnavailable

    token = desk.token(scope=AGAIN)
    digest = desk.result(token, "reprocess", source="main", records=["3"])["digest"]

    def stop(*_args: Any, **_kwargs: Any) -> None:
        raise ArchiveUnavailable("the disk is full")

    monkeypatch.setattr(plans, "apply_plan", stop)
    answer = desk.call(token, "apply", {"digest": digest})

    error, row = answer.structured_content["error"], desk.audit()[0]
    assert (error["kind"], error["run_id"], row.run_id) == ("stopped", row.run_id, error["run_id"])
    mine = desk.accounts["main"]
    assert mine.ledger.agents.run_of_agent(mine.key, error["run_id"])
