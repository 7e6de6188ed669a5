import json
import os
import signal
import subprocess
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from flows.app.wiring.account import open_settings_account
from flows.webhooks.sync import sync
from infra.emulator import Emulator, Quirks
from pipeline.settings import load_settings
from tests.flows.conftest import Prefect
from tests.integration.pipeline.accounts import (
    Source,
    receipt,
    uploads,
    write_account,
    write_settings,
)
from tests.integration.pipeline.workspace import CREDENTIALS, cli_command
from tests.support.processes import free_port

pytestmark = pytest.mark.integration

DEPLOYED = {"name": {"any_": ["ingest-record-hooked@hooked"]}}
FILES = {f"upload{n}.txt": receipt(n) for n in range(1, 3)}


def _until(condition: Callable[[], Any], log: Path) -> Any:
    end = time.monotonic() + 240
    while not (found := condition()):
        assert time.monotonic() < end, log.read_text(errors="replace")[-3000:]
        time.sleep(0.3)
    return found


def test_a_users_upload_becomes_a_run_in_the_ui(
    prefect_server: Prefect, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    """`serve --webhooks` hears of an upload, asks the server for an ingest-record run, and that settles the message."""
    for name, value in CREDENTIALS.items():
        monkeypatch.setenv(name, value)
    port = free_port()
    hooks = f'[webhooks]\nurl = "http://127.0.0.1:{port}/webhooks/caspio"\nbatch_s = 0.1\n'
    quirks = Quirks(webhook_retry_ms=200, webhook_retries=20, attachment_event=True)
    seed = write_account(tmp_path / "seed", uploads(FILES), FILES)
    with Emulator(seed=seed, quirks=quirks) as emulator:
        config = write_settings(
            tmp_path, emulator.url, Source(name="hooked", rename=""), more=hooks
        )
        with open_settings_account(load_settings(config)) as account:
            secret = sync(load_settings(config), account).secret
        environment = prefect_server.environment | CREDENTIALS | {"CASPIO_WEBHOOK_SECRET": secret}
        log = tmp_path / "serve.log"
        command = cli_command(config, "serve", "--webhooks", f"127.0.0.1:{port}")
        with log.open("wb") as out:
            served = subprocess.Popen(
                command, env=environment, stdout=out, stderr=out, start_new_session=True
            )
        try:
            _until(lambda: prefect_server.find("deployments", deployments=DEPLOYED), log)
            (tmp_path / "new.txt").write_bytes(receipt(5, company="Fabrikam Ltd"))
            emulator.control.replace_attachment("Uploads", "Scan", 2, tmp_path / "new.txt")
            _until(lambda: emulator.control.dump()["tables"]["Uploads"][1]["Company"], log)
            (run,) = _until(lambda: _ended(prefect_server, "ingest-record hooked"), log)
            served.send_signal(signal.SIGTERM)
            code = served.wait(240)
        finally:
            if served.poll() is None:
                os.killpg(served.pid, signal.SIGKILL)
            served.wait()
        rows = emulator.control.dump()["tables"]["Uploads"]

    with open_settings_account(load_settings(config)) as account:
        messages = account.ledger.messages.latest(load_settings(config).caspio.account)
    assert [row["Company"] for row in rows] == ["", "Fabrikam Ltd"]
    assert run["state"]["type"] == "COMPLETED"
    assert run["parameters"]["records"] == ["2"]
    assert [message.note for message in messages] == ["1 done"]
    assert "priority:webhook" in run["tags"]
    assert code in {0, -signal.SIGTERM, 128 + signal.SIGTERM}, json.dumps(code)


def _ended(server: Prefect, name: str) -> list[dict[str, Any]]:
    runs = server.runs_of(name)
    return (
        runs
        if runs and all(run["state"]["type"] in {"COMPLETED", "FAILED", "CRASHED"} for run in runs)
        else []
    )
