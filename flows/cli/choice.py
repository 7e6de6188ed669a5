"""Which account a command works for. With several, none is ever guessed."""

from collections.abc import Callable
from pathlib import Path
from typing import Annotated, NoReturn

import typer

from flows.cli.common import (
    EXIT_SETTINGS,
    EXIT_STOPPED,
    Failure,
    complain,
    out,
    print_json,
)
from pipeline.errors import BadSettings, IngestError

Account = Annotated[
    str | None,
    typer.Option("--account", help="The account, if there are several.", metavar="NAME"),
]
AccountOrAll = Annotated[
    str | None,
    typer.Option("--account", help="The account, if there are several, or `all`.", metavar="NAME"),
]

Look = Callable[[Path], tuple[object, int]]
"""Examines the account of a settings file; returns the document for --json and the exit code.
Without --json it prints its result itself.
"""


def of_account(config: Path, account: str | None, *, enters: bool = True) -> Path:
    """Return the settings file of the account a command works for.

    With `enters`, this process and those it starts get the secrets of no other account. Exits with
    2 if it is not said which account, or it does not exist.
    """
    ((_, path),) = choose(config, account)
    if enters:
        from flows.app.accounts.secrets import enter

        enter(path)
    return path


def of_accounts(config: Path, account: str | None) -> tuple[Path, ...]:
    """Return the settings files of all accounts for `all`, else that of one, as `of_account`."""
    from pipeline.accounts.names import ALL

    if account != ALL:
        return (of_account(config, account),)
    return tuple(path for _, path in choose(config, account, all_too=True))


def choose(config: Path, account: str | None, *, all_too: bool = False) -> list[tuple[str, Path]]:
    """Return names and settings files of the accounts that are meant; "" for a file alone."""
    from pipeline.accounts.names import ALL, account_names, account_of, has_accounts, settings_file

    if not has_accounts(config):
        own = account_of(config)
        if account not in {None, own}:
            refuse(f"{config} is the settings file of one account. Leave out --account.")
        return [(own or "", config)]
    names = account_names(config)
    listed = f"Accounts: {', '.join(names)}." if names else "`accounts add` adds the first one."
    if account is None:
        refuse(f"Name one of several accounts with --account. {listed}")
    if account == ALL and all_too:
        return [(name, settings_file(config, name)) for name in names]
    if account not in names:
        only = " Only commands that change nothing take `all`." if account == ALL else ""
        refuse(f"There is no account {account!r}.{only} {listed}")
    return [(account, settings_file(config, account))]


def refuse(problem: str) -> NoReturn:
    """Exit with 2, because no account was chosen."""
    complain("Which account?", [problem])
    raise Failure(EXIT_SETTINGS)


def look_at(config: Path, account: str | None, look: Look, *, as_json: bool) -> None:
    """Examine one account, or with `all` one after another, and exit with the worst code.

    What fails for one of all accounts is reported, and the others are examined all the same.
    """
    from pipeline.accounts.names import ALL

    chosen = choose(config, account, all_too=True)
    if account != ALL:
        document, code = look(chosen[0][1])
        if as_json:
            print_json(document)
        if code:
            raise Failure(code)
        return
    documents: dict[str, object] = {}
    codes = [0]
    for name, path in chosen:
        if not as_json:
            out().print(name, style="bold")
        try:
            documents[name], code = look(path)
        except IngestError as error:
            lines = error.problems if isinstance(error, BadSettings) else [str(error)]
            complain(f"Account {name}", lines)
            documents[name] = {"problems": lines}
            code = EXIT_SETTINGS if isinstance(error, BadSettings) else EXIT_STOPPED
        codes.append(code)
    if as_json:
        print_json({"accounts": documents})
    if max(codes):
        raise Failure(max(codes))
