"""A ledger serves one account: nothing that was written at one counts at another."""

from pathlib import Path

import pytest

from flows.app.wiring import open_ledger
from pipeline.errors import BadSettings
from pipeline.settings import load_settings


def _open(folder: Path, url: str, more: str = "") -> None:
    config = folder / "caspio-ingest.toml"
    source = '[[sources]]\nname = "receipts"\ntable = "Receipts"\n'
    config.write_text(f'[caspio]\nurl = "{url}"\n{more}\n{source}', encoding="utf-8")
    with open_ledger(load_settings(config, credentials=False)) as ledger:
        ledger.files.counts()


def test_the_ledger_of_another_account_is_refused(tmp_path: Path):
    """Its records have the same numbers: an undo would take out what users typed there."""
    _open(tmp_path, "https://sandbox.caspio.com")

    with pytest.raises(BadSettings, match=r"account at sandbox\.caspio\.com") as refused:
        _open(tmp_path, "https://live.caspio.com")

    assert "ledger.url" in str(refused.value)
    _open(tmp_path, "https://SANDBOX.caspio.com:443/")


def test_an_account_that_has_moved_says_so(tmp_path: Path):
    """Its former address is named once in the settings, and the ledger counts on."""
    _open(tmp_path, "https://old.caspio.com")

    _open(tmp_path, "https://new.caspio.com", 'former_url = "https://old.caspio.com"')

    _open(tmp_path, "https://new.caspio.com")


def test_a_local_caspio_may_change_its_port(tmp_path: Path):
    """It takes a free one each time."""
    for port in (8250, 8251):
        _open(tmp_path, f"http://127.0.0.1:{port}")
