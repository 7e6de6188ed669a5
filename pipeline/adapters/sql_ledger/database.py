"""Open the database, bring its schema to date, translate what it refuses; its types of columns."""

import os
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any

from sqlalchemy import (
    Connection,
    DateTime,
    Dialect,
    Engine,
    String,
    TypeDecorator,
    create_engine,
    event,
    inspect,
    text,
)
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError, SQLAlchemyError
from sqlalchemy.types import TypeEngine

from pipeline.errors import LedgerUnavailable

HEAD = "s0001"
"""The schema this version of the program writes; a test compares it with the newest migration."""

_ABANDONED = frozenset({"r0001", "r0002", "r0003", "r0004"})
"""Schemas of development versions, from which no migration leads on."""

_WAIT_S = 30  # for another process that writes; its transactions are short
# Any numbers that no other program takes in the same PostgreSQL database.
_MIGRATION_LOCK = 4_172_033_519
_FILES_LOCK = 4_172_033_520
_UNFLUSHED = text("SET LOCAL synchronous_commit TO off")

_WAYS_OUT = (
    (
        "unable to open database file",
        (
            "Create its folder or correct [ledger] url. If the file is there, give this user the "
            "right to write it and its folder; a file system may be mounted read-only."
        ),
    ),
    (
        "readonly database",
        (
            "Give this user the right to write the file and its folder; a file system may be "
            "mounted read-only."
        ),
    ),
    ("disk i/o error", "The disk may be full or failing: free space or repair it, then run again."),
    ("disk is full", "Free space on the disk, or move the ledger and change [ledger] url."),
    ("no space left", "Free space on the database server's disk."),
    (
        "database is locked",
        "Another process has the file locked; stop it, or use PostgreSQL for many workers.",
    ),
    (
        "not a database",
        "It is not an SQLite database; correct [ledger] url or restore the file from a backup.",
    ),
    (
        "malformed",
        "It is damaged; restore it from a backup, or rebuild it from the archive's manifests.",
    ),
    ("authentication failed", "Correct the user and password in CASPIO_INGEST_LEDGER__URL."),
    ("permission denied", "Grant this user the right to create and write tables in the database."),
    ("does not exist", "Create the database, or correct [ledger] url."),
    (
        "connection refused",
        "Start the database server, or correct host and port in CASPIO_INGEST_LEDGER__URL.",
    ),
)
_OTHERWISE = "Check that the database in [ledger] url runs and can be written, then run again."


@contextmanager
def translated(url: URL, doing: str) -> Iterator[None]:
    """Raise LedgerUnavailable with a way out for what the database refuses.

    No password is shown.
    """
    try:
        yield
    except (SQLAlchemyError, sqlite3.Error) as exc:
        said = str(getattr(exc, "orig", None) or exc).strip()
        way_out = next((advice for words, advice in _WAYS_OUT if words in said.lower()), _OTHERWISE)
        named = [value for name, value in url.query.items() if "password" in name.lower()]
        for secret in (url.password, *named):
            if isinstance(secret, str) and secret:
                said = said.replace(secret, "***")
        # What follows is the server's own advice, or the statement.
        first = said.partition("\n")[0].strip().rstrip(".")
        raise LedgerUnavailable(
            f"The ledger {shown(url)} failed to {doing}: {first}. {way_out}"
        ) from exc


def shown(url: URL) -> str:
    """Return a URL for a message, with every password masked, also those in the query.

    libpq, and so psycopg, takes `?password=` and `?sslpassword=` as well.
    """
    masked = {name: "***" for name in url.query if "password" in name.lower()}
    return url.update_query_dict(masked).render_as_string(hide_password=True)


def open_engine(text_url: str) -> tuple[Engine, URL]:
    """Connect lazily to SQLite or PostgreSQL.

    Raises:
        LedgerUnavailable: the URL names neither, or an SQLite database in memory, which threads
            cannot share.
    """
    try:
        url = make_url(text_url)
    except ArgumentError as exc:
        raise LedgerUnavailable(
            "[ledger] url cannot be read; "
            "write sqlite:///FILE or postgresql+psycopg://USER:PASSWORD@HOST/DATABASE."
        ) from exc
    if url.drivername == "sqlite" and url.database not in {None, "", ":memory:"}:
        return _sqlite(url), url
    if url.drivername == "postgresql+psycopg":
        # A connection that died with a restarted server is replaced instead of failing a run.
        engine = create_engine(url, pool_pre_ping=True, connect_args={"connect_timeout": 10})
        event.listen(engine, "connect", _prepare_postgres)
        return engine, url
    raise LedgerUnavailable(
        f"[ledger] url {shown(url)} is not usable; "
        "write sqlite:///FILE or postgresql+psycopg://USER:PASSWORD@HOST/DATABASE."
    )


def _sqlite(url: URL) -> Engine:
    # A ledger has names and values of documents, so a new one is for this user only. SQLite gives
    # the files of its write-ahead log the mode of the database.
    with suppress(OSError):  # what is wrong with the place, SQLite says itself
        os.close(os.open(str(url.database), os.O_CREAT | os.O_EXCL, 0o600))
    wait_s = float(str(url.query.get("timeout", _WAIT_S)))
    # The connection used last comes first: what another has cached, later writes made worthless.
    engine = create_engine(url, connect_args={"timeout": wait_s}, pool_use_lifo=True)
    event.listen(engine, "connect", partial(_prepare_sqlite, wait_s=wait_s))
    return engine


def _prepare_sqlite(connection: Any, _record: object, *, wait_s: float) -> None:
    """Set what SQLite keeps for one connection only."""
    # The driver's own BEGIN would be deferred and could fail half-way.
    connection.isolation_level = None
    cursor = connection.cursor()
    for pragma in (
        "journal_mode=WAL",
        f"busy_timeout={wait_s * 1000:.0f}",
        "foreign_keys=ON",
    ):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()


def _begin_sqlite(connection: Connection, *, synchronous: str) -> None:
    """Begin a transaction: to read unless `synchronous` says how a commit waits for the disk.

    FULL, because in WAL mode NORMAL may lose the last commits at a power cut
    (https://www.sqlite.org/pragma.html#pragma_synchronous): an intent would be lost while its
    effect is at Caspio. What need not survive a power cut is written without waiting for the disk.
    """
    # By the driver: SQLAlchemy's way to it takes as long as the statement that follows. Nor is this
    # a listener of its event "begin": with one, it would look for listeners of every event.
    driver = connection.connection.driver_connection
    assert isinstance(driver, sqlite3.Connection)
    if not synchronous:
        driver.execute("BEGIN")
        return
    if connection.info.get("synchronous") != synchronous:
        driver.execute(f"PRAGMA synchronous={synchronous}")
        connection.info["synchronous"] = synchronous
    driver.execute("BEGIN IMMEDIATE")


def _prepare_postgres(connection: Any, _record: object) -> None:
    """Wait for the disk at each commit, also where the server, database or user has it turned off.

    An intent would be lost with a crash of the server while its effect is at Caspio. What waits for
    less or more than the server's own disk, such as `remote_apply`, stays as it is.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT set_config('synchronous_commit', 'on', false) "
            "WHERE current_setting('synchronous_commit') = 'off'"
        )
    connection.commit()  # or the pool's rollback would take it back


@contextmanager
def writing(engine: Engine) -> Iterator[Connection]:
    """Open one transaction that writes.

    SQLite takes its write lock at once (BEGIN IMMEDIATE): a transaction that began with a read
    could not get it later if another one has written meanwhile. In PostgreSQL READ COMMITTED is
    enough, since rows that must not change meanwhile are locked one by one.
    """
    with engine.connect() as connection, connection.begin():
        if engine.dialect.name == "sqlite":
            _begin_sqlite(connection, synchronous="FULL")
        yield connection


@contextmanager
def writing_unflushed(engine: Engine) -> Iterator[Connection]:
    """Open a transaction that survives the death of this process, but perhaps not a power cut.

    It does not wait for the disk.
    """
    with engine.connect() as connection, connection.begin():
        if engine.dialect.name == "sqlite":
            _begin_sqlite(connection, synchronous="NORMAL")
        else:
            connection.execute(_UNFLUSHED)
        yield connection


@contextmanager
def reading(engine: Engine) -> Iterator[Connection]:
    """Open one transaction that only reads."""
    with engine.connect() as connection, connection.begin():
        if engine.dialect.name == "sqlite":
            _begin_sqlite(connection, synchronous="")
        yield connection


@contextmanager
def reading_one_moment(engine: Engine) -> Iterator[Connection]:
    """Open one transaction that only reads, and sees all as it was at its first look.

    In WAL mode every transaction of SQLite that reads does so; PostgreSQL has to be asked.
    """
    with reading(engine) as connection:
        if engine.dialect.name == "postgresql":
            connection.execute(text("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ"))
        yield connection


@contextmanager
def writing_files(engine: Engine) -> Iterator[Connection]:
    """Open the only transaction that may write more than one row of `files`.

    Two that lock the same rows in different orders would wait for each other until PostgreSQL ends
    one, and two listings of a new place would each leave a newest version there. SQLite has one
    writer in any case.
    """
    with writing(engine) as connection:
        _wait_for_turn(connection, _FILES_LOCK)
        yield connection


def _wait_for_turn(connection: Connection, lock: int) -> None:
    if connection.dialect.name == "postgresql":
        # A database has one set of such locks for all its schemas, and the ledgers of accounts are
        # schemas of one database: none waits for another one's.
        own = "hashtextextended(current_schema(), :key)"
        number = f"CASE current_schema() WHEN 'public' THEN :key ELSE {own} END"
        connection.execute(text(f"SELECT pg_advisory_xact_lock({number})"), {"key": lock})


def insert_for(dialect: Dialect) -> Any:
    """Return the `insert` of a dialect that knows ON CONFLICT.

    The two share no base class that does.
    """
    if dialect.name == "postgresql":
        from sqlalchemy.dialects.postgresql import insert as postgres_insert

        return postgres_insert
    from sqlalchemy.dialects.sqlite import insert as sqlite_insert

    return sqlite_insert


def migrate(engine: Engine, url: URL) -> None:
    """Bring the schema to HEAD; several processes may do so at the same time.

    Raises:
        LedgerUnavailable: the schema is newer than this program, or of a development version.
    """
    with reading(engine) as connection:
        if _revision(connection) == HEAD:
            return
    with writing(engine) as connection:
        _wait_for_turn(connection, _MIGRATION_LOCK)
        _upgrade(connection, url)


def _revision(connection: Connection) -> str | None:
    if not inspect(connection).has_table("alembic_version"):
        return None
    return connection.execute(text("SELECT version_num FROM alembic_version")).scalar_one_or_none()


def _upgrade(connection: Connection, url: URL) -> None:
    from alembic import command
    from alembic.config import Config
    from alembic.script import ScriptDirectory

    config = Config()
    # The file format would interpolate %.
    scripts = str(Path(__file__).parent / "migrations").replace("%", "%%")
    config.set_main_option("script_location", scripts)
    config.attributes["connection"] = connection
    known = {script.revision for script in ScriptDirectory.from_config(config).walk_revisions()}
    revision = _revision(connection)
    if revision in _ABANDONED:
        raise LedgerUnavailable(
            f"The ledger {shown(url)} has the layout of an earlier development version. Name "
            "another database in [ledger] url, and fill it from the archive with `caspio-ingest "
            "verify --rebuild-ledger`."
        )
    if revision is not None and revision not in known:
        raise LedgerUnavailable(
            f"The ledger {shown(url)} has schema {revision}, newer than this program's {HEAD}. "
            "Install the version of caspio-ingest that wrote it, or name another database in "
            "[ledger] url."
        )
    command.upgrade(config, "head")


class UtcTime(TypeDecorator[datetime]):
    """An aware UTC time; SQLite, which knows no zones, gets it without one."""

    impl = DateTime
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[datetime]:
        """Ask PostgreSQL for a time with zone."""
        return dialect.type_descriptor(DateTime(timezone=dialect.name == "postgresql"))

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Convert to UTC; a time without a zone is a bug."""
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError(f"{value} has no time zone; the ledger takes aware times only")
        utc = value.astimezone(UTC)
        return utc if dialect.name == "postgresql" else utc.replace(tzinfo=None)

    def process_result_value(
        self,
        value: datetime | None,
        dialect: Dialect,  # noqa: ARG002 - SQLAlchemy's signature
    ) -> datetime | None:
        """Return an aware UTC time."""
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


class Words(TypeDecorator[str]):
    """Text that sorts by code point in both databases.

    NUL and lone surrogates, which a database refuses and a file name may hold, are stored escaped:
    good for looking up, not for returning. What must come back unchanged is stored as JSON.
    """

    impl = String
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[str]:
        """Ask PostgreSQL for SQLite's order."""
        return dialect.type_descriptor(
            String(collation="C" if dialect.name == "postgresql" else None)
        )

    def process_bind_param(
        self,
        value: str | None,
        dialect: Dialect,  # noqa: ARG002 - SQLAlchemy's signature
    ) -> str | None:
        """Escape what a database refuses."""
        # Most words are plain, and a listing binds ten of them for each file.
        if value is None or (value.isascii() and "\x00" not in value):
            return value
        return value.replace("\x00", "\\x00").encode("utf-8", "backslashreplace").decode()
