"""`verify`: compare source, ledger and archive, and repair without writing to Caspio."""

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from flows.cli.choice import AccountOrAll, look_at, of_account
from flows.cli.common import (
    DEFAULT_CONFIG,
    EXIT_SOME_FAILED,
    AsJson,
    Config,
    Failure,
    Verbose,
    complain_of_stopped,
    err,
    print_json,
    set_up_logs,
)
from flows.cli.records.common import Sources

if TYPE_CHECKING:
    from flows.app.verify import Verified

Repair = Annotated[
    bool,
    typer.Option(
        "--repair", help="Repair what is safe: fetch originals, read again, settle open effects."
    ),
]
Read = Annotated[
    bool,
    typer.Option(
        "--read", help="Also read every archived original, even from a bucket, and hash its bytes."
    ),
]
Rebuild = Annotated[
    bool,
    typer.Option("--rebuild-ledger", help="Only fill the ledger from the archive's manifests."),
]


def verify(
    config: Config = DEFAULT_CONFIG,
    account: AccountOrAll = None,
    source: Sources = [],
    limit: Annotated[
        int | None,
        typer.Option("--limit", min=1, help="Stop after N files; the next run continues."),
    ] = None,
    repair: Repair = False,
    read: Read = False,
    rebuild_ledger: Rebuild = False,
    as_json: AsJson = False,
    verbose: Verbose = False,
) -> None:
    """Compare source, ledger and archive by name, size and digest.

    Caspio is read, never written. A run that was stopped continues where it was.
    """
    set_up_logs(verbose=verbose)
    if rebuild_ledger:
        if source or limit or repair or read:
            raise typer.BadParameter(
                "cannot be combined with --source, --limit, --repair or --read: "
                "it reads all manifests."
            )
        rebuild_from_archive(of_account(config, account, enters=False), as_json=as_json)
        return
    from flows.cli.show.verify import show_verified

    def compare(path: Path) -> tuple[object, int]:
        report, calls = compare_sources(path, sources=source, limit=limit, repair=repair, read=read)
        if not as_json:
            show_verified(report, calls=sum(calls.values()))
        complain_of_stopped(report.stopped)
        is_green = not (report.harm or report.stopped)
        return report.as_json(calls), 0 if is_green else EXIT_SOME_FAILED

    # A repair reads documents, in processes that must have the secrets of one account only.
    if repair:
        config, account = of_account(config, account), None
    look_at(config, account, compare, as_json=as_json)


def compare_sources(
    config: Path, *, sources: list[str], limit: int | None, repair: bool, read: bool
) -> "tuple[Verified, Mapping[str, int]]":
    """Compare directly, or as a flow if PREFECT_API_URL names a server.

    Return the report and the Caspio calls by operation.
    """
    from pipeline.environment import environment

    if environment("PREFECT_API_URL"):
        from flows.prefect.run_as_flow import verify_as_flow

        return verify_as_flow(config, sources=sources, limit=limit, repair=repair, read=read)
    from flows.app.verify import verify as compare
    from flows.app.wiring import connected

    with connected(config) as context:
        report = compare(
            context,
            sources=sources,
            limit=limit,
            repair=repair,
            read=read,
            on_message=err().print,
        )
        return report, context.client.calls


def rebuild_from_archive(config: Config, *, as_json: bool) -> None:
    """Rebuild the ledger from the archive, and print the result."""
    from dataclasses import asdict

    from flows.app.settings import load_settings
    from flows.app.verify import rebuild
    from flows.cli.show.verify import show_rebuilt

    rebuilt = rebuild(load_settings(config, credentials=False))
    if as_json:
        print_json(asdict(rebuilt))
    else:
        show_rebuilt(rebuilt)
    if rebuilt.unreadable:
        raise Failure(EXIT_SOME_FAILED)
