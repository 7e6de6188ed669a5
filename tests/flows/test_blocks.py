import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from prefect.settings import PREFECT_API_URL, temporary_settings

from flows.app.settings import load_settings
from flows.prefect.blocks import CaspioAccount, CaspioArchive
from infra.emulator import Emulator
from pipeline.errors import BadSettings
from tests.flows.conftest import Prefect
from tests.integration.pipeline.accounts import (
    Source,
    receipt,
    uploads,
    write_account,
    write_settings,
)
from tests.integration.pipeline.workspace import cli
from tests.support.forked import run_command

pytestmark = pytest.mark.integration

FILES = {"upload1.txt": receipt(1)}
NO_CREDENTIALS = {"CASPIO_CLIENT_ID": "", "CASPIO_CLIENT_SECRET": ""}


@pytest.fixture
def at_server(prefect_server: Prefect, monkeypatch: pytest.MonkeyPatch) -> Iterator[Prefect]:
    """Let Prefect's client in this process speak to the test server, with no credentials in the environment."""
    for name in NO_CREDENTIALS:
        monkeypatch.delenv(name, raising=False)
    with temporary_settings({PREFECT_API_URL: prefect_server.api}):
        yield prefect_server


def _settings(folder: Path, caspio: str = "", archive: str = 'url = "file:archive"') -> Path:
    return write_settings(
        folder, "https://abc12345.caspio.com", Source(), caspio=caspio, archive=archive
    )


@pytest.mark.full
def test_a_run_needs_nothing_but_the_block(at_server: Prefect, tmp_path: Path):
    """`run` takes address and credentials from a block that a user filled in, and exports nothing."""
    with Emulator(seed=write_account(tmp_path / "seed", uploads(FILES), FILES)) as emulator:
        CaspioAccount(url=emulator.url, client_id="id", client_secret="secret").save(
            "account", overwrite=True
        )
        config = _settings(tmp_path, caspio='block = "account"')
        done = cli(config, "run", "--json", **(at_server.environment | NO_CREDENTIALS))

    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["documents"]["done"] == 1


def test_secrets_of_a_block_are_masked(at_server: Prefect, tmp_path: Path):
    """The server shows them to nobody who does not ask for secrets, and no text of ours has them."""
    block = CaspioArchive(
        url="s3://bucket/caspio", access_key_id="AKIA-canary", secret_access_key="canary-key"
    )
    block.save("archive", overwrite=True)
    CaspioAccount(url="https://abc12345.caspio.com", client_id="i", client_secret="canary").save(
        "a", overwrite=True
    )

    settings = load_settings(_settings(tmp_path, 'block = "a"', 'block = "archive"'))

    shown = at_server.find("block_documents")
    assert settings.archive.access_key_id is not None
    assert settings.archive.access_key_id.get_secret_value() == "AKIA-canary"
    assert settings.archive.url == "s3://bucket/caspio"
    assert "canary" not in repr(settings) + repr(block) + json.dumps(shown)


def test_credentials_of_prefect_aws_are_taken(at_server: Prefect, tmp_path: Path):
    """Its block serves without the package: the server knows the type."""
    type_id = at_server.ask("GET", "/block_types/slug/aws-credentials")["id"]
    (schema, *_) = at_server.find(
        "block_schemas", block_schemas={"block_type_id": {"any_": [type_id]}}
    )
    data = {
        "aws_access_key_id": "AKIA",
        "aws_secret_access_key": "key",
        "region_name": "eu-central-1",
    }
    body: dict[str, Any] = {
        "name": "keys",
        "block_type_id": type_id,
        "block_schema_id": schema["id"],
        "data": data,
    }
    at_server.ask("POST", "/block_documents/", body)

    CaspioAccount(url="https://abc12345.caspio.com", client_id="i", client_secret="s").save(
        "b", overwrite=True
    )
    archive = 'block = "aws-credentials/keys"\nurl = "s3://bucket/x"'
    settings = load_settings(_settings(tmp_path, 'block = "b"', archive)).archive

    assert settings.secret_access_key is not None
    assert (settings.secret_access_key.get_secret_value(), settings.region) == (
        "key",
        "eu-central-1",
    )


def test_a_missing_block_is_reported_with_what_to_do(at_server: Prefect, tmp_path: Path):
    """Name, server and way out stand in the error; a type that is of no use is reported as well."""
    with pytest.raises(
        BadSettings, match=r"caspio-account/nowhere, but the Prefect server at .* has no such block"
    ):
        load_settings(_settings(tmp_path, 'block = "nowhere"'))
    with pytest.raises(BadSettings, match="'slack-webhook' cannot be used there"):
        load_settings(_settings(tmp_path, 'block = "slack-webhook/x"'))
    assert at_server.api


def test_without_a_server_a_block_cannot_be_asked_for(tmp_path: Path):
    """The error names the block and what to export."""
    with (
        temporary_settings({PREFECT_API_URL: None}),
        pytest.raises(BadSettings, match="Export PREFECT_API_URL"),
    ):
        load_settings(_settings(tmp_path, 'block = "main"'))


def test_the_command_makes_the_types_known_and_lists_blocks(at_server: Prefect):
    """`blocks` says what a settings file can name."""
    CaspioArchive(url="s3://bucket/caspio").save("listed", overwrite=True)

    done = run_command(["blocks", "--json"], environment=at_server.environment)

    assert done.returncode == 0, done.stderr
    said = json.loads(done.stdout)
    assert said["types"] == ["caspio-account", "caspio-archive", "aws-credentials"]
    assert said["registered"] == ["caspio-account", "caspio-archive"]
    assert {"section": "archive", "block": "caspio-archive/listed"} in said["blocks"]
