import json
from pathlib import Path
from typing import Any

import pytest

from flows.app.settings import load_settings
from flows.prefect.deployments.ownership import DeploymentOwner
from flows.prefect.deployments.serve import DeploymentFactory, sync_deployments
from tests.flows.conftest import Prefect
from tests.integration.pipeline.workspace import cli
from tests.integration.sync.world import World, world

pytestmark = pytest.mark.integration


def command(orders: World, *options: str, **environment: str) -> dict[str, Any]:
    """Run `sync run orders` as a user would, and return its document."""
    done = cli(orders.config, "sync", "run", "orders", *options, "--json", **environment)
    assert done.returncode == 0, done.stderr
    document: dict[str, Any] = json.loads(done.stdout)
    return document


def test_a_sync_is_a_flow_run_with_its_table_of_changes(prefect_server: Prefect, tmp_path: Path):
    """`sync run` runs as a flow, says what it did in its state, and leaves the table of changes."""
    with world(tmp_path) as orders:
        environment = {**prefect_server.environment, "MIRROR_URL": orders.url}
        first = command(orders, **environment)
        orders.edit_there("c1", Title="typed there")
        pk = str(orders.there()["c1"]["PK_ID"])
        second = command(orders, "--record", pk, **environment)
        here = orders.here()["c1"]["title"]

    (run, _) = prefect_server.runs_of("sync orders")
    found = prefect_server.find(
        "artifacts", artifacts={"key": {"like_": "changes-orders"}}, sort="CREATED_DESC"
    )
    table: list[dict[str, Any]] = json.loads(found[0]["data"])
    assert first["changes"] == {"insert mirror": 3}
    assert second["changes"] == {"update mirror": 1}
    assert here == "typed there"
    assert run["state_type"] == "COMPLETED"
    assert "3 write" in run["state"]["message"]
    assert [(row["column"], row["after"]) for row in table] == [("Title", "typed there")]


def test_each_sync_has_a_deployment_with_its_schedule(tmp_path: Path):
    """A sync runs on its own schedule, in the queue of new work, one run at a time."""
    with world(tmp_path, schedule="5 4 * * *") as orders:
        settings = load_settings(orders.config)
        owner = DeploymentOwner("acme", str(orders.config), frozenset())

        (made,) = sync_deployments(DeploymentFactory(settings, owner, None))

    assert made.name.startswith("sync-orders@")
    assert [one.schedule.cron for one in made.schedules] == ["5 4 * * *"]
    assert made.parameters == {"config": str(orders.config), "name": "orders"}
    assert "priority:new" in made.tags
