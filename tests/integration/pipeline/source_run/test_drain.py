import os
import signal
import subprocess
import time
from collections import Counter

import pytest

from tests.integration.pipeline.accounts import receipt
from tests.integration.pipeline.conftest import MakeWorkspace
from tests.integration.pipeline.workspace import CREDENTIALS, Workspace, cli_command

pytestmark = pytest.mark.integration

UPDATE = "UpdateTableRecords"
FILES = {f"upload{n}.txt": receipt(n, day=7) for n in range(1, 17)}


def _slow(workspace: Workspace, seconds: float) -> None:
    """Let every write take its time, so that a signal always comes in the middle."""
    workspace.emulator.control.fault(
        {"kind": "latency", "operation": UPDATE, "times": 0, "seconds": seconds}
    )


def _signaled(workspace: Workspace, *, after_writes: int, twice: bool = False) -> tuple[int, str]:
    """Start a run and send SIGTERM after some writes, and once more where it is said; return code and stderr."""
    command = cli_command(workspace.config, "run")
    with subprocess.Popen(
        command, env=os.environ | CREDENTIALS, stderr=subprocess.PIPE, text=True
    ) as process:
        until = time.monotonic() + 240
        while len(workspace.writes()) < after_writes and process.poll() is None:
            assert time.monotonic() < until, "the run never came so far"
            # The local Caspio runs in this process: without a pause the run would wait for this loop.
            time.sleep(0.005)
        process.send_signal(signal.SIGTERM)
        assert process.stderr is not None
        assert any("second SIGTERM" in said for said in process.stderr)
        if twice:
            process.send_signal(signal.SIGTERM)
        _, said = process.communicate(timeout=240)
        return process.returncode, said


@pytest.mark.full
def test_sigterm_finishes_what_is_in_progress_and_nothing_more(make_workspace: MakeWorkspace):
    """Asked to stop, a run ends as interrupted with every write it began settled, its leases free, and work left."""
    workspace = make_workspace(files=FILES)
    _slow(workspace, 0.5)

    code, said = _signaled(workspace, after_writes=2)

    statuses = Counter(workspace.statuses().values())
    assert (code, "The next run continues" in said) == (130, True), said
    assert workspace.unsettled() == 0
    assert 0 < statuses["done"] < len(FILES)
    assert statuses["failed"] == 0
    with workspace.ledger() as ledger:
        assert ledger.leases.live_workers() == set()
        assert ledger.usage.runs()[0].status == "interrupted"


def test_the_next_run_goes_on_from_there(make_workspace: MakeWorkspace):
    """After a run that was asked to stop, the next one does the rest, and no record is written twice."""
    workspace = make_workspace(files=FILES)
    _slow(workspace, 0.3)
    _signaled(workspace, after_writes=2)
    done = Counter(workspace.statuses().values())["done"]
    workspace.emulator.control.clear_faults()

    documents = workspace.run().document["documents"]

    assert (documents["done"], documents["unchanged"]) == (len(FILES) - done, done)
    assert [write for write, count in Counter(workspace.writes()).items() if count > 1] == []


@pytest.mark.full
def test_a_second_sigterm_stops_at_once(make_workspace: MakeWorkspace):
    """It does not wait for the documents in progress; the next run settles what was under way."""
    workspace = make_workspace(files=FILES)
    _slow(workspace, 120)

    code, _ = _signaled(workspace, after_writes=1, twice=True)
    workspace.emulator.control.clear_faults()
    workspace.run()

    assert code == -signal.SIGTERM
    assert Counter(workspace.statuses().values()) == {"done": len(FILES)}
