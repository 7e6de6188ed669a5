"""The ledger of an account as a whole: its role and schema in PostgreSQL, and a copy of it."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from urllib.parse import quote

import pytest

from pipeline.adapters.sql_ledger import SqlLedger
from pipeline.adapters.sql_ledger.accounts.copy import copy_ledger
from pipeline.adapters.sql_ledger.accounts.roles import create_role, drop_role
from pipeline.errors import BadSettings, LedgerUnavailable
from pipeline.model import FileRef, Outcome, Place, RecordRef, Status
from tests.fakes.clock import FakeClock
from tests.servers.postgres import Postgres

PASSWORD = "p%40ss: word/%"
REF = FileRef(
    "receipts", Place.ATTACHMENT, "R", "Scan", RecordRef("R", "1"), "a.pdf", 1, "2026-01-01"
)


@pytest.fixture
def admin(postgres: Postgres) -> Iterator[str]:
    """The address of an admin, in a database of its own."""
    name = postgres.create_database()
    yield postgres.url(name)
    for role in ("acct_one", "acct_two"):
        drop_role(postgres.url(name), name=role)
    postgres.drop_database(name)


def url_of(admin: str, role: str, password: str = PASSWORD) -> str:
    """Return the address of the ledger of a role."""
    server = admin.rpartition("@")[2]
    return (
        f"postgresql+psycopg://{role}:{quote(password, safe='')}@{server}"
        f"?options=-csearch_path%3D{role}"
    )


@pytest.mark.integration
def test_a_role_has_a_ledger_of_its_own(admin: str, clock: FakeClock):
    """Two ledgers of one database know nothing of each other; a new password replaces the old one."""
    for role in ("acct_one", "acct_two"):
        create_role(admin, name=role, password="old")
        create_role(admin, name=role, password=PASSWORD)
    with (
        SqlLedger(url_of(admin, "acct_one"), clock=clock) as one,
        SqlLedger(url_of(admin, "acct_two"), clock=clock) as two,
    ):
        one.files.seen([REF], "r")

        assert one.files.counts() != {}
        assert two.files.counts() == {}
    with pytest.raises(LedgerUnavailable, match="authentication failed"):
        SqlLedger(url_of(admin, "acct_one", "old"), clock=clock)


@pytest.mark.integration
def test_a_role_of_another_database_is_not_shared(admin: str, postgres: Postgres):
    """An installation neither takes nor drops the role that another one has made on the server."""
    create_role(admin, name="acct_one", password=PASSWORD)
    other = postgres.create_database()

    with pytest.raises(BadSettings, match="another name"):
        create_role(postgres.url(other), name="acct_one", password="mine")
    drop_role(postgres.url(other), name="acct_one")

    postgres.drop_database(other)
    create_role(admin, name="acct_one", password=PASSWORD)  # it is still there, with its schema


@pytest.mark.integration
def test_a_role_that_is_dropped_takes_its_ledger_along(admin: str, clock: FakeClock):
    """The other one stays, and to drop a role twice is no error."""
    for role in ("acct_one", "acct_two"):
        create_role(admin, name=role, password=PASSWORD)
        SqlLedger(url_of(admin, role), clock=clock).close()

    drop_role(admin, name="acct_one")
    drop_role(admin, name="acct_one")

    with pytest.raises(LedgerUnavailable):
        SqlLedger(url_of(admin, "acct_one"), clock=clock)
    SqlLedger(url_of(admin, "acct_two"), clock=clock).close()


@pytest.mark.integration
def test_accounts_in_one_database_do_not_wait_for_each_other(admin: str, clock: FakeClock):
    """While one account writes many files, another one does, too."""
    for role in ("acct_one", "acct_two"):
        create_role(admin, name=role, password=PASSWORD)
    with (
        SqlLedger(url_of(admin, "acct_one"), clock=clock) as one,
        SqlLedger(url_of(admin, "acct_two"), clock=clock) as two,
        ThreadPoolExecutor(1) as threads,
        one._session.writing_files("write many files"),
    ):
        threads.submit(two.files.seen, [REF], "r").result(timeout=120)

        assert two.files.counts() != {}


def test_a_copy_has_every_row(empty_url: str, tmp_path: Path, clock: FakeClock):
    """Whatever the database, the copy is a ledger in one file that knows the same."""
    with SqlLedger(empty_url, clock=clock) as ledger:
        ledger.files.seen([REF], "r")
        ledger.files.finish(Outcome(REF, Status.DONE, pages=3), "r")
        ledger.usage.spend("account", "new", calls=12, size_bytes=99)
        key = ledger.effects.plan_key()

        rows = copy_ledger(empty_url, tmp_path / "copy.db", clock=clock)

        with SqlLedger(f"sqlite:///{tmp_path / 'copy.db'}", clock=clock) as copy:
            assert list(copy.files.states()) == list(ledger.files.states())
            assert copy.usage.this_month("account") == ledger.usage.this_month("account")
            assert copy.effects.plan_key() == key
    assert rows >= 3
