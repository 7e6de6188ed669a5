from collections.abc import Iterator
from pathlib import Path

import pytest

from pipeline.adapters.local_archive import LocalArchive
from pipeline.adapters.s3_archive import S3Archive
from pipeline.adapters.sql_ledger import SqlLedger
from pipeline.ports import Archive, Ledger
from tests.fakes.archive import MemoryArchive
from tests.fakes.clock import FakeClock
from tests.fakes.ledger import MemoryLedger
from tests.servers.postgres import Postgres, postgres
from tests.servers.swift import BUCKET, Store, swift
from tests.support.empty_ledger import place_empty_ledger

__all__ = ["postgres", "swift"]

INTEGRATION = pytest.mark.integration


@pytest.fixture
def clock() -> FakeClock:
    """A clock that moves only when a test moves it."""
    return FakeClock()


@pytest.fixture(scope="session")
def migrated(postgres: Postgres) -> str:
    """The name of a database with the ledger's schema and no rows, to use or to copy."""
    name = postgres.create_database()
    SqlLedger(postgres.url(name), clock=FakeClock()).close()
    return name


@pytest.fixture
def empty_database(postgres: Postgres) -> Iterator[str]:
    """The URL of a PostgreSQL database with nothing in it."""
    name = postgres.create_database()
    yield postgres.url(name)
    postgres.drop_database(name)


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=INTEGRATION)])
def empty_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The URL of a database with nothing in it, of each kind."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'ledger.db'}"
    return str(request.getfixturevalue("empty_database"))


@pytest.fixture(params=["memory", "sqlite", pytest.param("postgres", marks=INTEGRATION)])
def ledger(request: pytest.FixtureRequest, clock: FakeClock, tmp_path: Path) -> Iterator[Ledger]:
    """One ledger of each kind, empty."""
    if request.param == "memory":
        yield MemoryLedger(clock)
        return
    if request.param == "sqlite":
        path = place_empty_ledger(tmp_path / "ledger.db")
        with SqlLedger(f"sqlite:///{path}", clock=clock) as opened:
            yield opened
        return
    server: Postgres = request.getfixturevalue("postgres")
    name = request.getfixturevalue("migrated")
    with SqlLedger(server.url(name), clock=clock) as opened:
        yield opened
    server.empty_database(name)


@pytest.fixture(params=["memory", "local", pytest.param("s3", marks=INTEGRATION)])
def archive(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Archive]:
    """One archive of each kind, empty."""
    if request.param == "memory":
        yield MemoryArchive()
    elif request.param == "local":
        yield LocalArchive(tmp_path / "archive")
    else:
        store: Store = request.getfixturevalue("swift")
        bucket = S3Archive(BUCKET, prefix=f"test/{tmp_path.name}", **store.keywords())
        yield bucket
        bucket.close()
