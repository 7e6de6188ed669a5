"""Options that the services share."""

from typing import TYPE_CHECKING, Annotated

import typer

from flows.cli.common import err
from pipeline.wording import counted

if TYPE_CHECKING:
    from flows.prefect.server import Server
    from pipeline.settings import Settings

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


def ask_again(server: "Server", settings: "Settings") -> None:
    """Ask again for what users asked of runs whose host died with them, before work begins here."""
    from flows.app.wiring import open_ledger, system_clock
    from flows.prefect.deployments.priorities import settings_name
    from flows.prefect.requests.lost_requests import ask_again_for_lost

    with open_ledger(settings) as ledger:
        now = system_clock().now()
        created = ask_again_for_lost(server, settings_name(settings), ledger, now=now)
    if created:
        lost = counted(created, "lost run")
        err().print(f"asked again for what users asked of {lost}", highlight=False)
