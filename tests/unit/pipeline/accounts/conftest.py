from collections.abc import Callable
from pathlib import Path

import pytest

from pipeline.accounts.encryption import Key
from pipeline.accounts.secret_store import MasterKeys

ACCOUNT = """
[caspio]
url = "https://{name}.caspio.com"

[[sources]]
name = "receipts"
table = "Receipts"
"""

Install = Callable[..., Path]


@pytest.fixture
def install(tmp_path: Path) -> Install:
    """Write a shared file and the settings of accounts beside it; return the shared file."""

    def write(shared: str = "", **accounts: str) -> Path:
        folder = tmp_path / "accounts.d"
        folder.mkdir(exist_ok=True)
        for name, more in accounts.items():
            (folder / f"{name}.toml").write_text(ACCOUNT.format(name=name) + more, encoding="utf-8")
        path = tmp_path / "caspio-ingest.toml"
        path.write_text(shared, encoding="utf-8")
        return path

    return write


@pytest.fixture
def masters() -> MasterKeys:
    """A master key."""
    return MasterKeys(Key.new())
