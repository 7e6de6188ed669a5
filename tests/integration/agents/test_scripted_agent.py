"""A scripted agent, by tools alone."""

from typing import Any

import pytest

from tests.integration.agents.desk import Desk

pytestmark = pytest.mark.integration


def receipts(desk: Desk, token: str) -> list[dict[str, Any]]:
    """Return the records as a tool shows them, in order."""
    shown: list[dict[str, Any]] = desk.result(token, "list_all_caspio_records", table="Receipts")
    return shown


def test_an_agent_reads_plans_applies_and_undoes(desk: Desk):
    """It finds unread receipts, reads one, shows a plan, applies it, and puts everything back."""
    token = desk.token()
    before = receipts(desk, token)

    found = desk.result(token, "find_documents", unprocessed=True)
    read = desk.result(token, "read_document", source="main", record="1", boxes=True)
    plan = desk.result(token, "plan", source="main")
    shown = desk.result(token, "plan", digest=plan["digest"])
    planned = receipts(desk, token)
    applied = desk.result(token, "apply", digest=plan["digest"])
    written = receipts(desk, token)
    history = desk.result(token, "explain", source="main", record="1")
    undone = desk.result(token, "undo", run_id=applied["run_id"])

    assert [one["record"] for one in found] == ["1", "2", "3"]
    assert (read["class"], read["values"]["total"]["value"]) == ("receipt", "1.50")
    assert read["page"]["lines"][0]["text"] == "Main Hardware Ltd"
    assert shown["changes"] == plan["changes"]
    assert planned == before
    assert applied["documents"] == undone["documents"] == {"done": 3}
    assert [one["Total"] for one in written] == [1.5, 2.5, 3.5]
    runs = {effect["run"] for version in history for effect in version["effects"]}
    assert runs == {applied["run_id"]}
    assert receipts(desk, token) == before
