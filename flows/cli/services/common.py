"""Options that the services share."""

from typing import Annotated

import typer

WithAutomations = Annotated[
    bool,
    typer.Option("--with-automations", help="Also install the automations: lost runs, alarms."),
]


TakeOver = Annotated[
    bool,
    typer.Option("--take-over", help="Replace deployments that another installation has made."),
]


Notify = Annotated[
    str | None,
    typer.Option(help="Notification block the alarms use, as slug/name.", metavar="BLOCK"),
]


def left_over(name: str) -> str:
    """Say that a deployment was removed, and why."""
    return f"removed: {name}, which these settings had made and have no source for any more"
