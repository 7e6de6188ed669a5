import pytest

from pipeline.errors import LeaseLost
from pipeline.ports import Ledger
from tests.fakes.clock import FakeClock


def test_a_run_is_remembered(ledger: Ledger, clock: FakeClock):
    """A run shows when it began and ended, and what it did."""
    began = clock.now()
    ledger.usage.start_run("run-1", "run", ["receipts", "mail"])
    clock.advance(90)

    ledger.usage.finish_run(
        "run-1", "done", counts={"done": 2}, calls={"GET /v3/tables": 4}, values={"written": 3}
    )

    (run,) = ledger.usage.runs()
    assert (run.id, run.kind, run.started_at, run.finished_at) == (
        "run-1",
        "run",
        began,
        clock.now(),
    )
    assert (run.status, run.counts, run.calls) == ("done", {"done": 2}, {"GET /v3/tables": 4})
    assert run.values == {"written": 3}
    assert run.sources == ("receipts", "mail")
    assert (ledger.usage.kind_of("run-1"), ledger.usage.kind_of("run-2")) == ("run", "")


def test_a_run_under_way_has_no_end(ledger: Ledger):
    """A run that was started and not finished says so, while its worker lives."""
    ledger.leases.join("run-1", ttl_s=60)
    ledger.usage.start_run("run-1", "run")

    assert [(run.status, run.finished_at) for run in ledger.usage.runs()] == [("running", None)]


def test_a_run_whose_worker_died_is_lost(ledger: Ledger, clock: FakeClock):
    """A run says so itself as soon as its worker has expired, and is reported once."""
    ledger.leases.join("run-1", ttl_s=0)
    ledger.usage.start_run("run-1", "run")
    ledger.leases.join("run-2", ttl_s=600)
    ledger.usage.start_run("run-2", "run")
    clock.advance(1)

    before = [run.status for run in ledger.usage.runs()]
    reported = [ledger.usage.record_lost_runs() for _ in range(2)]

    assert before == ["running", "lost"]
    assert reported == [["run-1"], []]
    assert [(run.status, run.finished_at) for run in ledger.usage.runs()] == [
        ("running", None),
        ("lost", None),
    ]


def test_a_run_that_is_recorded_as_lost_may_write_nothing(ledger: Ledger):
    """A worker that was only late stops, so that no run goes on that others call lost."""
    ledger.leases.join("run-1", ttl_s=0)
    ledger.usage.start_run("run-1", "run")

    ledger.usage.record_lost_runs()

    with pytest.raises(LeaseLost):
        ledger.leases.renew("run-1", ttl_s=60)


def test_a_lost_run_that_ends_says_how(ledger: Ledger):
    """A process that was treated as dead and has ended in good order is not lost any more."""
    ledger.leases.join("run-1", ttl_s=0)
    ledger.usage.start_run("run-1", "run")
    ledger.usage.record_lost_runs()

    ledger.usage.finish_run("run-1", "stopped", counts={}, calls={}, values={})

    assert [run.status for run in ledger.usage.runs()] == ["stopped"]


def test_runs_come_newest_first_and_no_more_than_asked(ledger: Ledger):
    """The latest runs come first, also within one second."""
    for number in range(12):
        ledger.usage.start_run(f"run-{number}", "run")

    assert [run.id for run in ledger.usage.runs()] == [
        f"run-{number}" for number in range(11, 1, -1)
    ]
    assert [run.id for run in ledger.usage.runs(limit=1)] == ["run-11"]


def test_finishing_an_unknown_run_is_a_bug(ledger: Ledger):
    """Nothing is recorded in silence about a run that never began."""
    with pytest.raises(KeyError):
        ledger.usage.finish_run("run-1", "done", counts={}, calls={}, values={})


def test_a_run_started_again_keeps_its_calls(ledger: Ledger):
    """Calls are never forgotten: those of a repeated run are added to those it had made."""
    for _ in range(2):
        ledger.usage.start_run("run-1", "run")
        ledger.usage.finish_run(
            "run-1", "failed", counts={"failed": 1}, calls={"GET /a": 2, "PUT /b": 1}, values={}
        )

    assert [run.calls for run in ledger.usage.runs()] == [{"GET /a": 4, "PUT /b": 2}]


def test_a_new_ledger_is_empty(ledger: Ledger):
    """Without runs there are no calls, no runs and no counts."""
    assert (ledger.usage.this_month("a").calls, ledger.usage.runs(), ledger.files.counts()) == (
        0,
        [],
        {},
    )
