"""The whole account."""

from dataclasses import dataclass
from pathlib import Path

from infra.emulator.clock import Clock
from infra.emulator.faults import Faults
from infra.emulator.quirks import Quirks
from infra.emulator.state.applications import Applications
from infra.emulator.state.attachments import Attachments
from infra.emulator.state.directories import Directories
from infra.emulator.state.files import Files
from infra.emulator.state.records import Records
from infra.emulator.state.store import Store
from infra.emulator.state.tasks import Tasks
from infra.emulator.webhooks.definitions import Webhooks
from infra.emulator.webhooks.delivery import Deliveries


@dataclass(frozen=True, slots=True)
class Account:
    """Everything that an emulated account holds."""

    name: str
    store: Store
    records: Records
    attachments: Attachments
    files: Files
    webhooks: Webhooks
    deliveries: Deliveries
    tasks: Tasks
    applications: Applications
    directories: Directories

    @property
    def quirks(self) -> Quirks:
        """The account's choices."""
        return self.store.quirks


def open_account(
    *, name: str, path: str, data_dir: Path, clock: Clock, quirks: Quirks, faults: Faults
) -> Account:
    """Open the state in a SQLite file, or a new one in memory for the path ":memory:"."""
    store = Store(path=path, data_dir=data_dir, clock=clock, quirks=quirks)
    records = Records(store)
    files = Files(store)
    webhooks = Webhooks(store)
    deliveries = Deliveries(
        account=name, webhooks=webhooks, faults=faults, quirks=quirks, clock=clock
    )
    records.changes.is_wanted = deliveries.is_wanted
    records.changes.on_changes = deliveries.on_changes
    return Account(
        name=name,
        store=store,
        records=records,
        attachments=Attachments(store, records),
        files=files,
        webhooks=webhooks,
        deliveries=deliveries,
        tasks=Tasks(store, records, files),
        applications=Applications(store),
        directories=Directories(store, records),
    )
