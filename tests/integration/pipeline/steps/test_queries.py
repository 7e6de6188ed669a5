"""What the ledger is asked for each page or record is answered by an index, in both databases."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Connection, Engine, create_engine, event, insert

from flows.app.accounts.own_ledger import THIS_MACHINE
from pipeline.adapters.sql_ledger.rows import file_row
from pipeline.adapters.sql_ledger.tables import effects, files, leases, readings
from pipeline.adapters.sql_ledger.users.tables import review_items, reviews
from pipeline.archive_layout import OWNER
from pipeline.model import FileRef, Place, RecordRef
from pipeline.source_run.selection import Selection
from tests.fakes.clock import FakeClock
from tests.fakes.reader import FakeReader
from tests.integration.pipeline.accounts import Source, fields, uploads
from tests.integration.pipeline.conftest import MakeWorkspace
from tests.integration.pipeline.workspace import Workspace
from tests.servers.postgres import Postgres

pytestmark = pytest.mark.integration

ROWS = 5_000
GROWING = tuple(table.name for table in (files, effects, readings, leases, review_items, reviews))
"""Tables that have rows for every file; the others have some for every worker, source or run."""

Statement = tuple[str, Any]


@contextmanager
def heard() -> Iterator[dict[str, Statement]]:
    """Collect each different statement that is executed meanwhile, with the values it was first executed with."""
    statements: dict[str, Statement] = {}

    def hear(
        _connection: Any,
        _cursor: Any,
        text: str,
        values: Any,
        _context: Any,
        many: bool,  # noqa: FBT001 - SQLAlchemy's signature
    ) -> None:
        if (
            text.split(maxsplit=1)[0] in {"SELECT", "UPDATE", "DELETE", "INSERT", "WITH"}
            and "alembic" not in text
        ):
            statements.setdefault(text, (text, values[0] if many else values))

    event.listen(Engine, "before_cursor_execute", hear)
    try:
        yield statements
    finally:
        event.remove(Engine, "before_cursor_execute", hear)


def fill(connection: Connection) -> None:
    """Let the ledger know thousands of files, so that a database has reason to use its indexes."""
    now = FakeClock().now()
    refs = [
        FileRef(
            "other",
            Place.ATTACHMENT,
            "Other",
            "Scan",
            RecordRef("Other", str(n)),
            f"{n}.txt",
            1,
            "2026-01-01",
        )
        for n in range(ROWS)
    ]
    known = {
        "original_name": "x",
        "listings": 1,
        "run_id": "r",
        "updated_at": now,
        "is_newest": True,
    }
    connection.execute(
        insert(files), [{**file_row(ref), **known, "stage": "finished"} for ref in refs]
    )
    effect = {
        "kind": "update_columns",
        "container": "Other",
        "is_view": False,
        "field": "",
        "before": {},
        "after": {},
    }
    effect |= {"state": "verified", "note": "", "run_id": "r", "at": now}
    connection.execute(
        insert(effects), [effect | {"version": ref.version, "pk": ref.holder} for ref in refs]
    )
    reading = {"fingerprint": "f", "prefix": "p", "findings": {}, "saved_at": now}
    connection.execute(insert(readings), [reading | {"sha256": f"{n:064}"} for n in range(ROWS)])
    connection.execute(
        insert(leases), [{"key": f"record Other {n}", "worker": "w"} for n in range(ROWS)]
    )
    fill_reviews(connection, now)
    if connection.dialect.name == "postgresql":
        connection.exec_driver_sql("ANALYZE")  # as the server does by itself


def fill_reviews(connection: Connection, now: datetime) -> None:
    """Let as many suggestions wait for a user."""
    item = {
        "source": "other", "container": "Other", "item": {}, "run_id": "r", "updated_at": now,
        "column_name": "Total", "state": "open", "reason": "unsure", "risk": 0.5,
    }  # fmt: skip
    connection.execute(
        insert(review_items),
        [item | {"key": f"k{n}", "review": f"r{n}", "pk": str(n)} for n in range(ROWS)],
    )
    review = {"source": "other", "container": "Other", "is_view": False, "open_items": 1}
    review |= {"risk": 0.5, "claimed_by": "", "reasons": ""}
    connection.execute(
        insert(reviews), [review | {"id": f"r{n}", "pk": str(n)} for n in range(ROWS)]
    )


def work(workspace: Workspace) -> None:
    """Do what a worker does for records and pages: ingest, again with nothing new, reprocess, undo."""
    done = workspace.run()
    workspace.run()
    workspace.run(selection=Selection(records=("1",)))
    workspace.run(selection=Selection(stale=True))
    workspace.undo(done.document["run_id"])


@pytest.fixture(params=["sqlite", "postgres"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """A ledger of each kind."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'ledger.db'}"
    server: Postgres = request.getfixturevalue("postgres")
    return server.url(server.create_database())


def test_no_statement_of_a_run_reads_a_growing_table_from_end_to_end(
    url: str, make_workspace: MakeWorkspace
):
    """Each statement that a run makes for pages and records finds its rows by an index."""
    files = {
        f"upload{n}.txt": f"doc_type=receipt\ntotal=1{n}.50\ndate=2026-03-0{n}".encode()
        for n in (1, 2, 3)
    }
    account = uploads(files) | {"files": {"/Inbox/a.txt": "upload1.txt"}}
    account["tables"]["Index"] = {"fields": [*fields(), {"Name": "Path", "Type": "STRING"}]}
    index = {"table": "Index", "path_column": "Path"}
    inbox = Source(name="inbox", place={"folder": "/Inbox"}, index=index)
    workspace = make_workspace(Source(), inbox, account=account, files=files, ledger=url)
    workspace.reader = FakeReader()
    with workspace.ledger():
        pass  # which lays out the tables
    engine = create_engine(url)
    with engine.begin() as connection:
        fill(connection)
    # As an earlier run leaves it. Where it is missing, any archived file is looked for, once.
    workspace.archive.mkdir(exist_ok=True)
    (workspace.archive / OWNER).write_text(THIS_MACHINE)

    with heard() as statements:
        work(workspace)
    with engine.connect() as connection:
        scans = {
            text: found
            for text, values in statements.values()
            if (found := _scans(connection, text, values))
        }
    engine.dispose()

    assert len(statements) > 40
    assert scans == {}


def test_no_figure_looks_at_the_rows_themselves(url: str, make_workspace: MakeWorkspace):
    """What is watched is counted in indexes that have all of it: the rows are wide."""
    workspace = make_workspace(ledger=url)
    with workspace.ledger():
        pass
    engine = create_engine(url)
    with engine.begin() as connection:
        fill(connection)
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.exec_driver_sql(
            "VACUUM"
        )  # as PostgreSQL does by itself; it says which rows everybody sees

    with workspace.ledger() as ledger, heard() as statements:
        ledger.usage.metrics()
    with engine.connect() as connection:
        if connection.dialect.name == "postgresql":
            connection.exec_driver_sql(
                "SET enable_seqscan = off"
            )  # which is as cheap for so few rows
        plans = [
            step for text, values in statements.values() for step in _plan(connection, text, values)
        ]
    engine.dispose()

    of_rows = [
        step for step in plans if " on files" in step or "SCAN files" in step or " effects" in step
    ]
    assert len([step for step in plans if "ix_files_metrics" in step]) == 1
    assert [step for step in of_rows if "ix_" not in step] == []


def _scans(connection: Connection, text: str, values: Any) -> list[str]:
    """Return the steps of a statement's plan that read all of a growing table."""
    whole = [f"{words} {table}" for table in GROWING for words in ("Seq Scan on", "SCAN")]
    plan = _plan(connection, text, values)
    scans = [step for step in plan if any(f"{scan} " in f"{step} " for scan in whole)]
    return [
        step for step in scans if "ix_effects_open" not in step
    ]  # which has nothing but what is open


def _plan(connection: Connection, text: str, values: Any) -> list[str]:
    """Return the steps by which a database would carry out a statement."""
    explain, column = (
        ("EXPLAIN", 0) if connection.dialect.name == "postgresql" else ("EXPLAIN QUERY PLAN", 3)
    )
    return [
        str(row[column]).strip() for row in connection.exec_driver_sql(f"{explain} {text}", values)
    ]
