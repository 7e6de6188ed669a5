import os
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest

from infra.emulator import Emulator
from tests.flows.conftest import Prefect, wait_until_healthy
from tests.flows.pooled import Account
from tests.integration.pipeline.accounts import (
    Source,
    receipt,
    uploads,
    write_account,
    write_settings,
)
from tests.integration.pipeline.workspace import CREDENTIALS, cli
from tests.servers.missing_program import MissingProgram, skip_or_fail
from tests.servers.postgres import Postgres, run_postgres
from tests.servers.redis import run_redis
from tests.servers.swift import BUCKET, Store, run_swift
from tests.support.processes import end, free_port

POOL = "production"
FILES = {f"upload{n}.txt": receipt(n, day=7) for n in range(1, 61)}
EVERY_MINUTE = "* * * * *"
AUTH = ("operator", "known-to-nobody")


@contextmanager
def _running(
    command: Sequence[str], environment: Mapping[str, str], log: Path
) -> "Iterator[subprocess.Popen[bytes]]":
    with log.open("wb") as output:
        process = subprocess.Popen(command, env=environment, stdout=output, stderr=output)
        try:
            yield process
        finally:
            end(process)


def _server_environment(folder: Path, port: int, postgres: Postgres, redis: str) -> dict[str, str]:
    """Return what infra/compose.production.yaml sets, for this machine's servers."""
    database = postgres.url(postgres.create_database()).replace("+psycopg", "+asyncpg")
    return {
        **os.environ,
        **CREDENTIALS,
        "PREFECT_HOME": str(folder),
        "PREFECT_API_URL": f"http://127.0.0.1:{port}/api",
        "PREFECT_API_AUTH_STRING": ":".join(AUTH),
        "PREFECT_SERVER_API_AUTH_STRING": ":".join(AUTH),
        "PREFECT_SERVER_API_PORT": str(port),
        "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
        "PREFECT_SERVER_DATABASE_CONNECTION_URL": database,
        "PREFECT_SERVER_DATABASE_MIGRATE_ON_START": "false",
        "PREFECT_SERVER_EVENTS_MESSAGING_BROKER": "prefect_redis.messaging",
        "PREFECT_SERVER_EVENTS_MESSAGING_CACHE": "prefect_redis.messaging",
        "PREFECT_SERVER_EVENTS_CAUSAL_ORDERING": "prefect_redis.ordering",
        "PREFECT_SERVER_CONCURRENCY_LEASE_STORAGE": "prefect_redis.lease_storage",
        "PREFECT_SERVER_DOCKET_URL": f"{redis}/1",
        "PREFECT_REDIS_MESSAGING_URL": f"{redis}/0",
        "PREFECT_SERVER_SERVICES_DB_VACUUM_ENABLED": "events,flow_runs",
        "PREFECT_WORKER_QUERY_SECONDS": "1",
        "DO_NOT_TRACK": "1",
    }


@contextmanager
def _prefect(folder: Path, postgres: Postgres, redis: str) -> Iterator[Prefect]:
    """Run Prefect's server as two processes over PostgreSQL and Redis, migrated by a third before."""
    port = free_port()
    environment = _server_environment(folder, port, postgres, redis)
    prefect = [sys.executable, "-m", "prefect", "server"]
    migrated = subprocess.run(
        [*prefect, "database", "upgrade", "--yes"],
        check=False, env=environment, capture_output=True, text=True, timeout=240,
    )  # fmt: skip
    assert migrated.returncode == 0, migrated.stderr
    start = [*prefect, "start", "--no-services", "--host", "127.0.0.1", "--port", str(port)]
    with (
        _running(start, environment, folder / "api.log") as api,
        _running([*prefect, "services", "start"], environment, folder / "services.log"),
    ):
        wait_until_healthy(environment["PREFECT_API_URL"], api, folder / "api.log")
        yield Prefect(environment["PREFECT_API_URL"], environment, AUTH)


def _settings(folder: Path, emulator: Emulator, postgres: Postgres, store: Store) -> Path:
    sources = [
        Source(name="receipts", more='schedule = "0 0 29 2 *"'),
        Source(name="clock", place={"table": "Other"}, more=f'schedule = "{EVERY_MINUTE}"'),
        Source(name="rejects", place={"table": "Third"}, more=f'schedule = "{EVERY_MINUTE}"'),
    ]
    archive = f'url = "s3://{BUCKET}/kept"\nendpoint_url = "{store.endpoint_url}"\nregion = "{store.region}"'
    ledger = postgres.url(postgres.create_database())
    return write_settings(folder, emulator.url, *sources, archive=archive, ledger=ledger)


@contextmanager
def profile(folder: Path) -> Iterator[Account]:
    """Run the whole profile: PostgreSQL, Redis, Prefect's API and services, S3, and an account with its flows deployed."""
    files = {**FILES, "empty.txt": b""}
    tables = uploads(files)["tables"]
    records = tables["Uploads"]["records"]
    account = {
        "Uploads": {**tables["Uploads"], "records": records[:-1]},
        "Other": {**tables["Uploads"], "records": records[:4]},
        "Third": {**tables["Uploads"], "records": [*records[:4], records[-1]]},
    }
    with ExitStack() as stack:
        try:
            postgres, redis = stack.enter_context(run_postgres()), stack.enter_context(run_redis())
            (folder / "store").mkdir()
            store = stack.enter_context(run_swift(folder / "store"))
        except MissingProgram as missing:
            skip_or_fail(missing)
        server = stack.enter_context(_prefect(folder, postgres, redis))
        server.environment["AWS_ACCESS_KEY_ID"] = store.access_key_id
        server.environment["AWS_SECRET_ACCESS_KEY"] = store.secret_access_key
        seed = write_account(folder / "seed", {"tables": account}, files)
        emulator = stack.enter_context(Emulator(seed=seed))
        config = _settings(folder, emulator, postgres, store)
        done = cli(config, "deploy", "--pool", POOL, "--with-automations", **server.environment)
        assert done.returncode == 0, done.stderr
        yield Account(server, emulator, config, POOL, "receipts")


@pytest.fixture(scope="module")
def account(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Account]:
    """The whole profile, for all tests of a module."""
    with profile(tmp_path_factory.mktemp("production")) as account:
        yield account
