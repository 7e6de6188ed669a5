"""`demo`: everything on this machine, with sample documents."""

import sys
import threading
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from flows.cli.common import (
    AsJson,
    err,
    print_json,
    set_up_logs,
)

if TYPE_CHECKING:
    from flows.prefect.demo import DemoResult


def demo(
    folder: Annotated[Path, typer.Option("--dir", help="Where the demo keeps everything.")] = Path(
        "demo"
    ),
    keep_open: Annotated[
        bool | None,
        typer.Option(
            "--keep-open/--no-keep-open", help="Leave the UI up (default: in a terminal)."
        ),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Show it all on this machine, with sample documents.

    A local Caspio, an archive, a ledger and Prefect with its UI are started, and stopped again.
    """
    from flows.prefect.demo import played

    set_up_logs()
    console = err()
    with played(folder, console) as result:
        show_result(result, as_json=as_json)
        # A script that calls the demo must get its prompt back; a user wants to look around.
        if keep_open or (keep_open is None and sys.stdout.isatty() and not as_json):
            console.print("[bold]The Prefect UI and the emulator stay up; Ctrl-C ends the demo.[/]")
            with suppress(KeyboardInterrupt):
                threading.Event().wait()


def show_result(result: "DemoResult", *, as_json: bool) -> None:
    """Print the result of the demo."""
    if as_json:
        print_json(result.as_json())
    else:
        from flows.cli.show.demo import show_demo

        show_demo(result)
