"""Two accounts in one installation: what is done in one leaves the other as it was."""

import hashlib
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import psycopg
import pytest
from pydantic import SecretStr

from flows.app.accounts.add import NewAccount, prepare, store
from flows.app.accounts.secret_changes import set_reference
from flows.app.accounts.whole import belongings, delete_account, export_account
from flows.app.accounts.wiring import create_ledger
from flows.app.settings import load_settings
from flows.app.wiring.ports import open_ledger
from flows.cli.services.metrics import collector
from flows.prefect.deployments.ownership import owner_of
from flows.prefect.deployments.serve import deployments
from flows.telemetry.metrics import as_text
from infra.emulator import Emulator
from pipeline.accounts.names import settings_file, sql_name
from pipeline.accounts.secret_kinds import LEDGER_PASSWORD
from pipeline.accounts.shared import load_shared
from pipeline.adapters.sql_ledger.accounts.roles import drop_role
from tests.integration.pipeline.accounts import Source, documents, uploads, write_account
from tests.integration.pipeline.workspace import Workspace
from tests.servers.postgres import Postgres
from tests.unit.flows.accounts.test_account_settings import MASTER_KEY
from tests.unit.pipeline.accounts.conftest import ACCOUNT

pytestmark = pytest.mark.integration

NAMES = ("acme", "globex")


@pytest.fixture(params=["sqlite", "postgres"])
def two(
    request: pytest.FixtureRequest,
    tmp_path: Path,
    reader: object,
    monkeypatch: pytest.MonkeyPatch,
) -> Iterator[dict[str, Workspace]]:
    """Two accounts, each with its emulator, in one installation; their secrets are references."""
    config, ledger = tmp_path / "caspio-ingest.toml", ""
    if request.param == "postgres":
        server: Postgres = request.getfixturevalue("postgres")
        database = server.create_database()
        monkeypatch.setenv("LEDGER_ADMIN_URL", server.url(database))
        address = f"postgresql+psycopg://127.0.0.1:{server.port}/{database}"
        ledger = f'[ledger]\nurl = "{address}"\nadmin = "env:LEDGER_ADMIN_URL"\n'
    config.write_text(ledger, encoding="utf-8")
    (tmp_path / "accounts.d").mkdir()
    with ExitStack() as stack:
        made = {}
        for name in NAMES:
            seed = write_account(tmp_path / f"seed-{name}", uploads(documents()), documents())
            emulator = stack.enter_context(Emulator(seed=seed))
            path = settings_file(config, name)
            text = f'[caspio]\nurl = "{emulator.url}"\nrate = "100000/300s"\n{Source().toml()}'
            path.write_text(text, encoding="utf-8")
            for kind, value in (("client-id", "id"), ("client-secret", "secret")):
                monkeypatch.setenv(f"{name}_{kind}".upper().replace("-", "_"), value)
                variable = f"{name}_{kind}".upper().replace("-", "_")
                set_reference(path, name, kind, f"env:{variable}")
            if ledger:
                variable = f"{name}_PASSWORD".upper()
                monkeypatch.setenv(variable, f"password of {name}: %/@")
                set_reference(path, name, LEDGER_PASSWORD, f"env:{variable}")
                password = SecretStr(f"password of {name}: %/@")
                create_ledger(path, load_shared(config), name, password)
            made[name] = Workspace(path, emulator, reader)  # type: ignore[arg-type]
        yield made
    if ledger:
        # Roles are of the whole server, which other tests use, too.
        for name in NAMES:
            drop_role(server.url(database), name=sql_name(name))


def everything_of(workspace: Workspace) -> dict[str, object]:
    """Return all that an account has: rows, archived bytes, metrics, secrets, what its site was asked."""
    own = belongings(workspace.config)
    target = workspace.config.parent.parent / "export"
    export_account(workspace.config, target)
    files = {
        str(path.relative_to(target)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(target.rglob("*"))
        if path.is_file() and path.name != "ledger.db"
    }
    for path in sorted(target.rglob("*"), reverse=True):
        path.unlink() if path.is_file() else path.rmdir()
    target.rmdir()
    with collector(load_settings(workspace.config, credentials=False)) as metrics:
        lines = as_text(metrics)
    return {
        "files": files,
        "ledger": workspace.ends(),
        "metrics": [line for line in lines.splitlines() if "age_seconds" not in line],
        "calls": workspace.calls(),
        "secrets": own.secrets_file.read_bytes(),
    }


def test_what_is_done_in_one_account_leaves_the_other_as_it_was(two: dict[str, Workspace]):
    """A run, an undo and a deletion in one account change nothing of the other."""
    acme, globex = (two[name] for name in NAMES)
    globex.run(yes=True)
    before = everything_of(globex)

    report = acme.run(yes=True)
    acme.undo(str(report.document["run_id"]))
    ran = everything_of(globex)
    delete_account(acme.config)

    assert report.document["documents"]["done"] > 0
    assert ran == before
    assert everything_of(globex) == before
    assert not acme.config.exists()
    assert not list((acme.config.parent.parent / "archives").glob("acme/**/*.pdf"))


def test_everything_that_has_a_name_has_the_name_of_its_account(two: dict[str, Workspace]):
    """No metric, deployment, queue or tag of one account is one of the other's."""
    names: dict[str, set[str]] = {}
    for name in NAMES:
        settings = load_settings(two[name].config)
        owner = owner_of(settings, two[name].config, has_ledger=False)
        made = deployments(settings, owner)
        with collector(settings) as metrics:
            samples = [line for line in as_text(metrics).splitlines() if not line.startswith("#")]
        assert samples
        assert all(f'account="{name}"' in sample for sample in samples)
        names[name] = {one.name or "" for one in made}
        assert all(one.endswith(f"@{name}") for one in names[name])
        assert {one.parameters["config"] for one in made} == {str(two[name].config)}

    assert not names["acme"] & names["globex"]


@pytest.mark.parametrize("two", ["postgres"], indirect=True)
def test_the_role_of_one_account_cannot_read_the_schema_of_another(
    two: dict[str, Workspace],
):
    """Neither by a name with the schema, nor by a search path, nor by becoming the other role."""
    for name in NAMES:
        with two[name].ledger() as ledger:
            assert ledger.files.counts() == {}
    url = load_settings(two["acme"].config).ledger.url.replace("+psycopg", "")
    other = sql_name("globex")

    with psycopg.connect(url, autocommit=True) as connection:
        assert connection.execute("SELECT count(*) FROM files").fetchone() == (0,)
        for statement in (
            f"TABLE {other}.files",
            f"CREATE TABLE {other}.mine (a int)",
            f"SET ROLE {other}",
            f"ALTER ROLE {other} PASSWORD 'x'",
            f"DROP SCHEMA {other} CASCADE",
        ):
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                connection.execute(statement)
        connection.execute(f"SET search_path = {other}")
        with pytest.raises(psycopg.errors.UndefinedTable):
            connection.execute("SELECT count(*) FROM files")


def test_an_account_in_postgresql_comes_and_goes_with_its_role(
    tmp_path: Path, postgres: Postgres, monkeypatch: pytest.MonkeyPatch
):
    """Its password is made and kept encrypted; with the account, schema and role are gone."""
    database = postgres.create_database()
    monkeypatch.setenv("LEDGER_ADMIN_URL", postgres.url(database))
    monkeypatch.setenv("CASPIO_INGEST_MASTER_KEY", MASTER_KEY)
    address = f"postgresql+psycopg://127.0.0.1:{postgres.port}/{database}"
    config = tmp_path / "caspio-ingest.toml"
    text = f'[ledger]\nurl = "{address}"\nadmin = "env:LEDGER_ADMIN_URL"\n'
    config.write_text(text, encoding="utf-8")
    given = {"client-id": SecretStr("id"), "client-secret": SecretStr("secret")}
    new = NewAccount(config, "initech", given)

    store(new, prepare(config, "initech"), ACCOUNT.format(name="initech"))
    with open_ledger(load_settings(new.file)) as ledger:
        known = ledger.files.counts()
    delete_account(new.file)

    assert known == {}
    role = "SELECT count(*) FROM pg_roles WHERE rolname = 'acct_initech'"
    schema = "SELECT count(*) FROM pg_namespace WHERE nspname = 'acct_initech'"
    with postgres.connected(database) as connection:
        assert [connection.execute(one).fetchone() for one in (role, schema)] == [(0,), (0,)]
