from itertools import islice
from pathlib import Path

import pytest

from flows.doctor.installation import examine


def test_a_ledger_that_does_not_open_is_said_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """What follows from it, that the archive's owner is unknown, does not send anybody to the archive."""
    monkeypatch.setenv("CASPIO_CLIENT_ID", "id")
    monkeypatch.setenv("CASPIO_CLIENT_SECRET", "secret")
    config = tmp_path / "caspio-ingest.toml"
    config.write_text(
        '[caspio]\nurl = "http://127.0.0.1:1"\n[ledger]\nurl = "sqlite:///nowhere/ledger.db"\n'
        '[archive]\nurl = "file:archive"\n[[sources]]\nname = "uploads"\ntable = "Uploads"\n'
    )

    _, ledger, archive = islice(examine(config), 3)

    assert (ledger.name, ledger.ok, archive.name, archive.ok) == ("ledger", False, "archive", False)
    assert "Create its folder" in ledger.detail
    assert "read-only" in ledger.detail
    assert "ledger.db" not in archive.detail
    assert archive.remedy == "Correct the ledger first."
    assert not (tmp_path / "archive").exists()
