"""`undo`: put back what a run changed; `redo`: write it again."""

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

Run = Annotated[
    str, typer.Argument(help="The run's id, as `status` and `run` show it.", metavar="RUN")
]


def undo(
    run: Run,
    source: Sources = [],
    record: Records = [],
    config: Config = DEFAULT_CONFIG,
    account: Account = None,
    as_json: AsJson = False,
    verbose: Verbose = False,
) -> None:
    """Put back what a run wrote and renamed.

    A value that somebody changed since is left alone and reported. An undo is a run, too: `redo`
    with its id writes it all again.
    """
    set_up_logs(verbose=verbose)
    _put_back(of_account(config, account), run, source, record, redo=False, as_json=as_json)


def redo(
    run: Run,
    source: Sources = [],
    record: Records = [],
    config: Config = DEFAULT_CONFIG,
    account: Account = None,
    as_json: AsJson = False,
    verbose: Verbose = False,
) -> None:
    """Write and rename again what an undo put back; RUN is the id of the undo.

    A value that somebody changed since is left alone and reported.
    """
    set_up_logs(verbose=verbose)
    _put_back(of_account(config, account), run, source, record, redo=True, as_json=as_json)


def _put_back(
    config: Path, run: str, sources: list[str], records: list[str], *, redo: bool, as_json: bool
) -> None:
    # As for `run`: where a server is, its pages show what was put back, too.
    if environment("PREFECT_API_URL"):
        from flows.prefect.run_as_flow import undo_as_flow as put_back
    else:
        from flows.app.changes import undo_directly as put_back
    report = put_back(config, run, sources=sources, records=records, redo=redo)
    finish(report, as_json=as_json)
