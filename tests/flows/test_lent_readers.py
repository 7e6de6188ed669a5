from pathlib import Path

import psutil
import pytest

from infra.emulator import Emulator
from tests.flows.conftest import Prefect
from tests.flows.serving import serving
from tests.integration.pipeline.accounts import (
    Source,
    receipt,
    uploads,
    write_account,
    write_settings,
)

# Each flow run starts a process that imports Prefect.
pytestmark = [pytest.mark.integration, pytest.mark.full]

DEPLOYMENTS = 9
FILES = {f"upload{n}.txt": receipt(n) for n in (1, 2)}


def supervisors(process: psutil.Process) -> list[int]:
    """Return the supervisors that a process has started itself."""
    return [one.pid for one in process.children() if "supervisor" in " ".join(one.cmdline())]


def test_flow_runs_of_one_host_share_a_reader_process(prefect_server: Prefect, tmp_path: Path):
    """Each run is a process of its own; the one that reads is kept by `serve` and serves both."""
    folder = tmp_path
    with Emulator(seed=write_account(folder / "seed", uploads(FILES), FILES)) as emulator:
        more = "[processing]\nworkers = 1\n"
        config = write_settings(folder, emulator.url, Source(name="lent"), more=more)
        with serving(prefect_server, config, deployments=DEPLOYMENTS) as served:
            seen = []
            for key in ("1", "2"):
                run = served.start("ingest-record-lent", records=[key])
                assert served.wait(run)["message"] == "1 done"
                seen.append(supervisors(psutil.Process(served.process.pid)))

        assert len(seen[0]) == 1
        assert seen[0] == seen[1]
        assert not psutil.pid_exists(seen[0][0])
