"""A ledger serves one account: nothing that was written at one counts at another."""

from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from pathlib import Path

import pytest

from flows.agents.accounts import open_account
from flows.app.accounts.own_ledger import (
    THIS_MACHINE,
    owner_name,
    record_owner,
)
from flows.app.changes import undo_directly
from flows.app.direct import work_directly
from flows.app.explain import AcknowledgeRequest, acknowledge_directly
from flows.app.learning import state
from flows.app.plan import plan_directly
from flows.app.run_request import RunRequest
from flows.app.sync.run import (
    decide_directly as decide_conflict,
    plan_directly as plan_sync,
    run_directly as run_sync,
)
from flows.app.wiring import connect
from flows.app.wiring.account import open_settings_account
from flows.prefect.deployments.ownership import owner_of
from flows.web.serve import login_address, serving_pages
from flows.webhooks.serve import receiving
from flows.webhooks.sync import sync
from pipeline.adapters.sql_ledger import SqlLedger
from pipeline.errors import BadSettings, ForeignLedger
from pipeline.model.sync import Side
from pipeline.model.users import Role, User
from pipeline.ports import Ledger
from pipeline.settings import Settings, load_settings
from pipeline.settings.addresses import account_host
from tests.contracts.ledger.builders import a_ref
from tests.fakes.clock import FakeClock
from tests.fakes.ledger import MemoryLedger

LIVE, SANDBOX = "https://live.caspio.com", "https://sandbox.caspio.com"


@pytest.fixture
def ledger() -> Ledger:
    """A ledger in memory, empty."""
    return MemoryLedger(FakeClock())


def settings_of(folder: Path, url: str, more: str = "") -> Settings:
    """Load settings that name an account."""
    config = folder / "caspio-ingest.toml"
    source = '[[sources]]\nname = "receipts"\ntable = "Receipts"\n'
    config.write_text(f'[caspio]\nurl = "{url}"\n{more}\n{source}', encoding="utf-8")
    return load_settings(config, credentials=False)


def used_by(url: str, folder: Path, ledger: Ledger) -> None:
    """Let a run of an account record a file."""
    record_owner(settings_of(folder, url), ledger)
    ledger.files.seen([a_ref()], "run-1")


@pytest.mark.parametrize(
    ("url", "name"),
    [
        ("https://abc12345.caspio.com", "abc12345.caspio.com"),
        ("https://ABC12345.Caspio.com", "abc12345.caspio.com"),
        ("https://abc12345.caspio.com.", "abc12345.caspio.com"),
        ("https://abc12345.caspio.com:443", "abc12345.caspio.com"),
        ("https://abc12345.caspio.com:0443", "abc12345.caspio.com"),
        ("https://abc12345.caspio.com:", "abc12345.caspio.com"),
        ("https://abc12345.caspio.com:8443", "abc12345.caspio.com:8443"),
        ("https://büro.example.com", "xn--bro-hoa.example.com"),
        ("https://XN--BRO-HOA.example.com", "xn--bro-hoa.example.com"),
        ("http://127.0.0.1:8250", "127.0.0.1:8250"),
        ("http://[::1]:8250", "[::1]:8250"),
        ("", ""),
    ],
)
def test_an_account_has_one_name_for_all_spellings(url: str, name: str):
    """Calls are counted by it, so that no spelling has a budget of its own."""
    assert account_host(url) == name


def test_the_settings_name_the_account_the_same_way(tmp_path: Path):
    """The budget, tokens and webhooks are kept by this name."""
    assert settings_of(tmp_path, "https://LIVE.caspio.com:443").caspio.account == "live.caspio.com"


@pytest.mark.parametrize("host", ["127.0.0.1:8250", "localhost", "[::1]:8251"])
def test_all_local_addresses_are_one_account(host: str):
    """A local Caspio has another port each time."""
    assert owner_name(f"http://{host}") == THIS_MACHINE


def test_the_ledger_of_another_account_is_refused(tmp_path: Path, ledger: Ledger):
    """The error says whose it is and what to do; the account's own address goes on in any spelling."""
    used_by(SANDBOX, tmp_path, ledger)

    with pytest.raises(ForeignLedger) as refused:
        record_owner(settings_of(tmp_path, LIVE), ledger)

    assert str(refused.value) == (
        "The ledger belongs to the account at sandbox.caspio.com, but caspio.url names the account "
        "at live.caspio.com. Correct caspio.url, or name a ledger and an archive for this account "
        "alone in ledger.url and archive.url. If the address has changed, set caspio.former_url = "
        '"https://sandbox.caspio.com".'
    )
    record_owner(settings_of(tmp_path, "https://SANDBOX.caspio.com:443/"), ledger)


def test_a_typing_error_does_not_claim_an_empty_ledger(tmp_path: Path, ledger: Ledger):
    """The account that is named then has it, and keeps it."""
    record_owner(settings_of(tmp_path, SANDBOX), ledger)

    used_by(LIVE, tmp_path, ledger)

    with pytest.raises(ForeignLedger):
        record_owner(settings_of(tmp_path, SANDBOX), ledger)


def test_an_account_that_has_moved_says_so(tmp_path: Path, ledger: Ledger):
    """Its former address is named once in the settings, and the ledger goes on with its calls."""
    used_by("https://old.caspio.com", tmp_path, ledger)
    ledger.usage.spend("old.caspio.com", "new", calls=9, size_bytes=0)
    moved = settings_of(
        tmp_path, "https://new.caspio.com", 'former_url = "https://OLD.caspio.com/"'
    )

    record_owner(moved, ledger)

    assert ledger.usage.this_month("new.caspio.com").calls == 9
    record_owner(settings_of(tmp_path, "https://new.caspio.com"), ledger)
    with pytest.raises(ForeignLedger):
        record_owner(settings_of(tmp_path, "https://old.caspio.com"), ledger)


@pytest.mark.parametrize("url", ["old.caspio.com", "http://old.caspio.com", "https://[::1"])
def test_a_former_address_is_checked_as_the_present_one(url: str, tmp_path: Path):
    """Otherwise it would silently have no effect."""
    with pytest.raises(BadSettings, match="former_url"):
        settings_of(tmp_path, LIVE, f'former_url = "{url}"')


def test_a_local_account_keeps_its_ledger_at_any_port(tmp_path: Path, ledger: Ledger):
    """Another local address is the same account."""
    used_by("http://127.0.0.1:8250", tmp_path, ledger)

    for url in ("http://127.0.0.1:8251", "http://localhost:8250", "http://[::1]:8252"):
        record_owner(settings_of(tmp_path, url), ledger)


@pytest.mark.parametrize(("first", "then"), [("http://[::1]:1", LIVE), (LIVE, "http://[::1]:1")])
def test_a_local_account_and_a_real_one_share_no_ledger(
    first: str, then: str, tmp_path: Path, ledger: Ledger
):
    """What was written at the emulator says nothing of the records of an account."""
    used_by(first, tmp_path, ledger)

    with pytest.raises(ForeignLedger, match="a local account"):
        record_owner(settings_of(tmp_path, then), ledger)


def opened(service: AbstractContextManager[object]) -> None:
    """Start a service and end it again."""
    with service:
        pass


def sync_webhook(config: Path) -> None:
    """Bring the webhook of the account to what the settings require."""
    settings = load_settings(config)
    with open_settings_account(settings) as account:
        sync(settings, account)


SYNC = """
[[sync]]
name = "orders"
table = "Orders"
url = "sqlite:///orders.db"
mirror = "orders"
columns = { PK_ID = "id", Code = "code" }
"""
ACTS: Mapping[str, Callable[[Path], object]] = {
    "run": lambda config: work_directly(config, sources=[], request=RunRequest()),
    "undo": lambda config: undo_directly(config, "run-1"),
    "plan": lambda config: plan_directly(
        config, sources=[], limit=None, file=config.with_suffix(".json"), html=None
    ),
    "learn": lambda config: opened(connect(load_settings(config))),
    "sync": lambda config: run_sync(config, "orders", sweep=False, delete_all=False),
    "plan of a sync": lambda config: plan_sync(config, "orders", sweep=False, delete_all=False),
    "conflict": lambda config: decide_conflict(config, "orders", "1", Side.CASPIO),
    "promote": lambda config: state.promote_directly(config, "receipts", None, by="Ana"),
    "model before": lambda config: state.undo_directly(config, "receipts", None),
    "forget": lambda config: state.forget_directly(config, "receipts", None),
    "acknowledge": lambda config: acknowledge_directly(
        config, AcknowledgeRequest("receipts", (), by="Ana", note="")
    ),
    "agents": lambda config: opened(open_account(load_settings(config))),
    "webhooks": lambda config: opened(receiving(load_settings(config), config, "127.0.0.1:0")),
    "page": lambda config: opened(serving_pages(load_settings(config), config, "127.0.0.1:0")),
    "sign in": lambda config: login_address(load_settings(config), User("ana", Role.VIEWER)),
    "deployments": lambda config: owner_of(load_settings(config), config),
    "webhook": sync_webhook,
}


@pytest.mark.slow
@pytest.mark.parametrize("act", ACTS.values(), ids=ACTS)
def test_nothing_is_asked_or_noted_before_the_refusal(
    act: Callable[[Path], object], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    """The other account may be unreachable, and what is noted would be noted of this one."""
    for name in ("CLIENT_ID", "CLIENT_SECRET", "WEBHOOK_SECRET"):
        monkeypatch.setenv(f"CASPIO_{name}", "secret")
    more = f'[ledger]\nurl = "sqlite:///{tmp_path}/ledger.db"\n[webhooks]\nurl = "{LIVE}"\n{SYNC}'
    settings_of(tmp_path, LIVE, more)
    with SqlLedger(f"sqlite:///{tmp_path}/ledger.db", clock=FakeClock()) as ledger:
        ledger.effects.record_account("sandbox.caspio.com")
        ledger.files.seen([a_ref()], "run-1")

    with pytest.raises(ForeignLedger, match=r"sandbox\.caspio\.com"):
        act(tmp_path / "caspio-ingest.toml")

    with SqlLedger(f"sqlite:///{tmp_path}/ledger.db", clock=FakeClock()) as ledger:
        assert not ledger.usage.runs()
        assert not ledger.files.stopped()
        assert ledger.usage.this_month("live.caspio.com").calls == 0
