"""`secrets`: the secrets of one of several accounts. No value is ever an argument or shown."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from flows.cli.choice import Account, AccountOrAll, choose, look_at, refuse
from flows.cli.common import DEFAULT_CONFIG, AsJson, Config, err, out

if TYPE_CHECKING:
    from pydantic import SecretStr

Kind = Annotated[str, typer.Argument(help="Which secret, as `secrets list` names it.")]

app = typer.Typer(
    help="Set, list, rotate and remove the secrets of an account.",
    no_args_is_help=True,
    rich_markup_mode=None,
)


@app.command("set")
def set_secret(
    kind: Kind,
    config: Config = DEFAULT_CONFIG,
    account: Account = None,
    reference: Annotated[
        str | None,
        typer.Option(
            "--reference",
            help="Where the secret is, instead of its value: env:NAME or file:PATH.",
            metavar="WHERE",
        ),
    ] = None,
) -> None:
    """Set a secret: a reference to it, or its value, which is read from stdin or asked for.

    A value is kept encrypted. A running program has the new one after its next start.
    """
    from flows.app.accounts.secret_changes import set_reference, set_value

    name, path = named(config, account)
    if reference is not None:
        set_reference(path, name, kind, reference)
    else:
        set_value(path, name, kind, typed(f"{kind} of {name}"))
    err().print(f"set: {kind} of {name}")


@app.command("list")
def list_secrets(
    config: Config = DEFAULT_CONFIG, account: AccountOrAll = None, as_json: AsJson = False
) -> None:
    """List which secrets are set, where they are, and whether they can be opened."""
    from flows.app.accounts.secret_changes import described
    from flows.terminal.tables import table_of

    def show(path: Path) -> tuple[object, int]:
        listed = described(path)
        if not listed:
            err().print(
                "No secret is kept. `caspio-ingest secrets set` sets one of an account, `accounts "
                "add` adds an account; a settings file alone takes its secrets from the "
                "environment or from blocks.",
            )
        elif not as_json:
            table = table_of("Secret", "What it is", "Where it is", "Problem")
            for one in listed:
                table.add_row(one["secret"], one["about"], one["where"], one["problem"])
            out().print(table)
        return listed, 0

    look_at(config, account, show, as_json=as_json)


@app.command("rotate")
def rotate_secrets(config: Config = DEFAULT_CONFIG, account: AccountOrAll = None) -> None:
    """Encrypt the secrets again with a new key, wrapped by the present master key.

    To replace the master key, name the new one in secrets.master_key and the old one in
    secrets.previous_master_key, run this for all accounts, then remove the old one.
    """
    from flows.app.accounts.secret_changes import rotate

    def act(path: Path) -> tuple[object, int]:
        err().print(rotate(path))
        return None, 0

    look_at(config, account, act, as_json=False)


@app.command("remove")
def remove_secret(kind: Kind, config: Config = DEFAULT_CONFIG, account: Account = None) -> None:
    """Remove a secret or the reference to it."""
    from flows.app.accounts.secret_changes import remove

    name, path = named(config, account)
    remove(path, name, kind)
    err().print(f"removed: {kind} of {name}")


def named(config: Path, account: str | None) -> tuple[str, Path]:
    """Return name and settings file of the account; exit with 2 for a settings file alone."""
    ((name, path),) = choose(config, account)
    if not name:
        refuse(
            f"{config} is the settings file of one account, which takes its secrets from the "
            "environment or a block. Secrets are kept for accounts in accounts.d."
        )
    return name, path


def typed(question: str) -> "SecretStr":
    """Read a secret from stdin, or ask for it without showing it."""
    from pydantic import SecretStr

    if sys.stdin.isatty():
        return SecretStr(typer.prompt(question, hide_input=True, err=True))
    # What a line end is part of cannot be known, and a copied secret often comes with one.
    return SecretStr(sys.stdin.read().strip())
