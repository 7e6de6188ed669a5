"""`explain`: everything the ledger knows about one record."""

from typing import Annotated

import typer

from flows.cli.choice import Account, of_account
from flows.cli.common import (
    DEFAULT_CONFIG,
    EXIT_SETTINGS,
    AsJson,
    Config,
    Failure,
    complain,
    print_json,
)


def explain(
    source: Annotated[str, typer.Argument(help="The source's name.", metavar="SOURCE")],
    pk: Annotated[
        str, typer.Argument(help="The record's PK_ID, or a Files-area path.", metavar="PK")
    ],
    field: Annotated[str | None, typer.Argument(help="Only this field.", metavar="FIELD")] = None,
    config: Config = DEFAULT_CONFIG,
    account: Account = None,
    as_json: AsJson = False,
) -> None:
    """Show everything the ledger knows about one record.

    File versions, readings, decisions with reasons, writes with before and after, and addresses in
    the archive.
    """
    from flows.app.explain import lives_of
    from flows.app.settings import load_settings
    from flows.app.wiring.ports import open_archive, open_ledger

    # Ledger and archive are all that is read, so this also works without the account.
    config = of_account(config, account, enters=False)
    settings = load_settings(config, credentials=False)
    with open_ledger(settings) as ledger:
        archive, spec = open_archive(settings.archive), settings.specs().get(source)
        lives = lives_of(source, pk, field, ledger=ledger, archive=archive, spec=spec)
    if not lives:
        where = f"record {pk}" if field is None else f"record {pk}, field {field}"
        sources = ", ".join(settings.specs())
        complain(
            "Not found",
            [f"The ledger knows no file of {where} in source {source!r}. Sources: {sources}."],
        )
        raise Failure(EXIT_SETTINGS)
    if as_json:
        print_json(lives)
        return
    from flows.cli.show.state import show_life

    for life in lives:
        show_life(life)
