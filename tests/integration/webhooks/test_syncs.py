"""A change at Caspio reaches the mirror of a sync by its message, and nothing goes in circles."""

import sqlite3
from typing import Any

import pytest

from flows.app.sync.run import run_directly
from flows.app.wiring.ports import open_ledger
from flows.doctor.installation import reported_syncs
from flows.webhooks.serve import receiving
from pipeline.errors import BadSettings
from pipeline.settings import load_settings
from pipeline.source_run.leases import leased_worker
from tests.integration.pipeline.accounts import uploads
from tests.integration.webhooks.conftest import MakeHooked
from tests.integration.webhooks.hooked import Hooked, until

pytestmark = pytest.mark.integration

ACCOUNT = {
    "tables": {
        **uploads({})["tables"],
        "Orders": {
            "fields": [
                {"Name": "Code", "Type": "STRING", "Unique": True},
                {"Name": "Amount", "Type": "CURRENCY"},
                {"Name": "Day", "Type": "DATE/TIME"},
            ],
            "records": [
                {"PK_ID": n, "Code": f"c{n}", "Amount": n + 0.5, "Day": "2026-03-31T08:30:00"}
                for n in (1, 2, 3)
            ],
        },
    }
}
SYNC = """
[[sync]]
name = "orders"
table = "Orders"
url = "sqlite:///mirror.db"
mirror = "orders"
direction = "both"
deletions = "mirror"
max_deletions = 1
keys = ["Code"]
[sync.columns]
Code = "code"
Amount = "amount"
Day = "day"
"""


@pytest.fixture
def hooked(make_hooked: MakeHooked) -> Hooked:
    """An account with a sync that has run once, and the webhook for it."""
    hooked = make_hooked(account=ACCOUNT, files={}, more=SYNC)
    hooked.sync()
    _run(hooked)
    return hooked


def _run(hooked: Hooked) -> None:
    run_directly(hooked.config, "orders", sweep=False, delete_all=False)


def _receive(hooked: Hooked) -> None:
    """Receive as `webhooks serve` does; the runs are in this process."""
    receiver = receiving(hooked.settings, hooked.config, f"127.0.0.1:{hooked.port}")
    hooked.stack.enter_context(hooked.stack.enter_context(receiver).running())
    until(hooked.health)


def _mirror(hooked: Hooked, statement: str = "SELECT code, amount FROM orders") -> dict[str, Any]:
    with sqlite3.connect(hooked.config.parent / "mirror.db") as connection:
        return dict(connection.execute(statement).fetchall())


def test_changes_reach_the_mirror(hooked: Hooked):
    """A change, a new record and a deletion, each by its message."""
    _receive(hooked)

    for change in (
        {"table": "Orders", "pk": 1, "values": {"Amount": 9.25}},
        {"table": "Orders", "insert": {"Code": "c4", "Amount": 4}},
        {"table": "Orders", "pk": 2, "delete": True},
    ):
        hooked.emulator.control.change(change, source="DataPages")
    until(lambda: _mirror(hooked) == {"c1": 9.25, "c3": 3.5, "c4": 4})

    assert len(hooked.notes(at_least=3)) == 3
    runs = [kind for kind in hooked.kinds() if kind == "sync"]
    assert 2 <= len(runs) <= 4


def test_what_the_sync_writes_starts_no_run(hooked: Hooked):
    """Rows that were pushed come back as messages, are recognized, and end there."""
    _mirror(hooked, "INSERT INTO orders VALUES ('c4', 4, '2026-04-01 00:00:00') RETURNING code, 1")
    _mirror(hooked, "UPDATE orders SET amount = 7.5 WHERE code = 'c1' RETURNING code, 1")
    _run(hooked)

    _receive(hooked)

    assert hooked.notes(at_least=2) == ["our own write"] * 2
    assert hooked.kinds() == ["sync", "sync"]


@pytest.mark.full
def test_messages_during_a_run_are_joined_and_none_is_lost(hooked: Hooked):
    """While another run has the sync, messages wait; one run works on all of them then."""
    settings = load_settings(hooked.config)
    with open_ledger(settings) as ledger, leased_worker(ledger, "elsewhere"):
        assert ledger.leases.claim("elsewhere", [["sync:orders"]])[0]
        _receive(hooked)
        for pk in (1, 2, 3):
            change = {"table": "Orders", "pk": pk, "values": {"Amount": 100 + pk}}
            hooked.emulator.control.change(change, source="DataPages")
        until(lambda: [m.note for m in hooked.messages() if "another run works" in m.note][2:])
        before = len(hooked.kinds())

    until(lambda: _mirror(hooked) == {"c1": 101, "c2": 102, "c3": 103})
    assert hooked.notes(at_least=3) == ["3 write"] * 3
    assert len(hooked.kinds()) == before + 1


def test_doctor_names_syncs_that_no_webhook_reports(make_hooked: MakeHooked):
    """A sync that was added later is silent until `webhooks sync` runs again."""
    hooked = make_hooked(account=ACCOUNT, files={}, more=SYNC)
    with pytest.raises(BadSettings, match="no change to orders"):
        reported_syncs(hooked.settings)

    hooked.sync()

    assert reported_syncs(hooked.settings) == "1 sync is reported by webhook"
