"""Nothing at Prefect's server grows with the number of documents, only with the minutes a run takes."""

import json
import os
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from flows.prefect.source_flow import BATCH_S
from infra.emulator import Emulator
from tests.flows.conftest import Prefect
from tests.integration.pipeline.workspace import cli
from tests.support.many import write_many, write_settings

pytestmark = pytest.mark.integration

FEW, MANY = (int(number) for number in os.environ.get("GROWTH", "6 60").split())
"""Documents of two runs: GROWTH="1000 10000" takes minutes, and shows the same."""


@dataclass(frozen=True)
class Left:
    """What a run left at the server, and how long it took."""

    tasks: int
    artifacts: int
    logs: int
    events: int
    seconds: float


def left_by(server: Prefect, folder: Path, number: int) -> Left:
    """Run over so many documents and count what the server keeps of it."""
    folder.mkdir()
    with Emulator(seed=write_many(folder / "seed", number)) as emulator:
        config = write_settings(folder, emulator.url)
        text = config.read_text(encoding="utf-8").replace('"uploads"', f'"uploads-{number}"')
        config.write_text(text, encoding="utf-8")
        done = cli(config, "run", "--json", **server.environment)
    assert done.returncode == 0, done.stderr
    report = json.loads(done.stdout)
    assert report["documents"]["done"] == number
    (run,) = server.runs_of(f"ingest uploads-{number}")
    whose = {"flow_run_id": {"any_": [run["id"]]}}
    tasks = len(server.task_runs(run["id"], expected=1))
    logs = len(server.find("logs", logs=whose))
    return Left(
        tasks, len(server.artifacts(run["id"])), logs, _events(server, run["id"]), report["seconds"]
    )


def _events(server: Prefect, flow_run_id: str) -> int:
    """Count the events about a flow run and its tasks, once that of its end has arrived and no more do."""
    about = {"any_resource": {"id": [f"prefect.flow-run.{flow_run_id}"]}}
    ended = {"filter": {**about, "event": {"name": ["prefect.flow-run.Completed"]}}}
    until = time.monotonic() + 240
    while not server.ask("POST", "/events/filter", ended)["total"]:
        assert time.monotonic() < until, "the server never reported the run's end"
        time.sleep(0.5)
    before = -1
    while (now := int(server.ask("POST", "/events/filter", {"filter": about})["total"])) != before:
        before = now
        time.sleep(2)
    return now


@pytest.mark.full
def test_ten_times_the_documents_leave_no_more_at_the_server(
    prefect_server: Prefect, tmp_path: Path, record_property: Callable[[str, object], None]
):
    """Task runs, artifacts, log lines and events are those of the batches, half a minute each, whatever they hold."""
    few, many = (left_by(prefect_server, tmp_path / str(number), number) for number in (FEW, MANY))
    record_property(f"left by {FEW} and {MANY}", f"{few}; {many}")  # --junitxml=FILE shows it
    batches = many.tasks - few.tasks

    assert many.tasks <= 1 + many.seconds / BATCH_S
    assert many.artifacts == few.artifacts
    assert many.logs <= few.logs + 5 * batches
    assert many.events <= few.events + many.seconds + 5  # progress is reported every few seconds
