import json
from pathlib import Path
from typing import Any

import pytest

from pipeline.settings import Settings, load_settings
from tests.fakes.clock import FakeClock
from tests.fakes.ledger import MemoryLedger

SECRET = "s3cret-of-the-hook"
SETTINGS = """
[caspio]
url = "https://a.caspio.com"
[webhooks]
max_body_mib = 1
{webhooks}
[[sources]]
name = "papers"
table = "Papers"
[[sources]]
name = "scans"
table = "papers"
fields = ["Scan"]
[[sources]]
name = "joined"
view = "Joined"
webhook_table = "Others"
[[sources]]
name = "inbox"
folder = "/In"
webhook_table = "Rows"
"""


def message(table: str = "Papers", *rows: dict[str, Any], **changes: Any) -> dict[str, Any]:
    """Make a message as Caspio sends it."""
    return {
        "eventId": "e1", "messageId": "m1", "webhookId": "w1", "accountId": "1", "secret": SECRET,
        "eventDate": "2026-03-01T10:00:00", "eventType": "table.recordUpdate", "objectName": table,
        "data": list(rows) or [{"PK_ID": 7, "Scan": "a.pdf"}], **changes,
    }  # fmt: skip


def body(*arguments: Any, **changes: Any) -> bytes:
    """Make its bytes."""
    return json.dumps(message(*arguments, **changes)).encode()


@pytest.fixture
def settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Settings:
    """Settings with a source of each kind."""
    return load(tmp_path, monkeypatch)


def load(folder: Path, monkeypatch: pytest.MonkeyPatch, webhooks: str = "") -> Settings:
    """Load settings with something more about webhooks."""
    for name in ("CASPIO_CLIENT_ID", "CASPIO_CLIENT_SECRET"):
        monkeypatch.setenv(name, "x")
    path = folder / "caspio-ingest.toml"
    path.write_text(SETTINGS.format(webhooks=webhooks), encoding="utf-8")
    return load_settings(path)


@pytest.fixture
def clock() -> FakeClock:
    """A clock that does not advance until it is set."""
    return FakeClock()


@pytest.fixture
def ledger(clock: FakeClock) -> MemoryLedger:
    """An empty ledger."""
    return MemoryLedger(clock)
