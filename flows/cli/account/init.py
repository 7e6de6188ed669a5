"""`init`: from credentials to a settings file."""

import sys
from dataclasses import replace
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
    print_json,
)

if TYPE_CHECKING:
    from flows.app.init import Discovered
    from pipeline.adapters.caspio.client import CaspioClient
    from pipeline.onboarding.column_matching import Match
    from pipeline.onboarding.proposal import ProposedSource

NO_FINDING = "-"
"""The answer that leaves a column unmapped."""


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
    from flows.app.init import as_document, discover, write_settings
    from flows.app.wiring import open_account
    from flows.cli.show.init import show_end, show_proposal, show_text
    from pipeline.onboarding.settings_text import settings_text

    # Without a terminal there is nobody to ask; --yes accepts the proposal in advance.
    asks = sys.stdin.isatty() and not yes
    overwrite = may_overwrite(config, overwrite=overwrite, asks=asks)
    url = (url or address(asks=asks)).rstrip("/")
    with open_account(url) as client:
        discovered = discover(client, url)
        # Whoever is asked has to see the proposal, also with --json.
        if not as_json or asks:
            show_proposal(discovered)
        if not asks and not yes:
            text = settings_text(url, discovered.proposal)
            calls = sum(client.calls.values())
            if as_json:
                print_json(as_document(discovered, written=None, created={}, calls=calls))
            else:
                show_text(text)
            refuse("Nobody could be asked. Add --yes to accept the proposal as it is.")
        if asks:
            discovered = choose_sources(discovered)
        discovered, created = create_missing(client, discovered, asks=asks, create=create)
        write_settings(config, settings_text(url, discovered.proposal), overwrite=overwrite)
        calls = sum(client.calls.values())
    if as_json:
        print_json(as_document(discovered, written=config, created=created, calls=calls))
    else:
        show_end(discovered, config, calls)


def may_overwrite(config: Path, *, overwrite: bool, asks: bool) -> bool:
    """Return whether the settings file may be overwritten; exit with 2 if it must be kept."""
    from flows.app.init import already_exists

    if overwrite or not config.exists():
        return overwrite
    if not asks or not agrees(f"{config} exists already. Overwrite it?", default=False):
        refuse(already_exists(config))
    return True


def address(*, asks: bool) -> str:
    """Return the account's address from the environment, or ask for it."""
    from pipeline.settings import environment

    known = environment("CASPIO_INGEST_CASPIO__URL")
    if known:
        return known
    if not asks:
        refuse("Name the account's address with --url https://abc12345.caspio.com.")
    return str(typer.prompt("The account's address, such as https://abc12345.caspio.com", err=True))


def choose_sources(discovered: "Discovered") -> "Discovered":
    """Let the user accept, change or leave out each source and each column."""
    sources = [
        choose_columns(source)
        for source in discovered.proposal.sources
        if agrees(f"Read the files of {source.container.name}?")
    ]
    if not sources and not discovered.proposal.folder:
        refuse("No source was accepted.")
    return replace(discovered, proposal=replace(discovered.proposal, sources=tuple(sources)))


def choose_columns(source: "ProposedSource") -> "ProposedSource":
    """Let the user accept the proposed columns, or choose the finding of each."""
    from pipeline.decide.column_values import WRITABLE_TYPES

    names = ", ".join(match.column for match in source.columns)
    mapped = list(source.columns)
    if mapped and not agrees(f"Write to {names} as proposed?"):
        asked = [ask_finding(match, match.finding) for match in source.columns]
        mapped = [match for match in asked if match is not None]
    unsure: list[Match] = []
    for match in source.unsure:
        column = source.container.columns[match.column]
        # A column that nothing can be written to is not worth a question.
        writable = column.editable and not column.is_formula and column.type in WRITABLE_TYPES
        answer = ask_finding(match, NO_FINDING) if writable else None
        if answer is None:
            unsure.append(match)
        else:
            mapped.append(answer)
    return replace(source, columns=tuple(mapped), unsure=tuple(unsure))


def ask_finding(match: "Match", default: str) -> "Match | None":
    """Ask which finding a column receives, until the answer is a finding or none."""
    from pipeline.findings import FINDINGS

    question = f"  Which finding does {match.column} receive? ({NO_FINDING} for none)"
    while True:
        answer = str(typer.prompt(question, default=default, err=True)).strip()
        if answer == NO_FINDING:
            return None
        if answer in FINDINGS:
            return replace(match, finding=answer, why="chosen by the user", objection="")
        complain("There is no such finding", [f"Findings: {', '.join(sorted(FINDINGS))}"])


def create_missing(
    client: "CaspioClient", discovered: "Discovered", *, asks: bool, create: bool
) -> "tuple[Discovered, dict[str, list[str]]]":
    """Create missing columns if wanted; return the proposal with them, and their names by table.

    A column that cannot be created is left out of the mapping.
    """
    from flows.app.init import create_columns
    from pipeline.onboarding.proposal import with_columns

    sources = []
    created: dict[str, list[str]] = {}
    for source in discovered.proposal.sources:
        table = source.container.name
        names = ", ".join(f"{column.name} ({column.type})" for column in source.missing)
        # New columns change the account, so they need a consent of their own besides --yes.
        wanted = create
        if asks and names and not create:
            wanted = agrees(f"Create {names} in {table}?", default=False)
        made, problem = create_columns(client, table, source.missing) if wanted else ([], "")
        if problem:
            complain("Not created", [problem])
        if made:
            created[table] = [column.name for column in made]
        sources.append(with_columns(source, made))
    proposal = replace(discovered.proposal, sources=tuple(sources))
    return replace(discovered, proposal=proposal), created


def agrees(question: str, *, default: bool = True) -> bool:
    """Ask a yes-or-no question on stderr."""
    return typer.confirm(question, default=default, err=True)


def refuse(reason: str) -> NoReturn:
    """Exit with 2, and say why no settings were written."""
    complain("No settings were written", [reason])
    raise Failure(EXIT_SETTINGS)
