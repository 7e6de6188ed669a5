"""The command line. Commands import what they need when they run: --help answers at once."""

import sys
from typing import Annotated

import typer

from flows.cli import (
    blocks,
    caspio,
    init,
    local,
    look,
    metrics,
    plan,
    pool,
    read,
    verify,
    webhooks,
    work,
)
from flows.cli.common import EXIT_INTERRUPTED, EXIT_SETTINGS, EXIT_STOPPED, Failure, complain
from pipeline.errors import BadSettings, IngestError, StopRequested

app = typer.Typer(
    name="caspio-ingest",
    no_args_is_help=True,
    invoke_without_command=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)


@app.callback()
def _options(
    *,
    version: Annotated[bool, typer.Option("--version", help="Show the version and exit.")] = False,
) -> None:
    """Read the files people upload into Caspio and write what they say back to the record."""
    if version:
        from importlib.metadata import version as installed

        typer.echo(f"caspio-ingest {installed('caspio-ingest')}")
        raise typer.Exit


for module in (
    init,
    local,
    pool,
    work,
    plan,
    read,
    look,
    metrics,
    verify,
    webhooks,
    caspio,
    blocks,
):
    module.register(app)


def main() -> None:
    """Run a command and end with the exit code its result deserves.

    0 done; 1 done, but some documents failed; 2 settings or usage; 3 stopped (credentials, archive, ledger, budget);
    130 interrupted, resumable.
    """
    try:
        app(standalone_mode=True)
    except Failure as failure:
        sys.exit(failure.exit_code)
    except BadSettings as error:
        complain("Cannot begin", error.problems)
        sys.exit(EXIT_SETTINGS)
    except StopRequested as error:
        complain("Interrupted", [str(error)])
        sys.exit(EXIT_INTERRUPTED)
    except IngestError as error:
        complain("Stopped", [str(error)])
        sys.exit(EXIT_STOPPED)
    except SystemExit as ending:
        if ending.code == EXIT_INTERRUPTED:  # what typer makes of Ctrl-C
            complain("Interrupted", ["Nothing is lost: the next run goes on from here."])
        raise
