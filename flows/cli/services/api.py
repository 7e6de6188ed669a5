"""`api`: serve the operations on an account as REST, and print the document that describes them."""

import typer

from flows.cli.choice import AccountOrAll, of_accounts
from flows.cli.common import (
    DEFAULT_CONFIG,
    Config,
    Listen,
    Verbose,
    err,
    print_json,
    set_up_logs,
)

app = typer.Typer(help="Serve the HTTP API.", no_args_is_help=True, rich_markup_mode=None)


@app.command()
def serve(
    config: Config = DEFAULT_CONFIG,
    account: AccountOrAll = None,
    listen: Listen = "",
    verbose: Verbose = False,
) -> None:
    """Serve the HTTP API until SIGTERM or Ctrl-C.

    With `--account all`, each of several accounts has its own address, `/api/NAME`.
    Tokens are those of agents; see `mcp token create`.
    """
    from flows.api.serve import serving

    set_up_logs(verbose=verbose)
    with serving(of_accounts(config, account), listen) as ready:
        for address in ready.addresses:
            err().print(f"HTTP API at {address}", soft_wrap=True)
        ready.run()


@app.command()
def openapi() -> None:
    """Print the OpenAPI 3.1 document of the API as JSON."""
    from flows.api.openapi import document

    print_json(document())
