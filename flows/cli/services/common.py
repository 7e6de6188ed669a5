"""Options that the services share."""

from typing import Annotated

import typer

WithAutomations = Annotated[
    bool,
    typer.Option("--with-automations", help="Also install the automations: lost runs, alarms."),
]


Notify = Annotated[
    str | None,
    typer.Option(help="Notification block the alarms use, as slug/name.", metavar="BLOCK"),
]
