"""Messages become runs: batched, not our own, taken up again, and given up to the schedule in the end."""

import gc
import threading
import weakref
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from flows.app.drain import Drain
from flows.app.run_request import RunRequest
from flows.app.webhook_messages import AT_WORK_S, answering
from flows.webhooks.dispatch import MOST_ATTEMPTS, Dispatcher, Loop
from pipeline.errors import AtWorkElsewhere, BudgetExhausted, StopRequested
from pipeline.metering.summary import Summary
from pipeline.model import Effect, EffectKind, EffectState, FileRef, Outcome, Place, Status
from pipeline.model.messages import Message, ReportedRecord
from pipeline.ports.ledger import WatchedSource
from pipeline.settings import Settings
from pipeline.source_run.leases import leased_worker
from tests.fakes.clock import FakeClock
from tests.fakes.ledger import MemoryLedger
from tests.unit.webhooks.conftest import load

ACCOUNT = "a.caspio.com"
FILE = FileRef("papers", Place.ATTACHMENT, "Papers", "Scan", None, "a.pdf", 1, "")

SYNC = """
[[sync]]
name = "s"
table = "Papers"
url = "sqlite:///mirror.db"
mirror = "papers"
columns = { PK_ID = "id", Title = "title" }
"""


class Runs:
    """Replace the runs: ends as `becomes` says."""

    def __init__(self, ledger: MemoryLedger) -> None:
        """Begin with runs that do their work."""
        self.ledger = ledger
        self.started: list[tuple[str, list[str]]] = []
        self.becomes: Status | Exception = Status.DONE

    def start(self, source: str, keys: Sequence[str], batch: str) -> None:
        """Run."""
        self.started.append((source, list(keys)))
        run_id = f"run-{len(self.started)}"
        summary, order = Summary(run_id), RunRequest(records=tuple(keys), batch=batch)
        with leased_worker(self.ledger, run_id), answering(self.ledger, order, summary):
            if isinstance(self.becomes, Exception):
                raise self.becomes
            summary.add(Outcome(FILE, self.becomes))


@pytest.fixture
def runs(ledger: MemoryLedger) -> Runs:
    """Runs that were started."""
    return Runs(ledger)


@pytest.fixture
def dispatcher(settings: Settings, ledger: MemoryLedger, runs: Runs) -> Dispatcher:
    """A dispatcher."""
    return Dispatcher(lambda: settings, ledger, runs.start)


def _keep(ledger: MemoryLedger, *messages: tuple[str, str], **values: object) -> None:
    ledger.messages.save(
        [
            Message(
                ACCOUNT,
                f"m{number}",
                source,
                "T",
                "table.recordUpdate",
                (ReportedRecord(key, values),),
            )  # type: ignore[arg-type]  # a test names columns
            for number, (source, key) in enumerate(messages)
        ]
    )


def _notes(ledger: MemoryLedger) -> list[str]:
    return [message.note for message in ledger.messages.latest(ACCOUNT)[::-1]]


def test_messages_of_a_source_become_one_run(
    dispatcher: Dispatcher, ledger: MemoryLedger, runs: Runs
):
    """What waits is one run a source, each record named once, and settled with what became of it."""
    _keep(ledger, ("papers", "1"), ("inbox", "/In/a"), ("papers", "2"), ("papers", "1"))

    assert dispatcher.turn() == 4

    assert runs.started == [("papers", ["1", "2"]), ("inbox", ["/In/a"])]
    assert _notes(ledger) == ["1 done"] * 4
    assert dispatcher.turn() == 0


def test_what_waits_is_kept_for_the_next_receiver(
    dispatcher: Dispatcher, ledger: MemoryLedger, runs: Runs
):
    """Asked to stop in the middle of a run, no other is begun, and all of it can be taken at once by the next."""
    _keep(ledger, ("papers", "1"), ("inbox", "/In/a"))
    runs.becomes = StopRequested("It was asked to stop.")
    begin = runs.start

    def start(source: str, keys: Sequence[str], batch: str) -> None:
        stopped.drain.requested = True
        begin(source, keys, batch)

    stopped = replace(dispatcher, start=start, drain=Drain())
    stopped.turn()
    assert runs.started == [("papers", ["1"])]
    runs.becomes = Status.DONE

    assert dispatcher.turn() == 2

    assert _notes(ledger) == ["1 done"] * 2


def test_our_own_writes_start_nothing(dispatcher: Dispatcher, ledger: MemoryLedger, runs: Runs):
    """A message about nothing but what this program has written is done without a run."""
    watched = WatchedSource(ledger.clock.now(), {"Total": "NUMBER"})
    ledger.messages.save_watched("papers", watched)
    effect = Effect(
        EffectKind.UPDATE_COLUMNS, "v", "Papers", "1", before={"Total": None}, after={"Total": 5}
    )
    ledger.effects.settle(ledger.effects.intend(effect, "run"), EffectState.VERIFIED)
    _keep(ledger, ("papers", "1"), Total=5)

    dispatcher.turn()

    assert (runs.started, _notes(ledger)) == ([], ["our own write"])


def test_a_run_elsewhere_is_waited_for_as_long_as_it_takes(
    dispatcher: Dispatcher, ledger: MemoryLedger, runs: Runs, clock: FakeClock
):
    """Messages of a sync that another run works on are joined, none is given up, and then worked on."""
    runs.becomes = AtWorkElsewhere("Another run works on it.")
    _keep(ledger, ("papers", "1"), ("papers", "2"))
    for _ in range(MOST_ATTEMPTS + 2):
        dispatcher.turn()
        clock.advance(AT_WORK_S)
    runs.becomes = Status.DONE

    dispatcher.turn()

    assert runs.started == [("papers", ["1", "2"])] * (MOST_ATTEMPTS + 3)
    assert _notes(ledger) == ["1 done"] * 2


def test_messages_of_a_sync_wait_for_its_run_without_one_of_their_own(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    ledger: MemoryLedger,
    runs: Runs,
    clock: FakeClock,
):
    """While somebody has the sync, nothing is started; then one run is for all messages."""
    settings = load(tmp_path, monkeypatch, SYNC)
    dispatcher = Dispatcher(lambda: settings, ledger, runs.start)
    _keep(ledger, ("sync:s", "1"), ("sync:s", "2"))
    with leased_worker(ledger, "elsewhere"):
        assert ledger.leases.claim("elsewhere", [["sync:s"]])[0]
        dispatcher.turn()
    assert runs.started == []
    clock.advance(AT_WORK_S)

    dispatcher.turn()

    assert runs.started == [("sync:s", ["1", "2"])]
    assert [message.attempts for message in ledger.messages.latest(ACCOUNT)] == [1, 1]


def test_a_source_that_no_longer_exists_is_reported(
    dispatcher: Dispatcher, ledger: MemoryLedger, runs: Runs
):
    """A message for a source that the settings lack now is done with that as its outcome."""
    _keep(ledger, ("former", "1"))

    dispatcher.turn()

    assert runs.started == []
    assert "no longer have a source 'former'" in _notes(ledger)[0]


@pytest.mark.parametrize(
    "becomes", [Status.FAILED, BudgetExhausted("no calls left"), RuntimeError("a bug")]
)
def test_what_fails_is_tried_again_later(
    dispatcher: Dispatcher,
    ledger: MemoryLedger,
    runs: Runs,
    clock: FakeClock,
    becomes: Status | Exception,
):
    """A document that failed, a budget that is used up, even a bug: the message waits, longer each time."""
    runs.becomes = becomes
    _keep(ledger, ("papers", "1"))
    dispatcher.turn()
    assert dispatcher.turn() == 0
    clock.advance(61)
    assert dispatcher.turn() == 1
    clock.advance(61)
    assert dispatcher.turn() == 0
    runs.becomes = Status.DONE
    clock.advance(61)

    assert dispatcher.turn() == 1
    assert _notes(ledger) == ["1 done"]


def test_what_never_succeeds_is_left_to_the_schedule(
    dispatcher: Dispatcher, ledger: MemoryLedger, runs: Runs, clock: FakeClock
):
    """After some attempts a message is done, with the last reason."""
    runs.becomes = BudgetExhausted("no calls left")
    _keep(ledger, ("papers", "1"))
    for _ in range(MOST_ATTEMPTS + 1):
        dispatcher.turn()
        clock.advance(7_200)

    assert len(runs.started) == MOST_ATTEMPTS
    assert _notes(ledger) == ["left to the schedule after 5 attempts: no calls left"]
    assert dispatcher.turn() == 0


def test_a_run_that_never_begins_is_asked_for_again(
    settings: Settings, ledger: MemoryLedger, runs: Runs, clock: FakeClock
):
    """What was handed over and not begun waits a quarter of an hour, and then is handed out again."""
    asked: list[str] = []
    dispatcher = Dispatcher(lambda: settings, ledger, lambda *_: asked.append("run"))
    _keep(ledger, ("papers", "1"))
    dispatcher.turn()
    clock.advance(899)
    dispatcher.turn()
    clock.advance(2)

    Dispatcher(lambda: settings, ledger, runs.start).turn()

    assert (asked, runs.started) == (["run"], [("papers", ["1"])])


def test_what_a_killed_run_had_begun_is_handed_out_again(
    settings: Settings, dispatcher: Dispatcher, ledger: MemoryLedger, runs: Runs
):
    """A run that took its messages over and died leaves them to the next turn."""

    def die(_source: str, _keys: Sequence[str], batch: str) -> None:
        ledger.leases.join("dead run", ttl_s=0)
        ledger.memory.workers["dead run"] = FakeClock().now().replace(year=2100)
        ledger.messages.begin(batch, "dead run")

    _keep(ledger, ("papers", "1"))
    Dispatcher(lambda: settings, ledger, die).turn()
    assert dispatcher.turn() == 0
    ledger.leases.join("dead run", ttl_s=0)

    assert dispatcher.turn() == 1
    assert runs.started == [("papers", ["1"])]


def test_the_thread_survives_any_error(
    settings: Settings, ledger: MemoryLedger, runs: Runs, monkeypatch: pytest.MonkeyPatch
):
    """An error that nobody foresaw ends one turn; the next works on what is waiting."""
    _keep(ledger, ("papers", "5"))
    dispatcher = Dispatcher(lambda: settings, ledger, runs.start)
    turn, turns, done = Dispatcher.turn, [], threading.Event()

    def faulty(self: Dispatcher) -> int:
        turns.append(1)
        if len(turns) == 1:
            raise ZeroDivisionError
        number = turn(self)
        done.set()
        return number

    monkeypatch.setattr(Dispatcher, "turn", faulty)
    loop = Loop(dispatcher, look_s=0.01)
    loop.start()

    assert done.wait(120)
    loop.stop()
    assert runs.started == [("papers", ["5"])]


class Left:
    """An object that refers to itself, as tracebacks and sessions do."""

    def __init__(self) -> None:
        self.itself = self


@pytest.mark.slow
def test_what_a_run_leaves_is_freed_after_its_turn(
    dispatcher: Dispatcher, monkeypatch: pytest.MonkeyPatch
):
    """In a burst one turn follows another, and Python looks for garbage only seldom."""
    left: list[weakref.ref[Left]] = []
    second = threading.Event()

    def turn(_: Dispatcher) -> int:
        left.append(weakref.ref(Left()))
        if len(left) > 1:
            second.set()
        return 1

    monkeypatch.setattr(Dispatcher, "turn", turn)
    gc.disable()
    try:
        loop = Loop(dispatcher, look_s=0.01)
        loop.start()
        assert second.wait(120)
        loop.stop()
    finally:
        gc.enable()
        gc.unfreeze()

    assert left[0]() is None
