"""`run` and `reprocess`: the line, directly or, with PREFECT_API_URL set, as the flow."""

from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from flows.cli.common import (
    DEFAULT_CONFIG,
    EXIT_SETTINGS,
    EXIT_SOME_FAILED,
    AsJson,
    Config,
    Failure,
    Verbose,
    complain,
    out,
    print_json,
    set_up_logs,
)
from pipeline.settings import environment

if TYPE_CHECKING:
    from flows.app.run_report import Report
    from flows.app.run_request import RunRequest

Sources = Annotated[
    list[str], typer.Option("--source", help="Only this source; may be repeated.", metavar="NAME")
]
Limit = Annotated[
    int | None, typer.Option("--limit", min=1, help="Stop after this many records of each source.")
]
Yes = Annotated[
    bool,
    typer.Option("--yes", help="Write, even where a new or changed source would only be planned."),
]


def register(app: typer.Typer) -> None:
    """Add the commands."""
    app.command("run")(run)
    app.command("reprocess")(reprocess)


def run(
    config: Config = DEFAULT_CONFIG,
    source: Sources = [],
    record: Annotated[
        list[str],
        typer.Option(
            "--record",
            help="Only this record of one --source: PK_ID, or a folder's path.",
            metavar="PK",
        ),
    ] = [],
    limit: Limit = None,
    yes: Yes = False,
    as_json: AsJson = False,
    verbose: Verbose = False,
) -> None:
    """Work on everything new or changed. The first run of a new or changed source only plans, and says so."""
    from flows.app.run_request import RunRequest

    set_up_logs(verbose=verbose)
    if record and len(source) != 1:
        complain(
            "Which source?",
            ["--record names records of one source: give exactly one --source with it."],
        )
        raise Failure(EXIT_SETTINGS)
    _work(config, source, RunRequest(records=tuple(record), limit=limit, yes=yes), as_json=as_json)


def reprocess(
    config: Config = DEFAULT_CONFIG,
    source: Sources = [],
    record: Annotated[
        list[str], typer.Option("--record", help="PK_ID; may be repeated.", metavar="PK")
    ] = [],
    where: Annotated[
        str | None, typer.Option("--where", help="A WHERE clause on the source.", metavar="SQL")
    ] = None,
    since: Annotated[
        datetime | None, typer.Option("--since", formats=["%Y-%m-%d"], help="Handled since.")
    ] = None,
    stale: Annotated[
        bool, typer.Option("--stale", help="Read or planned under other code, settings or models.")
    ] = False,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Tell what would be read again, and stop there.")
    ] = False,
    yes: Yes = False,
    as_json: AsJson = False,
    verbose: Verbose = False,
) -> None:
    """Read again, from the archive, and write what has changed. Without a selection: every record of the sources."""
    from flows.app.run_request import RunRequest
    from pipeline.source_run.worker_pool import Selection

    set_up_logs(verbose=verbose)
    moment = since.replace(tzinfo=UTC) if since else None
    selection = Selection(records=tuple(record), where=where, since=moment, stale=stale)
    if dry_run:
        _foretell(config, source, RunRequest(selection=selection), as_json=as_json)
        return
    _work(config, source, RunRequest(selection=selection, yes=yes), as_json=as_json)


def _foretell(config: Path, sources: list[str], order: "RunRequest", *, as_json: bool) -> None:
    from flows.app.preview import preview_directly

    previews = preview_directly(config, sources=sources, order=order)
    if as_json:
        print_json({p.source: p.as_json() for p in previews})
        return
    for one in previews:
        out().print(str(one), highlight=False, markup=False)


def _work(config: Path, sources: list[str], order: "RunRequest", *, as_json: bool) -> None:
    if environment("PREFECT_API_URL"):
        from flows.prefect.run_as_flow import work_as_flow as work
    else:
        from flows.app.direct import work_directly as work
    tell(work(config, sources=sources, order=order), as_json=as_json)


def tell(report: "Report", *, as_json: bool) -> None:
    """Print what a run came to, and end with 1 where documents failed or a source was stopped."""
    if as_json:
        print_json(report.document)
    else:
        from flows.cli.show.report import show_report

        show_report(report)
    if report.failed or report.stopped:
        raise Failure(EXIT_SOME_FAILED)
