import time
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from prefect import flow
from prefect.automations import Automation
from prefect.client.orchestration import get_client
from prefect.events import emit_event
from prefect.flow_engine import run_flow
from prefect.settings import PREFECT_API_URL, PREFECT_FLOWS_HEARTBEAT_FREQUENCY, temporary_settings
from prefect.states import Completed

from flows.prefect.deployments.automations import automations, install
from flows.prefect.names import TAG
from flows.prefect.ui import events
from flows.prefect.ui.states import PLANNED, ended
from infra.emulator import Emulator
from pipeline.errors import BadSettings
from tests.flows.conftest import Prefect
from tests.flows.serving import WAIT_S
from tests.integration.pipeline.accounts import (
    Source,
    receipt,
    uploads,
    write_account,
    write_settings,
)
from tests.integration.pipeline.workspace import cli

pytestmark = pytest.mark.integration


@pytest.fixture
def at_server(prefect_server: Prefect) -> Iterator[Prefect]:
    """Let Prefect's client in this process speak to the test server."""
    with temporary_settings(
        {PREFECT_API_URL: prefect_server.api, PREFECT_FLOWS_HEARTBEAT_FREQUENCY: None}
    ):
        yield prefect_server


def _installed(server: Prefect) -> list[dict[str, Any]]:
    return [one for one in server.find("automations") if one["name"].startswith(TAG)]


def test_automations_are_installed_once(at_server: Prefect):
    """Installed twice, each automation is there once."""
    first, again = install(heartbeat_s=30), install(heartbeat_s=30)

    assert first == again
    assert sorted(one["name"] for one in _installed(at_server)) == sorted(first)
    assert len(first) == 4


def test_an_unknown_notification_block_is_reported(at_server: Prefect):
    """A notification block that is not there stops with its name and where to make it."""
    assert at_server.api

    with pytest.raises(BadSettings, match="slack-webhook/nowhere"):
        install(heartbeat_s=30, notification_block="slack-webhook/nowhere")


def _wait_for_event(server: Prefect, event: str, resource: str) -> list[dict[str, Any]]:
    until = time.monotonic() + WAIT_S
    while not (found := _events(server, event, resource)) and time.monotonic() < until:
        time.sleep(0.3)
    return found


def _events(server: Prefect, event: str, resource: str) -> list[dict[str, Any]]:
    conditions = {"event": {"name": [event]}, "any_resource": {"id": [resource]}}
    return list(server.ask("POST", "/events/filter", {"filter": conditions})["events"])


def test_an_alarm_triggers_its_automation(at_server: Prefect):
    """A run that reports many failures makes its automation fire."""
    install(heartbeat_s=30)
    wanted = next(one for one in _installed(at_server) if "many documents" in one["name"])

    events.send(events.MANY_FAILED, "receipts", share=0.5)

    assert _wait_for_event(
        at_server, "prefect.automation.triggered", f"prefect.automation.{wanted['id']}"
    )


@pytest.mark.full
def test_a_growing_quarantine_triggers_its_automation(at_server: Prefect, tmp_path: Path):
    """A run after which more documents need a user reports both numbers, and only its automation fires."""
    install(heartbeat_s=30)
    wanted = next(one for one in _installed(at_server) if "quarantine" in one["name"])
    # One of four would be a quarter of the run: many documents failed, which is the other alarm.
    files = {f"upload{n}.txt": receipt(n) for n in range(1, 5)} | {"empty.txt": b""}
    with Emulator(seed=write_account(tmp_path / "seed", uploads(files), files)) as emulator:
        config = write_settings(tmp_path, emulator.url, Source(name="growing"))
        for _ in range(2):
            done = cli(config, "run", "--json", **at_server.environment)
            assert done.returncode in {0, 1}, done.stderr

    assert _wait_for_event(
        at_server, "prefect.automation.triggered", f"prefect.automation.{wanted['id']}"
    )
    reported = _wait_for_event(at_server, events.QUARANTINE_GREW, "caspio-ingest.source.growing")
    assert [(one["payload"]["before"], one["payload"]["now"]) for one in reported] == [(0, 1)]
    assert _events(at_server, events.MANY_FAILED, "caspio-ingest.source.growing") == []


@flow(name="replaces a run")
def _planned_run() -> Any:
    return ended(lambda: Completed(name=PLANNED))


def _state(server: Prefect, run_id: str) -> dict[str, Any]:
    state: dict[str, Any] = server.ask("GET", f"/flow_runs/{run_id}")["state"]
    return state


def _sign_of_life(run_id: str) -> None:
    emit_event(
        event="prefect.flow-run.heartbeat",
        resource={"prefect.resource.id": f"prefect.flow-run.{run_id}"},
        related=[{"prefect.resource.id": f"prefect.tag.{TAG}", "prefect.resource.role": "tag"}],
    )


@pytest.fixture
def quick_rule(at_server: Prefect) -> Iterator[Automation]:
    """The rule for lost runs, with so little patience that it is gone again before other tests' runs begin."""
    assert at_server.api
    rule = next(automations(lost_after=timedelta(seconds=10)))
    rule.name = "lost runs, quickly"
    assert isinstance(rule, Automation)
    rule.create()
    yield rule
    rule.delete()


def _scheduled_run(server: Prefect, flow_name: str) -> str:
    """Return a run as a schedule makes it: the server sends no event for its first state."""
    flow_id = server.ask("POST", "/flows/", {"name": flow_name})["id"]
    schedule = {"schedule": {"cron": "0 0 1 1 *"}, "active": True}
    body = {"name": flow_name, "flow_id": flow_id, "tags": [TAG], "schedules": [schedule]}
    deployment = server.ask("POST", "/deployments/", body)["id"]
    (run,) = server.overdue(deployment, runs=1)
    return run


def test_only_a_lost_run_is_marked(at_server: Prefect, quick_rule: Automation):
    """A run without a heartbeat becomes Crashed; the rule does not fire for one that a schedule made and that ended in a state of our own name."""
    flow_id = at_server.ask("POST", "/flows/", {"name": "lost"})["id"]
    body = {"flow_id": flow_id, "state": {"type": "RUNNING", "name": "Running"}, "tags": [TAG]}
    lost = at_server.ask("POST", "/flow_runs/", body)["id"]
    planned = _scheduled_run(at_server, "replaces a run")
    _sign_of_life(planned)
    with get_client(sync_client=True) as client:
        begun = client.read_flow_run(UUID(planned))
    run_flow(_planned_run, flow_run=begun, return_type="state")

    _sign_of_life(lost)

    until = time.monotonic() + WAIT_S
    while _state(at_server, lost)["type"] == "RUNNING" and time.monotonic() < until:
        time.sleep(0.5)
    acted = _wait_for_event(
        at_server, "prefect.automation.action.triggered", f"prefect.automation.{quick_rule.id}"
    )

    assert _state(at_server, lost)["type"] == "CRASHED"
    assert "next run" in _state(at_server, lost)["message"]
    assert _state(at_server, planned)["name"] == PLANNED
    assert [_about(event) for event in acted] == [lost]


def _about(event: dict[str, Any]) -> str:
    """Return the run that an action of the rule was about."""
    targets = [one["prefect.resource.id"] for one in event["related"]]
    return next(one for one in targets if one.startswith("prefect.flow-run.")).rpartition(".")[2]
