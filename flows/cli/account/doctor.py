"""`doctor`: check an installation; `doctor --deep` also examines the account."""

import sys
from pathlib import Path
from typing import Annotated

import typer

from flows.cli.common import (
    DEFAULT_CONFIG,
    EXIT_SETTINGS,
    EXIT_STOPPED,
    AsJson,
    Config,
    Failure,
    complain,
    counted_client,
    out,
    print_json,
)


def doctor(
    config: Config = DEFAULT_CONFIG,
    deep: Annotated[
        bool, typer.Option("--deep", help="Also find out how the account behaves.")
    ] = False,
    yes: Annotated[
        bool, typer.Option("--yes", help="With --deep: make the scratch table without asking.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Check all that a run needs, and say what to do.

    Credentials, permissions, columns, archive, ledger, programs and models; each failure comes with its remedy.
    """
    from flows.cli.show.state import show_checks
    from flows.doctor.installation import examine

    if deep and not yes and not sys.stdin.isatty():
        complain(
            "Not examined",
            [
                "--deep makes a scratch table in the account. Add --yes to do it without being asked."
            ],
        )
        raise Failure(EXIT_SETTINGS)
    checks = []
    for check in examine(config):
        checks.append(check)
        if not as_json:
            show_checks([check])
    reachable = any(check.name == "credentials" and check.ok for check in checks)
    behaviour = _examined(config, yes=yes, as_json=as_json) if deep and reachable else {}
    if as_json:
        listed = [
            {"check": c.name, "ok": c.ok, "detail": c.detail, "remedy": c.remedy} for c in checks
        ]
        print_json({"checks": listed, **behaviour} if deep else listed)
    failed = {check.name for check in checks if not check.ok}
    if failed:
        raise Failure(EXIT_SETTINGS if failed == {"settings"} else EXIT_STOPPED)
    if not as_json:
        out().print("[green]Everything is ready.[/]")


def _examined(config: Path, *, yes: bool, as_json: bool) -> dict[str, object]:
    """Find out how the account behaves; without a person's yes only what is there is looked at."""
    from flows.app.settings import load_settings
    from flows.cli.show.state import show_behaviour
    from flows.doctor.deep import as_document, examine_account, question

    settings = load_settings(config)
    may_write = yes or typer.confirm(question(settings.caspio.url), default=False, err=True)
    with counted_client(settings) as client:
        examined = examine_account(client, may_write=may_write)
    document = as_document(examined)
    if not as_json:
        show_behaviour(examined.probed, str(document["emulator"]))
        for sentence in examined.left:
            out().print(sentence, markup=False, highlight=False, soft_wrap=True)
    return document
