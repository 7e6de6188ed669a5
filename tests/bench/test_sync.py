"""What a first load, a quiet sweep and an increment of many records cost: `make bench-details` prints it."""

import os
import resource
import time
from pathlib import Path
from typing import Any

import pytest

from tests.integration.sync.world import CREDENTIALS, World, world

pytestmark = [pytest.mark.bench, pytest.mark.timeout(3600)]

RECORDS = int(os.environ.get("BENCH_SYNC_RECORDS", "100000"))
LISTING = "GET /v3/tables/{tableName}/records"


def measured(name: str, orders: World, **options: Any) -> int:
    """Run once, print what it took, and return how many pages were listed."""
    began, cpu = time.monotonic(), time.process_time()
    result = orders.run(**options)
    calls = result.document["caspio_calls"]
    peak_mib = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(
        f"\n{name}: {RECORDS:,} records, {calls['total']:,} calls ({calls['by'][LISTING]:,} pages), "
        f"{time.monotonic() - began:.1f} s, {time.process_time() - cpu:.1f} s CPU, peak {peak_mib:.0f} MiB, "
        f"{result.document['changes']}"
    )
    return int(calls["by"][LISTING])


def test_many_records_take_the_calls_of_their_pages(tmp_path: Path):
    """A first load and a sweep list each page once; an increment lists what has changed."""
    os.environ.update(CREDENTIALS)
    values = {
        "Code": "c{n}",
        "Title": "Order {n}",
        "Amount": "{n}",
        "Changed": "2020-01-01T00:00:00",
    }
    many = {"count": RECORDS, "values": values}
    with world(tmp_path, many=many, changed_column="Changed") as orders:
        pages = RECORDS // 1000 + 1

        assert measured("first load", orders) == pages
        assert measured("quiet sweep", orders, sweep=True) == pages
        # The seed has changed all records at one moment; a later change moves the mark behind it.
        orders.edit_there("c7", Title="moves the mark")
        orders.run()
        orders.edit_there("c7", Title="changed")
        assert measured("increment", orders) == 1
        assert orders.here()["c7"]["title"] == "changed"
