from flows.prefect.ui import events
from flows.prefect.ui.alarms import forget_settled, source_alarms
from pipeline.metering.summary import Summary
from pipeline.model import FileRef, Outcome, Place, RecordRef, Status
from pipeline.ports.ledger import Acknowledgement
from tests.fakes.ledger import MemoryLedger

RUN = "20260301-140512-0123abcd"


def _finished(
    ledger: MemoryLedger, number: int, status: Status, *, source: str = "receipts", reason: str = ""
) -> Outcome:
    record = RecordRef("Receipts", str(number))
    ref = FileRef(source, Place.ATTACHMENT, "Receipts", "Scan", record, "a.pdf", 9, "")
    ledger.files.seen([ref], "run")
    outcome = Outcome(ref, status, reason)
    ledger.files.finish(outcome, "run")
    return outcome


def _run(*outcomes: Outcome) -> Summary:
    summary = Summary(RUN)
    for outcome in outcomes:
        summary.add(outcome)
    return summary


def _raised(ledger: MemoryLedger, *outcomes: Outcome) -> list[tuple[str, str]]:
    due = source_alarms(ledger, "receipts", _run(*outcomes), few=False)
    return [(alarm.event, alarm.message) for alarm in due]


def test_a_source_of_which_more_needs_a_user_says_so_in_words():
    """The message has the number, the source, what happened and since when; other sources do not count."""
    ledger = MemoryLedger()
    fine = [_finished(ledger, number, Status.DONE) for number in range(10, 20)]
    _finished(ledger, 3, Status.REJECTED, source="other")

    raised = _raised(ledger, *fine, *(_finished(ledger, n, Status.REJECTED) for n in (1, 2, 4)))

    assert [event for event, _ in raised] == [events.QUARANTINE_GREW]
    assert raised[0][1].startswith("3 documents of receipts were rejected since 14:05 UTC. ")
    assert "`caspio-ingest acknowledge`" in raised[0][1]


def test_an_alarm_is_raised_once_for_one_cause():
    """The next runs, in which nothing is worse, raise none; what users repaired or acknowledged may grow again."""
    ledger = MemoryLedger()
    fine = [_finished(ledger, number, Status.DONE) for number in range(10, 20)]
    rejected = _finished(ledger, 1, Status.REJECTED)

    first, second = _raised(ledger, *fine, rejected), _raised(ledger, *fine)
    known = Acknowledgement("ann", "a blank page", ledger.clock.now())
    ledger.files.acknowledge([rejected.ref.version], known)
    third = _raised(ledger, *fine)
    fourth = _raised(ledger, *fine, _finished(ledger, 2, Status.FAILED))

    assert (len(first), second, third) == (1, [], [])
    assert fourth[0][1].startswith("1 document of receipts was not processed since")


def test_what_users_acknowledged_hides_no_new_document():
    """As many new ones as a user has acknowledged since the last run are an alarm, none is lost."""
    ledger = MemoryLedger()
    fine = [_finished(ledger, number, Status.DONE) for number in range(10, 30)]
    known = [_finished(ledger, number, Status.REJECTED) for number in (1, 2, 3)]
    _raised(ledger, *fine, *known)

    said = Acknowledgement("ann", "blank pages", ledger.clock.now())
    ledger.files.acknowledge([one.ref.version for one in known], said)
    forget_settled(ledger, "receipts")
    new = _raised(ledger, *fine, _finished(ledger, 4, Status.REJECTED))
    forget_settled(ledger, "receipts")

    assert [message.partition(" since")[0] for _, message in new] == [
        "1 document of receipts was rejected"
    ]
    assert _raised(ledger, *fine) == []


def test_many_failures_are_one_alarm_and_not_two():
    """A run in which too many fail raises the one alarm; with the same reasons again none, with others another."""
    ledger = MemoryLedger()
    one = _finished(ledger, 1, Status.FAILED, reason="no column 'Total'")
    two = _finished(ledger, 2, Status.FAILED, reason="the archive is full")

    first, second, third = _raised(ledger, one), _raised(ledger, one), _raised(ledger, two)

    assert [event for event, _ in (*first, *third)] == [events.MANY_FAILED] * 2
    assert "100% of those worked on" in first[0][1]
    assert second == []


def test_a_run_of_a_few_records_does_not_count_the_source():
    """What else needs a user there is left to the next whole run."""
    ledger = MemoryLedger()
    _finished(ledger, 1, Status.REJECTED)

    few = source_alarms(ledger, "receipts", _run(), few=True)

    assert few == []
    assert len(_raised(ledger)) == 1


def test_a_run_of_a_few_records_raises_an_alarm_for_new_documents_only():
    """A known one that a user names again raises none; a new one raises one, and the next whole run no second."""
    ledger = MemoryLedger()
    known = _finished(ledger, 1, Status.REJECTED, reason="damaged")
    _raised(ledger, known, *(_finished(ledger, number, Status.DONE) for number in range(2, 9)))

    again = source_alarms(ledger, "receipts", _run(known), few=True)
    whole = _raised(ledger, known)
    new = _finished(ledger, 9, Status.REJECTED, reason="empty")
    first = source_alarms(ledger, "receipts", _run(new), few=True)

    assert again == []
    # What was not sent is no known cause.
    assert [event for event, _ in whole] == [events.MANY_FAILED]
    assert [alarm.event for alarm in first] == [events.MANY_FAILED]
    assert _raised(ledger) == []
