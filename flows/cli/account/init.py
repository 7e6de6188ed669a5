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
    from flows.app.init import Seen
    from pipeline.adapters.caspio.client import CaspioClient
    from pipeline.onboarding.proposal import Match, ProposedSource

_NONE = "-"


def init(
    config: Config = DEFAULT_CONFIG,
    url: Annotated[
        str | None, typer.Option("--url", help="The account's address.", metavar="URL")
    ] = None,
    yes: Annotated[bool, typer.Option("--yes", help="Take the proposal without asking.")] = False,
    create: Annotated[
        bool,
        typer.Option("--create-columns", help="With --yes: create the columns that tables lack."),
    ] = False,
    overwrite: Annotated[
        bool, typer.Option("--overwrite", help="Write over a settings file that is there.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Propose sources and columns, and write the settings file."""
    from flows.app.init import as_document, look_over, write_settings
    from flows.app.wiring import open_account
    from flows.cli.show.init import show_end, show_proposal, show_text
    from pipeline.onboarding.settings_text import settings_text

    asks = sys.stdin.isatty() and not yes
    overwrite = _may_write(config, overwrite=overwrite, asks=asks)
    url = (url or _address(asks=asks)).rstrip("/")
    with open_account(url) as client:
        seen = look_over(client, url)
        if not as_json or asks:
            show_proposal(seen)
        if not asks and not yes:
            if as_json:
                print_json(
                    as_document(seen, written=None, created={}, calls=sum(client.calls.values()))
                )
            else:
                show_text(settings_text(url, seen.proposal))
            _refuse(
                "Nothing was written, since nobody could be asked. Add --yes to take the proposal as it stands."
            )
        if asks:
            seen = _chosen(seen)
        seen, created = _created(client, seen, asks=asks, create=create)
        write_settings(config, settings_text(url, seen.proposal), overwrite=overwrite)
        calls = sum(client.calls.values())
    if as_json:
        print_json(as_document(seen, written=config, created=created, calls=calls))
    else:
        show_end(seen, config, calls)


def _may_write(config: Path, *, overwrite: bool, asks: bool) -> bool:
    """Refuse to go on where the file is there and must be kept; say whether it may be written over."""
    from flows.app.init import already_there

    if not config.exists() or overwrite:
        return overwrite
    if not asks or not typer.confirm(
        f"{config} is there already. Write over it?", default=False, err=True
    ):
        _refuse(already_there(config))
    return True


def _address(*, asks: bool) -> str:
    from pipeline.settings import environment

    known = environment("CASPIO_INGEST_CASPIO__URL")
    if known:
        return known
    if not asks:
        _refuse("Name the account's address with --url https://abc12345.caspio.com.")
    return str(typer.prompt("The account's address, such as https://abc12345.caspio.com", err=True))


def _chosen(seen: "Seen") -> "Seen":
    """Let a person take, change or leave each source and each column."""
    sources = [
        _columns_chosen(s)
        for s in seen.proposal.sources
        if _agrees(f"Read the files of {s.container.name}?")
    ]
    if not sources and not seen.proposal.folder:
        _refuse("No source was taken, so nothing was written.")
    return replace(seen, proposal=replace(seen.proposal, sources=tuple(sources)))


def _columns_chosen(source: "ProposedSource") -> "ProposedSource":
    if source.columns and _agrees(
        f"Write to {', '.join(m.column for m in source.columns)} as proposed?"
    ):
        kept = list(source.columns)
    else:
        kept = [
            m for match in source.columns if (m := _finding_for(match, match.finding)) is not None
        ]
    unsure: list[Match] = []
    for match in source.unsure:
        answer = None if _cannot_be_written(match, source) else _finding_for(match, _NONE)
        (unsure if answer is None else kept).append(answer or match)
    return replace(source, columns=tuple(kept), unsure=tuple(unsure))


def _cannot_be_written(match: "Match", source: "ProposedSource") -> bool:
    from pipeline.decide.mapping import WRITABLE_TYPES

    column = source.container.columns[match.column]
    return column.is_formula or not column.editable or column.type not in WRITABLE_TYPES


def _finding_for(match: "Match", default: str) -> "Match | None":
    """Ask what a column takes, until it is a finding or nothing."""
    from pipeline.settings.sections import COLUMN_NAMES

    while True:
        question = f"  {match.column} (maybe {match.finding}) takes which finding? {_NONE} for none"
        answer = str(typer.prompt(question, default=default, err=True)).strip()
        if answer == _NONE:
            return None
        if answer in COLUMN_NAMES:
            return replace(match, finding=answer, why="chosen by hand", objection="")
        complain("There is no such finding", [f"Known: {', '.join(sorted(COLUMN_NAMES))}"])


def _created(
    client: "CaspioClient", seen: "Seen", *, asks: bool, create: bool
) -> "tuple[Seen, dict[str, list[str]]]":
    """Create what is missing where it is wanted; a column that cannot be created is left out of the mapping."""
    from flows.app.init import create_columns
    from pipeline.onboarding.proposal import with_columns

    sources, created = [], {}
    for source in seen.proposal.sources:
        names = ", ".join(f"{column.name} ({column.type})" for column in source.missing)
        table = source.container.name
        wanted = create or (
            asks and names and _agrees(f"Create {names} in {table}?", default=False)
        )
        made, problem = create_columns(client, table, source.missing) if wanted else ([], "")
        if problem:
            complain("Not created", [problem])
        if made:
            created[table] = [column.name for column in made]
        sources.append(with_columns(source, made))
    return replace(seen, proposal=replace(seen.proposal, sources=tuple(sources))), created


def _agrees(question: str, *, default: bool = True) -> bool:
    return typer.confirm(question, default=default, err=True)


def _refuse(reason: str) -> NoReturn:
    complain("No settings were written", [reason])
    raise Failure(EXIT_SETTINGS)
