"""The box of webhook messages: kept once, worked on by one worker at a time, never lost."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta

import pytest

from pipeline.errors import LeaseLost
from pipeline.model.messages import Backlog, Message, ReportedRecord
from pipeline.ports import Ledger
from pipeline.ports.ledger import WatchedSource
from tests.fakes.clock import FakeClock

ACCOUNT = "a.caspio.com"


def a_message(number: int = 1, *keys: str, source: str = "papers", **changes: object) -> Message:
    """Make a message about records."""
    records = tuple(ReportedRecord(key, {"Scan": "a.pdf"}) for key in keys or (str(number),))
    message = Message(ACCOUNT, f"message-{number}", source, "Papers", "table.recordUpdate", records)
    return replace(message, **changes)  # type: ignore[arg-type]  # a test names fields


@pytest.fixture
def box(ledger: Ledger) -> Ledger:
    """A ledger with two receivers that live long."""
    for worker in ("ann", "bob"):
        ledger.leases.join(worker, ttl_s=600)
    return ledger


def taken(
    box: Ledger, worker: str = "ann", *, batch: str = "batch", most_records: int = 100
) -> list[Message]:
    """Take messages."""
    return list(box.messages.take(ACCOUNT, worker, batch=batch, most_records=most_records))


def test_a_message_is_kept_once(box: Ledger):
    """A message that is delivered again is known; for another source it is a message of its own."""
    assert box.messages.save([a_message(), a_message(source="others")]) == 2

    assert box.messages.save([a_message(), a_message(part=1)]) == 1


def test_a_message_comes_back_as_it_was_kept(box: Ledger, clock: FakeClock):
    """The worker gets keys, values, table and event, the time of arrival and the attempt."""
    box.messages.save([a_message(1, "7", "8")])

    (message,) = taken(box)

    assert replace(message, seq=0, received_at=None, started_at=None, attempts=0) == a_message(
        1, "7", "8"
    )
    assert (message.received_at, message.attempts, message.done_at) == (clock.now(), 1, None)


def test_messages_of_one_source_are_taken_together(box: Ledger):
    """The source whose message came first is first; the other source's wait for the next taking."""
    box.messages.save([a_message(1), a_message(2, source="others"), a_message(3)])

    first, second, none = (
        taken(box, batch="one"),
        taken(box, batch="two"),
        taken(box, batch="three"),
    )

    assert [m.message_id for m in first] == ["message-1", "message-3"]
    assert [m.source for m in second] == ["others"]
    assert none == []


def test_a_batch_has_only_so_many_records(box: Ledger):
    """Messages are taken until the records are enough.

    One with more records than that is taken alone.
    """
    box.messages.save([a_message(1, "1", "2"), a_message(2, "3"), a_message(3, "4")])

    batches = [taken(box, batch=str(number), most_records=3) for number in range(2)]
    box.messages.save([a_message(4, *"abcdef")])
    alone = taken(box, batch="4", most_records=3)

    assert [[m.message_id for m in batch] for batch in batches] == [
        ["message-1", "message-2"],
        ["message-3"],
    ]
    assert [m.message_id for m in alone] == ["message-4"]


def test_nobody_else_gets_what_a_living_worker_has(box: Ledger):
    """Two receivers never have one message, also when they ask at the same time."""
    box.messages.save([a_message(number) for number in range(40)])

    with ThreadPoolExecutor(4) as pool:
        asked = [("ann", "bob")[number % 2] for number in range(40)]
        found = list(
            pool.map(lambda worker: taken(box, worker, batch=worker, most_records=1), asked)
        )

    ids = [message.message_id for batch in found for message in batch]
    assert len(ids) == len(set(ids))
    assert {*ids, *(m.message_id for m in taken(box))} == {
        f"message-{number}" for number in range(40)
    }


def test_what_a_dead_worker_had_is_taken_up(box: Ledger):
    """Messages in the hands of one that died go to the next, as a further attempt."""
    box.messages.save([a_message()])
    box.leases.join("dies", ttl_s=600)
    taken(box, "dies")
    box.leases.join("dies", ttl_s=0)

    assert [message.attempts for message in taken(box)] == [2]


def test_what_was_handed_over_belongs_to_whoever_begins(box: Ledger):
    """A batch handed over is nobody else's for the time given, and whoever begins it has it."""
    box.messages.save([a_message()])
    taken(box, batch="given")
    box.messages.hand_over("given", "ann", wait_s=600)

    assert taken(box, "bob") == []
    assert [m.message_id for m in box.messages.begin("given", "bob")] == ["message-1"]
    box.messages.hand_over("given", "ann", wait_s=0)
    assert taken(box) == []


def test_what_nobody_begins_is_taken_again(box: Ledger):
    """A batch not started in time goes to the next worker, and the late one finds nothing."""
    box.messages.save([a_message()])
    taken(box, batch="lost")
    box.messages.hand_over("lost", "ann", wait_s=0)

    assert len(taken(box, "bob", batch="new")) == 1
    assert box.messages.begin("lost", "ann") == []


def test_what_is_settled_is_done(box: Ledger, clock: FakeClock):
    """A done message is taken no more.

    Its outcome and run stand with it, and the values are forgotten.
    """
    box.messages.save([a_message()])
    (message,) = taken(box)

    box.messages.settle([message.seq], "1 done", run_id="run-1")

    (kept,) = box.messages.latest(ACCOUNT)
    assert taken(box) == []
    assert (kept.note, kept.run_id, kept.done_at, kept.records) == (
        "1 done",
        "run-1",
        clock.now(),
        (ReportedRecord("1"),),
    )


def test_a_message_with_a_note_is_done_as_it_comes(box: Ledger):
    """What concerns no source is kept and never taken."""
    box.messages.save([a_message(source="", note="no source has this table")])

    assert taken(box) == []
    assert box.messages.backlog(ACCOUNT) == {"": Backlog(done=1)}


@pytest.mark.parametrize(("wait_s", "found"), [(0, 1), (600, 0)])
def test_what_is_put_back_waits(box: Ledger, wait_s: float, found: int):
    """A message that was put back can be taken again, but only after its time."""
    box.messages.save([a_message()])
    (message,) = taken(box)

    box.messages.put_back([message.seq], "the budget is used up", wait_s=wait_s)

    assert len(taken(box, "bob")) == found
    assert box.messages.latest(ACCOUNT)[0].note == "the budget is used up"


def test_a_taking_that_was_no_attempt_does_not_count(box: Ledger):
    """Messages that found another run at work are as new as before."""
    box.messages.save([a_message()])
    (message,) = taken(box)

    box.messages.put_back([message.seq], "at work elsewhere", wait_s=0, is_attempt=False)

    assert [again.attempts for again in taken(box, "bob")] == [1]


def test_when_a_record_was_reported_is_known(box: Ledger, clock: FakeClock):
    """The latest message counts, also a repeated one; a record that none named is left out."""
    box.messages.save([a_message(1, "7"), a_message(2, "8")])
    before = clock.now()
    clock.advance(60)
    box.messages.save([a_message(1, "7")])

    assert box.messages.reported_at("papers", ["7", "8", "9"]) == {"7": clock.now(), "8": before}
    assert box.messages.reported_at("others", ["7"]) == {}


def test_messages_are_counted_by_how_far_they_are(box: Ledger, clock: FakeClock):
    """What waits, is started and done is counted by source, with the age of the oldest."""
    box.messages.save([a_message(number) for number in range(3)])
    received = clock.now()
    first = taken(box, most_records=1)
    box.messages.settle([m.seq for m in first], "done")
    taken(box, most_records=1)

    assert box.messages.backlog(ACCOUNT) == {
        "papers": Backlog(waiting=1, started=1, done=1, oldest=received)
    }
    assert box.messages.backlog("b.caspio.com") == {}


def test_old_messages_are_forgotten_once_they_are_done(box: Ledger, clock: FakeClock):
    """What is done and old goes, with the records it reported; what still waits stays."""
    box.messages.save([a_message(1), a_message(2)])
    first = taken(box, most_records=1)
    box.messages.settle([m.seq for m in first], "done")
    clock.advance(60)
    box.messages.save([a_message(3, note="known")])

    gone = box.messages.forget(before=clock.now() - timedelta(seconds=30))

    assert gone == 1
    assert [m.message_id for m in box.messages.latest(ACCOUNT)] == ["message-3", "message-2"]
    assert list(box.messages.reported_at("papers", ["1", "2", "3"])) == ["3"]


def test_odd_texts_are_kept(box: Ledger):
    """A key, an id or values that no database takes as text do not lose the message."""
    odd = "a\x00b\ud800'\""
    box.messages.save(
        [a_message(1, message_id=odd, records=(ReportedRecord("/In/\ud800", {"A": odd}),))]
    )

    (message,) = taken(box)

    assert message.records == (ReportedRecord("/In/\ud800", {"A": odd}),)


def test_one_whose_clock_jumped_takes(box: Ledger):
    """A receiver that has expired, but whose messages nobody wanted, is alive when it asks."""
    box.messages.save([a_message(1)])
    box.leases.join("slow", ttl_s=0)

    assert len(taken(box, "slow")) == 1
    assert box.messages.begin("batch", "slow") is not None


def test_one_treated_as_dead_takes_nothing(box: Ledger):
    """A receiver that others have marked as expired is refused: its messages are theirs now."""
    box.leases.join("slow", ttl_s=0)
    box.leases.live_workers()

    with pytest.raises(LeaseLost):
        taken(box, "slow")


def test_a_watched_source_is_kept_until_no_webhook_reports_it(ledger: Ledger, clock: FakeClock):
    """What is known of a watched source comes back whole; it goes when it is watched no more."""
    since = clock.now()
    watched = WatchedSource(since, {"Total": "NUMBER"}, since, missed_last=2, missed=7)
    ledger.messages.save_watched("papers", WatchedSource(since))
    ledger.messages.save_watched("papers", watched)

    kept = ledger.messages.watched("papers")
    other = ledger.messages.watched("others")
    ledger.messages.save_watched("papers", None)

    assert (kept, other) == (watched, None)
    assert ledger.messages.watched("papers") is None


def test_the_webhook_of_an_account_is_known(ledger: Ledger):
    """The id of the webhook that was made last is kept by account."""
    ledger.messages.save_webhook_id(ACCOUNT, "1")
    ledger.messages.save_webhook_id(ACCOUNT, "2")

    assert ledger.messages.webhook_id(ACCOUNT) == "2"
    assert ledger.messages.webhook_id("b.caspio.com") == ""
