"""Examine an installation: one check after another, each with what to do when it fails."""

import tempfile
from collections.abc import Iterator, Sequence
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from flows.app.accounts.own_archive import require_archive
from flows.app.accounts.own_ledger import check_owner, shown_owner
from flows.app.reading import own_models
from flows.app.settings import load_settings
from flows.app.wiring.account import check_file_fields, open_client, open_target, visible_tables
from flows.app.wiring.ports import open_archive, open_ledger
from flows.doctor.check import Check, attempt
from flows.doctor.safety import examine_safety
from flows.doctor.server import examine_server
from flows.prefect.deployments.ownership import DeploymentOwner, owner_of
from flows.prefect.server import Server
from pipeline.decide.mapping import columns_in_use as columns_written
from pipeline.errors import (
    BadSettings,
    ForeignLedger,
    IngestError,
    LedgerUnavailable,
    raise_problems,
)
from pipeline.model import SourceSpec
from pipeline.model.sync import Side
from pipeline.ports import RecordTarget
from pipeline.settings import Settings
from pipeline.settings.conflicts import also_in_folder, columns_in_use, names_left, read_twice
from pipeline.settings.sources import SourceSettings
from pipeline.settings.syncs import SyncSettings
from pipeline.source_run.checks import blocked, changed_types, refuse_source
from pipeline.steps.write_back import known_columns
from pipeline.wording import counted

if TYPE_CHECKING:
    from pipeline.adapters.caspio.client import CaspioClient


def examine(config: Path) -> Iterator[Check]:
    """Yield the checks one by one; without valid settings, only those of the settings."""
    try:
        settings = load_settings(config)
    except BadSettings as error:
        remedy = "Correct the file or the environment, and run doctor again."
        for problem in error.problems:
            yield Check("settings", ok=False, detail=problem, remedy=remedy)
        return
    yield Check("settings", ok=True, detail=f"{config}: {counted(len(settings.sources), 'source')}")
    yield from examine_sources(settings.sources)
    # What is on this machine comes first: it explains most failures, and costs no call.
    remedy = "Check ledger.url and the rights on its folder or server."
    ledger = attempt("ledger", partial(check_ledger, settings), remedy)
    yield ledger
    if ledger.ok:
        # Its error says what to do.
        yield attempt("ledger account", partial(check_account, settings), "")
        remedy = "Check archive.url, the credentials and the free space."
        yield attempt("archive", partial(check_archive, settings), remedy)
    else:
        # A probe would make the folder of a disk that is not mounted; the ledger knows of that.
        detail = "not examined: what it should have, the ledger says"
        yield Check("archive", ok=False, detail=detail, remedy="Correct the ledger first.")
    remedy = "Install what is named, or set processing.ocr."
    yield attempt("reading", partial(check_engines, settings), remedy)
    yield examine_safety(settings.processing)
    if settings.processing.clamav:
        remedy = "Start clamd, or correct processing.clamav."
        yield attempt("virus scanner", partial(check_scanner, settings), remedy)
    if settings.webhooks.url and any(one.spec().reported_table for one in settings.sync):
        remedy = "Run `caspio-ingest webhooks sync`."
        yield attempt("webhooks of syncs", partial(reported_syncs, settings), remedy)
    yield from account_checks(settings)
    yield from examine_server(settings, Server.from_environment(), known_owner(settings, config))


def examine_sources(sources: Sequence[SourceSettings]) -> Iterator[Check]:
    """Yield a warning for every two sources that read the same files: it is allowed."""
    running = [source for source in sources if not source.paused]
    for number, one in enumerate(running):
        for other in running[number + 1 :]:
            # A folder has no `where`.
            remedy = (
                "Read the files in one of them, or give each a folder outside the other's."
                if one.folder
                else "Map the files in one of them, or give both a `where` that excludes the "
                "other's."
            )
            for sentence in read_twice([one, other]):
                yield Check("sources", ok=True, detail=f"{sentence}.", remedy=remedy)


def examine_folders(sources: Sequence[SourceSettings], target: RecordTarget) -> Iterator[Check]:
    """Yield a warning for folders whose files records name, and for names that no file gets."""

    def file_fields(source: SourceSettings) -> Sequence[str]:
        spec = source.spec()
        try:
            columns = target.columns(spec.container, is_view=spec.view is not None)
        except IngestError:  # the source has its own check
            return ()
        return [name for name, column in columns.items() if column.type == "FILE"]

    remedy = "Keep the files that records name in a folder of their own, outside this one."
    running = [source for source in sources if not source.paused]
    for sentence in also_in_folder(running, file_fields):
        yield Check("sources", ok=True, detail=f"{sentence}.", remedy=remedy)
    remedy = "Read the table in place of its view, or leave out `rename`."
    for sentence in names_left(running, file_fields):
        yield Check("sources", ok=True, detail=f"{sentence}.", remedy=remedy)


def examine_syncs(
    syncs: Sequence[SyncSettings], sources: Sequence[SourceSettings], target: RecordTarget
) -> Iterator[Check]:
    """Yield a warning for every column of a sync to Caspio by which a source works.

    It is allowed: users may set a flag or correct a path in the mirror. An old value may come from
    there as well.
    """
    in_use = columns_in_use(sources)
    for sync in syncs:
        if not sync.direction.writes(Side.CASPIO):
            continue
        place = SourceSpec(
            sync.name,
            table=sync.table,
            view=sync.view,
            webhook_table=sync.webhook_table or None,
            columns_in_use=in_use,
        )
        found = columns_written(
            sync.columns, place.container, place, known_columns(target), is_view=bool(sync.view)
        )
        for name, used in found:
            yield Check(
                "syncs",
                ok=True,
                detail=f"sync {sync.name!r} may write column {name!r} of {place.container!r}, the "
                f"{used.setting} of source {used.source!r}.",
                remedy="Leave the column out of the sync, unless users set it in the mirror.",
            )


def known_owner(settings: Settings, config: Path) -> DeploymentOwner:
    """Return whose deployments are to be looked for, as far as the ledger answers."""
    try:
        return owner_of(settings, config.resolve())
    except (LedgerUnavailable, ForeignLedger):  # each has its own check
        return owner_of(settings, config.resolve(), has_ledger=False)


def check_archive(settings: Settings) -> str:
    """Check that the archive is there and not another account's, and that it can be written."""
    archive = open_archive(settings.archive)
    # First: a probe would make the folder of a disk that is not mounted.
    with (
        tempfile.TemporaryDirectory(prefix="caspio-ingest-") as folder,
        open_ledger(settings) as ledger,
    ):
        owner = shown_owner(require_archive(settings, archive, ledger, Path(folder)))
    note = archive.check()
    text = f"{settings.archive.url}: wrote, read and removed a probe; it {owner}"
    return f"{text}; {note}" if note else text


def check_ledger(settings: Settings) -> str:
    """Open the ledger and migrate it."""
    with open_ledger(settings) as ledger:
        known = sum(sum(by_status.values()) for by_status in ledger.files.counts().values())
    return f"migrated; {counted(known, 'file')} known"


def check_account(settings: Settings) -> str:
    """Check that the ledger does not belong to another account."""
    with open_ledger(settings) as ledger:
        return shown_owner(check_owner(settings, ledger))


def check_engines(settings: Settings) -> str:
    """Check that the OCR engine and its languages are installed."""
    from processors.contract import EngineMissing, ReadSettings
    from processors.ocr import engines

    processing = settings.processing
    chosen = ReadSettings(
        ocr=processing.ocr, languages=processing.languages, models=own_models(processing)
    )
    try:
        return engines.describe(chosen)
    except EngineMissing as error:
        raise BadSettings([str(error)]) from error


def check_scanner(settings: Settings) -> str:
    """Ask the virus scanner for its version."""
    from processors.detect.clamav import Clamd

    address = settings.processing.clamav or ""
    return f"{address}: {Clamd(address).version()}"


def account_checks(settings: Settings) -> Iterator[Check]:
    """Yield the check of the credentials and, if they work, one check per source."""
    with open_client(settings) as client:
        credentials = attempt(
            "credentials",
            lambda: counted(len(visible_tables(client)), "table", "is visible/are visible"),
            "Check caspio.url, CASPIO_CLIENT_ID and CASPIO_CLIENT_SECRET, and that the API profile "
            "is enabled.",
        )
        yield credentials
        # Each source would report the same failure again.
        if not credentials.ok:
            return
        yield attempt("api version", lambda: versions_text(client), "Run doctor again later.")
        target = open_target(client)
        yield from examine_folders(settings.sources, target)
        yield from examine_syncs(settings.sync, settings.sources, target)
        remedy = "Check the names in the settings, and what the API profile may read and write."
        for spec in settings.specs().values():
            check = partial(check_source, spec, target, settings)
            yield attempt(f"source {spec.name}", check, remedy)


def reported_syncs(settings: Settings) -> str:
    """Check that the webhook reports the tables of all syncs that it can report."""
    syncs = [spec for one in settings.sync if (spec := one.spec()).reported_table]
    with open_ledger(settings) as ledger:
        silent = [spec.name for spec in syncs if ledger.messages.watched(spec.source) is None]
    if silent:
        raise BadSettings([f"Webhooks report no change to {', '.join(silent)}."])
    return f"{counted(len(syncs), 'sync', 'is/are')} reported by webhook"


def versions_text(client: "CaspioClient") -> str:
    """Say which versions of Caspio's API the account answers, and which one is used."""
    answers = client.versions()
    known = [f"{version} {'answers' if does else 'does not'}" for version, does in answers.items()]
    return f"{', '.join(known)}; {next(iter(answers))} is used"


def check_source(spec: SourceSpec, target: RecordTarget, settings: Settings) -> str:
    """Check that the columns of a source exist and can be written, and that nothing blocks it."""
    problems = refuse_source(spec, target)
    if not problems:
        with (
            suppress(LedgerUnavailable),
            open_ledger(settings) as ledger,
        ):  # it has its own check
            problems = blocked(spec, ledger)
            problems += changed_types(spec, target=target, ledger=ledger)
    raise_problems(problems)
    if spec.folder is None:
        check_file_fields(spec, target)
    mapped = f"{counted(len(spec.columns), 'column')} mapped and can be written"
    return f"{spec.container}: {mapped}, {limits_text(spec)}" if spec.columns else mapped


def limits_text(spec: SourceSpec) -> str:
    """Say from which confidence on the values of a source are written and suggested."""
    one = spec.limits
    text = f"written from confidence {one.write_at:g} on, suggested from {one.suggest_at:g} on"
    own = [
        f"{column} from {limits.write_at:g} and {limits.suggest_at:g} on"
        for column, limits in sorted(spec.column_limits.items())
    ]
    return "; ".join([text, *own])
