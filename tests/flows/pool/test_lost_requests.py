"""A host dies with its worker and the runs it has; who comes next does what users asked of them."""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

import pytest

from flows.app.settings import load_settings
from flows.app.wiring.ports import open_ledger
from flows.prefect.requests.lost_requests import ask_again_for_lost
from flows.prefect.server import Server
from infra.emulator import Emulator
from tests.flows.conftest import Prefect
from tests.flows.pooled import ENDED, Account, wait_for
from tests.integration.pipeline.accounts import (
    Source,
    receipt,
    uploads,
    write_account,
    write_settings,
)
from tests.integration.pipeline.workspace import CREDENTIALS, cli
from tests.support.processes import kill_tree

pytestmark = [pytest.mark.integration, pytest.mark.full]

FILES = {f"upload{n}.txt": receipt(n, day=7) for n in range(1, 9)}
SLOW = {"kind": "latency", "operation": "UpdateTableRecords", "times": 0, "seconds": 5.0}
NAME = "reprocess-dying@dying"


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
            kill_tree(worker)
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


def test_a_request_outlives_a_host_that_dies_before_anybody_knows_of_its_run(
    prefect_server: Prefect, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    """A run that is killed as it becomes Running, before the ledger has it, is lost at the second look."""
    prefect_server.environment["PREFECT_WORKER_QUERY_SECONDS"] = "1"
    for name, value in CREDENTIALS.items():
        monkeypatch.setenv(name, value)
    with Emulator(seed=write_account(tmp_path / "seed", uploads(FILES), FILES)) as emulator:
        source = Source(name="early", more='schedule = "0 0 1 * *"')
        config = write_settings(tmp_path, emulator.url, source)
        deployed = cli(config, "deploy", "--pool", "early", **prefect_server.environment)
        assert deployed.returncode == 0, deployed.stderr
        account = Account(prefect_server, emulator, config, "early", "early")
        with account.worker("one") as worker:
            lost = account.start("reprocess-early@early", yes=True)
            wait_for(lambda: account.state(lost)["type"] != "SCHEDULED")
            # A run that cannot write into the ledger does not become known to it.
            with _locked(tmp_path / "ledger.db"):
                wait_for(lambda: account.state(lost)["type"] in {"RUNNING", *ENDED})
                kill_tree(worker)
        assert account.state(lost)["type"] == "RUNNING"
        end = lost.replace("-", "")[-8:]
        assert end not in cli(config, "status").stdout

        looks: list[int] = []
        wait_for(lambda: looks.append(_look(account)) or looks[-1])
        status = cli(config, "status").stdout
        with account.worker("two"):
            (again,) = _runs(account).keys() - {lost}
            ended = account.ended(again)
        rows = emulator.control.dump()["tables"]["Uploads"]

    assert looks[0] == 0
    assert (_runs(account)[lost]["state"]["name"], ended["name"]) == ("Crashed", "Completed")
    assert end in status
    assert "died; the next run continues" in status
    assert {row["DocType"] for row in rows} == {"receipt"}


@contextmanager
def _locked(ledger: Path) -> Iterator[None]:
    connection = sqlite3.connect(ledger)
    connection.execute("BEGIN IMMEDIATE")
    try:
        yield
    finally:
        connection.close()


def _look(account: Account) -> int:
    """Look for lost runs with little patience; say for how many a new one was created."""
    server, after = Server(account.server.api), timedelta(seconds=5)
    with open_ledger(load_settings(account.config)) as ledger:
        return ask_again_for_lost(server, account.source, ledger, silent_after=after)


def _runs(account: Account) -> dict[str, dict[str, object]]:
    name = f"reprocess {account.source}"
    found = account.server.find("flow_runs", flow_runs={"name": {"any_": [name]}})
    return {run["id"]: run for run in found}
