from pathlib import Path
from typing import Any

import pytest

from flows.app.run_request import RunRequest
from flows.prefect.requests.learn_again import learn_if_grown
from flows.prefect.server import Server
from infra.emulator import Emulator
from pipeline.metering.summary import Summary
from pipeline.model import Status
from pipeline.settings import load_settings
from tests.flows.conftest import Prefect
from tests.flows.serving import serving
from tests.integration.pipeline.accounts import (
    Source,
    receipt,
    uploads,
    write_account,
    write_settings,
)
from tests.integration.pipeline.workspace import CREDENTIALS

pytestmark = [pytest.mark.integration, pytest.mark.full]

FILES = {f"upload{n}.txt": receipt(n) for n in range(1, 4)}


def test_a_source_that_has_grown_is_learned_once(
    prefect_server: Prefect, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    """The server keeps one run for the same growth, and it learns that source."""
    for name, value in CREDENTIALS.items():
        monkeypatch.setenv(name, value)
    with Emulator(seed=write_account(tmp_path / "seed", uploads(FILES), FILES)) as emulator:
        config = write_settings(tmp_path, emulator.url, Source(name="grown"))
        settings = load_settings(config)
        summary = Summary("run")
        summary.documents[Status.UNCHANGED] = 100
        with serving(prefect_server, config, deployments=9) as served:
            for _ in range(2):
                assert learn_if_grown(
                    Server(prefect_server.api), settings, settings.specs()["grown"],
                    RunRequest(), summary,
                )  # fmt: skip
            whose = {"deployment_id": {"any_": [served.deployments["learn"]["id"]]}}
            asked: list[dict[str, Any]] = [
                run
                for run in prefect_server.find("flow_runs", flow_runs=whose)
                if not run["auto_scheduled"]
            ]
            assert [run["parameters"]["sources"] for run in asked] == [["grown"]]
            assert served.wait(asked[0]["id"])["type"] == "COMPLETED"
