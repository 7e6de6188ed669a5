"""A ledger serves one account: nothing that was written at one counts at another."""

from pathlib import Path

import pytest

from flows.app.wiring import open_ledger
from pipeline.errors import BadSettings
from pipeline.settings import load_settings
from tests.contracts.ledger.builders import a_ref


def _open(folder: Path, url: str, more: str = "") -> None:
    config = folder / "caspio-ingest.toml"
    source = '[[sources]]\nname = "receipts"\ntable = "Receipts"\n'
    config.write_text(f'[caspio]\nurl = "{url}"\n{more}\n{source}', encoding="utf-8")
    with open_ledger(load_settings(config, credentials=False)) as ledger:
        ledger.files.seen([a_ref("1")], "run-1")


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


@pytest.mark.parametrize(
    "local", ["http://127.0.0.1:8250", "http://localhost", "http://[::1]:8250"]
)
def test_the_ledger_of_this_machine_is_of_no_account_elsewhere(tmp_path: Path, local: str):
    """Trying things with a local Caspio leaves effects that no real account has, and vice versa."""
    for one, other in ((local, "https://live.caspio.com"), ("https://live.caspio.com", local)):
        folder = tmp_path / str(len(list(tmp_path.iterdir())))
        folder.mkdir()
        _open(folder, one)

        with pytest.raises(BadSettings, match="The ledger is of the account at"):
            _open(folder, other)


def test_messages_webhook_and_calls_move_with_the_account(tmp_path: Path):
    """Otherwise they would stay with an account that nobody asks for any more."""
    _open(tmp_path, "https://old.caspio.com")
    config = tmp_path / "caspio-ingest.toml"
    with open_ledger(load_settings(config, credentials=False)) as ledger:
        ledger.usage.spend("old.caspio.com", "new", calls=9, size_bytes=0)
        ledger.messages.save_webhook_id("old.caspio.com", "hook")

    _open(tmp_path, "https://new.caspio.com", 'former_url = "https://OLD.caspio.com:443"')

    with open_ledger(load_settings(config, credentials=False)) as ledger:
        assert ledger.usage.this_month("new.caspio.com").calls == 9
        assert ledger.messages.webhook_id("new.caspio.com") == "hook"


@pytest.mark.parametrize("former", ["old.caspio.com", "http://[::1", "https://a.caspio.com/x"])
def test_a_former_address_is_checked_like_the_present_one(tmp_path: Path, former: str):
    """What is no address would be without effect, or end a command."""
    with pytest.raises(BadSettings, match="former_url"):
        _open(tmp_path, "https://new.caspio.com", f'former_url = "{former}"')
