from collections import Counter
from pathlib import Path

import pytest

from tests.crash.cells import SCENES, staged
from tests.crash.race import Race, race, repeated, wait_for
from tests.servers.postgres import Postgres

RENAMES = "/v3/tables/{tableName}/attachments/{attachmentFieldName}/fileInfo"

pytestmark = pytest.mark.integration


def small(ledger: str, folder: Path) -> Race:
    """Race with few documents; `make race` does 2,000 with four workers."""
    return race(ledger, documents=60, workers=3, kill=1, folder=folder)


def test_workers_on_postgres_do_every_document_once(postgres: Postgres, tmp_path: Path):
    """With one of three workers killed, PostgreSQL between them, all is done and no write comes twice."""
    result = small(postgres.url(postgres.create_database()), tmp_path)

    assert (result.twice, result.left) == ((), 0)


@pytest.mark.full
def test_workers_on_sqlite_do_every_document_once(tmp_path: Path):
    """The same with SQLite, whose one writer at a time the workers take turns at."""
    result = small(f"sqlite:///{tmp_path / 'shared.db'}", tmp_path)

    assert (result.twice, result.left) == ((), 0)


def test_a_rename_that_was_given_up_and_came_late_is_no_fault():
    """The ledger explains why a write was made again; where it does not, the count calls it a fault."""
    with staged(SCENES["attachments"]) as workspace:
        workspace.timeout_s = 1.5  # the clock of the test does not wait for late calls
        workspace.emulator.control.fault(
            {"kind": "stall", "method": "PUT", "template": RENAMES, "seconds": 4.0}
        )

        workspace.run()

        wait_for(lambda: repeated(workspace) != ((), ()))
        (explained,), twice = repeated(workspace)
        forged = Counter(workspace.writes(processed=True)) + Counter([explained])
        assert "/attachments/Scan/fileInfo" in explained
        assert twice == ()
        assert repeated(workspace, forged)[1] == (explained,)
