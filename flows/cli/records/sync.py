"""`sync`: keep a table or view of Caspio and a table of a SQL database the same."""

from typing import TYPE_CHECKING, Annotated, Literal

import typer

from flows.cli.choice import Account, of_account
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
from pipeline.environment import environment

if TYPE_CHECKING:
    from flows.app.sync.run import SyncResult

app = typer.Typer(
    no_args_is_help=True,
    help="Keep tables of Caspio and of a SQL database the same.",
)

Name = Annotated[str, typer.Argument(help="The name of a [[sync]] entry.", metavar="NAME")]
Records = Annotated[
    list[str], typer.Option("--record", help="Only this PK_ID; may be repeated.", metavar="PK")
]
Sweep = Annotated[
    bool,
    typer.Option("--sweep", help="Compare every row, even if the changed ones would be enough."),
]
# The values of `Side` and no import of it: `--help` would load all that the pipeline works with.
SideName = Literal["caspio", "mirror"]
Delete = Annotated[
    bool,
    typer.Option(
        "--delete", help="Carry out the deletions, even if they are more than max_deletions."
    ),
]


@app.command("run")
def run(
    name: Name,
    record: Records = [],
    sweep: Sweep = False,
    delete: Delete = False,
    config: Config = DEFAULT_CONFIG,
    account: Account = None,
    as_json: AsJson = False,
    verbose: Verbose = False,
) -> None:
    """Bring both sides together: write what changed on one side to the other.

    With --record only a few records of Caspio are compared, as after a webhook of your own.
    """
    set_up_logs(verbose=verbose)
    config = of_account(config, account)
    if environment("PREFECT_API_URL"):
        from flows.prefect.sync import sync_as_flow as bring_together
    else:
        from flows.app.sync.run import run_directly as bring_together
    result = bring_together(config, name, sweep=sweep, delete_all=delete, records=record)
    _finish(result, as_json=as_json)


@app.command("plan")
def plan(
    name: Name,
    sweep: Sweep = False,
    delete: Delete = False,
    config: Config = DEFAULT_CONFIG,
    account: Account = None,
    as_json: AsJson = False,
    verbose: Verbose = False,
) -> None:
    """Show what a run would write, and how many calls it would make. Nothing is written."""
    from flows.app.sync.run import plan_directly

    set_up_logs(verbose=verbose)
    config = of_account(config, account)
    _finish(plan_directly(config, name, sweep=sweep, delete_all=delete), as_json=as_json)


@app.command("status")
def status(
    name: Name,
    config: Config = DEFAULT_CONFIG,
    account: Account = None,
    as_json: AsJson = False,
    verbose: Verbose = False,
) -> None:
    """Show how far a sync has come, and which conflicts wait. It makes no call."""
    from flows.app.sync.run import status_directly

    set_up_logs(verbose=verbose)
    found = status_directly(of_account(config, account), name)
    if as_json:
        print_json(found)
    else:
        from flows.cli.show.sync import show_status

        show_status(found)


@app.command("undo")
def undo(
    name: Name,
    run: Annotated[str, typer.Argument(help="The run's id, as `sync run` shows it.")],
    config: Config = DEFAULT_CONFIG,
    account: Account = None,
    as_json: AsJson = False,
    verbose: Verbose = False,
) -> None:
    """Put back on both sides what a run wrote. What changed since is left alone and reported."""
    from flows.app.sync.run import undo_directly

    set_up_logs(verbose=verbose)
    _finish(undo_directly(of_account(config, account), name, run), as_json=as_json)


@app.command("decide")
def decide(
    name: Name,
    key: Annotated[str, typer.Argument(help="The row's key, as `sync status` shows it.")],
    take: Annotated[SideName, typer.Option("--take", help="The side whose value counts.")],
    column: Annotated[
        str, typer.Option("--column", help="Only this column; without it, all that wait.")
    ] = "",
    config: Config = DEFAULT_CONFIG,
    account: Account = None,
    verbose: Verbose = False,
) -> None:
    """Decide a conflict. The next run writes the value that counts to the other side."""
    from flows.app.sync.run import decide_directly
    from flows.cli.common import out
    from pipeline.model.sync import Side

    set_up_logs(verbose=verbose)
    side = Side(take)
    decided = decide_directly(of_account(config, account), name, key, side, column=column)
    for one in decided:
        out().print(f"{key} {one}: the value of {take} counts from the next run on")


def _finish(result: "SyncResult", *, as_json: bool) -> None:
    if as_json:
        print_json(result.document)
    else:
        from flows.cli.show.sync import show_result

        show_result(result)
    if not result.report.is_green:
        raise Failure(EXIT_SOME_FAILED)
