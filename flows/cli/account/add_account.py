"""Add an account: where its credentials come from, and the question before it is stored."""

import sys
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

import typer

from flows.cli.account.secrets import typed
from flows.cli.common import EXIT_SETTINGS, Failure, complain, err, out

if TYPE_CHECKING:
    from pydantic import SecretStr

    from flows.app.accounts.add import NewAccount
    from flows.web.linking.desk import Entered
    from pipeline.accounts.shared import SharedSettings


@dataclass(frozen=True, slots=True)
class LinkPlace:
    """Where the page of a link is, and how long it works."""

    listen: str
    public: str | None
    valid_for: timedelta


def add_account(
    name: str,
    *,
    config: Path,
    url: str | None,
    references: list[str],
    yes: bool,
    place: LinkPlace | None,
) -> None:
    """Add an account; with `place`, its credentials come from the customer."""
    from flows.app.accounts.add import (
        NewAccount,
        accounts_at,
        parsed_references,
        prepare,
        record_link,
        require_master_key,
        store,
    )
    from flows.app.accounts.whole import forget

    shared = prepare(config, name)
    given: dict[str, str | SecretStr] = {**parsed_references(references)}
    asks = sys.stdin.isatty()
    if url is None and not asks:
        refuse_adding("Name the account's address with --url https://abc12345.caspio.com.")
    url = url or str(typer.prompt("The account's address", err=True))
    url = account_address(url)
    for other in accounts_at(config, url):
        # Two profiles of one account are possible, so this refuses nothing.
        warning = "What both have as a source, each reads, pays for and writes."
        err().print(f"Account {other} has this address, too. {warning}", soft_wrap=True)
    account, entered = NewAccount(config, name, given), None
    try:
        if place is not None:
            account, entered = by_link(account, url, shared, place)
        else:
            require_master_key(account, shared)
            for kind in ("client-id", "client-secret"):
                if kind not in given:
                    given[kind] = typed(kind) if asks else next_line(kind)
        settings = propose(account, url, yes=yes)
    except BaseException:
        # What a customer entered was stored at once, and belongs to no account now.
        if place is not None:
            forget(config, name)
        raise
    store(account, shared, settings)
    if entered is not None:
        record_link(account, peer=entered.peer, at=entered.at)
    next_step = f"Next: `caspio-ingest doctor --account {name}`."
    err().print(f"added: {account.file}. {next_step}", soft_wrap=True)


def propose(account: "NewAccount", url: str, *, yes: bool) -> str:
    """Show the proposal for an account, and return its settings if it is accepted."""
    from flows.app.accounts.add import opened
    from flows.app.onboarding.init import discover
    from flows.cli.show.init import show_proposal
    from pipeline.onboarding.proposal import without_empty
    from pipeline.onboarding.settings_text import settings_text

    with opened(account, url) as client:
        discovered = discover(client, url)
    show_proposal(discovered)
    question = "Add the account with these settings?"
    if not yes and not (sys.stdin.isatty() and typer.confirm(question, err=True)):
        refuse_adding("The proposal was not accepted. Add --yes to accept it as it is.")
    return settings_text(url, without_empty(discovered.proposal), account=account.name)


def account_address(url: str) -> str:
    """Return the address of an account; credentials are sent there, so it is checked before."""
    from pydantic import ValidationError

    from pipeline.settings.sections import CaspioSettings

    try:
        return CaspioSettings(url=url).url
    except ValidationError:
        refuse_adding(
            f"{url} is not the address of an account, such as https://abc12345.caspio.com."
        )


def by_link(
    account: "NewAccount", url: str, shared: "SharedSettings", place: LinkPlace
) -> "tuple[NewAccount, Entered]":
    """Let the customer enter the credentials; return the account with them, stored already."""
    from flows.app.accounts.add import NewAccount, take_credentials
    from flows.http.server import is_local
    from flows.web.linking.serve import wait_for_credentials

    if {"client-id", "client-secret"} & set(account.given):
        refuse_adding("Give --link or references to the credentials, not both.")
    # Before a customer is asked: what they enter is sent through this address.
    if place.public is not None and not place.public.startswith("https://"):
        refuse_adding("--link-url must begin with https://.")
    if place.public is None and not is_local(place.listen):
        problem = f"Other machines reach {place.listen}. Name the https address of the proxy in"
        refuse_adding(f"{problem} front of it with --link-url, or listen at 127.0.0.1.")

    def show(address: str) -> None:
        err().print("Send this link to the customer. Waiting for the credentials:")
        out().print(address, soft_wrap=True)

    entered = wait_for_credentials(
        account=account.name,
        url=url,
        take=take_credentials(account, url, shared),
        valid_for=place.valid_for,
        listen=place.listen,
        public=place.public.rstrip("/").lower() if place.public else None,
        show=show,
    )
    err().print("The customer has entered the credentials; Caspio accepts them.")
    own = {"client-id": entered.client_id, "client-secret": entered.client_secret}
    return NewAccount(account.config, account.name, {**account.given, **own}), entered


def next_line(kind: str) -> "SecretStr":
    """Return a secret from the next line of stdin; exit with 2 if there is none."""
    from pydantic import SecretStr

    line = sys.stdin.readline().strip()
    if not line:
        refuse_adding(f"Give {kind} on stdin, one secret on each line, or with --reference.")
    return SecretStr(line)


def refuse_adding(problem: str) -> NoReturn:
    """Exit with 2, because no account was added."""
    complain("No account was added", [problem])
    raise Failure(EXIT_SETTINGS)
