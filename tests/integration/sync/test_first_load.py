from pathlib import Path

import pytest

from tests.integration.sync.world import world

pytestmark = pytest.mark.integration


def test_the_first_load_takes_the_file_of_an_export_task(tmp_path: Path):
    """An empty mirror is loaded from one file; from then on pages and increments go on from it."""
    with world(tmp_path, records=40) as orders:
        with orders.context() as context:
            (task,) = context.client.tasks.all()
        orders.settle(
            direction="pull",
            changed_column="Changed",
            export_task=task.key,
            export_file="/Exports/orders.csv",
        )
        first = orders.run()
        loaded = orders.here()
        orders.edit_there("c7", Title="changed there")
        second = orders.run()
        sweep = orders.run(sweep=True)

    calls = first.document["caspio_calls"]["by"]
    assert first.document["changes"] == {"insert mirror": 40}
    assert "GET /v3/tables/{tableName}/records" not in calls
    assert loaded["c1"]["note"] == "two\nlines"
    assert (loaded["c1"]["amount"], loaded["c1"]["paid"]) == (1.25, True)
    assert second.document["changes"] == {"update mirror": 1}
    assert not second.document["sweep"]
    assert sweep.document["rows"] == {"same": 40}
