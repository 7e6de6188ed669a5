"""`accounts`: add, list, export and delete the accounts of an installation."""

import sys
from datetime import timedelta
from pathlib import Path
from typing import Annotated

import typer

from flows.cli.account.add_account import LinkPlace, add_account
from flows.cli.choice import choose
from flows.cli.common import (
    DEFAULT_CONFIG,
    EXIT_SETTINGS,
    EXIT_STOPPED,
    AsJson,
    Config,
    Failure,
    checked_address,
    complain,
    err,
    out,
    print_json,
)
from pipeline.wording import counted

Name = Annotated[str, typer.Argument(help="The account's name.", metavar="NAME")]

Link = Annotated[
    bool, typer.Option("--link", help="Let the customer enter the credentials on a page.")
]
Listen = Annotated[
    str,
    typer.Option(
        "--listen",
        help="With --link: where to listen.",
        metavar="HOST:PORT",
        callback=checked_address,
    ),
]
LinkUrl = Annotated[
    str | None,
    typer.Option(
        "--link-url", help="The https address of a proxy in front of that page.", metavar="URL"
    ),
]
Minutes = Annotated[
    int, typer.Option("--minutes", min=1, max=1440, help="Minutes until the link expires.")
]

app = typer.Typer(
    help="Add, list, export and delete accounts.",
    no_args_is_help=True,
    rich_markup_mode=None,
)


@app.command()
def add(
    name: Name,
    config: Config = DEFAULT_CONFIG,
    url: Annotated[
        str | None, typer.Option("--url", help="The account's address.", metavar="URL")
    ] = None,
    reference: Annotated[
        list[str],
        typer.Option(
            "--reference",
            help="Where a secret is, such as client-id=env:ACME_ID; may be repeated.",
            metavar="SECRET=WHERE",
        ),
    ] = [],
    yes: Annotated[bool, typer.Option("--yes", help="Accept the proposal without asking.")] = False,
    link: Link = False,
    listen: Listen = "127.0.0.1:8770",
    link_url: LinkUrl = None,
    minutes: Minutes = 60,
) -> None:
    """Add an account: ask for address and credentials, check them, propose and write its settings.

    Credentials are asked for or read from stdin, one on each line, unless --reference says where
    they are. With --link, this command prints a link and waits: on its page the customer enters
    them, once, and nobody else sees them.
    """
    place = LinkPlace(listen, link_url, timedelta(minutes=minutes)) if link else None
    add_account(name, config=config, url=url, references=reference, yes=yes, place=place)


@app.command("list")
def list_accounts(config: Config = DEFAULT_CONFIG, as_json: AsJson = False) -> None:
    """List the accounts, and where everything of each one is."""
    from flows.app.accounts.whole import belongings
    from flows.terminal.tables import table_of
    from pipeline.accounts.names import account_names, has_accounts, settings_file

    names = account_names(config) if has_accounts(config) else []
    listed = [belongings(settings_file(config, name)) for name in names]
    if as_json:
        print_json([one.as_json() for one in listed])
        return
    if not listed:
        out().print("There are no accounts. Add one with `caspio-ingest accounts add NAME`.")
        return
    table = table_of("Account", "Address", "Ledger", "Archive", "Secrets")
    for one in listed:
        cells = (one.url, one.places.ledger, one.places.archive, ", ".join(one.secrets))
        table.add_row(one.name, *cells)
    out().print(table)


@app.command("export")
def export_account(
    name: Name,
    to: Annotated[
        Path,
        typer.Option("--to", help="A new folder, or a new file that ends in .tar.", metavar="PATH"),
    ],
    config: Config = DEFAULT_CONFIG,
    as_json: AsJson = False,
) -> None:
    """Write everything of an account to a folder or a file.

    Settings, ledger, archive, and the secrets as they are stored: encrypted or as references. The
    master key is not part of it.
    """
    from flows.app.accounts.whole import export_account as export

    ((_, path),) = choose(config, name)
    document = export(path, to)
    if as_json:
        print_json(document)
    else:
        kinds = (("objects", "object"), ("rows", "row"))
        numbers = [counted(int(str(document[name])), noun) for name, noun in kinds]
        line = f"exported: {' and '.join(numbers)} to {to}"
        err().print(line)


@app.command("delete")
def delete_account(
    name: Name,
    config: Config = DEFAULT_CONFIG,
    yes: Annotated[bool, typer.Option("--yes", help="Delete without asking.")] = False,
    as_json: AsJson = False,
) -> None:
    """Delete everything of an account: ledger, archive, secrets and settings file.

    Nothing at Caspio and at the Prefect server is deleted.
    """
    from flows.app.accounts.whole import belongings, delete_account as delete, forget

    # What an interrupted addition or deletion left has no settings file.
    if forget(config, name):
        err().print(f"deleted: the secrets of {name}")
        return
    ((_, path),) = choose(config, name)
    own = belongings(path)
    complain(
        f"This deletes account {name} for ever",
        [
            f"ledger: {own.places.ledger}",
            f"archive: {own.places.archive}, every original and derived file in it",
            f"secrets: {', '.join(own.secrets) or 'none'}",
            f"settings: {own.settings}",
        ],
    )
    if not yes:
        if not sys.stdin.isatty():
            complain("Nothing was deleted", ["Add --yes to confirm it."])
            raise Failure(EXIT_SETTINGS)
        if typer.prompt("Type the account's name to delete it", err=True) != name:
            complain("Nothing was deleted", ["That was another name."])
            raise Failure(EXIT_STOPPED)
    document = delete(path)
    if as_json:
        print_json(document)
    else:
        err().print(f"deleted: {name}")
