"""The demo: a local Caspio with drawn documents, the line run through Prefect, and what it left, shown."""

import json
import os
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
from rich.console import Console

from infra.emulator import Emulator
from infra.samples import draw_samples, settings_toml
from pipeline.errors import BadSettings, ServiceUnavailable

MARKER = ".caspio-ingest-demo"
SERVER_START_S = 90.0
"""Seconds Prefect's server may take to answer; on a slow disk the first start makes its database for half a minute."""


@dataclass(frozen=True, slots=True)
class DemoResult:
    """What the demo left: the account before and after, both runs' reports, the runs' addresses in the UI."""

    folder: Path
    before: Mapping[str, Any]
    after: Mapping[str, Any]
    planned: Mapping[str, Any]
    written: Mapping[str, Any]
    again: Mapping[str, Any]
    runs: tuple[tuple[str, str, str], ...]
    ui: str

    def as_json(self) -> Mapping[str, Any]:
        """Return what `demo --json` prints."""
        return {
            "folder": str(self.folder),
            "ui": self.ui,
            "runs": [
                dict(zip(("name", "state", "address"), run, strict=True)) for run in self.runs
            ],
            "planned": self.planned,
            "written": self.written,
            "again": self.again,
            "before": self.before["tables"],
            "after": self.after["tables"],
        }


@contextmanager
def played(folder: Path, console: Console) -> Iterator[DemoResult]:
    """Play the demo in a folder made anew, and yield its result while the UI and the emulator are up.

    Raises:
        BadSettings: the folder is there and is not an earlier demo's.
        ServiceUnavailable: Prefect's server does not start.
    """
    _clear(folder)
    with _prefect_server(folder, console) as (ui, environment):
        console.print("Drawing sample documents")
        seed = draw_samples(folder / "seed")
        with Emulator(seed=seed) as emulator:
            yield _play(folder, emulator, ui=ui, environment=environment, console=console)


def _clear(folder: Path) -> None:
    """Make the demo's folder anew, if it is ours to remove."""
    if folder.exists() and any(folder.iterdir()) and not (folder / MARKER).exists():
        raise BadSettings(
            [f"{folder} is not empty and not an earlier demo; give another folder with --dir."]
        )
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    (folder / MARKER).touch()


def _play(
    folder: Path, emulator: Emulator, *, ui: str, environment: dict[str, str], console: Console
) -> DemoResult:
    """Plan, write, and look once more; the account is looked at before and after."""
    config = folder / "caspio-ingest.toml"
    config.write_text(settings_toml(emulator.url), encoding="utf-8")
    before = emulator.control.dump()
    console.print(
        "First run: reads and archives everything, and only plans, because the sources are new"
    )
    planned = _command(config, environment)
    console.print("Second run: writes what was planned")
    written = _command(config, environment)
    console.print("Third run: finds nothing to do")
    again = _command(config, environment)
    return DemoResult(
        folder, before, emulator.control.dump(), planned, written, again, tuple(_flow_runs(ui)), ui
    )


def _command(config: Path, environment: dict[str, str]) -> Mapping[str, Any]:
    """Run `caspio-ingest run` as a user would and return its report."""
    arguments = [sys.executable, "-m", "flows.cli", "run", "--config", str(config), "--json"]
    done = subprocess.run(arguments, env=environment, stdout=subprocess.PIPE, check=False)  # noqa: S603 - our own command
    if done.returncode not in {0, 1}:
        raise ServiceUnavailable(
            f"the run ended with {done.returncode}; its complaint stands above."
        )
    report: Mapping[str, Any] = json.loads(done.stdout)
    return report


@contextmanager
def _prefect_server(folder: Path, console: Console) -> Iterator[tuple[str, dict[str, str]]]:
    """Start Prefect's server on a free port with its data in the demo's folder; end it afterwards."""
    port = _free_port()
    ui = f"http://127.0.0.1:{port}"
    environment = os.environ | {
        "PREFECT_HOME": str((folder / "prefect").resolve()),
        "PREFECT_API_URL": f"{ui}/api",
        "PREFECT_SERVER_API_PORT": str(port),  # without it the UI asks port 4200
        "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
        "DO_NOT_TRACK": "1",
        "PREFECT_SERVER_UI_SHOW_PROMOTIONAL_CONTENT": "false",
        "CASPIO_CLIENT_ID": "id",
        "CASPIO_CLIENT_SECRET": "secret",
    }
    console.print("Starting Prefect's server")
    arguments = [
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
    with (folder / "prefect.log").open("wb") as log:
        server = subprocess.Popen(  # noqa: S603
            arguments, env=environment, stdout=log, stderr=log, start_new_session=True
        )
    try:
        _wait_until_healthy(f"{ui}/api/health", server, folder / "prefect.log")
        yield ui, environment
    finally:
        server.terminate()
        try:
            server.wait(timeout=20)
        except subprocess.TimeoutExpired:
            server.kill()


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def _wait_until_healthy(url: str, server: "subprocess.Popen[bytes]", log: Path) -> None:
    end = time.monotonic() + SERVER_START_S
    while time.monotonic() < end and server.poll() is None:
        try:
            if httpx.get(url, timeout=2).is_success:
                return
        except httpx.TransportError:
            time.sleep(0.2)
    tail = "\n".join(log.read_text(encoding="utf-8", errors="replace").splitlines()[-5:])
    raise ServiceUnavailable(f"Prefect's server did not start; see {log}. It said last:\n{tail}")


def _flow_runs(ui: str) -> Iterator[tuple[str, str, str]]:
    """Yield name, state and address of the demo's flow runs, in order of time."""
    found = httpx.post(
        f"{ui}/api/flow_runs/filter", json={"sort": "START_TIME_ASC"}, timeout=10
    ).raise_for_status()
    for run in found.json():
        state = run["state"]
        yield (
            run["name"],
            f"{state['name']}: {state['message'] or ''}",
            f"{ui}/runs/flow-run/{run['id']}",
        )
