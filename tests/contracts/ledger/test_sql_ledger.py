import os
import stat
import tracemalloc
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from dataclasses import replace
from itertools import islice
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import make_url, text

from pipeline.adapters import sql_ledger
from pipeline.adapters.sql_ledger import SqlLedger
from pipeline.adapters.sql_ledger.database import HEAD, open_engine, writing, writing_unflushed
from pipeline.adapters.sql_ledger.tables import metadata
from pipeline.errors import LedgerUnavailable
from pipeline.model import FileRef, Outcome, Place, RecordRef, Status
from tests.fakes.clock import FakeClock
from tests.servers.postgres import PASSWORD, Postgres
from tests.support.forked import CONTEXT


def a_ref(pk: str, name: str = "scan.pdf") -> FileRef:
    """Make a reference to an attachment."""
    record = RecordRef("Receipts", pk)
    return FileRef("receipts", Place.ATTACHMENT, "Receipts", "Scan", record, name, 10, "2026-03-01")


@pytest.fixture
def opened(empty_url: str, clock: FakeClock) -> Iterator[SqlLedger]:
    """A ledger of each kind of database, made by its migrations."""
    with SqlLedger(empty_url, clock=clock) as ledger:
        yield ledger


# The schema


def test_head_is_the_newest_migration():
    """The revision that opens without migrating is the one migrations lead to."""
    config = Config()
    config.set_main_option("script_location", str(Path(sql_ledger.__file__).parent / "migrations"))

    assert ScriptDirectory.from_config(config).get_heads() == [HEAD]


def test_the_tables_are_what_migrations_make(opened: SqlLedger):
    """No column, index or type differs between the program's tables and the database's."""
    with opened._session.engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})

        assert compare_metadata(context, metadata) == []


def test_a_newer_schema_is_refused(empty_url: str, clock: FakeClock):
    """A ledger that a later program wrote is left alone, and the message says what to install."""
    with SqlLedger(empty_url, clock=clock) as ledger, ledger._session.engine.begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = 'r9999'"))

    with pytest.raises(
        LedgerUnavailable, match=f"r9999, newer than this program's {HEAD}. Install"
    ):
        SqlLedger(empty_url, clock=clock)


@pytest.mark.parametrize("revision", ["r0001", "r0002", "r0003", "r0004"])
def test_the_layout_of_a_development_version_is_refused(
    empty_url: str, clock: FakeClock, revision: str
):
    """It is treated neither as the present layout nor as a newer one, and the message leads on."""
    with SqlLedger(empty_url, clock=clock) as ledger, ledger._session.engine.begin() as connection:
        connection.execute(
            text("UPDATE alembic_version SET version_num = :revision"), {"revision": revision}
        )

    with pytest.raises(LedgerUnavailable, match=r"earlier development version.*--rebuild-ledger"):
        SqlLedger(empty_url, clock=clock)


def test_opening_again_keeps_what_is_there(empty_url: str, clock: FakeClock):
    """A ledger outlives the program that wrote it."""
    with SqlLedger(empty_url, clock=clock) as ledger:
        ledger.files.seen([a_ref("1")], "run-1")

    with SqlLedger(empty_url, clock=clock) as ledger:
        assert [state.ref for state in ledger.files.states()] == [a_ref("1")]


def _open_and_see(url: str, number: int) -> int:
    with SqlLedger(url, clock=FakeClock()) as ledger:
        ledger.files.seen([a_ref(str(number))], f"run-{number}")
        return len(list(ledger.files.states()))


def test_processes_that_open_a_new_ledger_at_once_agree(empty_url: str, clock: FakeClock):
    """Whoever comes first makes the tables; the others wait and use them."""
    with ProcessPoolExecutor(3, mp_context=CONTEXT) as pool:
        seen = list(pool.map(_open_and_see, [empty_url] * 3, range(3)))

    assert max(seen) == 3
    with SqlLedger(empty_url, clock=clock) as ledger:
        assert len(list(ledger.files.states())) == 3


# What is refused


@pytest.mark.integration
def test_a_refused_password_is_not_shown(postgres: Postgres, clock: FakeClock):
    """A wrong password ends in a way out that shows neither it nor the right one."""
    with pytest.raises(LedgerUnavailable, match="Correct the user and password") as caught:
        SqlLedger(postgres.url(password="my-wrong-guess"), clock=clock)

    assert "my-wrong-guess" not in str(caught.value)
    assert PASSWORD not in str(caught.value)


@pytest.mark.integration
def test_a_missing_database_is_named(postgres: Postgres, clock: FakeClock):
    """A database that is not there is named with what to do."""
    with pytest.raises(LedgerUnavailable, match="Create the database"):
        SqlLedger(postgres.url("not_there"), clock=clock)


def test_a_server_that_does_not_answer_is_named(clock: FakeClock):
    """A closed port ends in a way out, without the password."""
    with pytest.raises(LedgerUnavailable, match="Start the database server") as caught:
        SqlLedger("postgresql+psycopg://user:hidden@127.0.0.1:9/x", clock=clock)

    assert "hidden" not in str(caught.value)


@pytest.mark.integration
def test_missing_rights_are_named(postgres: Postgres, empty_database: str, clock: FakeClock):
    """A user who may not create tables learns which right is missing."""
    name = empty_database.rpartition("/")[2]
    with postgres.connected(name) as connection:
        connection.execute("DROP ROLE IF EXISTS reader")
        connection.execute("CREATE ROLE reader LOGIN PASSWORD 'reads'")

    with pytest.raises(LedgerUnavailable, match="Grant this user the right"):
        SqlLedger(
            f"postgresql+psycopg://reader:reads@127.0.0.1:{postgres.port}/{name}", clock=clock
        )


@pytest.mark.integration
def test_a_server_that_went_away_is_named_and_found_again(
    postgres: Postgres, empty_database: str, clock: FakeClock
):
    """Connections that a restarted server closed are replaced without anybody noticing."""
    with SqlLedger(empty_database, clock=clock) as ledger:
        ledger.files.seen([a_ref("1")], "run-1")
        with postgres.connected() as connection:
            connection.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
                "WHERE pid <> pg_backend_pid()"
            )

        ledger.files.seen([a_ref("2")], "run-1")

        assert len(list(ledger.files.states())) == 2


# Many files, many threads


def test_a_walk_holds_a_page_at_a_time(opened: SqlLedger):
    """Going through 5,000 files takes the memory of a page, not of the ledger."""
    opened.files.seen([a_ref(f"{number:06}") for number in range(5_000)], "run-1")
    list(islice(opened.files.states(), 600))  # what is only imported and compiled once

    tracemalloc.start()
    met = sum(1 for _ in opened.files.states())
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()

    assert met == 5_000
    assert peak < 8 << 20


def test_listings_in_any_order_do_not_block_each_other(opened: SqlLedger):
    """Workers that list the same files in different orders all finish, with one newest each."""
    refs = [a_ref(str(number)) for number in range(60)]
    changed = [replace(ref, name="renamed.pdf") for ref in refs]

    def work(number: int) -> None:
        for turn in range(4):
            listed = (refs, changed)[(number + turn) % 2]
            opened.files.seen(listed if number % 3 else listed[::-1], f"run-{number}")
            for ref in listed[number::8]:
                opened.files.finish(Outcome(ref, Status.DONE), f"run-{number}")
                opened.files.record_rename(
                    ref.version, changed[refs.index(ref)] if ref in refs else ref
                )

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(work, range(8)))

    assert len(list(opened.files.states(newest=False))) == 120
    assert sorted(state.ref.location_key for state in opened.files.states()) == sorted(
        ref.location_key for ref in refs
    )


# For its user only


def test_a_ledger_file_is_for_its_user_only(tmp_path: Path, clock: FakeClock):
    """A new ledger file and its log can be read by nobody else, whatever the umask allows."""
    before = os.umask(0)
    try:
        with SqlLedger(f"sqlite:///{tmp_path / 'ledger.db'}", clock=clock) as ledger:
            ledger.files.seen([a_ref("1")], "run-1")
            modes = {
                path.name: stat.S_IMODE(path.stat().st_mode) for path in tmp_path.glob("ledger.db*")
            }
    finally:
        os.umask(before)

    assert len(modes) == 3
    assert set(modes.values()) == {0o600}


@pytest.mark.parametrize(
    "url",
    [
        "postgresql+psycopg://user:hidden@127.0.0.1:9/x",
        "postgresql+psycopg://user@127.0.0.1:9/x?password=hidden",
        "postgresql+psycopg://user@127.0.0.1:9/x?connect_timeout=1&sslpassword=hidden",
        "mysql://user@127.0.0.1:9/x?password=hidden",
        "sqlite:///:memory:?password=hidden",
    ],
)
def test_no_password_of_a_url_is_shown(url: str, clock: FakeClock):
    """A password is masked wherever it is in the URL, in every message that shows the URL."""
    with pytest.raises(LedgerUnavailable) as caught:
        SqlLedger(url, clock=clock)

    assert "hidden" not in str(caught.value)


def test_an_intent_waits_for_the_disk_whatever_the_servers_default_is(
    postgres: Postgres, empty_database: str
):
    """Only a transaction that says so does not wait; what waits for another server stays as it is."""
    name = make_url(empty_database).database
    assert name is not None
    show = text("SHOW synchronous_commit")
    engine, _ = open_engine(postgres.url(name))
    with writing_unflushed(engine) as connection:
        unflushed = connection.execute(show).scalar_one()
    with writing(engine) as connection:
        flushed = connection.execute(show).scalar_one()
    engine.dispose()
    with postgres.connected() as admin:
        admin.execute(f'ALTER DATABASE "{name}" SET synchronous_commit TO remote_apply')  # type: ignore[call-overload]
    with writing(engine) as connection:
        waits_for_another = connection.execute(show).scalar_one()
    engine.dispose()

    assert (unflushed, flushed, waits_for_another) == ("off", "on", "remote_apply")
