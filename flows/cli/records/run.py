"""`run`: work on everything new or changed."""

from typing import Annotated

import typer

from flows.cli.choice import Account, of_account
from flows.cli.common import (
    DEFAULT_CONFIG,
    EXIT_SETTINGS,
    AsJson,
    Config,
    Failure,
    Verbose,
    complain,
    set_up_logs,
)
from flows.cli.records.common import Limit, Sources, Yes, work_on


def run(
    config: Config = DEFAULT_CONFIG,
    account: Account = None,
    source: Sources = [],
    record: Annotated[
        list[str],
        typer.Option(
            "--record",
            help="Only this record of one --source: its PK_ID or, for a folder, its path.",
            metavar="PK",
        ),
    ] = [],
    limit: Limit = None,
    yes: Yes = False,
    as_json: AsJson = False,
    verbose: Verbose = False,
) -> None:
    """Work on everything new or changed.

    The first run of a new or changed source only plans, and says so.
    """
    from flows.app.run_request import RunRequest

    set_up_logs(verbose=verbose)
    # PK_IDs are numbers that every table has: without a source they name nothing.
    if record and len(source) != 1:
        complain(
            "--record needs a source",
            ["--record names records of one source. Give exactly one --source with it."],
        )
        raise Failure(EXIT_SETTINGS)
    config = of_account(config, account)
    work_on(
        config, source, RunRequest(records=tuple(record), limit=limit, yes=yes), as_json=as_json
    )
