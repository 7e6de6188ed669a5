"""`init`: from credentials to a settings file."""

import getpass
import sys
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, NoReturn

import typer

from flows.cli.common import (
    DEFAULT_CONFIG,
    EXIT_SETTINGS,
    AsJson,
    Config,
    Failure,
    complain,
    err,
    print_json,
)
from pipeline.wording import counted

if TYPE_CHECKING:
    from flows.app.onboarding.access import Access
    from flows.app.onboarding.init import Discovered
    from flows.cli.account.init_dialog import InitChoices
    from pipeline.adapters.caspio.client import CaspioClient
    from pipeline.model import FileRef

QUICK_ATTEMPTS = 2
"""Attempts of the first call where a user waits to correct a mistyped address."""


@dataclass(frozen=True, slots=True)
class Terminal:
    """The user at the terminal: questions go to stderr, so that stdout stays for results."""

    def ask(self, question: str) -> str:
        """Ask, and return one line; exit with 2 if there are no more."""
        err().print(f"{question} ", soft_wrap=True, end="")
        line = sys.stdin.readline()
        if not line:
            refuse("The input ended before everything was answered.")
        return line.strip()

    def ask_secret(self, question: str) -> str:
        """Ask for a secret, and do not show what is typed."""
        return getpass.getpass(f"{question} ", stream=sys.stderr).strip()

    def say(self, text: str) -> None:
        """Say something."""
        err().print(text, soft_wrap=True)

    correct = say


def init(
    config: Config = DEFAULT_CONFIG,
    url: Annotated[
        str | None, typer.Option("--url", help="The account's address.", metavar="URL")
    ] = None,
    yes: Annotated[bool, typer.Option("--yes", help="Accept the proposal without asking.")] = False,
    create: Annotated[
        bool,
        typer.Option("--create-columns", help="With --yes: create the columns that tables lack."),
    ] = False,
    overwrite: Annotated[
        bool, typer.Option("--overwrite", help="Overwrite an existing settings file.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Propose sources and columns, and write the settings file."""
    from flows.app.onboarding.access import Access
    from flows.app.onboarding.init import as_document, discover, write_settings
    from flows.app.onboarding.wiring import open_account
    from flows.cli.account.init_access import ask_access
    from flows.cli.show.init import show_end, show_left_out, show_proposal
    from pipeline.onboarding.proposal import without_empty
    from pipeline.onboarding.settings_text import settings_text

    # Without a terminal there is nobody to ask; --yes accepts the proposal in advance.
    asks = sys.stdin.isatty() and not yes
    overwrite = may_overwrite(config, overwrite=overwrite, asks=asks)
    url = url or known_address()
    if asks:
        access = ask_access(Terminal(), url, check=answers)
    else:
        access = Access.from_environment(address(url))
    with open_account(access) as client:
        discovered = discover(client, access.url)
        chosen, creates = discovered, frozenset[str]()
        if asks:
            chosen, creates = ask_user(client, discovered, config)
        elif not as_json:
            show_proposal(discovered)
        if create:
            # The option answers for every source; a user who is asked may choose.
            creates = frozenset(source.name for source in chosen.proposal.sources)
        # Before anything is created: the account stays as it is where nobody agreed.
        if not asks and not yes:
            only_show(client, discovered, as_json=as_json)
        chosen, created = create_missing(client, chosen, creates=creates)
        show_left_out(chosen.proposal)
        chosen = replace(chosen, proposal=without_empty(chosen.proposal))
        if not chosen.proposal.sources:
            refuse_empty(chosen)
        write_settings(config, settings_text(access.url, chosen.proposal), overwrite=overwrite)
        calls = sum(client.calls.values())
    if as_json:
        print_json(as_document(chosen, written=config, created=created, calls=calls))
    else:
        show_end(chosen, config, calls)


def only_show(client: "CaspioClient", discovered: "Discovered", *, as_json: bool) -> NoReturn:
    """Print the proposal that nobody could be asked about, and exit with 2."""
    from flows.app.onboarding.init import as_document
    from flows.cli.show.init import show_left_out, show_text
    from pipeline.onboarding.proposal import without_empty
    from pipeline.onboarding.settings_text import settings_text

    if as_json:
        calls = sum(client.calls.values())
        print_json(as_document(discovered, written=None, created={}, calls=calls))
    else:
        show_left_out(discovered.proposal)
        show_text(settings_text(discovered.url, without_empty(discovered.proposal)))
    refuse("Nobody could be asked. Add --yes to accept the proposal as it is.")


def may_overwrite(config: Path, *, overwrite: bool, asks: bool) -> bool:
    """Return whether the settings file may be overwritten; exit with 2 if it must be kept."""
    from flows.app.onboarding.init import already_exists
    from flows.cli.account.init_dialog import yes_no

    if overwrite or not config.exists():
        return overwrite
    question = f"{config} exists already. Overwrite it?"
    if not asks or not yes_no(Terminal(), question, default=False):
        refuse(already_exists(config))
    return True


def known_address() -> str | None:
    """Return the account's address from the environment."""
    from pipeline.environment import environment

    return environment("CASPIO_INGEST_CASPIO__URL")


def address(url: str | None) -> str:
    """Return the address without a slash at its end; exit with 2 if there is none."""
    if url is None:
        refuse("Name the account's address with --url https://abc12345.caspio.com.")
    return url.rstrip("/")


def answers(access: "Access") -> None:
    """Make a first call; raise an error of `pipeline.errors` if the account cannot be reached."""
    from flows.app.onboarding.wiring import open_account

    with open_account(access, attempts=QUICK_ATTEMPTS) as client:
        # The shortest answer that needs a token.
        client.tables.names()


def ask_user(
    client: "CaspioClient", discovered: "Discovered", config: Path
) -> "tuple[Discovered, frozenset[str]]":
    """Read sample documents, and let the user decide on everything.

    Returns what was chosen, and the sources to create columns for.
    """
    from flows.app.onboarding.init import with_samples
    from flows.app.onboarding.sample_reading import MOST, read_samples
    from flows.cli.account.init_dialog import Declined, converse
    from flows.cli.show.init import show_proposal

    dialog = Terminal()
    dialog.say(
        f"Reading up to {counted(MOST, 'document')} to look at them; nothing is kept or written."
    )

    def said(ref: "FileRef") -> None:
        dialog.say(f"  {ref.name}")

    samples = read_samples(client, discovered.proposal, on_read=said)
    discovered = with_samples(discovered, samples)
    # On stderr, also with --json: whoever is asked has to see the proposal.
    show_proposal(discovered)
    try:
        choice = converse(
            dialog, discovered.proposal, show=lambda made: show_samples(made, discovered)
        )
    except Declined:
        refuse(f"{config} was not wanted.")
    return replace(discovered, proposal=choice.chosen), choice.creates


def show_samples(choice: "InitChoices", discovered: "Discovered") -> None:
    """Show what the first documents would become."""
    from flows.cli.show.init import becomes_table
    from pipeline.onboarding.preview import preview

    rows = [
        preview(source, sample)
        for source in choice.chosen.sources
        for sample in discovered.samples
        if source.reads(sample.ref)
    ]
    if rows:
        err().print(becomes_table(rows))


def create_missing(
    client: "CaspioClient", discovered: "Discovered", *, creates: frozenset[str]
) -> "tuple[Discovered, dict[str, list[str]]]":
    """Create missing columns where that is wanted; return the proposal with them, and their names.

    The names are by table. A column that cannot be created is left out of the mapping.
    """
    from flows.app.onboarding.init import create_columns
    from pipeline.onboarding.proposal import with_columns

    sources = []
    created: dict[str, list[str]] = {}
    for source in discovered.proposal.sources:
        wanted = source.missing if source.name in creates else ()
        made, problem = create_columns(client, source, wanted) if wanted else ([], "")
        if problem:
            complain("Not created", [problem])
        if made:
            created[source.container.name] = [column.name for column in made]
        # What the user wanted created is mapped only once it is there.
        existing = tuple(match for match in source.columns if not match.creates)
        sources.append(with_columns(replace(source, columns=existing), made))
    proposal = replace(discovered.proposal, sources=tuple(sources))
    return replace(discovered, proposal=proposal), created


def refuse_empty(discovered: "Discovered") -> NoReturn:
    """Exit with 2: no source would write anything."""
    places = ", ".join(container.name for container, _ in discovered.proposal.left_out)
    refuse(
        f"No column takes a value of the documents in {places or 'any source'}. Add columns in "
        "Caspio, or let --create-columns create the usual ones."
    )


def refuse(reason: str) -> NoReturn:
    """Exit with 2, and say why no settings were written."""
    complain("No settings were written", [reason])
    raise Failure(EXIT_SETTINGS)
