from collections.abc import Mapping
from typing import Any

import pytest

from pipeline.errors import BadSettings
from pipeline.settings import load_settings
from tests.unit.pipeline.settings.conftest import MINIMAL, Write

WITH_BLOCK = MINIMAL.replace("[caspio]", '[caspio]\nblock = "main"\nrate = "5/1s"')
WITH_ARCHIVE = f'{MINIMAL}\n[archive]\nblock = "aws-credentials/keys"\nurl = "s3://bucket/prefix"\n'


class _Server:
    """Blocks in a dictionary, and what was asked for."""

    def __init__(self, **blocks: Mapping[str, Any]) -> None:
        self.blocks = blocks
        self.asked: list[tuple[str, str]] = []

    def __call__(self, section: str, reference: str) -> Mapping[str, Any]:
        self.asked.append((section, reference))
        return self.blocks[section]


def test_the_environment_comes_before_a_block_and_a_block_before_the_file(
    written: Write, monkeypatch: pytest.MonkeyPatch
):
    """Of three places that give a value, the first of this order counts; what none gives has its default."""
    monkeypatch.setenv("CASPIO_INGEST_CASPIO__MONTHLY_CALLS", "1")
    server = _Server(
        caspio={
            "caspio.rate": "7/1s",
            "caspio.monthly_calls": 2,
            "caspio.url": "https://other.caspio.com",
        }
    )

    caspio = load_settings(written(WITH_BLOCK), blocks=server).caspio

    assert (caspio.monthly_calls, caspio.rate, caspio.url) == (
        1,
        "7/1s",
        "https://other.caspio.com",
    )
    assert caspio.reserve == 0.05
    assert server.asked == [("caspio", "main")]


def test_a_block_gives_credentials_where_the_environment_has_none(
    written: Write, monkeypatch: pytest.MonkeyPatch
):
    """With a block nothing needs to be exported; what is exported comes first all the same."""
    monkeypatch.delenv("CASPIO_CLIENT_ID")
    server = _Server(
        caspio={"CASPIO_CLIENT_ID": "block-id", "CASPIO_CLIENT_SECRET": "block-secret"}
    )

    for credentials in (True, False):
        settings = load_settings(written(WITH_BLOCK), blocks=server, credentials=credentials)

        assert settings.client_id.get_secret_value() == "block-id"
        assert settings.client_secret.get_secret_value() == "canary-secret"
        assert "block-id" not in repr(settings)


def test_the_environment_may_name_another_block(written: Write, monkeypatch: pytest.MonkeyPatch):
    """Which block is asked for follows the same rule."""
    monkeypatch.setenv("CASPIO_INGEST_CASPIO__BLOCK", "staging")
    server = _Server(caspio={})

    load_settings(written(WITH_BLOCK), blocks=server)

    assert server.asked == [("caspio", "staging")]


def test_keys_of_the_archive_come_from_a_block_and_are_masked(written: Write):
    """Keys are secrets from the first moment on, and both or neither are given."""
    keys = {"archive.access_key_id": "AKIA-canary", "archive.secret_access_key": "canary-key"}

    archive = load_settings(written(WITH_ARCHIVE), blocks=_Server(archive=keys)).archive

    assert archive.secret_access_key is not None
    assert archive.secret_access_key.get_secret_value() == "canary-key"
    assert "canary" not in repr(archive)
    with pytest.raises(BadSettings, match="go together"):
        load_settings(
            written(WITH_ARCHIVE), blocks=_Server(archive={"archive.access_key_id": "AKIA-canary"})
        )


def test_keys_never_stand_in_the_file(written: Write):
    """A key in the file is refused and not repeated."""
    with pytest.raises(BadSettings, match=r"archive\.secret_access_key is a secret") as refused:
        load_settings(
            written(
                f'{MINIMAL}\n[archive]\nsecret_access_key = "canary-key"\naccess_key_id = "x"\n'
            )
        )

    assert "canary-key" not in str(refused.value)


def test_what_is_wrong_in_a_block_is_reported_with_its_name(written: Write):
    """A bad value is laid at the block's door, not at the file's."""
    with pytest.raises(BadSettings, match=r"block 'main': caspio\.rate"):
        load_settings(written(WITH_BLOCK), blocks=_Server(caspio={"caspio.rate": "fast"}))


def test_a_block_that_is_named_where_nobody_looks_is_an_error(
    written: Write, monkeypatch: pytest.MonkeyPatch
):
    """A section given whole in the environment may not name a block in silence."""
    monkeypatch.setenv("CASPIO_INGEST_ARCHIVE", '{"block": "main"}')

    with pytest.raises(BadSettings, match="CASPIO_INGEST_ARCHIVE__BLOCK"):
        load_settings(written(MINIMAL))
