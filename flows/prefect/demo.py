"""The demo: a local Caspio with sample documents, three runs through Prefect, and the result."""

import json
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from rich.console import Console

from flows.prefect.server import Server, free_port, local_server
from infra.emulator import Emulator
from infra.samples import draw_samples, settings_toml
from infra.samples.purchases import FILLED, PURCHASES, SETTINGS, add_purchases, purchases
from pipeline.errors import BadSettings, ServiceUnavailable

MARKER = ".caspio-ingest-demo"
"""A file that marks a folder as the demo's, so that it may be removed."""

_CREDENTIALS = {"CASPIO_CLIENT_ID": "id", "CASPIO_CLIENT_SECRET": "secret"}  # the emulator's


@dataclass(frozen=True, slots=True)
class DemoResult:
    """The result of the demo: the account before and after, the reports, the flow runs.

    Attributes:
        runs: Name, state and address in the UI of each flow run, in order of time.
        ui: Address of Prefect's UI.
        environment: The variables for programs that work with the demo's settings.
        learned: What was learned from the purchases, in sentences.
    """

    folder: Path
    before: Mapping[str, Any]
    after: Mapping[str, Any]
    planned: Mapping[str, Any]
    written: Mapping[str, Any]
    again: Mapping[str, Any]
    runs: tuple[tuple[str, str, str], ...]
    ui: str
    environment: Mapping[str, str] = field(default_factory=dict, repr=False)
    learned: tuple[str, ...] = ()

    @property
    def config(self) -> Path:
        """Return the settings file."""
        return self.folder / "caspio-ingest.toml"

    def as_json(self) -> Mapping[str, Any]:
        """Return what `demo --json` prints."""
        runs = [dict(zip(("name", "state", "address"), run, strict=True)) for run in self.runs]
        return {
            "folder": str(self.folder),
            "ui": self.ui,
            "runs": runs,
            "planned": self.planned,
            "written": self.written,
            "again": self.again,
            "learned": list(self.learned),
            "before": self.before["tables"],
            "after": self.after["tables"],
        }


@contextmanager
def played(folder: Path, console: Console) -> Iterator[DemoResult]:
    """Run the demo in a new folder, and yield its result while the UI and the emulator are up.

    Raises:
        BadSettings: the folder exists and is not an earlier demo's.
        ServiceUnavailable: Prefect's server does not start.
    """
    # The folder is emptied below, so it must be certain that the demo made it.
    if folder.exists() and any(folder.iterdir()) and not (folder / MARKER).exists():
        raise BadSettings(
            [f"{folder} is not empty and not an earlier demo. Give another folder with --dir."]
        )
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    (folder / MARKER).touch()
    console.print("Starting Prefect's server")
    with local_server(folder, _CREDENTIALS, console.print) as (ui, environment):
        console.print("Drawing sample documents")
        seed = draw_samples(folder / "seed")
        add_purchases(seed)
        with Emulator(seed=seed) as emulator:
            config = folder / "caspio-ingest.toml"
            # A port of its own, so that `web login` finds the page of this demo, and no other one.
            web = f'\n[web]\nlisten = "127.0.0.1:{free_port()}"\n'
            config.write_text(settings_toml(emulator.url) + SETTINGS + web, encoding="utf-8")
            before = emulator.control.dump()
            console.print(f"Learning from {FILLED} receipts that people have filled in")
            learn(config, environment)
            console.print("First run: reads and archives everything; new sources are only planned")
            planned = run_command(config, environment)
            console.print("Second run: writes what was planned")
            written = run_command(config, environment)
            console.print("Third run: finds nothing to do")
            again = run_command(config, environment)
            console.print("People fill in the new receipts, which judges what was chosen for them")
            for purchase in purchases():
                if purchase.pk > FILLED:
                    emulator.control.edit(PURCHASES, purchase.pk, purchase.typed)
            learned = tuple(learn(config, environment))
            after = emulator.control.dump()
            runs = tuple(flow_runs(ui))
            yield DemoResult(
                folder, before, after, planned, written, again, runs, ui, environment, learned
            )


def learn(config: Path, environment: dict[str, str]) -> Iterator[str]:
    """Learn from the purchases as a user would; return what is known then, in sentences."""
    purchases_only = ["--source", "purchases"]
    report = run_command(config, environment, "learn", *purchases_only)
    listed = run_command(config, environment, "learn", "doubts", *purchases_only)
    columns = report["columns"]["purchases"]
    lines = [
        f"{column['column']}, {one['kind']}: {one['says']}"
        for column in columns
        for one in column["evidence"]
        if one["asked"]
    ]
    doubts = listed["doubts"]
    return iter([*lines, *(f"record {one['record']}: {one['reason']}" for one in doubts)])


def run_command(config: Path, environment: dict[str, str], *command: str) -> Mapping[str, Any]:
    """Run a command as a user would, `run` without another one, and return its report.

    Raises:
        ServiceUnavailable: the command ended with another exit code than 0 or 1.
    """
    called = command or ("run",)
    arguments = [sys.executable, "-m", "flows.cli", *called, "--config", str(config), "--json"]
    # The command itself and no function of it: the demo shows what a user would see.
    done = subprocess.run(  # noqa: S603 - our own command
        arguments, env=environment, stdout=subprocess.PIPE, check=False
    )
    if done.returncode not in {0, 1}:
        raise ServiceUnavailable(f"The run ended with {done.returncode}; see its message above.")
    report: Mapping[str, Any] = json.loads(done.stdout)
    return report


def flow_runs(ui: str) -> Iterator[tuple[str, str, str]]:
    """Yield name, state and address of the flow runs, in order of time."""
    server = Server(f"{ui}/api")
    for run in server.ask("POST", "/flow_runs/filter", {"sort": "START_TIME_ASC"}):
        state = run["state"]
        text = f"{state['name']}: {state['message'] or ''}"
        yield run["name"], text, f"{ui}/runs/flow-run/{run['id']}"
