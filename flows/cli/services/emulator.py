"""`emulator`: the local Caspio."""

import errno
from collections.abc import Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import Annotated

import typer

from flows.cli.common import (
    EXIT_SETTINGS,
    EXIT_STOPPED,
    Failure,
    complain,
    err,
)


def emulator(
    seed: Annotated[
        list[Path],
        typer.Option(
            "--seed", help="A seed folder with account.json; one for each account.", metavar="DIR"
        ),
    ] = [],
    port: Annotated[
        int, typer.Option("--port", min=0, max=65535, help="0 takes a free port.")
    ] = 8250,
    state: Annotated[
        Path | None, typer.Option("--state", help="Keep the account in this SQLite file.")
    ] = None,
    quirk: Annotated[
        list[str],
        typer.Option(
            "--quirk", help="Change a behavior that Caspio does not document.", metavar="NAME=VALUE"
        ),
    ] = [],
) -> None:
    """Run the local Caspio until stopped.

    Client id and secret are `id` and `secret`; a browser shows the account's contents.
    """
    from infra.emulator import Emulator, parse_quirks

    # Before the server starts, with the command that draws one.
    absent = next((one for one in seed if not (one / "account.json").is_file()), None)
    if absent is not None:
        complain(
            "No seed",
            [f"{absent} has no account.json; draw one with `python -m infra.samples {absent}`."],
        )
        raise Failure(EXIT_SETTINGS)
    try:
        quirks = parse_quirks(quirk)
    except ValueError as error:
        complain("No such quirk", [str(error)])
        raise Failure(EXIT_SETTINGS) from None
    try:
        local = Emulator(
            seed=seed[0] if seed else None,
            more_seeds=seed[1:],
            port=port,
            state=state or "memory",
            quirks=quirks,
        )
    except OSError as error:
        taken = error.errno == errno.EADDRINUSE
        why = f"Port {port} is taken" if taken else str(error)
        complain(
            "The emulator cannot start", [f"{why}. Choose another --port (0 takes a free one)."]
        )
        raise Failure(EXIT_STOPPED) from None
    except ValueError as error:
        complain("The emulator cannot start", [str(error)])
        raise Failure(EXIT_SETTINGS) from None
    local.serve_forever(partial(_show_accounts, seed))


def _show_accounts(seeds: Sequence[Path], url: str) -> None:
    err().print(f"Caspio emulator at {url}, client id `id`, secret `secret`")
    for line in further_accounts(seeds):
        err().print(line, soft_wrap=True)


def further_accounts(seeds: Sequence[Path]) -> Iterator[str]:
    """Yield a line for each account but the first, with the client ids that select it."""
    from infra.emulator.account.seed import account_name, profiles_of

    for folder in seeds[1:]:
        ids = ", ".join(profile.client_id for profile in profiles_of(folder))
        said = (
            f"client id {ids}" if ids else f"no client id: add `profiles` to {folder}/account.json"
        )
        yield f"  account {account_name(folder)}: {said}"
