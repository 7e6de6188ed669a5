"""`plan`, `apply`, `undo`: what will be written, exactly that, and back again."""

from pathlib import Path
from typing import Annotated

import typer

from flows.cli.common import (
    DEFAULT_CONFIG,
    EXIT_SOME_FAILED,
    AsJson,
    Config,
    Failure,
    Verbose,
    print_json,
    set_up_logs,
)
from flows.cli.work import Limit, Sources, tell
from pipeline.settings import environment

Records = Annotated[
    list[str],
    typer.Option("--record", help="Only this PK_ID (or path); may be repeated.", metavar="PK"),
]


def register(app: typer.Typer) -> None:
    """Add the commands."""
    app.command("plan")(plan)
    app.command("apply")(apply)
    app.command("undo")(undo)


def plan(
    config: Config = DEFAULT_CONFIG,
    source: Sources = [],
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
    """Read and archive, write nothing, and leave a plan.

    Everything new or changed is read; the plan is reviewed, and then carried out by `apply`.
    """
    from flows.app.planning import plan_directly

    set_up_logs(verbose=verbose)
    made = plan_directly(config, sources=source, limit=limit, file=file, html=html)
    if as_json:
        print_json(made.document)
    else:
        from flows.cli.show.plan import show_plan

        show_plan(made)
    if made.report.failed or made.report.stopped:
        raise Failure(EXIT_SOME_FAILED)


def apply(
    file: Annotated[Path, typer.Argument(help="A plan that `plan` made.", metavar="FILE")],
    record: Records = [],
    config: Config = DEFAULT_CONFIG,
    as_json: AsJson = False,
    verbose: Verbose = False,
) -> None:
    """Carry out exactly what a plan says.

    What has moved since is refused, record by record.
    """
    set_up_logs(verbose=verbose)
    if environment("PREFECT_API_URL"):
        from flows.prefect.run_as_flow import apply_as_flow as carry_out
    else:
        from flows.app.planning import apply_directly as carry_out
    tell(carry_out(config, file, records=record), as_json=as_json)


def undo(
    run: Annotated[
        str, typer.Argument(help="The run's id, as `status` and `run` show it.", metavar="RUN")
    ],
    record: Records = [],
    config: Config = DEFAULT_CONFIG,
    as_json: AsJson = False,
    verbose: Verbose = False,
) -> None:
    """Put back what a run wrote and renamed.

    Only where nobody has touched it since; what is left alone is told, and why.
    """
    set_up_logs(verbose=verbose)
    if environment("PREFECT_API_URL"):
        from flows.prefect.run_as_flow import undo_as_flow as put_back
    else:
        from flows.app.planning import undo_directly as put_back
    tell(put_back(config, run, records=record), as_json=as_json)
