import threading
from collections.abc import Mapping, Sequence

import pytest

from pipeline.errors import RefusedByCaspio
from pipeline.looks import LOOK_S, LOOKED_AT_ONCE, SLOWEST_LOOK_S, SharedLooks, are_shared
from pipeline.model import RecordRef
from pipeline.ports import ShownFile
from pipeline.settings.sections import CaspioSettings
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


def test_a_look_that_comes_late_is_a_lone_one():
    """At a slow rate the others would mostly come too late: who asked uses it, they look alone."""
    caspio, clock, looks = account(3), FakeClock(), SharedLooks()
    looks.expect(attachment(pk) for pk in (1, 2, 3))
    caspio.before_call = lambda _: clock.advance(SLOWEST_LOOK_S + 0.01)

    found = [looks.take(attachment(pk), target=caspio, clock=clock) for pk in (1, 2, 3)]

    assert found[0] is not None
    assert found[0].until_s is None
    assert found[1:] == [None, None]
    assert caspio.calls == ["attachment names"]


def test_a_refused_look_stops_no_file():
    """What Caspio refuses of several, such as too long an address, it may answer of each alone."""

    class Refusing(FakeCaspio):
        def attachments_of(
            self, records: Sequence[RecordRef], field: str
        ) -> Mapping[RecordRef, ShownFile]:
            """Refuse it."""
            self.calls.append(f"{len(records)} {field}")
            raise RefusedByCaspio("no", status=400)

    caspio, clock, looks = Refusing(), FakeClock(), SharedLooks()
    looks.expect([attachment(1), attachment(2), attachment(3)])

    assert [looks.take(attachment(pk), target=caspio, clock=clock) for pk in (1, 2, 3)] == [
        None
    ] * 3
    assert len(caspio.calls) == 1


def test_nobody_else_waits_for_a_look_that_hangs():
    """Other records are released, and the main thread goes on; only the group waits for its answer."""
    caspio, clock, looks = account(3), FakeClock(), SharedLooks()
    looks.expect([attachment(1), attachment(2)])
    went_on: list[bool] = []

    def go_on() -> None:
        looks.forget([attachment(2), attachment(3)])
        looks.expect([attachment(3)])
        went_on.append(True)

    def hang(_: str) -> None:
        other = threading.Thread(target=go_on, daemon=True)
        other.start()
        other.join(60)
        assert went_on, "it waits for the look"

    caspio.before_call = hang
    looks.take(attachment(1), target=caspio, clock=clock)

    assert looks.take(attachment(2), target=caspio, clock=clock) is None
    assert len(caspio.calls) == 1


@pytest.mark.parametrize(("rate", "shared"), [("2000/300s", True), ("600/300s", False)])
def test_a_forecast_shares_looks_where_the_rate_lets_all_of_a_group_leave(
    rate: str,
    shared: bool,  # noqa: FBT001 - a parameter of the test
):
    """At a slower rate the forecast counts a look for each rename, never too few calls."""
    settings = CaspioSettings(url="https://a.caspio.com", rate=rate)

    assert are_shared(settings.calls_per_second) is shared


def test_who_is_expected_again_leaves_the_group_it_was_in():
    """A record that was released and is leased again is looked at with its new group alone."""
    caspio, clock, looks = account(3), FakeClock(), SharedLooks()
    looks.expect([attachment(1), attachment(2)])
    looks.expect([attachment(1), attachment(3)])

    assert looks.take(attachment(2), target=caspio, clock=clock) is None
    assert looks.take(attachment(1), target=caspio, clock=clock) is not None
