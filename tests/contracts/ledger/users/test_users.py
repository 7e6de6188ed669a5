"""What every ledger promises about users: login links, sessions, and the audit trail."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

from pipeline.adapters.sql_ledger import SqlLedger
from pipeline.model.users import AuditEntry, Role, User
from pipeline.ports import Ledger
from tests.fakes.clock import FakeClock

ANA = User("Ana", Role.REVIEWER)
IDLE, LONGEST = timedelta(minutes=30), timedelta(hours=12)


def _person(ledger: Ledger, digest: str = "d1") -> User | None:
    return ledger.users.session(digest, idle=IDLE, longest=LONGEST)


def test_a_login_link_admits_once(ledger: Ledger):
    """A link says whom it admits the first time, and nobody after that."""
    ledger.users.save_login_link("d1", ANA, valid_for=timedelta(minutes=15))

    assert [ledger.users.use_login_link("d1") for _ in range(2)] == [ANA, None]


def test_a_login_link_expires(ledger: Ledger, clock: FakeClock):
    """After its time a link admits nobody; the time of another link does not matter."""
    ledger.users.save_login_link("d1", ANA, valid_for=timedelta(minutes=15))
    clock.advance(15 * 60)
    ledger.users.save_login_link("d2", ANA, valid_for=timedelta(minutes=15))

    assert [ledger.users.use_login_link(digest) for digest in ("d1", "d2", "d3")] == [
        None,
        ANA,
        None,
    ]


def test_of_many_who_use_a_link_at_once_one_gets_in(empty_url: str, clock: FakeClock):
    """Two requests with one link cannot both open a session."""
    with SqlLedger(empty_url, clock=clock) as ledger, ThreadPoolExecutor(8) as pool:
        ledger.users.save_login_link("d1", ANA, valid_for=timedelta(minutes=15))
        admitted = list(pool.map(ledger.users.use_login_link, ["d1"] * 8))

    assert sorted(map(str, admitted)) == sorted([*["None"] * 7, str(ANA)])


def test_a_session_that_is_used_goes_on(ledger: Ledger, clock: FakeClock):
    """Each use begins the idle time again."""
    ledger.users.open_session("d1", ANA)
    seen = []
    for _ in range(4):
        clock.advance(20 * 60)
        seen.append(_person(ledger))

    assert seen == [ANA] * 4


def test_an_idle_session_ends(ledger: Ledger, clock: FakeClock):
    """A session that was not used for the idle time is over, and stays so."""
    ledger.users.open_session("d1", ANA)
    clock.advance(29 * 60)
    before = _person(ledger)
    clock.advance(30 * 60)

    assert [before, _person(ledger), _person(ledger)] == [ANA, None, None]


def test_a_session_ends_however_much_it_is_used(ledger: Ledger, clock: FakeClock):
    """After the longest time a session is over though it was never idle."""
    ledger.users.open_session("d1", ANA)
    for _ in range(35):
        clock.advance(20 * 60)
        assert _person(ledger) == ANA
    clock.advance(20 * 60)

    assert _person(ledger) is None


def test_a_closed_session_is_over(ledger: Ledger):
    """Who signs out has no session any more; others keep theirs."""
    for digest in ("d1", "d2"):
        ledger.users.open_session(digest, ANA)
    ledger.users.close_session("d1")

    assert [_person(ledger, digest) for digest in ("d1", "d2", "unknown")] == [None, ANA, None]


def test_the_audit_trail_has_what_people_did(ledger: Ledger, clock: FakeClock):
    """Each entry says who, what, to what, and when; the latest comes first; names may be anything."""
    bob = User("Bob \x00 \ud800 <b>", Role.ADMIN)
    for entry in (
        AuditEntry(ANA, "accept", "r1", "Total: 9 → 12.5"),
        AuditEntry(bob, "undo", "r2"),
        AuditEntry(ANA, "reject", "r1"),
    ):
        ledger.users.record_audit(entry)
        clock.advance(1)

    trail = ledger.users.audit_trail()
    mine = ledger.users.audit_trail(subject="r1", limit=1)

    assert [(entry.action, entry.subject) for entry in trail] == [
        ("reject", "r1"),
        ("undo", "r2"),
        ("accept", "r1"),
    ]
    assert trail[2].detail == "Total: 9 → 12.5"
    assert [entry.action for entry in mine] == ["reject"]
    assert trail[0].at is not None
    assert trail[2].at is not None
    assert (trail[0].at - trail[2].at).total_seconds() == 2
