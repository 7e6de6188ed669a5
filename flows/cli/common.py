"""What all commands share: options, consoles, exit codes, logs."""

import importlib
import json
import logging
import re
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from flows.terminal.stdout import results
from pipeline.logs import set_up_with_first_line

if TYPE_CHECKING:
    from rich.console import Console

    from pipeline.adapters.caspio.client import CaspioClient
    from pipeline.settings import Settings

EXIT_SOME_FAILED = 1
EXIT_SETTINGS = 2
EXIT_STOPPED = 3
EXIT_INTERRUPTED = 130
EXIT_CODES = {
    0: "Done.",
    EXIT_SOME_FAILED: (
        "Done, but something needs a user: a document was rejected, in conflict or failed, in "
        "this run or an earlier one, and nobody has acknowledged it; a source was not worked on; "
        "or `verify` found differences."
    ),
    EXIT_SETTINGS: "The settings or the command line are wrong, or no source could run.",
    EXIT_STOPPED: (
        "Stopped: the credentials, the archive, the ledger, the disk, the budget or the Prefect "
        "server do not allow more. Nothing is half done."
    ),
    EXIT_INTERRUPTED: "Interrupted. The next run continues.",
}
"""What each exit code of the program means."""

Config = Annotated[Path, typer.Option("--config", help="The settings file.", metavar="PATH")]
AsJson = Annotated[
    bool, typer.Option("--json", help="Print one JSON document on stdout and nothing else.")
]
Verbose = Annotated[
    bool, typer.Option("--verbose", "-v", help="Log every call and step to stderr.")
]
DEFAULT_CONFIG = Path("caspio-ingest.toml")


def checked_address(address: str | None) -> str | None:
    """Return an address as it is, and nothing as it was given.

    Raises:
        typer.BadParameter: it is not HOST:PORT.
    """
    if address and not re.fullmatch(r"[^\s:/]+:[0-9]{1,5}", address):
        raise typer.BadParameter(f"{address!r} is not HOST:PORT, such as 127.0.0.1:8767.")
    return address


Listen = Annotated[
    str,
    typer.Option(
        "--listen",
        help="Where to listen; port 0 takes a free one.",
        metavar="HOST:PORT",
        callback=checked_address,
    ),
]


class Failure(Exception):
    """Ends a command with an exit code; all messages have been printed."""

    def __init__(self, exit_code: int) -> None:
        """Keep the code."""
        self.exit_code = exit_code
        super().__init__(exit_code)


def out() -> "Console":
    """Return the console for results."""
    load_rich()
    from flows.terminal.console import PlainConsole

    return PlainConsole()


def err() -> "Console":
    """Return the console for progress, logs and error messages."""
    load_rich()
    from flows.terminal.console import PlainConsole

    return PlainConsole(stderr=True)


def complain(title: str, lines: Sequence[str]) -> None:
    """Print a title and one line per problem on stderr."""
    console = err()
    console.print(title, style="bold red")
    for line in lines:
        console.print(f"  {line}", soft_wrap=True)


def complain_of_stopped(stopped: Mapping[str, Sequence[str]]) -> None:
    """Print on stderr what stopped sources, and that nothing else was done with them."""
    if stopped:
        problems = chain.from_iterable(stopped.values())
        complain(f"Not worked on: {', '.join(stopped)}", list(problems))


@contextmanager
def counted_client(settings: "Settings") -> "Iterator[CaspioClient]":
    """Open a client that shares the account's rate with all workers and counts its calls.

    If the ledger is not available, the client works without it and its calls are not counted:
    support must be possible then, too.
    """
    from flows.app.wiring.account import open_client
    from flows.app.wiring.ports import open_ledger, system_clock
    from pipeline.errors import LedgerUnavailable
    from pipeline.metering.budget import Spending

    clock = system_clock()
    # The ledger may be what is broken, and this client is for finding out.
    ledger = spending = None
    with ExitStack() as stack:
        try:
            ledger = stack.enter_context(open_ledger(settings, clock=clock))
            spending = Spending(ledger, settings.caspio.account, settings.caspio.allowance, block=1)
            stack.callback(spending.close)
        except LedgerUnavailable as error:
            complain("This command's calls are not counted", [str(error)])
        yield stack.enter_context(
            open_client(settings, clock=clock, ledger=ledger, spending=spending)
        )


def print_json(document: object) -> None:
    """Print one JSON document on stdout."""
    # Imported only where it is used: the command line starts without the pipeline.
    from pipeline.model.plain import json_as_utf8

    stream = results()
    stream.write(json_as_utf8(json.dumps(document, ensure_ascii=False, default=str)).decode())
    stream.write("\n")
    # Now, while an error such as a full disk can still be reported.
    stream.flush()


def set_up_logs(*, verbose: bool = False) -> None:
    """Send structured log lines to stderr: warnings, or everything.

    Tracebacks omit the variables of functions: those contain tokens and texts of documents.
    """
    load_rich()
    # Without colored tracebacks: they are not used, and a quarter of its time.
    _import_without("rich.traceback", "structlog")
    import structlog
    from structlog import processors

    from flows.terminal.console import plain_log

    level = logging.DEBUG if verbose else logging.WARNING
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            processors.add_log_level,
            plain_log,
            structlog.dev.set_exc_info,
            processors.TimeStamper(fmt="iso", utc=True),
            structlog.dev.ConsoleRenderer(
                colors=sys.stderr.isatty(), exception_formatter=structlog.dev.plain_traceback
            ),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
    )


def set_up_logs_later() -> None:
    """Do so with the first line, in a command that mostly writes none."""
    if "structlog" in sys.modules:
        set_up_logs()
    else:
        set_up_with_first_line(set_up_logs)


def load_rich() -> None:
    """Import rich without attrs, whose classes it can print: that takes longer than all of rich."""
    _import_without("attr", "rich.pretty")


def _import_without(unused: str, name: str) -> None:
    """Import a module that does without another one where that is not installed."""
    if name in sys.modules or unused in sys.modules:
        return
    sys.modules[unused] = None  # type: ignore[assignment]  # "is not installed"
    try:
        importlib.import_module(name)
    finally:
        del sys.modules[unused]
