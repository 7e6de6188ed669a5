"""What commands on records share: options, the choice of the runner, and the exit code."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from flows.cli.common import (
    EXIT_SETTINGS,
    EXIT_SOME_FAILED,
    Failure,
    complain,
    complain_of_stopped,
    print_json,
)
from pipeline.environment import environment

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


def work_on(config: Path, sources: list[str], request: "RunRequest", *, as_json: bool) -> None:
    """Run the request for each source, as flows if PREFECT_API_URL is set, and finish."""
    # Imported only where it is used: Prefect takes longer to load than most commands to run.
    if environment("PREFECT_API_URL"):
        from flows.prefect.run_as_flow import work_as_flow as work
    else:
        from flows.app.direct import work_directly as work
    finish(work(config, sources=sources, request=request), as_json=as_json)


def finish(report: "Report", *, as_json: bool) -> None:
    """Print the report; exit with 1 if something needs a user."""
    if as_json:
        print_json(report.document)
    else:
        from flows.cli.show.report import show_report

        show_report(report)
    complain_of_stopped(report.stopped)
    # After the report is printed: what was done must show, whatever the exit code.
    if not report.is_green:
        raise Failure(EXIT_SOME_FAILED)


def require_one_source(records: list[str], sources: list[str]) -> None:
    """Exit with 2 if records are named without the one source that they belong to."""
    # PK_IDs are numbers that every table has: without a source they name nothing.
    if records and len(sources) != 1:
        complain(
            "--record needs a source",
            ["--record names records of one source. Give exactly one --source with it."],
        )
        raise Failure(EXIT_SETTINGS)


RecordsOfSource = Annotated[
    list[str],
    typer.Option(
        "--record",
        help="Only this PK_ID (or path) of one --source; may be repeated.",
        metavar="PK",
    ),
]


Records = Annotated[
    list[str],
    typer.Option("--record", help="Only this PK_ID (or path); may be repeated.", metavar="PK"),
]
