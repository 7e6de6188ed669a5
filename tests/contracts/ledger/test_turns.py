"""Which writes to PostgreSQL wait for each other: those of several rows take turns, one row does not."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import text

from pipeline.adapters.sql_ledger import SqlLedger
from pipeline.errors import LedgerUnavailable
from tests.contracts.ledger.builders import a_ref, done
from tests.fakes.clock import FakeClock
from tests.servers.postgres import Postgres

pytestmark = pytest.mark.integration

IMPATIENT = "options=-c%20lock_timeout%3D300"
"""A part of a URL: who waits longer for a lock fails."""


@pytest.fixture
def ledgers(postgres: Postgres, clock: FakeClock) -> Iterator[tuple[SqlLedger, SqlLedger]]:
    """Open one ledger twice; the second one waits for no lock."""
    url = postgres.url(postgres.create_database())
    join = "&" if "?" in url else "?"
    with (
        SqlLedger(url, clock=clock) as one,
        SqlLedger(f"{url}{join}{IMPATIENT}", clock=clock) as other,
    ):
        yield one, other


def test_an_outcome_waits_for_nobody_who_writes_other_files(ledgers: tuple[SqlLedger, SqlLedger]):
    """Eight workers finish their documents at once."""
    one, other = ledgers
    one.files.seen([a_ref("1"), a_ref("2")], "run-1")

    with one._session.writing_files("write many files"):
        other.files.finish(done(a_ref("1")), "run-1")

    assert one.files.finished([a_ref("1").version]) == {a_ref("1").version}


def test_an_outcome_of_a_renamed_file_waits_for_its_turn(ledgers: tuple[SqlLedger, SqlLedger]):
    """It writes two rows, and who writes many could have one of them and wait for the other."""
    one, other = ledgers
    old, new = a_ref("1"), a_ref("1", name="2026 Shop.pdf")
    one.files.seen([old], "run-1")
    one.files.record_rename(old.version, new)

    with (
        one._session.writing_files("write many files"),
        pytest.raises(LedgerUnavailable, match="lock timeout"),
    ):
        other.files.finish(done(old), "run-1")

    assert other.files.state(old.version).outcome is None  # type: ignore[union-attr]
    other.files.finish(done(old), "run-1")
    assert one.files.finished([old.version, new.version]) == {old.version, new.version}


def test_a_rename_waits_for_an_outcome_that_is_being_recorded(
    ledgers: tuple[SqlLedger, SqlLedger],
):
    """Otherwise the new version would never get the outcome: neither would see the other's row."""
    one, other = ledgers
    old, new = a_ref("1"), a_ref("1", name="2026 Shop.pdf")
    one.files.seen([old], "run-1")

    with one._session.writing("record an outcome") as connection:
        connection.execute(text("UPDATE files SET pages = 1"))
        with pytest.raises(LedgerUnavailable, match="lock timeout"):
            other.files.record_rename(old.version, new)


def test_outcomes_and_renames_at_once_leave_both_versions_finished(
    ledgers: tuple[SqlLedger, SqlLedger],
):
    """Whichever comes first, the renamed version has the outcome in the end."""
    one, other = ledgers
    pairs = [(a_ref(str(n)), a_ref(str(n), name=f"{n} Shop.pdf")) for n in range(20)]
    one.files.seen([old for old, _ in pairs], "run-1")

    with ThreadPoolExecutor(2) as threads:
        finishing = threads.submit(lambda: [one.files.finish(done(old), "r") for old, _ in pairs])
        renaming = threads.submit(
            lambda: [other.files.record_rename(old.version, new) for old, new in pairs]
        )
        finishing.result(timeout=120)
        renaming.result(timeout=120)

    versions = {ref.version for pair in pairs for ref in pair}
    assert one.files.finished(list(versions)) == versions
