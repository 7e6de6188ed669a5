"""Caspio asks for a pause of hours, or a run is asked to stop while it waits: it resumes."""

import os
import signal
import subprocess
import time

import pytest

from tests.integration.pipeline.accounts import receipt
from tests.integration.pipeline.conftest import MakeWorkspace
from tests.integration.pipeline.workspace import CREDENTIALS, cli, cli_command
from tests.support.samples import sampled

pytestmark = pytest.mark.integration

DOWNLOAD = "DownloadFileFromAttachmentTableField"
FILES = {"a.txt": receipt(1), "b.txt": receipt(2)}


@pytest.mark.parametrize(
    "operation",
    sampled([DOWNLOAD, "ListTableRecords", "UpdateTableRecords"], sample=["UpdateTableRecords"]),
)
def test_a_pause_of_hours_stops_the_run_with_3_and_the_next_resumes(
    make_workspace: MakeWorkspace, operation: str
):
    """A Retry-After of two hours is not slept through: the run stops, with nothing half done."""
    line = make_workspace(files=FILES)
    line.emulator.control.fault(
        {
            "kind": "rate_limited",
            "operation": operation,
            "status": 429,
            "retry_after": 7200,
            "times": 0,
        }
    )
    started = time.monotonic()

    stopped = cli(line.config, "run", "--yes")

    assert stopped.returncode == 3, stopped.stderr
    assert "7,200 s" in " ".join(stopped.stderr.split())
    assert time.monotonic() - started < 500
    line.emulator.control.clear_faults()
    resumed = cli(line.config, "run", "--yes", "--json")
    assert resumed.returncode == 0, resumed.stderr
    assert set(line.statuses().values()) == {"done"}


@pytest.mark.full
def test_a_run_that_waits_ends_when_it_is_asked_to_stop(make_workspace: MakeWorkspace):
    """SIGTERM ends a run that waits two minutes for Caspio; the next run resumes."""
    line = make_workspace(files=FILES)
    line.emulator.control.fault(
        {
            "kind": "status",
            "operation": DOWNLOAD,
            "status": 503,
            "headers": {"Retry-After": "120"},
            "times": 0,
        }
    )
    run = subprocess.Popen(
        cli_command(line.config, "run", "--yes"),
        env=os.environ | CREDENTIALS,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        deadline = time.monotonic() + 200
        while line.downloads() == 0 and time.monotonic() < deadline:
            time.sleep(0.2)
        # The answer is in, and the run waits for two minutes.
        time.sleep(1)
        asked = time.monotonic()
        run.send_signal(signal.SIGTERM)
        _, said = run.communicate(timeout=200)
    finally:
        run.kill()
        run.wait()

    assert time.monotonic() - asked < 100, said
    line.emulator.control.clear_faults()
    assert cli(line.config, "run", "--yes").returncode == 0
    assert set(line.statuses().values()) == {"done"}
