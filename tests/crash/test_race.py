from pathlib import Path

import pytest

from tests.crash.race import Race, race
from tests.servers.postgres import Postgres

pytestmark = pytest.mark.integration


def small(ledger: str, folder: Path) -> Race:
    """Race with few documents; `make race` does 2,000 with four workers."""
    return race(ledger, documents=60, workers=3, kill=1, folder=folder)


def test_workers_on_postgres_do_every_document_once(postgres: Postgres, tmp_path: Path):
    """With one of three workers killed, PostgreSQL between them, all is done and no write comes twice."""
    result = small(postgres.url(postgres.create_database()), tmp_path)

    assert (result.twice, result.left) == ((), 0)


def test_workers_on_sqlite_do_every_document_once(tmp_path: Path):
    """The same with SQLite, whose one writer at a time the workers take turns at."""
    result = small(f"sqlite:///{tmp_path / 'shared.db'}", tmp_path)

    assert (result.twice, result.left) == ((), 0)
