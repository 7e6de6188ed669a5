"""`emulator`: the local Caspio."""

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
            "--quirk", help="Behave otherwise where Caspio is unknown.", metavar="NAME=VALUE"
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
        complain(
            "The emulator cannot start", [f"{error}. Choose another --port (0 takes a free one)."]
        )
        raise Failure(EXIT_STOPPED) from None
    except ValueError as error:
        complain("The emulator cannot start", [str(error)])
        raise Failure(EXIT_SETTINGS) from None
    local.serve_forever(
        lambda url: err().print(
            f"Caspio emulator at {url}, client id [b]id[/], secret [b]secret[/]"
        )
    )
