import os
import signal
import subprocess
import time
from collections import Counter

import pytest

from tests.integration.line.accounts import CREDENTIALS, Line, cli_command, receipt
from tests.integration.line.conftest import MakeLine

pytestmark = pytest.mark.integration

UPDATE = "UpdateTableRecords"
FILES = {f"upload{n}.txt": receipt(n, day=7) for n in range(1, 17)}


def _slow(line: Line, seconds: float) -> None:
    """Let every write take its time, so that a signal always comes in the middle."""
    line.emulator.control.fault(
        {"kind": "latency", "operation": UPDATE, "times": 0, "seconds": seconds}
    )


def _signaled(line: Line, *, after_writes: int, twice: bool = False) -> tuple[int, str]:
    """Start a run and send SIGTERM after some writes, and once more where it is said; return code and stderr."""
    command = cli_command(line.config, "run")
    with subprocess.Popen(
        command, env=os.environ | CREDENTIALS, stderr=subprocess.PIPE, text=True
    ) as process:
        until = time.monotonic() + 60
        while len(line.writes()) < after_writes and process.poll() is None:
            assert time.monotonic() < until, "the run never came so far"
        process.send_signal(signal.SIGTERM)
        assert process.stderr is not None
        assert any("second SIGTERM" in said for said in process.stderr)
        if twice:
            process.send_signal(signal.SIGTERM)
        _, said = process.communicate(timeout=60)
        return process.returncode, said


def test_sigterm_finishes_what_is_in_progress_and_nothing_more(make_line: MakeLine):
    """Asked to stop, a run ends as interrupted with every write it began settled, its leases free, and work left."""
    line = make_line(files=FILES)
    _slow(line, 0.5)

    code, said = _signaled(line, after_writes=2)

    statuses = Counter(line.statuses().values())
    assert (code, "the next run goes on" in said) == (130, True), said
    assert line.unsettled() == 0
    assert 0 < statuses["done"] < len(FILES)
    assert statuses["failed"] == 0
    with line.ledger() as ledger:
        assert ledger.leases.live_workers() == set()
        assert ledger.usage.runs()[0].status == "interrupted"


def test_the_next_run_goes_on_from_there(make_line: MakeLine):
    """After a run that was asked to stop, the next one does the rest, and no record is written twice."""
    line = make_line(files=FILES)
    _slow(line, 0.3)
    _signaled(line, after_writes=2)
    done = Counter(line.statuses().values())["done"]
    line.emulator.control.clear_faults()

    documents = line.run().document["documents"]

    assert (documents["done"], documents["unchanged"]) == (len(FILES) - done, done)
    assert [write for write, count in Counter(line.writes()).items() if count > 1] == []


def test_a_second_sigterm_stops_at_once(make_line: MakeLine):
    """It does not wait for the documents in progress; the next run settles what was under way."""
    line = make_line(files=FILES)
    _slow(line, 120)

    code, _ = _signaled(line, after_writes=1, twice=True)
    line.emulator.control.clear_faults()
    line.run()

    assert code == -signal.SIGTERM
    assert Counter(line.statuses().values()) == {"done": len(FILES)}
