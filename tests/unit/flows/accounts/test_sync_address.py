"""The address of a mirror, where there are several accounts."""

import pytest

from flows.app.accounts.secrets import ACCOUNT
from flows.app.sync.wiring import placed_spec
from pipeline.errors import BadSettings
from pipeline.settings.syncs import SyncSettings

SYNC = SyncSettings(
    name="orders",
    table="Orders",
    url="env:ORDERS_MIRROR",
    mirror="orders",
    direction="pull",
    columns={"PK_ID": "id"},
)


def test_an_account_has_to_name_a_file(monkeypatch: pytest.MonkeyPatch):
    """Its process has dropped the variable, so that nobody would find it missing."""
    monkeypatch.delenv("ORDERS_MIRROR", raising=False)
    monkeypatch.setenv(ACCOUNT, "acme")

    with pytest.raises(BadSettings, match=r"does not reach an account.*file:PATH"):
        placed_spec(SYNC)


def test_a_settings_file_alone_has_to_set_it(monkeypatch: pytest.MonkeyPatch):
    """There the variable is really missing."""
    monkeypatch.delenv("ORDERS_MIRROR", raising=False)
    monkeypatch.delenv(ACCOUNT, raising=False)

    with pytest.raises(BadSettings, match="ORDERS_MIRROR is not set"):
        placed_spec(SYNC)
