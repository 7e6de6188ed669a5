"""`doctor`: check an installation; `doctor --deep` also examines the account."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from flows.cli.choice import AccountOrAll, look_at, of_account
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
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from flows.doctor.check import Check


def doctor(
    config: Config = DEFAULT_CONFIG,
    account: AccountOrAll = None,
    deep: Annotated[
        bool, typer.Option("--deep", help="Also examine how the account behaves.")
    ] = False,
    yes: Annotated[
        bool, typer.Option("--yes", help="With --deep: create the scratch table without asking.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Check everything that a run needs, and say what to do.

    Credentials, permissions, columns, archive, ledger, programs and models.
    """
    if deep:
        # Before the checks, so that a script learns at once what it lacks.
        require_consent(yes=yes)
        # It writes, so it is for one account.
        config, account = of_account(config, account, enters=False), None

    def check_up(path: Path) -> tuple[object, int]:
        checks = list(shown_checks(path, show=not as_json))
        failed = {check.name for check in checks if not check.ok}
        behavior: dict[str, object] = {}
        # Without these two the account cannot be reached at all.
        if deep and not failed & {"settings", "credentials"}:
            behavior = examined(path, yes=yes, show=not as_json)
        if not as_json and not failed:
            out().print("Everything is ready.", style="green")
        listed = [check.as_json() for check in checks]
        return {"checks": listed, **behavior} if deep else listed, _exit_code(failed)

    look_at(config, account, check_up, as_json=as_json)


def _exit_code(failed: set[str]) -> int:
    """Return the exit code for the names of the checks that failed."""
    if not failed:
        return 0
    # Wrong settings are the operator's to correct; anything else may pass by itself.
    return EXIT_SETTINGS if failed == {"settings"} else EXIT_STOPPED


def require_consent(*, yes: bool) -> None:
    """Exit with 2 if the account would be changed and nobody can be asked."""
    if not yes and not sys.stdin.isatty():
        complain(
            "Not examined",
            ["--deep creates a scratch table in the account. Add --yes to confirm it."],
        )
        raise Failure(EXIT_SETTINGS)


def shown_checks(config: Path, *, show: bool) -> "Iterator[Check]":
    """Yield the checks of an installation, each shown as soon as it is done."""
    from flows.cli.show.state import show_checks
    from flows.web.signing.check import examine_with_sign_in

    for check in examine_with_sign_in(config):
        if show:
            show_checks([check])
        yield check


def examined(config: Path, *, yes: bool, show: bool) -> dict[str, object]:
    """Examine how the account behaves; without consent to write, only look at what is there."""
    from flows.app.settings import load_settings
    from flows.cli.show.state import show_behavior
    from flows.doctor.deep import as_document, examine_account, question

    settings = load_settings(config)
    may_write = yes or typer.confirm(question(settings.caspio.url), default=False, err=True)
    with counted_client(settings) as client:
        result = examine_account(client, may_write=may_write)
    document = as_document(result)
    if show:
        show_behavior(result.probed, str(document["emulator"]))
        for sentence in result.left:
            out().print(sentence, soft_wrap=True)
    return document
