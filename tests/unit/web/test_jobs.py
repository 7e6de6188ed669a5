"""Work that takes longer than a request is done in a thread, one at a time."""

import threading
import time

import pytest

from flows.app.drain import Drain
from flows.doctor.check import Check
from flows.web.health import Health
from flows.web.jobs import Jobs
from pipeline.errors import BadSettings
from tests.fakes.clock import FakeClock


def test_one_job_is_done_at_a_time():
    """While one is being done no other begins; its result is kept."""
    gate, jobs = threading.Event(), Jobs(FakeClock())

    def work(_drain: Drain) -> str:
        gate.wait(60)
        return "fine"

    begun = [jobs.begin("a", work), jobs.begin("b", work)]
    during = jobs.job("a")
    gate.set()
    jobs.wait()
    after = jobs.job("a")

    assert begun == [True, False]
    assert during is not None
    assert after is not None
    assert (during.ended_at, after.result, after.failed) == (None, "fine", False)
    assert jobs.job("b") is None


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (BadSettings(["The plan is old."]), "The plan is old."),
        (RuntimeError("secret"), "RuntimeError"),
    ],
)
def test_a_job_that_fails_says_why(error: Exception, said: str):
    """An error that a user can solve is shown as it is; a bug only by its kind."""
    jobs = Jobs(FakeClock())

    def work(_drain: Drain) -> str:
        raise error

    jobs.begin("a", work)
    jobs.wait()
    job = jobs.job("a")

    assert job is not None
    assert job.failed
    assert said in job.result
    assert "secret" not in job.result


def test_a_job_whose_thread_cannot_start_keeps_no_other_waiting(monkeypatch: pytest.MonkeyPatch):
    """A machine with too many threads has none for a job; later it may have one."""
    jobs = Jobs(FakeClock())
    with monkeypatch.context() as full:
        full.setattr(threading.Thread, "start", _no_thread)
        with pytest.raises(RuntimeError, match="new thread"):
            jobs.begin("a", lambda _: "fine")
    unbegun = jobs.job("a")

    begun = jobs.begin("a", lambda _: "fine")

    jobs.wait()
    assert (unbegun, begun) == (None, True)


def test_an_examination_whose_thread_cannot_start_is_made_later(monkeypatch: pytest.MonkeyPatch):
    """The next visit begins it."""
    health = Health(lambda: [Check("doctor", ok=True, detail="")], FakeClock())
    with monkeypatch.context() as full:
        full.setattr(threading.Thread, "start", _no_thread)
        with pytest.raises(RuntimeError, match="new thread"):
            health.latest()

    health.latest()

    health.wait()
    assert [check.name for check in health.latest().checks] == ["doctor"]


def _no_thread(_thread: threading.Thread) -> None:
    raise RuntimeError("can't start new thread")


def test_closing_asks_a_job_to_stop():
    """When the page ends, the job finishes its records and starts nothing more."""
    jobs = Jobs(FakeClock())

    def work(drain: Drain) -> str:
        while not drain.requested:
            time.sleep(0.01)
        return "stopped"

    jobs.begin("a", work)
    jobs.close()

    job = jobs.job("a")
    assert job is not None
    assert job.result == "stopped"
