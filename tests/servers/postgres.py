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

from tests.servers.missing_program import MissingProgram, skip_or_fail
from tests.support.processes import free_port

USER, PASSWORD = "ledger", "known-to-nobody"
_INSTALLED = Path("/usr/lib/postgresql")
_START_S = 30
_STOP_S = 10
# The data is deleted after the tests, so the server need not wait for the disk.
_OPTIONS = (
    "-F",
    *("-c", "synchronous_commit=off"),
    *("-c", "full_page_writes=off"),
    *("-c", "max_connections=100"),
)

_EMPTY = """
DO $$
DECLARE
    found text;
    filled boolean;
BEGIN
    PERFORM pg_terminate_backend(pid) FROM pg_stat_activity
        WHERE datname = current_database() AND pid <> pg_backend_pid();
    FOR found IN SELECT format('%I', tablename) FROM pg_tables
        WHERE schemaname = 'public' AND tablename <> 'alembic_version'
    LOOP
        EXECUTE format('SELECT EXISTS (SELECT FROM %s)', found) INTO filled;
        IF filled THEN
            EXECUTE format('TRUNCATE %s RESTART IDENTITY', found);
        END IF;
    END LOOP;
END $$
"""


@dataclass(frozen=True, slots=True)
class Postgres:
    """A running PostgreSQL server."""

    port: int

    def url(self, database: str = "postgres", *, password: str = PASSWORD) -> str:
        """Return the value for [ledger] url."""
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
        """Create a database with a random name, as a copy of another."""
        name = f"test_{secrets.token_hex(6)}"
        with self.connected() as connection:
            command = sql.SQL("CREATE DATABASE {} TEMPLATE {}")
            connection.execute(command.format(sql.Identifier(name), sql.Identifier(template)))
        return name

    def drop_database(self, name: str) -> None:
        """Drop a database, even with open connections."""
        with self.connected() as connection:
            connection.execute(
                sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name))
            )

    def empty_database(self, name: str) -> None:
        """End all connections to a database, and leave its tables as they were made.

        A copy of a template, and dropping it, take ten times as long.
        """
        with self.connected(name) as connection:
            connection.execute(_EMPTY)


@contextmanager
def run_postgres() -> Iterator[Postgres]:
    """Run a PostgreSQL server with empty data in a temporary folder; root runs it as another user.

    Raises:
        MissingProgram: no PostgreSQL server is installed.
        RuntimeError: it does not start; the message has its log.
    """
    programs, become = find_programs(), server_user()
    with tempfile.TemporaryDirectory(prefix="postgres-", ignore_cleanup_errors=True) as name:
        folder, port = Path(name), free_port()
        if become:
            os.chown(folder, become["user"], become["group"])
        initialize(programs, folder, become)
        command = [programs / "postgres", "-D", folder / "data", "-p", str(port)]
        # TCP on loopback only, and the Unix socket in the temporary folder.
        command += ["-h", "127.0.0.1", "-k", folder, *_OPTIONS]
        log = folder / "postgres.log"
        with (
            log.open("wb") as output,
            subprocess.Popen(
                command, cwd=folder, stdout=output, stderr=output, **become
            ) as process,
        ):
            try:
                yield wait_until_ready(Postgres(port), process, log)
            finally:
                stop(process)


def find_programs() -> Path:
    """Return the folder of the newest complete server."""
    versions = sorted(
        _INSTALLED.glob("*/bin"), key=lambda path: float(path.parent.name), reverse=True
    )
    on_path = shutil.which("initdb")
    for folder in [*versions, *([Path(on_path).resolve().parent] if on_path else [])]:
        if (folder / "initdb").exists() and (folder / "postgres").exists():
            return folder
    raise MissingProgram("PostgreSQL's server is not installed: apt-get install postgresql.")


def server_user() -> dict[str, Any]:
    """Return the user to run the server as, because PostgreSQL refuses to run as root."""
    if os.geteuid() != 0:
        return {}
    names = {entry.pw_name: entry for entry in pwd.getpwall()}
    user = names.get("postgres") or names.get("nobody")
    if user is None:
        raise MissingProgram(
            "PostgreSQL refuses to run as root, and there is neither a user postgres nor nobody."
        )
    return {"user": user.pw_uid, "group": user.pw_gid, "extra_groups": []}


def initialize(programs: Path, folder: Path, become: dict[str, Any]) -> None:
    """Create the server's data."""
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


def wait_until_ready(server: Postgres, process: subprocess.Popen[bytes], log: Path) -> Postgres:
    """Return the server once it accepts connections."""
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


def stop(process: subprocess.Popen[bytes]) -> None:
    """Stop the server; kill it if it does not end in time."""
    # SIGINT is a fast shutdown: it closes connections and does not wait for them.
    process.send_signal(signal.SIGINT)
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
    except MissingProgram as missing:
        skip_or_fail(missing)
