"""`Idempotency-Key`: carried out once, answered the same, and what a kill leaves behind."""

import threading
from typing import Any

import pytest

from pipeline.adapters.sql_ledger.agents import SqlAgents
from pipeline.errors import LedgerUnavailable
from pipeline.model.agents import Scope
from tests.integration.api.caller import ApiDesk

pytestmark = pytest.mark.integration

PRIVATE = "/tables/Private/records"


def keyed(name: str) -> dict[str, str]:
    """Return the header that has a key."""
    return {"Idempotency-Key": f'"{name}"'}


def salaries(api: ApiDesk) -> list[int]:
    """Return what is in the table that these tests write to."""
    rows = api.result("GET", PRIVATE, params={"page_size": 500})
    return [row["Salary"] for row in rows]


def end_abruptly(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let a process end where the answer would be kept: after the effect, before the answer."""

    def die(*_args: Any, **_kwargs: Any) -> None:
        raise LedgerUnavailable("this process has ended")

    monkeypatch.setattr(SqlAgents, "settle_request", die)


def abandon(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let all processes that have begun a request be gone."""
    monkeypatch.setattr("pipeline.adapters.sql_ledger.agents.requests.is_gone", lambda *_: True)


def test_the_same_request_is_carried_out_once(api: ApiDesk):
    """The second answer is the first one's, and Caspio is not called for it."""
    first = api.send("POST", PRIVATE, json={"Salary": 71}, headers=keyed("once"))
    calls = api.desk.emulators["main"].control.calls()

    second = api.send("POST", PRIVATE, json={"Salary": 71}, headers=keyed("once"))

    assert (first.status_code, second.status_code) == (200, 200)
    assert first.json() == second.json()
    assert (first.headers.get("idempotency-replayed"), second.headers["idempotency-replayed"]) == (
        None,
        "true",
    )
    assert api.desk.emulators["main"].control.calls() == calls
    assert salaries(api).count(71) == 1


def test_another_request_under_the_same_key_is_refused(api: ApiDesk):
    """Another body, address or condition is answered with 422, and not carried out."""
    api.send("POST", PRIVATE, json={"Salary": 72}, headers=keyed("other"))

    for path, body in ((PRIVATE, {"Salary": 73}), ("/tables/Receipts/records", {"Title": "73"})):
        refused = api.problem("POST", path, json=body, headers=keyed("other"))
        assert refused == (422, "key_reused")
    assert 73 not in salaries(api)


def test_a_key_is_of_one_token(api: ApiDesk):
    """Another token of the account uses the same key for a request of its own."""
    other = api.by(
        api.desk.token(scope=Scope(tags=("records",), raw_writes=True, per_minute=1_000))
    )

    api.result("POST", PRIVATE, json={"Salary": 74}, headers=keyed("shared"))
    other.result("POST", PRIVATE, json={"Salary": 74}, headers=keyed("shared"))

    assert salaries(api).count(74) == 2


def test_a_request_under_way_is_not_begun_again(api: ApiDesk, monkeypatch: pytest.MonkeyPatch):
    """While the first one is not answered, the second is asked to wait."""
    entered, leave = threading.Event(), threading.Event()
    call = type(api.desk.accounts["main"].client).call

    def slow(self: Any, *args: Any, **kwargs: Any) -> Any:
        entered.set()
        assert leave.wait(120)
        return call(self, *args, **kwargs)

    monkeypatch.setattr(type(api.desk.accounts["main"].client), "call", slow)
    first: list[Any] = []
    thread = threading.Thread(
        target=lambda: first.append(
            api.send("POST", PRIVATE, json={"Salary": 75}, headers=keyed("slow"))
        )
    )
    thread.start()
    assert entered.wait(120)

    second = api.send("POST", PRIVATE, json={"Salary": 75}, headers=keyed("slow"))
    leave.set()
    thread.join()

    assert (second.status_code, second.headers["retry-after"]) == (409, "5")
    assert second.json()["errors"][0]["kind"] == "under_way"
    assert first[0].status_code == 200
    assert salaries(api).count(75) == 1


def test_what_was_refused_may_be_sent_again(api: ApiDesk):
    """A request that changed nothing does not use its key up."""
    key = keyed("again")

    assert api.problem("POST", PRIVATE, json={"None": 1}, headers=key) == (404, "not_found")
    api.result("POST", PRIVATE, json={"Salary": 76}, headers=key)

    assert salaries(api).count(76) == 1


def test_after_a_kill_a_raw_write_is_in_doubt(api: ApiDesk, monkeypatch: pytest.MonkeyPatch):
    """It took effect, and nobody kept its answer: it is neither repeated nor guessed."""
    with pytest.MonkeyPatch.context() as patch:
        end_abruptly(patch)
        api.send("POST", PRIVATE, json={"Salary": 77}, headers=keyed("killed"))
    abandon(monkeypatch)

    again = api.problem("POST", PRIVATE, json={"Salary": 77}, headers=keyed("killed"))

    assert again == (409, "in_doubt")
    assert salaries(api).count(77) == 1


def test_after_a_kill_a_plan_is_finished(api: ApiDesk, monkeypatch: pytest.MonkeyPatch):
    """`apply` goes by its own intents: sent again it finishes what it began, and repeats nothing."""
    digest = api.result("POST", "/pipeline/plan", json={"source": "main"})["digest"]
    with pytest.MonkeyPatch.context() as patch:
        end_abruptly(patch)
        api.send("POST", "/pipeline/apply", json={"digest": digest}, headers=keyed("apply"))
    written = api.result("GET", "/tables/Receipts/records")
    abandon(monkeypatch)

    again = api.send("POST", "/pipeline/apply", json={"digest": digest}, headers=keyed("apply"))

    assert again.status_code == 200, again.text
    assert api.result("GET", "/tables/Receipts/records") == written
    assert [row["Total"] for row in written[:3]] == [1.5, 2.5, 3.5]


def test_a_file_is_compared_by_its_digest(api: ApiDesk):
    """The same file is answered the same without being sent on; another one is refused."""
    (made,) = api.result("POST", "/tables/Receipts/records", json={"Title": "file"})
    path = f"/tables/Receipts/attachments/Scan/{made['PK_ID']}?name=f.txt"
    api.result("PUT", path, content=b"one", headers=keyed("file"))

    api.result("PUT", path, content=b"one", headers=keyed("file"))
    refused = api.problem("PUT", path, content=b"two", headers=keyed("file"))

    assert refused == (422, "key_reused")
    assert api.send("GET", path.partition("?")[0]).content == b"one"


def test_a_lost_answer_of_caspio_is_in_doubt(api: ApiDesk):
    """A write that was sent and never answered stays in doubt under its key."""
    from pipeline.adapters.caspio.client import InDoubt

    def lose(*_args: Any, **_kwargs: Any) -> None:
        raise InDoubt("Creating a record was sent and its answer never came.")

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(type(api.desk.accounts["main"].client), "call", lose)
        first = api.problem("POST", PRIVATE, json={"Salary": 78}, headers=keyed("lost"))

    second = api.problem("POST", PRIVATE, json={"Salary": 78}, headers=keyed("lost"))

    assert first == second == (409, "in_doubt")
    assert 78 not in salaries(api)


@pytest.mark.parametrize("key", ["", "x" * 256, "two words", "a\tb"])
def test_a_key_is_a_short_visible_text(api: ApiDesk, key: str):
    """Anything else is refused before it is looked at."""
    sent = {"Idempotency-Key": key}

    assert api.problem("POST", PRIVATE, json={"Salary": 79}, headers=sent) == (400, "arguments")
    assert 79 not in salaries(api)
