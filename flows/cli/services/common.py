"""Options that the services share."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Annotated

import typer

from flows.cli.common import err
from pipeline.errors import IngestError
from pipeline.wording import counted

if TYPE_CHECKING:
    from flows.prefect.server import Server
    from pipeline.settings import Settings

LOOK_S = 60.0
"""Seconds between two looks for lost runs."""

WithAutomations = Annotated[
    bool,
    typer.Option(
        "--with-automations", help="Also install the automations for lost runs and alarms."
    ),
]


TakeOver = Annotated[
    bool,
    typer.Option("--take-over", help="Replace deployments that another installation has made."),
]


Notify = Annotated[
    str | None,
    typer.Option(help="Notification block that the alarms use, as slug/name.", metavar="BLOCK"),
]


def left_over(name: str) -> str:
    """Say that a deployment was removed, and why."""
    return f"removed: {name}, which these settings had made and have no source for any more"


def install_automations(settings: "Settings", notify: str | None) -> None:
    """Install the automations at the server, and say which."""
    from flows.prefect.deployments.automations import install

    for name in install(heartbeat_s=settings.serve.heartbeat_s, notification_block=notify):
        err().print(f"automation installed: {name}")


@contextmanager
def asking_again(
    server: "Server", settings: "Settings", *, look_s: float = LOOK_S
) -> Iterator[None]:
    """Ask again for what users asked of runs whose host died: at once, and every minute meanwhile.

    The next run does that, too, but there may be none before a user waits in vain.
    """
    import structlog

    ask_again(server, settings)
    stop, log = threading.Event(), structlog.get_logger()

    def watch() -> None:
        while not stop.wait(look_s):
            try:
                ask_again(server, settings)
            except IngestError as error:
                # The ledger does not answer at the moment.
                log.warning("lost requests not looked for", error=str(error))
            except Exception:
                # A bug or an error of a library must not end the thread: nobody would look for
                # lost runs any more, and nothing would say so.
                log.exception("lost requests not looked for; the next look tries again")

    # A daemon: a call to a server that does not answer must not keep the program.
    threading.Thread(target=watch, name="lost requests", daemon=True).start()
    try:
        yield
    finally:
        stop.set()


def ask_again(server: "Server", settings: "Settings") -> None:
    """Ask again for what users asked of runs whose host died with them."""
    from flows.app.wiring.ports import open_ledger
    from flows.prefect.deployments.priorities import settings_name
    from flows.prefect.requests.lost_requests import ask_again_for_lost
    from flows.prefect.requests.silent_runs import patience

    after = patience(settings.serve.heartbeat_s)
    with open_ledger(settings) as ledger:
        created = ask_again_for_lost(server, settings_name(settings), ledger, silent_after=after)
    if created:
        lost = counted(created, "lost run")
        err().print(f"asked again for what users asked of {lost}")
