from pipeline.looks import LOOK_S, LOOKED_AT_ONCE, SharedLooks
from pipeline.model import RecordRef
from tests.fakes.caspio import Attachment, FakeCaspio
from tests.fakes.clock import FakeClock


def account(records: int) -> FakeCaspio:
    """Return so many records, each with an attachment."""
    caspio = FakeCaspio()
    for pk in range(1, records + 1):
        caspio.attachments["Receipts", "Scan", str(pk)] = Attachment(f"{pk}.txt", b"x")
    return caspio


def attachment(pk: int) -> tuple[RecordRef, str]:
    """Return a record and its field."""
    return RecordRef("Receipts", str(pk)), "Scan"


def test_a_few_attachments_are_looked_at_in_one_call():
    """Those that are renamed together share a look, and the next group has one of its own."""
    caspio, clock, looks = account(LOOKED_AT_ONCE + 2), FakeClock(), SharedLooks()
    looks.expect(attachment(pk) for pk in range(1, LOOKED_AT_ONCE + 3))

    names = [
        look.shown.name if (look := looks.take(attachment(pk), target=caspio, clock=clock)) else ""
        for pk in range(1, LOOKED_AT_ONCE + 3)
    ]

    assert names == [f"{pk}.txt" for pk in range(1, LOOKED_AT_ONCE + 3)]
    assert caspio.calls == ["attachment names"] * 2


def test_a_look_counts_for_one_rename():
    """Whoever is renamed a second time is looked at again, alone."""
    caspio, clock, looks = account(2), FakeClock(), SharedLooks()
    looks.expect([attachment(1), attachment(2)])

    first = looks.take(attachment(1), target=caspio, clock=clock)
    second = looks.take(attachment(1), target=caspio, clock=clock)

    assert first is not None
    assert second is None


def test_a_look_ends_with_its_time():
    """What was looked at too long ago is looked at again, together with the others that are left."""
    caspio, clock, looks = account(3), FakeClock(), SharedLooks()
    looks.expect(attachment(pk) for pk in (1, 2, 3))
    looks.take(attachment(1), target=caspio, clock=clock)

    clock.advance(LOOK_S)
    caspio.attachments["Receipts", "Scan", "2"].name = "replaced.txt"
    again = looks.take(attachment(2), target=caspio, clock=clock)
    looks.take(attachment(3), target=caspio, clock=clock)

    assert again is not None
    assert again.shown.name == "replaced.txt"
    assert again.until_s == clock.monotonic() + LOOK_S
    assert caspio.calls == ["attachment names"] * 2


def test_the_last_of_a_group_and_what_nobody_expected_are_looked_at_alone():
    """Without others to share a look with there is none; the rename looks itself."""
    caspio, clock, looks = account(2), FakeClock(), SharedLooks()
    looks.expect([attachment(1), attachment(2)])
    looks.forget([attachment(1)])

    last = looks.take(attachment(2), target=caspio, clock=clock)

    assert last is None
    assert caspio.calls == []


def test_an_attachment_that_the_answer_lacks_is_looked_at_alone():
    """How many an answer has at most is not documented: what is missing there may be there all the same."""
    caspio, clock, looks = account(1), FakeClock(), SharedLooks()
    looks.expect([attachment(1), attachment(2)])

    missing = looks.take(attachment(2), target=caspio, clock=clock)

    assert missing is None
