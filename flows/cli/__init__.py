"""The command line. Commands import what they need when they run: --help answers at once."""

import atexit
import copy
import gc
import os
import sys
from collections.abc import Sequence
from typing import Annotated, Any

import typer

from flows.cli.account import accounts, secrets
from flows.cli.account.blocks import blocks
from flows.cli.account.caspio import caspio
from flows.cli.account.doctor import doctor
from flows.cli.account.init import init
from flows.cli.common import EXIT_INTERRUPTED, EXIT_SETTINGS, EXIT_STOPPED, Failure, complain
from flows.cli.plain_command import PlainCommand, PlainGroup
from flows.cli.records import learn, sync
from flows.cli.records.acknowledge import acknowledge
from flows.cli.records.apply import apply
from flows.cli.records.explain import explain
from flows.cli.records.plan import plan
from flows.cli.records.read import read
from flows.cli.records.reprocess import reprocess
from flows.cli.records.run import run
from flows.cli.records.status import status
from flows.cli.records.undo import redo, undo
from flows.cli.records.verify import verify
from flows.cli.services import api, mcp, web, webhooks
from flows.cli.services.demo import demo
from flows.cli.services.deploy import deploy
from flows.cli.services.emulator import emulator
from flows.cli.services.metrics import metrics
from flows.cli.services.serve import serve
from flows.cli.services.worker import worker
from flows.terminal.stdout import reserve_stdout
from pipeline.errors import BadSettings, IngestError, StopRequested, unusable_file


class Commands(PlainGroup):
    """The commands, whose usage errors are plain sentences."""

    def invoke(self, ctx: Any) -> Any:
        """Run a command. A wrong value is reported without the words that pydantic adds."""
        try:
            return super().invoke(ctx)
        except typer.BadParameter as error:
            error.message = error.message.removeprefix("Value error, ").replace(
                "does not match the formats '%Y-%m-%d'", "is not a day such as 2026-03-31"
            )
            raise


app = typer.Typer(
    name="caspio-ingest",
    cls=Commands,
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
    """Read the files that people upload into Caspio, and write what they say back to the record."""
    if version:
        from importlib.metadata import version as installed

        typer.echo(f"caspio-ingest {installed('caspio-ingest')}")
        raise typer.Exit


COMMANDS = (
    init,
    demo,
    emulator,
    serve,
    deploy,
    worker,
    run,
    reprocess,
    plan,
    apply,
    undo,
    redo,
    acknowledge,
    read,
    status,
    explain,
    doctor,
    metrics,
    verify,
    caspio,
    blocks,
)
"""In the order of `--help`; a command is called as its function."""

for command in COMMANDS:
    app.command(command.__name__)(command)
app.add_typer(learn.app, name="learn")
app.add_typer(web.app, name="web")
app.add_typer(webhooks.app, name="webhooks")
app.add_typer(accounts.app, name="accounts")
app.add_typer(secrets.app, name="secrets")
app.add_typer(mcp.app, name="mcp")
app.add_typer(api.app, name="api")
app.add_typer(sync.app, name="sync")


def _make_plain(group: typer.Typer) -> None:
    """Give the commands and groups of a group, and theirs, the classes with plain help."""
    for command in group.registered_commands:
        command.cls = PlainCommand
    for nested in group.registered_groups:
        assert nested.typer_instance is not None
        nested.typer_instance.info.cls = PlainGroup
        _make_plain(nested.typer_instance)


_make_plain(app)


def _needed(arguments: Sequence[str]) -> typer.Typer:
    """Return the command line with the command that is named alone, with all if none is named.

    Typer takes apart every function that it is given, which takes as long as most of `--help`.
    """
    name = arguments[0] if arguments else ""
    commands = [one for one in app.registered_commands if one.name == name]
    groups = [one for one in app.registered_groups if one.name == name]
    if not commands and not groups:
        return app
    needed = copy.copy(app)
    needed.registered_commands, needed.registered_groups = commands, groups
    return needed


def main() -> None:
    """Run a command, and exit with the code of its result (`flows.cli.common.EXIT_CODES`).

    0 done; 1 some documents failed; 2 settings or usage; 3 stopped (credentials, archive, budget);
    130 interrupted, resumable.
    """
    # Before Python ends, it looks for garbage among all that was imported, which is a tenth of what
    # reading a short text takes. The system takes the memory back in any case.
    atexit.register(gc.freeze)
    # Prefect's client reports its use unless configured otherwise; programs that it starts inherit
    # this.
    os.environ.setdefault("DO_NOT_TRACK", "1")  # noqa: TID251 - written here, read by Prefect
    # Before any command imports something that might print: stdout is for the document alone.
    if "--json" in sys.argv and "--help" not in sys.argv:
        reserve_stdout()
    try:
        _needed(sys.argv[1:])(standalone_mode=True)
    except Failure as failure:
        sys.exit(failure.exit_code)
    except BadSettings as error:
        complain("Cannot start", error.problems)
        sys.exit(EXIT_SETTINGS)
    except StopRequested as error:
        complain("Interrupted", [str(error)])
        sys.exit(EXIT_INTERRUPTED)
    except IngestError as error:
        complain("Stopped", [str(error)])
        sys.exit(EXIT_STOPPED)
    except OSError as error:
        complain("Stopped", [unusable_file(error)])
        sys.exit(EXIT_STOPPED)
    except SystemExit as ending:
        if ending.code == EXIT_INTERRUPTED:  # what typer makes of Ctrl-C
            complain("Interrupted", ["Nothing is lost: the next run continues from here."])
        raise
