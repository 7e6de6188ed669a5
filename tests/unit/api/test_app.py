"""The door of the HTTP API, and that no account keeps another one waiting."""

import threading
from types import SimpleNamespace
from typing import Any

import anyio
import anyio.to_thread
import pytest

from flows.agents.calls import Answered
from flows.agents.door import Allowed
from flows.agents.http import agents_app
from flows.api.app import _Api, api_app
from flows.api.endpoints import endpoints
from pipeline.settings.agents import AgentSettings
from tests.support.asgi import AsgiClient

HOST = "http://127.0.0.1:8769"
ALLOWED = Allowed.by(listen="127.0.0.1:8769", url=None, origins=())


@pytest.mark.parametrize("name", ["%E2%82%AC", "a%22%2C%20scope%3D%22write"])
@pytest.mark.parametrize("root", ["api", "mcp"])
def test_a_name_is_encoded_in_the_challenge(root: str, name: str):
    """Whatever an account is called in the address, the answer is 401, and its header is whole."""
    app = (
        api_app({}, ALLOWED, None)
        if root == "api"
        else agents_app({}, AgentSettings(listen="127.0.0.1:8769"))
    )

    answer = AsgiClient(app, base_url=HOST).post(f"/{root}/{name}")

    where = f"{HOST}/.well-known/oauth-protected-resource/{root}/{name}"
    assert answer.status_code == 401
    assert f'resource_metadata="{where}", scope="read"' in answer.headers["www-authenticate"]


@pytest.mark.parametrize("takes_file", [True, False])
def test_an_account_waits_for_its_own_calls_only(
    monkeypatch: pytest.MonkeyPatch, *, takes_file: bool
):
    """While one account has as many calls under way as it may, another one is answered."""
    monkeypatch.setattr("flows.api.app.TRANSFERS", 1)
    monkeypatch.setattr("flows.api.app.CALLS", 1)
    begun, leave = threading.Semaphore(0), threading.Event()
    entered: list[str] = []

    def perform(caller: str, *_: Any) -> Answered:
        entered.append(caller)
        begun.release()
        assert caller == "fast" or leave.wait(60)
        return Answered({"by": caller})

    monkeypatch.setattr("flows.api.app.perform", perform)
    api = _Api({}, None)
    endpoint = next(one for one in endpoints() if one.takes_file is takes_file)

    async def run() -> list[str]:
        with anyio.fail_after(10):
            async with anyio.create_task_group() as group:
                for _ in range(2):
                    group.start_soon(api._performed, asked("slow"), endpoint, {})
                await anyio.to_thread.run_sync(begun.acquire)
                answered = await api._performed(asked("fast"), endpoint, {})
                seen = list(entered)
                leave.set()
        assert answered.content["by"] == "fast"
        return seen

    assert anyio.run(run) == ["slow", "fast"]


def asked(name: str) -> Any:
    """Return a request for an account, made by somebody of the same name."""
    ledger = SimpleNamespace(effects=SimpleNamespace(plan_key=lambda: b"key"))
    account = SimpleNamespace(name=name, ledger=ledger)
    return SimpleNamespace(account=account, caller=lambda: name)
