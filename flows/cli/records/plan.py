"""`plan`: read and archive everything, and write a plan of the changes."""

from pathlib import Path
from typing import Annotated

import typer

from flows.cli.choice import Account, of_account
from flows.cli.common import (
    DEFAULT_CONFIG,
    EXIT_SOME_FAILED,
    AsJson,
    Config,
    Failure,
    Verbose,
    complain_of_stopped,
    print_json,
    set_up_logs,
)
from flows.cli.records.common import Limit, RecordsOfSource, Sources, require_one_source


def plan(
    config: Config = DEFAULT_CONFIG,
    account: Account = None,
    source: Sources = [],
    record: RecordsOfSource = [],
    limit: Limit = None,
    file: Annotated[
        Path | None, typer.Option("-o", "--output", help="The plan file to write.", metavar="FILE")
    ] = None,
    html: Annotated[
        Path | None, typer.Option("--html", help="Also write a page for a browser.", metavar="FILE")
    ] = None,
    as_json: AsJson = False,
    verbose: Verbose = False,
) -> None:
    """Read and archive everything new, and write a plan to a file.

    Nothing is written to Caspio. Review the plan, then carry it out with `apply`.
    """
    from flows.app.plan import plan_directly

    set_up_logs(verbose=verbose)
    require_one_source(record, source)
    config = of_account(config, account)
    made = plan_directly(config, sources=source, records=record, limit=limit, file=file, html=html)
    if as_json:
        print_json(made.document)
    else:
        from flows.cli.show.plan import show_plan

        show_plan(made)
    complain_of_stopped(made.report.stopped)
    if not made.report.is_green:
        raise Failure(EXIT_SOME_FAILED)
