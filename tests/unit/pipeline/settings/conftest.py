from collections.abc import Callable
from pathlib import Path

import pytest

MINIMAL = """
[caspio]
url = "https://abc12345.caspio.com"

[[sources]]
name = "receipts"
table = "Receipts"
"""

Write = Callable[[str], Path]


@pytest.fixture(autouse=True)
def credentials(monkeypatch: pytest.MonkeyPatch) -> None:
    """Credentials in the environment, where they belong."""
    monkeypatch.setenv("CASPIO_CLIENT_ID", "canary-id")
    monkeypatch.setenv("CASPIO_CLIENT_SECRET", "canary-secret")


@pytest.fixture
def written(tmp_path: Path) -> Write:
    """Write a settings file and return its path."""

    def write(text: str) -> Path:
        path = tmp_path / "caspio-ingest.toml"
        path.write_text(text, encoding="utf-8")
        return path

    return write
