"""Two serves of the same deployments: whoever ends first leaves the schedules to the other."""

import asyncio
import threading
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace

import pytest
from prefect.runner._scheduled_run_poller import ScheduledRunPoller
from structlog.testing import capture_logs

from flows.prefect.deployments.others import OtherServe
from flows.prefect.deployments.worker import DrainingRunner

START = datetime(2026, 3, 1, tzinfo=UTC)


def seen(mine: list[int], theirs: list[int], *, until: int, stops: int = 1000) -> OtherServe:
    """Return what is known after looks every 2 seconds; both ask at some seconds.

    The server notes a request a second later. From `stops` on, this process asks no more.
    """
    now = [0.0]
    other = OtherServe(clock=lambda: now[0])
    for second in range(1, until, 2):
        now[0] = second
        asked = [at for at in mine if at <= second and at < stops]
        noted = [at for at in (*asked, *theirs) if at < second]
        other.look(
            START + timedelta(seconds=asked[-1]) if asked else None,
            START + timedelta(seconds=max(noted)) if noted else None,
            is_stopping=second >= stops,
        )
    return other


def every_ten(first: int) -> list[int]:
    """Return the seconds at which a serve asks."""
    return list(range(first, 200, 10))


def test_a_serve_alone_notices_nobody():
    """Its own requests are no sign of another."""
    other = seen(every_ten(0), [], until=200)

    assert not other.may_be_there
    assert not other.is_there


@pytest.mark.parametrize("first", [5, 6, 7, 8])
def test_another_serve_is_noticed_and_said_once(first: int):
    """What the server notes between two requests of this process is of somebody else."""
    with capture_logs() as logs:
        other = seen(every_ten(0), every_ten(first), until=60)

    assert other.is_there
    assert [line["log_level"] for line in logs] == ["warning"]


def test_a_serve_that_has_ended_is_forgotten():
    """After some minutes without a sign, this one is the last again."""
    other = seen(list(range(0, 1000, 10)), every_ten(6), until=600)

    assert not other.may_be_there


def test_one_sign_is_enough_while_this_one_asks_no_more():
    """From then on, every request is of somebody else."""
    assert seen(every_ten(0), every_ten(1), until=60, stops=41).is_there


def test_a_server_that_notes_late_is_no_other_serve_yet():
    """One late note lets the schedules go on, and warns nobody."""
    other = seen(every_ten(0), [6], until=40)

    assert other.may_be_there
    assert not other.is_there


@pytest.mark.parametrize("is_there", [True, False])
def test_the_schedules_of_another_serve_are_not_paused(*, is_there: bool):
    """Who ends first pauses nothing; the last one does."""
    paused: list[str] = []

    async def pause(deployment: str) -> None:
        paused.append(deployment)

    runner = object.__new__(DrainingRunner)
    runner.others = seen(every_ten(0), every_ten(6) if is_there else [], until=60)
    runner.others.clock = lambda: 60.0
    runner._deployment_registry = SimpleNamespace(get_deployment_ids=lambda: ["one"])  # type: ignore[assignment]
    runner._client = SimpleNamespace(pause_deployment=pause)  # type: ignore[assignment]

    asyncio.run(runner._pause_schedules())

    assert paused == ([] if is_there else ["one"])


def test_a_server_that_is_away_ends_no_watch():
    """The next look tries again."""
    looks, stop = [0], threading.Event()

    def last() -> datetime | None:
        looks[0] += 1
        if looks[0] == 3:
            stop.set()
        raise OSError("away")

    OtherServe().watch(lambda: (None, False), last, stop, look_s=0.0)

    assert looks == [3]


def test_prefects_poller_says_when_it_has_asked():
    """The name is private: without it, no other serve is noticed."""
    assert {"last_polled", "stopping"} <= set(ScheduledRunPoller.__init__.__code__.co_names)
