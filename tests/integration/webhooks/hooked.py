"""An account with webhooks, and a receiver of its own beside it."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

import httpx

from flows.app.direct import work_sources
from flows.app.run_request import RunRequest
from flows.app.wiring.account import open_settings_account
from flows.app.wiring.ports import open_ledger
from flows.webhooks.serve import receiving
from flows.webhooks.sync import Synced, sync
from infra.emulator import Emulator
from pipeline.adapters.system_clock import SystemClock
from pipeline.model.messages import Message
from pipeline.ports import Reader
from pipeline.settings import Settings, load_settings
from tests.crash.faultpoints import POINT_VARIABLE
from tests.fakes.clock import FakeClock
from tests.integration.pipeline.workspace import CREDENTIALS, Workspace
from tests.support.forked import run_command


class Now(FakeClock):
    """A clock that goes: receiver and runs must agree on the time."""

    def now(self) -> datetime:
        """Return the time."""
        return SystemClock().now()

    def monotonic(self) -> float:
        """Return seconds."""
        return time.monotonic()

    def sleep(self, seconds: float) -> None:
        """Wait."""
        time.sleep(seconds)


def until(condition: Callable[[], Any], *, timeout_s: float = 240) -> Any:
    """Wait until something is so, and return it."""
    end = time.monotonic() + timeout_s
    while not (found := condition()):
        if time.monotonic() > end:
            raise AssertionError("it never came to be so")
        time.sleep(0.05)
    return found


@dataclass
class Hooked:
    """Settings, an emulator that delivers to `port`, and the commands over them."""

    config: Path
    emulator: Emulator
    port: int
    stack: ExitStack
    reader: Reader
    environment: dict[str, str] = field(default_factory=dict)

    def command(self, *arguments: str, module: str = "flows.cli") -> list[str]:
        """Return a command line."""
        return [sys.executable, "-m", module, *arguments, "--config", str(self.config)]

    def run(self, *arguments: str) -> "subprocess.CompletedProcess[str]":
        """Run a command to its end."""
        return run_command(
            [*arguments, "--config", str(self.config)],
            environment=os.environ | CREDENTIALS | self.environment,
        )

    @property
    def settings(self) -> Settings:
        """Read the settings, with the webhook's secret where there is one."""
        os.environ.update(self.environment)
        try:
            return load_settings(self.config)
        finally:
            for name in self.environment:
                os.environ.pop(name, None)

    def sync(self, **options: bool) -> Synced:
        """Make the webhook, and give its secret to what is started from now on."""
        with open_settings_account(self.settings) as account:
            done = sync(self.settings, account, **options)
        if done.secret:
            self.environment["CASPIO_WEBHOOK_SECRET"] = done.secret
        return done

    def workspace(self) -> Workspace:
        """Return the workspace of the same settings."""
        return Workspace(self.config, self.emulator, self.reader, clock=Now())

    def serve(self, port: int = 0) -> int:
        """Receive in this process until the test ends; unless set otherwise where the webhook delivers to."""

        def start(source: str, keys: Sequence[str], batch: str) -> None:
            with self.workspace().context() as context:
                work_sources(
                    context, sources=[source], request=RunRequest(records=tuple(keys), batch=batch)
                )

        port = port or self.port
        receiver = receiving(self.settings, self.config, f"127.0.0.1:{port}", start=start)
        self.stack.enter_context(self.stack.enter_context(receiver).running())
        until(lambda: self.health(port))
        return port

    def serve_apart(self, *, point: str = "") -> "subprocess.Popen[bytes]":
        """Start the command that receives, and wait until it answers."""
        command = self.command(
            *("webhooks", "serve", "--listen", f"127.0.0.1:{self.port}"),
            module="tests.crash.faulty_cli" if point else "flows.cli",
        )
        log = self.stack.enter_context((self.config.parent / "receiver.log").open("ab"))
        environment = (
            os.environ | CREDENTIALS | self.environment | ({POINT_VARIABLE: point} if point else {})
        )
        process = subprocess.Popen(
            command, env=environment, stdout=log, stderr=log, start_new_session=True
        )
        self.stack.callback(self.end, process)
        until(lambda: self.health() or process.poll() is not None)
        assert process.poll() is None, (self.config.parent / "receiver.log").read_text(
            errors="replace"
        )
        return process

    @staticmethod
    def end(process: "subprocess.Popen[bytes]", how: int = signal.SIGKILL) -> int:
        """End a receiver and what it has started."""
        if process.poll() is None:
            if how == signal.SIGKILL:
                os.killpg(process.pid, how)
            else:
                process.send_signal(how)
        return process.wait(240)

    def health(self, port: int = 0) -> dict[str, Any]:
        """Return what /health says, nothing while nobody answers."""
        url = f"http://127.0.0.1:{port or self.port}/health"
        try:
            found: dict[str, Any] = httpx.get(url, trust_env=False, timeout=60).json()
        except httpx.TransportError:
            return {}
        return found

    def post(self, body: bytes, **headers: str) -> int:
        """Send bytes to the receiver."""
        url = f"http://127.0.0.1:{self.port}/webhooks/caspio"
        headers = {"Content-Type": "application/json", **headers}
        return httpx.post(
            url, content=body, headers=headers, trust_env=False, timeout=60
        ).status_code

    def messages(self) -> list[Message]:
        """Return what the ledger has kept, oldest first."""
        settings = load_settings(self.config)
        with open_ledger(settings, clock=SystemClock()) as ledger:
            return list(ledger.messages.latest(settings.caspio.account, 1_000))[::-1]

    def kinds(self) -> list[str]:
        """Return the kinds of the runs there were."""
        with self.workspace().ledger() as ledger:
            return [run.kind for run in ledger.usage.runs()]

    def notes(self, *, at_least: int = 1) -> list[str]:
        """Wait until so many messages came and all are done; return what became of them."""

        def done() -> list[Message]:
            found = self.messages()
            return (
                found
                if len(found) >= at_least and all(message.done_at for message in found)
                else []
            )

        return [message.note for message in until(done)]

    def rows(self, table: str = "Uploads") -> list[dict[str, Any]]:
        """Return a table's rows."""
        rows: list[dict[str, Any]] = self.emulator.control.dump()["tables"][table]
        return rows

    def attach(self, pk: int, name: str, data: bytes) -> None:
        """Put a file into a record as a user does."""
        path = self.config.parent / name
        path.write_bytes(data)
        self.emulator.control.replace_attachment("Uploads", "Scan", pk, path)
