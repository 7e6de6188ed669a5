from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import httpx
import pytest

from flows.prefect import server as module
from flows.prefect.server import Server, reachable_server
from pipeline.adapters.caspio.client.retry import Repeatable, RetryPolicy
from pipeline.errors import BadSettings, ServiceUnavailable


def answering(monkeypatch: pytest.MonkeyPatch, answers: Iterator[int]) -> Server:
    """Return a server that answers with these status codes, one after the other, without pauses."""
    monkeypatch.setattr(httpx, "request", lambda *_, **__: httpx.Response(next(answers), json={}))
    monkeypatch.setattr(module, "_BUSY", RetryPolicy(on=(Repeatable,), attempts=3))
    return Server("http://prefect/api")


def test_a_busy_server_is_asked_again(monkeypatch: pytest.MonkeyPatch):
    """While another request writes to its database, it refuses before it does anything."""
    assert answering(monkeypatch, iter([503, 503, 200])).ask("POST", "/flow_runs/filter") == {}


@pytest.mark.parametrize("answers", [[503, 503, 503], [500], [404]])
def test_what_it_answers_at_last_is_said(monkeypatch: pytest.MonkeyPatch, answers: list[int]):
    """A request that failed otherwise may have been carried out, and is not repeated."""
    with pytest.raises(BadSettings, match=f"answers {answers[-1]}"):
        answering(monkeypatch, iter(answers)).ask("POST", "/flow_runs/filter")


def test_the_servers_own_time_is_known(monkeypatch: pytest.MonkeyPatch):
    """It comes with each answer, and the times in its answers are compared with no other."""
    said = {"date": "Sat, 14 Mar 2026 09:00:07 GMT"}
    monkeypatch.setattr(httpx, "request", lambda *_, **__: httpx.Response(200, headers=said))

    assert Server("http://prefect/api").now() == datetime(2026, 3, 14, 9, 0, 7, tzinfo=UTC)


def test_a_server_without_a_clock_is_refused(monkeypatch: pytest.MonkeyPatch):
    """No other clock takes its place."""
    with pytest.raises(BadSettings, match="does not report its time"):
        answering(monkeypatch, iter([200])).now()


@pytest.mark.parametrize("date", ["soon", "Sat, 14 Mar 2026 09:00:07 -0000", ""])
def test_a_time_that_is_none_is_refused(monkeypatch: pytest.MonkeyPatch, date: str):
    """A date that cannot be read, or has no zone, is as none."""
    reply = httpx.Response(200, headers={"date": date})
    monkeypatch.setattr(httpx, "request", lambda *_, **__: reply)

    with pytest.raises(BadSettings, match="does not report its time"):
        Server("http://prefect/api").now()


def test_a_page_in_place_of_an_answer_is_refused(monkeypatch: pytest.MonkeyPatch):
    """A proxy that answers 200 with a page of its own is not Prefect's server."""
    monkeypatch.setattr(httpx, "request", lambda *_, **__: httpx.Response(200, html="<p>Sign in"))

    with pytest.raises(BadSettings, match="does not answer in JSON"):
        Server("http://prefect/api").ask("POST", "/flow_runs/filter")


def test_a_wrong_password_is_said(monkeypatch: pytest.MonkeyPatch):
    """Prefect's own client gets the refusal; what to correct is said, and nothing of HTTP."""
    monkeypatch.setenv("PREFECT_API_URL", "http://prefect/api")
    request = httpx.Request("GET", "http://prefect/api/admin/version")
    monkeypatch.setattr(httpx, "get", lambda *_, **__: httpx.Response(200))

    with pytest.raises(ServiceUnavailable) as said, reachable_server():
        httpx.Response(401, request=request).raise_for_status()

    assert "Correct PREFECT_API_AUTH_STRING" in str(said.value)
    assert "401" not in str(said.value)


@pytest.mark.parametrize(("up_s", "lines"), [(5, 0), (29, 0), (40, 1), (200, 1)])
def test_a_server_that_starts_slowly_is_waited_for(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, up_s: int, lines: int
):
    """On a busy machine a first start takes minutes; as long as the program runs, it may still come.

    After half a minute one line says what is waited for.
    """
    said: list[str] = []
    clock = {"now": 0.0}
    time = SimpleNamespace(
        monotonic=lambda: clock["now"], sleep=lambda _: clock.update(now=clock["now"] + 1.0)
    )
    monkeypatch.setattr(module, "time", time)
    is_up: Any = SimpleNamespace(is_healthy=lambda: clock["now"] > up_s)
    running: Any = SimpleNamespace(poll=lambda: None)

    module._wait_until_healthy(is_up, running, tmp_path / "prefect.log", said.append)

    assert clock["now"] > up_s
    line = f"still waiting for Prefect's server, see {tmp_path / 'prefect.log'}"
    assert said == [line] * lines
