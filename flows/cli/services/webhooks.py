"""`webhooks`: set up the account's webhook, receive its messages, and show their state."""

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from flows.cli.choice import Account, AccountOrAll, look_at, of_account
from flows.cli.common import (
    DEFAULT_CONFIG,
    EXIT_SOME_FAILED,
    AsJson,
    Config,
    Failure,
    Listen,
    Verbose,
    err,
    out,
    print_json,
    set_up_logs,
)
from pipeline.wording import counted

if TYPE_CHECKING:
    from flows.webhooks.sync import Synced

app = typer.Typer(
    help="Set up and receive Caspio webhooks.",
    no_args_is_help=True,
    rich_markup_mode=None,
)


@app.command()
def sync(
    config: Config = DEFAULT_CONFIG,
    account: Account = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Show what would change, and change nothing.")
    ] = False,
    new_secret: Annotated[
        bool, typer.Option("--new-secret", help="Create the webhook again, with a new secret.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Create or update the webhook and its events for all sources."""
    from flows.app.settings import load_settings
    from flows.app.wiring.account import open_settings_account
    from flows.webhooks.sync import as_json as shown, sync as bring_about

    set_up_logs()
    config = of_account(config, account)
    settings = load_settings(config)
    with open_settings_account(settings) as opened:
        done = bring_about(settings, opened, dry_run=dry_run, new_secret=new_secret)
    if as_json:
        print_json(shown(done, dry_run=dry_run))
    else:
        show_steps(done, dry_run=dry_run)
    if done.refused:
        raise Failure(EXIT_SOME_FAILED)


def show_steps(done: "Synced", *, dry_run: bool) -> None:
    """Print what was changed, and a new secret."""
    from flows.terminal.tables import table_of

    table = table_of("What", "About", "Would be" if dry_run else "Done", "Detail")
    for step in done.steps:
        table.add_row(step.what, step.about, step.action, step.detail)
    out().print(table)
    # The only place where it is shown: it is in no file, no log and no ledger.
    if done.secret:
        out().print(
            "Caspio shows the webhook's secret only now. Give it to the receiver, and store it "
            "nowhere else:"
        )
        out().print(
            f"  export CASPIO_WEBHOOK_SECRET={done.secret}",
            soft_wrap=True,
        )


@app.command()
def status(
    config: Config = DEFAULT_CONFIG, account: AccountOrAll = None, as_json: AsJson = False
) -> None:
    """Show the webhook, its messages by state, and what it missed."""
    from flows.app.settings import load_settings
    from flows.app.wiring.account import open_settings_account
    from flows.webhooks.status import status as look

    set_up_logs()

    def show(path: Path) -> tuple[object, int]:
        settings = load_settings(path)
        with open_settings_account(settings) as opened:
            document = look(settings, opened)
        if not as_json:
            show_status(document)
        return document, 0

    look_at(config, account, show, as_json=as_json)


def show_status(document: "Mapping[str, Any]") -> None:
    """Print the webhook, messages by source, and the latest messages."""
    from flows.terminal.tables import table_of

    hook = document["webhook"]
    line = "This program has no webhook in the account; see `caspio-ingest webhooks sync`."
    if hook:
        messages = counted(hook["messages_30_days"], "message")
        line = f"{hook['name']} ({hook['status']}): {messages} in 30 days"
    out().print(line)
    table = table_of("Source", "On since", "Waiting", "Started", "Done", "Missed")
    for name, one in document["sources"].items():
        numbers = [str(one[state]) for state in ("waiting", "started", "done")]
        table.add_row(name or "(none)", one["on_since"] or "", *numbers, str(one["missed"] or 0))
    out().print(table)
    if not document["latest"]:
        return
    table = table_of("Received", "Source", "Event", "Records", "Result")
    for one in document["latest"]:
        result = one["note"] or ("" if one["done_at"] else "waits")
        received, records = one["received_at"] or "", str(one["records"])
        table.add_row(received, one["source"], one["event"], records, result)
    out().print(table)


@app.command()
def serve(
    config: Config = DEFAULT_CONFIG,
    account: Account = None,
    listen: Listen = "",
    verbose: Verbose = False,
) -> None:
    """Receive messages, and work on the records they name."""
    from flows.app.settings import load_settings
    from flows.webhooks.serve import receiving

    set_up_logs(verbose=verbose)
    config = of_account(config, account)
    with receiving(load_settings(config), config, listen) as running:
        err().print(f"webhook receiver at {running.address}")
        running.run()
