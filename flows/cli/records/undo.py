"""`undo`: put back what a run changed."""

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


def undo(
    run: Annotated[
        str, typer.Argument(help="The run's id, as `status` and `run` show it.", metavar="RUN")
    ],
    source: Sources = [],
    record: Records = [],
    config: Config = DEFAULT_CONFIG,
    account: Account = None,
    as_json: AsJson = False,
    verbose: Verbose = False,
) -> None:
    """Put back what a run wrote and renamed.

    A value that somebody changed since is left alone and reported. An undo is a run, too: to write
    it all again, name the run of the undo.
    """
    set_up_logs(verbose=verbose)
    config = of_account(config, account)
    # As for `run`: where a server is, its pages show what was put back, too.
    if environment("PREFECT_API_URL"):
        from flows.prefect.run_as_flow import undo_as_flow as put_back
    else:
        from flows.app.changes import undo_directly as put_back
    finish(put_back(config, run, sources=source, records=record), as_json=as_json)
