"""Connect the two sides of a sync. Besides `flows.app.wiring`, this names adapters."""

from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import replace
from pathlib import Path

from flows.app.accounts.own_archive import own_archive
from flows.app.accounts.secrets import ACCOUNT
from flows.app.wiring import AppContext
from pipeline.accounts.references import is_reference, resolve
from pipeline.errors import BadSettings
from pipeline.model.sync import SyncSpec
from pipeline.settings import Settings, environment
from pipeline.settings.syncs import SyncSettings
from pipeline.sync.context import SyncContext
from pipeline.sync.layout import make_layout
from pipeline.sync.report import SyncReport


def named_sync(settings: Settings, name: str) -> SyncSettings:
    """Return the settings of a sync.

    Raises:
        BadSettings: there is none of this name.
    """
    syncs = {sync.name: sync for sync in settings.sync}
    if name not in syncs:
        known = f"They have: {', '.join(syncs)}." if syncs else "They have none."
        raise BadSettings([f"The settings have no [[sync]] named {name!r}. {known}"])
    return syncs[name]


def placed_spec(settings: SyncSettings) -> SyncSpec:
    """Return a sync with the identity of its mirror's database.

    Raises:
        BadSettings: the mirror's address is not there, or cannot be used.
    """
    from pipeline.adapters.sql_mirror.connection import database_id

    return replace(settings.spec(), database=database_id(_address(settings)))


def _address(settings: SyncSettings) -> str:
    if not is_reference(settings.url):
        return settings.url
    kind, _, name = settings.url.partition(":")
    if kind == "env" and environment(ACCOUNT) and not environment(name):
        # It may well be set: a process of one of several accounts has dropped it.
        raise BadSettings(
            [
                (
                    f"sync {settings.name}: The variable {name} does not reach an account of "
                    'accounts.d. Write the address to a file, and name it as url = "file:PATH".'
                )
            ]
        )
    # A relative path was made absolute when the settings were loaded.
    secret = resolve(settings.url, folder=Path(), environment=environment)
    return secret.get_secret_value()


@contextmanager
def connected_sync(
    context: AppContext, settings: SyncSettings, *, run_id: str, dry_run: bool = False
) -> Iterator[SyncContext]:
    """Open both sides of a sync, and look at their columns.

    Raises:
        BadSettings: the mirror's address is not there, or the columns do not fit; lists all
            problems.
    """
    from pipeline.adapters.caspio.record_table import CaspioRecordTable
    from pipeline.adapters.sql_mirror import SqlMirror

    spec, address = placed_spec(settings), _address(settings)
    table = CaspioRecordTable(context.client, spec.container, is_view=spec.is_view)

    # A sync may be asked to stop between two calls, and the budget may be used up.
    def before_each() -> None:
        context.drain.require()
        context.spending.require()

    ports = context.ports
    # Its effects and conflicts are in the account's ledger, beside those of its sources.
    with closing(SqlMirror(address, spec.mirror_table, schema=spec.mirror_schema)) as mirror:
        yield SyncContext(
            layout=make_layout(spec, table, mirror),
            table=table,
            mirror=mirror,
            ledger=ports.ledger.syncs,
            reviews=ports.ledger.effects,
            # Only what overwrites or deletes a row needs it.
            archive=own_archive(context.settings, ports.archive, ports.ledger),
            clock=ports.clock,
            work_dir=ports.work_dir,
            run_id=run_id,
            report=SyncReport(spec.name, run_id, planned_only=dry_run),
            before_each=before_each,
            dry_run=dry_run,
        )
