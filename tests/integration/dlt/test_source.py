import json
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from caspio_ingest import CaspioClient
from infra.emulator import Emulator

dlt = pytest.importorskip("dlt", reason="the group dlt is not installed")
pytest.importorskip("duckdb", reason="the group dlt is not installed")

pytestmark = pytest.mark.integration

FIELDS = [
    {"Name": "Title", "Type": "STRING"},
    {"Name": "Amount", "Type": "CURRENCY"},
    {"Name": "Day", "Type": "DATE/TIME"},
    {"Name": "Paid", "Type": "YES/NO"},
    {"Name": "Tags", "Type": "LIST-STRING", "ListField": ["new", "paid"]},
    {"Name": "Changed", "Type": "TIMESTAMP", "OnInsert": True, "OnUpdate": True},
    {"Name": "Scan", "Type": "ATTACHMENT"},
]
RECORDS = [
    {"Title": "one", "Amount": 0.1, "Day": "2026-03-31T08:30:00", "Tags": ["new"], "Scan": "a.txt"},
    {"Title": "two", "Paid": True},
]
LISTING = "GET /v3/tables/{tableName}/records"


@pytest.fixture
def emulator(tmp_path: Path) -> Iterator[Emulator]:
    """An account with two orders and a view of one of them."""
    seed = tmp_path / "seed"
    seed.mkdir()
    (seed / "a.txt").write_text("text")
    account = {
        "name": "acme",
        "tables": {"Orders": {"fields": FIELDS, "records": RECORDS}},
        "views": {"Unpaid": {"table": "Orders", "where": "Paid = 0", "fields": ["Title"]}},
    }
    (seed / "account.json").write_text(json.dumps(account))
    with Emulator(seed=seed) as started:
        yield started


@pytest.fixture
def load(emulator: Emulator, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """Load everything into DuckDB, and return rows of a query."""
    monkeypatch.setenv("RUNTIME__DLTHUB_TELEMETRY", "false")
    monkeypatch.setenv("DLT_DATA_DIR", str(tmp_path / "dlt"))
    from caspio_ingest.dlt import caspio

    pipeline = dlt.pipeline(
        "orders",
        pipelines_dir=str(tmp_path / "pipelines"),
        destination=dlt.destinations.duckdb(str(tmp_path / "orders.duckdb")),
        dataset_name="caspio",
    )
    with CaspioClient(url=emulator.url, client_id="id", client_secret="secret") as client:

        def run(query: str) -> list[tuple[Any, ...]]:
            source = caspio(
                client, tables=["Orders"], views=["Unpaid"], changed={"Orders": "Changed"}
            )
            pipeline.run(source).raise_on_failed_jobs()
            with pipeline.sql_client() as connection:
                return [tuple(row) for row in connection.execute_sql(query) or []]

        yield run


def test_tables_views_and_files_are_loaded_once_and_then_what_changed(
    emulator: Emulator, load: Any
):
    """Types survive; a second run asks for changed records only, and merges them by PK_ID."""
    first = load("SELECT pk_id, title, amount, day, paid, tags FROM orders ORDER BY pk_id")
    emulator.control.reset_calls()
    # Behind the overlap, so that the next run lists the changed record alone.
    emulator.control.edit("Orders", 1, {"Changed": "2020-01-01T00:00:00"})
    emulator.control.edit("Orders", 2, {"Title": "changed"})
    second = load("SELECT pk_id, title FROM orders ORDER BY pk_id")
    asked = [call["query"] for call in emulator.control.call_log() if "Orders" in call["path"]]
    files = load("SELECT pk_id, name, size_bytes FROM orders_scan_files")
    unpaid = load("SELECT pk_id, title FROM unpaid")

    assert [row[:3] for row in first] == [(1, "one", Decimal("0.1000")), (2, "two", None)]
    assert first[0][3].isoformat() == "2026-03-31T08:30:00"
    assert first[0][3].tzinfo is None
    assert [row[4] for row in first] == [False, True]
    assert json.loads(first[0][5]) == ["new"]
    assert second == [(1, "one"), (2, "changed")]
    assert any("Changed" in query and "where" in query for query in asked)
    assert files == [("1", "a.txt", 4)]
    assert unpaid == [("1", "one")]
