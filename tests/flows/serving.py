import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.flows.conftest import Prefect
from tests.integration.pipeline.workspace import CREDENTIALS, cli_command
from tests.support.processes import end

WAIT_S = 240.0
ENDS = frozenset({"COMPLETED", "FAILED", "CRASHED", "CANCELLED"})


@dataclass(frozen=True)
class Served:
    """A running `caspio-ingest serve`, and its deployments by name, without that of the settings."""

    prefect: Prefect
    process: "subprocess.Popen[bytes]"
    deployments: dict[str, dict[str, Any]]

    def start(self, deployment: str, **parameters: Any) -> str:
        """Ask for a run as the UI does, and return its id."""
        address = f"/deployments/{self.deployments[deployment]['id']}/create_flow_run"
        return str(self.prefect.ask("POST", address, {"parameters": parameters})["id"])

    def wait(self, run_id: str, *types: str) -> dict[str, Any]:
        """Wait until a run is in a state of one of these types, or has ended, and return the state."""
        until = time.monotonic() + WAIT_S
        while True:
            state: dict[str, Any] = self.prefect.ask("GET", f"/flow_runs/{run_id}")["state"]
            if state["type"] in {*types, *ENDS}:
                return state
            assert time.monotonic() < until, f"the run is still {state['name']}"
            time.sleep(0.3)

    def wait_for_another_pause(self, run_id: str, first: dict[str, Any]) -> dict[str, Any]:
        """Wait until a run that was paused, and resumed, is paused again."""
        until = time.monotonic() + WAIT_S
        while (state := self.wait(run_id, "PAUSED"))["id"] == first["id"]:
            assert time.monotonic() < until, "the run was never resumed"
            time.sleep(0.3)
        return state

    def answer(self, run_id: str, **answer: Any) -> dict[str, Any]:
        """Fill in the form of a paused run and resume it; return what the server says."""
        said: dict[str, Any] = self.prefect.ask(
            "POST", f"/flow_runs/{run_id}/resume", {"run_input": answer}
        )
        return said


@contextmanager
def serving(prefect: Prefect, config: Path, *, deployments: int) -> Iterator[Served]:
    """Serve a settings file once so many deployments are registered; the process is ended afterwards."""
    log = config.parent / "serve.log"
    known = {one["id"]: one["updated"] for one in prefect.find("deployments")}
    with log.open("wb") as output:
        process = subprocess.Popen(
            cli_command(config, "serve"),
            env=prefect.environment | CREDENTIALS,
            stdout=output,
            stderr=output,
        )
    try:
        until = time.monotonic() + WAIT_S
        found: list[dict[str, Any]] = []
        while len(found) < deployments:
            assert process.poll() is None, log.read_text(errors="replace")[-3000:]
            assert time.monotonic() < until, log.read_text(errors="replace")[-3000:]
            time.sleep(0.3)
            found = [
                one for one in prefect.find("deployments") if known.get(one["id"]) != one["updated"]
            ]
        yield Served(prefect, process, {one["name"].partition("@")[0]: one for one in found})
    finally:
        end(process, within_s=120)
