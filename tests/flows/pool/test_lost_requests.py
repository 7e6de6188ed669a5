"""A host dies with its worker and the runs it has; who comes next does what users asked of them."""

import subprocess
from pathlib import Path

import psutil
import pytest

from infra.emulator import Emulator
from tests.flows.conftest import Prefect
from tests.flows.pooled import Account, wait_for
from tests.integration.pipeline.accounts import (
    Source,
    receipt,
    uploads,
    write_account,
    write_settings,
)
from tests.integration.pipeline.workspace import cli

pytestmark = [pytest.mark.integration, pytest.mark.full]

FILES = {f"upload{n}.txt": receipt(n, day=7) for n in range(1, 9)}
SLOW = {"kind": "latency", "operation": "UpdateTableRecords", "times": 0, "seconds": 5.0}
NAME = "reprocess-dying@dying"


def _kill(worker: "subprocess.Popen[bytes]") -> None:
    process = psutil.Process(worker.pid)
    for one in [*process.children(recursive=True), process]:
        one.kill()
    worker.wait()


def test_a_request_outlives_its_host(prefect_server: Prefect, tmp_path: Path):
    """The lost run is marked, without any rule, and what it was to do is done by a run of its own."""
    prefect_server.environment["PREFECT_WORKER_QUERY_SECONDS"] = "1"
    with Emulator(seed=write_account(tmp_path / "seed", uploads(FILES), FILES)) as emulator:
        source = Source(name="dying", more='schedule = "0 0 1 * *"')
        config = write_settings(tmp_path, emulator.url, source)
        deployed = cli(config, "deploy", "--pool", "dying", **prefect_server.environment)
        assert deployed.returncode == 0, deployed.stderr
        account = Account(prefect_server, emulator, config, "dying", "dying")
        emulator.control.fault(SLOW)
        with account.worker("one") as worker:
            lost = account.start(NAME, yes=True)
            wait_for(lambda: len(account.writes()) > 1)
            _kill(worker)
        emulator.control.clear_faults()

        with account.worker("two"):
            wait_for(lambda: len(_runs(account)) == 2)
            (again,) = _runs(account).keys() - {lost}
            ended = account.ended(again)
        rows = emulator.control.dump()["tables"]["Uploads"]

    runs = _runs(account)
    assert (runs[lost]["state"]["name"], ended["name"]) == ("Crashed", "Completed")
    assert "continued" in runs[lost]["tags"]
    assert runs[again]["parameters"]["yes"] is True
    assert {row["DocType"] for row in rows} == {"receipt"}


def _runs(account: Account) -> dict[str, dict[str, object]]:
    found = account.server.find("flow_runs", flow_runs={"name": {"any_": ["reprocess dying"]}})
    return {run["id"]: run for run in found}
