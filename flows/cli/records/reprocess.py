"""`reprocess`: read again, from the archive."""

from datetime import UTC, datetime
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
    out,
    print_json,
    set_up_logs,
)
from flows.cli.records.common import Records, Sources, Yes, work_on


def reprocess(
    config: Config = DEFAULT_CONFIG,
    account: Account = None,
    source: Sources = [],
    record: Records = [],
    where: Annotated[
        str | None, typer.Option("--where", help="A WHERE clause on the source.", metavar="SQL")
    ] = None,
    since: Annotated[
        datetime | None,
        typer.Option("--since", formats=["%Y-%m-%d"], help="Only files processed since this day."),
    ] = None,
    stale: Annotated[
        bool,
        typer.Option("--stale", help="Only files read with other code, settings or models."),
    ] = False,
    as_class: Annotated[
        str,
        typer.Option(
            "--as",
            help="The class that the chosen documents have, such as invoice.",
            metavar="CLASS",
        ),
    ] = "",
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Show what would be read again, and stop there.")
    ] = False,
    yes: Yes = False,
    as_json: AsJson = False,
    verbose: Verbose = False,
) -> None:
    """Read again, from the archive, and write what has changed.

    Without a selection, every record of the sources is read again.
    """
    from flows.app.run_request import RunRequest
    from flows.app.settings import load_settings
    from flows.app.sources import named_sources, require_one_each
    from pipeline.source_run.selection import Selection

    set_up_logs(verbose=verbose)
    # Days begin at midnight UTC, as everywhere in the ledger.
    moment = since.replace(tzinfo=UTC) if since else None
    selection = Selection(tuple(record), where, moment, stale, as_class)
    config = of_account(config, account)
    require_one_each(named_sources(load_settings(config), source), record)
    if not dry_run:
        work_on(config, source, RunRequest(selection=selection, yes=yes), as_json=as_json)
        return
    from flows.app.preview import preview_directly

    previews, stopped = preview_directly(config, sources=source, selection=selection)
    if as_json:
        print_json({preview.source: preview.as_json() for preview in previews})
    else:
        for preview in previews:
            out().print(str(preview))
    complain_of_stopped(stopped)
    if stopped:
        raise Failure(EXIT_SOME_FAILED)
