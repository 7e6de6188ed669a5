"""Secrets on the command line."""

import io
import sys
from pathlib import Path

import pytest

from flows.cli.account.secrets import typed
from tests.unit.cli.conftest import command
from tests.unit.pipeline.accounts.conftest import Install

pytestmark = pytest.mark.slow


def test_a_value_is_read_from_stdin(monkeypatch: pytest.MonkeyPatch):
    """A line end that comes with a copied secret is no part of it."""
    monkeypatch.setattr(sys, "stdin", io.StringIO("  the secret \n"))

    assert typed("?").get_secret_value() == "the secret"


def test_references_are_set_and_listed(install: Install):
    """A reference is set, listed with its problem and removed; no value is an argument."""
    config = install(acme="", globex="")
    where = {"cwd": config.parent}

    done = command(
        "secrets", "set", "client-id", "--account", "acme", "--reference", "env:NOWHERE", **where
    )
    listed = command("secrets", "list", "--account", "all", "--json", **where)
    refused = command("secrets", "set", "client-id", "value", "--account", "acme", **where)

    assert (done.code, done.out) == (0, "")
    accounts = listed.document["accounts"]
    assert accounts["globex"] == []
    assert accounts["acme"][0]["where"] == "env:NOWHERE"
    assert "NOWHERE is not set" in accounts["acme"][0]["problem"]
    assert refused.code == 2


def test_without_accounts_no_secret_is_kept(tmp_path: Path):
    """A settings file alone keeps none, which is no error: the list is empty and says why."""
    shown = command("secrets", "list", cwd=tmp_path)
    listed = command("secrets", "list", "--json", cwd=tmp_path)

    assert (shown.code, shown.out) == (0, "")
    assert "accounts add" in " ".join(shown.err.split())
    assert (listed.code, listed.document) == (0, [])
