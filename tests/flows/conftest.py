import os
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.flows.web.browsed import served, tab
from tests.integration.pipeline.workspace import CREDENTIALS
from tests.support.processes import end, free_port

__all__ = ["served", "tab"]

START_S = 300.0


@dataclass(frozen=True)
class Prefect:
    """A running server: its API's address, and the environment of a command that uses it."""

    api: str
    environment: dict[str, str]
    auth: tuple[str, str] | None = None

    def find(self, what: str, **conditions: Any) -> list[dict[str, Any]]:
        """Return objects that meet a filter of the REST API."""
        found: list[dict[str, Any]] = self.ask("POST", f"/{what}/filter", conditions)
        return found

    def ask(self, method: str, path: str, body: object = None) -> Any:
        """Make a call of the REST API; 503, its answer while its database is busy, is met as its own client does."""
        until = time.monotonic() + 240
        while True:
            reply = httpx.request(method, self.api + path, json=body, auth=self.auth, timeout=120)
            if reply.status_code != httpx.codes.SERVICE_UNAVAILABLE or time.monotonic() > until:
                return reply.raise_for_status().json() if reply.content else None
            time.sleep(0.5)

    def overdue(self, deployment: str, *, runs: int) -> list[str]:
        """Let a deployment's schedule make runs of years ago; return them."""
        years = {"start_time": "2020-01-01T00:00:00Z", "end_time": "2024-01-01T00:00:00Z"}
        self.ask(
            "POST",
            f"/deployments/{deployment}/schedule",
            {**years, "min_runs": runs, "max_runs": runs},
        )
        found = self.find(
            "flow_runs",
            deployments={"id": {"any_": [deployment]}},
            flow_runs={"expected_start_time": {"before_": years["end_time"]}},
        )
        return [str(run["id"]) for run in found if run["auto_scheduled"]]

    def runs_of(self, *tags_or_names: str) -> list[dict[str, Any]]:
        """Return flow runs by name, oldest first."""
        return self.find(
            "flow_runs", sort="START_TIME_ASC", flow_runs={"name": {"any_": list(tags_or_names)}}
        )

    def task_runs(self, flow_run_id: str, *, expected: int) -> list[dict[str, Any]]:
        """Return a flow run's task runs; they arrive at the server as events, a moment later."""
        conditions = {"flow_runs": {"id": {"any_": [flow_run_id]}}}
        until = time.monotonic() + 240
        found = self.find("task_runs", **conditions)
        while len(found) < expected and time.monotonic() < until:
            time.sleep(0.3)
            found = self.find("task_runs", **conditions)
        return found

    def artifacts(self, flow_run_id: str) -> dict[str, dict[str, Any]]:
        """Return a flow run's artifacts by key."""
        found = self.find("artifacts", artifacts={"flow_run_id": {"any_": [flow_run_id]}})
        return {artifact["key"]: artifact for artifact in found}

    def logged(self, flow_run_id: str, *, until: str) -> list[str]:
        """Return the lines of a flow run's log and its tasks' once one begins so; they arrive a moment later."""
        conditions = {"logs": {"flow_run_id": {"any_": [flow_run_id]}}, "sort": "TIMESTAMP_ASC"}
        ends = time.monotonic() + 240
        while True:
            lines = [str(line["message"]) for line in self.find("logs", **conditions)]
            if any(line.startswith(until) for line in lines) or time.monotonic() > ends:
                return lines
            time.sleep(0.3)


@pytest.fixture(scope="session")
def prefect_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Prefect]:
    """One Prefect server for all tests, with its data in a temporary folder."""
    folder = tmp_path_factory.mktemp("prefect")
    port = free_port()
    environment = {
        **os.environ,
        **CREDENTIALS,
        "PREFECT_HOME": str(folder),
        "PREFECT_API_URL": f"http://127.0.0.1:{port}/api",
        "PREFECT_SERVER_API_PORT": str(port),
        "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
        # Seconds until a run that waits for its predecessor asks again; 30 by default.
        "PREFECT_SERVER_DEPLOYMENTS_CONCURRENCY_SLOT_WAIT_SECONDS": "1",
        # Seconds until `serve` asks again for runs that are due; 10 by default.
        "PREFECT_RUNNER_POLL_FREQUENCY": "1",
        "DO_NOT_TRACK": "1",
    }
    command = [
        sys.executable,
        "-m",
        "prefect",
        "server",
        "start",
        "--host",
        "127.0.0.1",
        "--port",
        str(port),
    ]
    with (folder / "server.log").open("wb") as log:
        server = subprocess.Popen(
            command, env=environment, stdout=log, stderr=log, start_new_session=True
        )
    try:
        wait_until_healthy(environment["PREFECT_API_URL"], server, folder / "server.log")
        yield Prefect(environment["PREFECT_API_URL"], environment)
    finally:
        end(server)


def wait_until_healthy(api: str, server: "subprocess.Popen[bytes]", log: Path) -> None:
    """Wait for a Prefect server to answer."""
    until = time.monotonic() + START_S
    while time.monotonic() < until and server.poll() is None:
        try:
            if httpx.get(f"{api}/health", timeout=30).is_success:
                return
        except httpx.TransportError:
            time.sleep(0.2)
    raise RuntimeError(
        f"Prefect's server did not start:\n{log.read_text(errors='replace')[-3000:]}"
    )
