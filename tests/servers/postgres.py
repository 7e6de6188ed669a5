import os
import pwd
import secrets
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg
import pytest
from psycopg import sql

from tests.servers.absent import Absent, skip_or_fail
from tests.support.processes import free_port

USER, PASSWORD = "ledger", "known-to-nobody"
_INSTALLED = Path("/usr/lib/postgresql")
_START_S = 30
_STOP_S = 10
# Nothing here outlives the tests, so nothing waits for the disk.
_HASTE = (
    "-F",
    "-c",
    "synchronous_commit=off",
    "-c",
    "full_page_writes=off",
    "-c",
    "max_connections=100",
)


@dataclass(frozen=True, slots=True)
class Postgres:
    """A running PostgreSQL server."""

    port: int

    def url(self, database: str = "postgres", *, password: str = PASSWORD) -> str:
        """Return what [ledger] url would be."""
        return f"postgresql+psycopg://{USER}:{password}@127.0.0.1:{self.port}/{database}"

    @contextmanager
    def connected(self, database: str = "postgres") -> Iterator[psycopg.Connection]:
        """Open a connection that commits each statement."""
        with psycopg.connect(
            host="127.0.0.1",
            port=self.port,
            user=USER,
            password=PASSWORD,
            dbname=database,
            autocommit=True,
        ) as connection:
            yield connection

    def create_database(self, template: str = "template1") -> str:
        """Create a database with a name of its own, as a copy of another."""
        name = f"test_{secrets.token_hex(6)}"
        with self.connected() as connection:
            command = sql.SQL("CREATE DATABASE {} TEMPLATE {}")
            connection.execute(command.format(sql.Identifier(name), sql.Identifier(template)))
        return name

    def drop_database(self, name: str) -> None:
        """Drop a database, whoever is connected to it."""
        with self.connected() as connection:
            connection.execute(
                sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name))
            )


@contextmanager
def run_postgres() -> Iterator[Postgres]:
    """Run a PostgreSQL server with empty data in a folder of its own, as another user where this one is root.

    Raises:
        Absent: no PostgreSQL server is installed.
        RuntimeError: it does not start; the message has its log.
    """
    programs, become = _programs(), _unprivileged()
    with tempfile.TemporaryDirectory(prefix="postgres-", ignore_cleanup_errors=True) as name:
        folder, port = Path(name), free_port()
        if become:
            os.chown(folder, become["user"], become["group"])
        _initialise(programs, folder, become)
        command = [
            programs / "postgres",
            "-D",
            folder / "data",
            "-p",
            str(port),
            "-h",
            "127.0.0.1",
            "-k",
            folder,
        ]
        log = folder / "postgres.log"
        with (
            log.open("wb") as output,
            subprocess.Popen(
                [*command, *_HASTE], cwd=folder, stdout=output, stderr=output, **become
            ) as process,
        ):
            try:
                yield _answering(Postgres(port), process, log)
            finally:
                _stop(process)


def _programs() -> Path:
    """Return the folder of the newest server that is complete."""
    versions = sorted(
        _INSTALLED.glob("*/bin"), key=lambda path: float(path.parent.name), reverse=True
    )
    on_path = shutil.which("initdb")
    for folder in [*versions, *([Path(on_path).resolve().parent] if on_path else [])]:
        if (folder / "initdb").exists() and (folder / "postgres").exists():
            return folder
    raise Absent("PostgreSQL's server is not installed: apt-get install postgresql.")


def _unprivileged() -> dict[str, Any]:
    """Return as whom the server runs: it refuses root."""
    if os.geteuid() != 0:
        return {}
    names = {entry.pw_name: entry for entry in pwd.getpwall()}
    user = names.get("postgres") or names.get("nobody")
    if user is None:
        raise Absent(
            "PostgreSQL refuses to run as root, and there is neither a user postgres nor nobody."
        )
    return {"user": user.pw_uid, "group": user.pw_gid, "extra_groups": []}


def _initialise(programs: Path, folder: Path, become: dict[str, Any]) -> None:
    password = folder / "password"
    password.write_text(PASSWORD)
    options = [
        f"--username={USER}",
        "--auth=scram-sha-256",
        f"--pwfile={password}",
        "--encoding=UTF8",
        "--locale=C",
    ]
    command = [programs / "initdb", "-D", folder / "data", "--no-sync", *options]
    done = subprocess.run(
        command, cwd=folder, check=False, capture_output=True, text=True, **become
    )
    if done.returncode:
        raise RuntimeError(f"initdb failed:\n{done.stdout}\n{done.stderr}")


def _answering(server: Postgres, process: subprocess.Popen[bytes], log: Path) -> Postgres:
    until = time.monotonic() + _START_S
    while process.poll() is None and time.monotonic() < until:
        try:
            with server.connected():
                return server
        except psycopg.OperationalError:
            time.sleep(0.05)
    raise RuntimeError(
        f"PostgreSQL did not start within {_START_S} s:\n{log.read_text(errors='replace')[-4000:]}"
    )


def _stop(process: subprocess.Popen[bytes]) -> None:
    process.send_signal(signal.SIGINT)  # a fast shutdown: connections are closed, not waited for
    try:
        process.wait(_STOP_S)
    except subprocess.TimeoutExpired:
        process.kill()


@pytest.fixture(scope="session")
def postgres() -> Iterator[Postgres]:
    """One PostgreSQL server for all tests of a process."""
    try:
        with run_postgres() as server:
            yield server
    except Absent as absent:
        skip_or_fail(absent)
