from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

import numpy as np
import psutil
import pytest

from infra.emulator import Emulator
from infra.samples.receipts import RECEIPTS, draw_receipt
from tests.flows.conftest import Prefect
from tests.flows.serving import serving
from tests.integration.pipeline.accounts import Source, uploads, write_account, write_settings

# Each flow run starts a process that imports Prefect.
pytestmark = [pytest.mark.integration, pytest.mark.full]

DEPLOYMENTS = 9
RUNS = 3


@dataclass(frozen=True)
class Reader:
    """A reader process that `serve` keeps: its supervisor, and the CPU seconds of what that started."""

    supervisor: int
    cpu_s: float


def readers(process: psutil.Process) -> list[Reader]:
    """Return the reader processes that a process has started itself."""
    found = [one for one in process.children() if "supervisor" in " ".join(one.cmdline())]
    return [Reader(one.pid, sum(map(cpu_s, one.children(recursive=True)))) for one in found]


def cpu_s(process: psutil.Process) -> float:
    """Return the CPU seconds that a process has used."""
    times = process.cpu_times()
    return times.user + times.system


def test_flow_runs_of_one_host_share_a_reader_process(prefect_server: Prefect, tmp_path: Path):
    """Each run is a process of its own; the reader process is kept by `serve` and reads for all."""
    rng = np.random.default_rng(1)
    files = {one.file: draw_receipt(one, rng=rng).data for one in RECEIPTS[:RUNS]}
    seed = write_account(tmp_path / "seed", uploads(files), files)
    with Emulator(seed=seed) as emulator:
        more = "[processing]\nworkers = 1\n"
        config = write_settings(tmp_path, emulator.url, Source(name="lent"), more=more)
        with serving(prefect_server, config, deployments=DEPLOYMENTS) as served:
            kept: list[Reader] = []
            for key in range(1, RUNS + 1):
                run = served.start("ingest-record-lent", records=[str(key)])
                assert served.wait(run)["message"] == "1 done"
                (reader,) = readers(psutil.Process(served.process.pid))
                kept.append(reader)

    assert len({one.supervisor for one in kept}) == 1
    # A process that reads nothing is stopped, and uses no CPU at all.
    first, *others = [after - before for before, after in pairwise([0.0, *(r.cpu_s for r in kept)])]
    assert all(0.1 < used < first for used in others), (first, others)
    assert not psutil.pid_exists(kept[0].supervisor)
