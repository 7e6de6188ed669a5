"""An account whose flows are deployed on a work pool, as tests see it."""

import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from infra.emulator import Emulator
from tests.flows.conftest import Prefect
from tests.integration.pipeline.workspace import CREDENTIALS, cli_command

ENDED = {"COMPLETED", "FAILED", "CRASHED", "CANCELLED"}


@dataclass(frozen=True)
class Account:
    """An account, its settings, and the server its flows are deployed at."""

    server: Prefect
    emulator: Emulator
    config: Path
    pool: str
    source: str

    def deployments(self, tag: str = "") -> dict[str, dict[str, Any]]:
        """Return what is registered with a tag, or for its source, by name."""
        found = self.server.find(
            "deployments", deployments={"tags": {"all_": [tag or self.source]}}
        )
        return {deployment["name"]: deployment for deployment in found}

    def start(self, name: str, **parameters: Any) -> str:
        """Ask for a run of a deployment; return its id."""
        deployment = self.deployments()[name]["id"]
        address = f"/deployments/{deployment}/create_flow_run"
        return str(self.server.ask("POST", address, {"parameters": parameters})["id"])

    def state(self, run: str) -> dict[str, Any]:
        """Return a run's state."""
        state: dict[str, Any] = self.server.ask("GET", f"/flow_runs/{run}")["state"]
        return state

    def ended(self, run: str, *, within_s: float = 240.0) -> dict[str, Any]:
        """Wait for a run to end; return its last state."""
        wait_for(lambda: self.state(run)["type"] in ENDED, within_s=within_s)
        return self.state(run)

    def writes(self) -> list[str]:
        """Return the records written so far."""
        return [
            call["query"]
            for call in self.emulator.control.call_log()
            if call["operation"] == "UpdateTableRecords"
        ]

    @contextmanager
    def worker(self, name: str = "worker") -> "Iterator[subprocess.Popen[bytes]]":
        """Run a worker of the pool; what it and its runs say goes into a file of its name."""
        log = self.config.parent / f"{name}.log"
        command = cli_command(self.config, "worker", "--pool", self.pool, "--name", name)
        with log.open("ab") as output:
            process = subprocess.Popen(
                command, env=self.server.environment | CREDENTIALS, stdout=output, stderr=output
            )
            try:
                yield process
            finally:
                process.kill()
                process.wait()
                # To the server it would be online for another half minute.
                self.server.ask("DELETE", f"/work_pools/{self.pool}/workers/{name}")


def wait_for(met: Callable[[], Any], *, within_s: float = 240.0) -> None:
    """Wait until a condition is met."""
    until = time.monotonic() + within_s
    while not met():
        assert time.monotonic() < until, "it never came so far"
        time.sleep(0.3)
