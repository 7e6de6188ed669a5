"""`acknowledge`: a user knows what became of documents."""

import getpass
from typing import Annotated

import typer

from flows.cli.choice import Account, of_account
from flows.cli.common import (
    DEFAULT_CONFIG,
    AsJson,
    Config,
    out,
    print_json,
)
from flows.cli.records.common import Records


def acknowledge(
    source: Annotated[str, typer.Argument(help="The source's name.", metavar="SOURCE")],
    record: Records = [],
    note: Annotated[
        str, typer.Option("--note", help="Why nothing is done about it.", metavar="TEXT")
    ] = "",
    by: Annotated[
        str | None,
        typer.Option(
            "--by", help="Who acknowledges them (default: your login name).", metavar="NAME"
        ),
    ] = None,
    withdraw: Annotated[
        bool, typer.Option("--withdraw", help="Let runs be red because of them again.")
    ] = False,
    config: Config = DEFAULT_CONFIG,
    account: Account = None,
    as_json: AsJson = False,
) -> None:
    """Mark documents as known, so that runs are green despite them.

    This applies to documents that were rejected, in conflict or failed, until their files change,
    and to those done in part that --record names. Without --record, it applies to all of the
    source; --withdraw takes back everything that was acknowledged there.
    """
    from flows.app.explain import AcknowledgeRequest, acknowledge_directly

    said_by = by or getpass.getuser()
    config = of_account(config, account, enters=False)
    request = AcknowledgeRequest(source, tuple(record), said_by, note, withdraw)
    done = acknowledge_directly(config, request)
    if as_json:
        print_json(done.as_json())
    else:
        out().print(str(done))
