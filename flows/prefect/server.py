"""Prefect's server: start one on this machine, and read what its REST API shows."""

import os
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import Any

import httpx

from flows.app.wiring.ports import system_clock
from pipeline.adapters.caspio.client.retry import Repeatable, RetryPolicy
from pipeline.environment import environment
from pipeline.errors import BadSettings, ServiceUnavailable

UNEXPECTED = (BadSettings, LookupError, TypeError, ValueError, AttributeError)
"""Errors of a call that may fail: no answer, or the answer of another program than Prefect."""

START_S = 300.0
"""Seconds a server may take to answer.

On a slow disk its first start takes half a minute, on a busy machine more than 90 s. One that has
ended is noticed at once.
"""

# Whoever waits for longer than this wants to know what for.
_SILENT_S = 30.0

# For one answer. A server on a slow disk may take seconds for its first ones.
_TIMEOUT_S = 10.0

# With SQLite the server answers 503 while another of its requests writes, and does nothing then.
_BUSY = RetryPolicy(on=(Repeatable,), attempts=6, first_pause_s=0.25, max_pause_s=2.0)


@dataclass(frozen=True, slots=True)
class Server:
    """Prefect's server as its REST API shows it. `auth` is a user name and a password."""

    api: str
    auth: tuple[str, str] | None = None

    @classmethod
    def from_environment(cls) -> "Server | None":
        """Return the server that PREFECT_API_URL names; None without one."""
        api = environment("PREFECT_API_URL")
        if api is None:
            return None
        # Prefect's own format of this variable: a name, a colon, a password.
        user, _, password = (environment("PREFECT_API_AUTH_STRING") or "").partition(":")
        return cls(api.rstrip("/"), (user, password) if user else None)

    def ask(self, method: str, path: str, body: object = None) -> Any:
        """Make a call and return the parsed reply.

        Raises:
            BadSettings: the server cannot be reached or refuses; with what it answered.
        """
        reply = self._reply(method, path, body)
        try:
            return reply.json() if reply.content else None
        except ValueError as error:
            # Such as the page of a proxy, which answers 200 in the server's place.
            problem = f"{self.api}{path} does not answer in JSON. Is it Prefect's server?"
            raise BadSettings([problem]) from error

    def now(self) -> datetime:
        """Return the server's own time, to the second.

        Raises:
            BadSettings: as `ask` does, or the reply says no time with a zone.
        """
        said = self._reply("GET", "/health", None).headers.get("date")
        try:
            time_of_reply = parsedate_to_datetime(said or "")
        except (TypeError, ValueError):
            time_of_reply = None
        # Without a zone it could be compared with no time in the server's answers.
        if time_of_reply is None or time_of_reply.tzinfo is None:
            raise BadSettings([f"{self.api} does not report its time."])
        return time_of_reply

    def _reply(self, method: str, path: str, body: object) -> httpx.Response:
        url = self.api + path

        def attempt() -> httpx.Response:
            reply = httpx.request(method, url, json=body, auth=self.auth, timeout=_TIMEOUT_S)
            if reply.status_code == httpx.codes.SERVICE_UNAVAILABLE:
                raise Repeatable(f"{url} answers 503")
            return reply

        try:
            reply = _BUSY.run(attempt, clock=system_clock())
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            raise BadSettings([f"{self.api} cannot be reached: {error}."]) from error
        except Repeatable as error:
            raise BadSettings([f"{error}: it is busy. Try again in a minute."]) from error
        if reply.status_code == httpx.codes.UNAUTHORIZED:
            raise BadSettings(
                [f"{self.api} requires a password that PREFECT_API_AUTH_STRING does not give."]
            )
        if reply.is_error:
            raise BadSettings([f"{url} answers {reply.status_code}."])
        return reply

    def requires_password(self) -> bool:
        """Return whether the server refuses a call without a password."""
        # On purpose without our own password.
        reply = httpx.get(f"{self.api}/admin/version", timeout=_TIMEOUT_S)
        return reply.status_code == httpx.codes.UNAUTHORIZED

    def api_of_ui(self) -> str | None:
        """Return the address at which the UI in a browser calls the server; None without a UI."""
        address = f"{self.api.removesuffix('/api')}/ui-settings"
        reply = httpx.get(address, auth=self.auth, timeout=_TIMEOUT_S)
        is_json = reply.headers.get("content-type", "").startswith("application/json")
        return str(reply.json().get("api_url") or "") or None if is_json else None

    def is_healthy(self) -> bool:
        """Return whether the server answers."""
        try:
            return httpx.get(f"{self.api}/health", timeout=5).is_success
        except (httpx.TransportError, httpx.InvalidURL):
            return False


@contextmanager
def reachable_server() -> Iterator[Server]:
    """Check that the server of PREFECT_API_URL answers, and report it if it stops answering.

    Raises:
        BadSettings: PREFECT_API_URL is not set.
        ServiceUnavailable: the server does not answer, or fails meanwhile.
    """
    server = Server.from_environment()
    if server is None:
        raise BadSettings(
            [
                (
                    "No Prefect server is named. Start one with `prefect server start`, and export "
                    "PREFECT_API_URL, such as http://127.0.0.1:4200/api."
                )
            ]
        )
    advice = "Start it, or correct PREFECT_API_URL. Nothing is lost: the next run continues."
    # At once: Prefect's own client repeats its calls for a while before it gives up.
    if not server.is_healthy():
        raise ServiceUnavailable(f"Prefect's server at {server.api} does not answer. {advice}")
    try:
        yield server
    except (httpx.TransportError, httpx.HTTPStatusError) as error:
        if is_refused(error):
            raise ServiceUnavailable(
                f"Prefect's server at {server.api} refuses the password. Correct "
                "PREFECT_API_AUTH_STRING: it is what PREFECT_SERVER_API_AUTH_STRING is there."
            ) from error
        reason = str(error) or type(error).__name__
        raise ServiceUnavailable(
            f"Prefect's server at {server.api} failed: {reason}. {advice}"
        ) from error


def is_refused(error: Exception) -> bool:
    """Say whether the server answered that the password is missing or wrong."""
    reply = error.response if isinstance(error, httpx.HTTPStatusError) else None
    return reply is not None and reply.status_code == httpx.codes.UNAUTHORIZED


def free_port() -> int:
    """Return a port of this machine that is free now.

    Another program might take it first; a server that is started there then fails, and says so.
    """
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    return port


@contextmanager
def local_server(
    folder: Path, variables: Mapping[str, str], say: Callable[[str], object]
) -> Iterator[tuple[str, dict[str, str]]]:
    """Start a server on a free port of this machine, with its data in `folder`; stop it at the end.

    Yields the address of its UI, and the environment of programs that use it: this process's, with
    `variables`. `say` gets a line when the start takes long.

    Raises:
        ServiceUnavailable: the server does not start within `START_S` seconds.
    """
    port = free_port()
    ui = f"http://127.0.0.1:{port}"
    environment = os.environ | {  # noqa: TID251 - the server is a program of ours
        "PREFECT_HOME": str((folder / "prefect").resolve()),
        "PREFECT_API_URL": f"{ui}/api",
        "PREFECT_SERVER_API_PORT": str(port),  # without it the UI calls port 4200
        "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
        "DO_NOT_TRACK": "1",
        "PREFECT_SERVER_UI_SHOW_PROMOTIONAL_CONTENT": "false",
        **variables,
    }
    program = [sys.executable, "-m", "prefect", "server", "start"]
    arguments = [*program, "--host", "127.0.0.1", "--port", str(port)]
    log = folder / "prefect.log"
    with log.open("wb") as output:
        # In a session of its own: Ctrl-C ends this process first, which then stops the server.
        process = subprocess.Popen(  # noqa: S603 - our own command
            arguments, env=environment, stdout=output, stderr=output, start_new_session=True
        )
    try:
        _wait_until_healthy(Server(f"{ui}/api"), process, log, say)
        yield ui, environment
    finally:
        process.terminate()
        try:
            # The server finishes its writes to the database before it ends.
            process.wait(timeout=20)
        except subprocess.TimeoutExpired:
            process.kill()


def _wait_until_healthy(
    server: Server, process: "subprocess.Popen[bytes]", log: Path, say: Callable[[str], object]
) -> None:
    began, is_said = time.monotonic(), False
    # A server that has ended, perhaps because its port is taken, will never be healthy.
    while (waited_s := time.monotonic() - began) < START_S and process.poll() is None:
        if server.is_healthy():
            return
        if waited_s >= _SILENT_S and not is_said:
            say(f"still waiting for Prefect's server, see {log}")
            is_said = True
        time.sleep(0.2)
    last = "\n".join(log.read_text(encoding="utf-8", errors="replace").splitlines()[-5:])
    raise ServiceUnavailable(f"Prefect's server did not start; see {log}. Its last lines:\n{last}")
