"""`apply`: carry out exactly what a plan says."""

from pathlib import Path
from typing import Annotated

import typer

from flows.cli.choice import Account, of_account
from flows.cli.common import (
    DEFAULT_CONFIG,
    AsJson,
    Config,
    Verbose,
    set_up_logs,
)
from flows.cli.records.common import Records, Sources, finish
from pipeline.environment import environment


def apply(
    file: Annotated[Path, typer.Argument(help="A plan that `plan` made.", metavar="FILE")],
    source: Sources = [],
    record: Records = [],
    config: Config = DEFAULT_CONFIG,
    account: Account = None,
    as_json: AsJson = False,
    verbose: Verbose = False,
) -> None:
    """Carry out exactly what a plan says.

    A record that has changed since the plan was made is left alone and reported.
    """
    set_up_logs(verbose=verbose)
    config = of_account(config, account)
    if environment("PREFECT_API_URL"):
        from flows.prefect.run_as_flow import apply_as_flow as carry_out
    else:
        from flows.app.changes import apply_directly as carry_out
    finish(carry_out(config, file, sources=source, records=record), as_json=as_json)
