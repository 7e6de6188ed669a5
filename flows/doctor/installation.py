"""Examine an installation: one check after another, each with what to do when it fails."""

from collections.abc import Iterator
from contextlib import suppress
from functools import partial
from pathlib import Path

from flows.app.settings import load_settings
from flows.app.wiring import open_archive, open_client, open_ledger, open_reader
from flows.doctor.check import Check, attempt
from flows.doctor.server import examine_server
from flows.prefect.server import Server
from pipeline.adapters.system_clock import SystemClock
from pipeline.errors import BadSettings, LedgerUnavailable
from pipeline.model import SourceSpec
from pipeline.ports import RecordTarget
from pipeline.settings import Settings
from pipeline.source_run.checks import changed_types, refuse_source


def examine(config: Path) -> Iterator[Check]:
    """Yield the checks one by one; without valid settings, only those of the settings."""
    try:
        settings = load_settings(config)
    except BadSettings as error:
        remedy = "Correct the file or the environment, and run doctor again."
        for problem in error.problems:
            yield Check("settings", ok=False, detail=problem, remedy=remedy)
        return
    yield Check("settings", ok=True, detail=f"{config}: {len(settings.sources)} sources")
    checks = [
        ("archive", _archive, "Check archive.url, the credentials and the free space."),
        ("ledger", _ledger, "Check ledger.url and the rights on its folder or server."),
        ("reading", _reading, "Install what is named, or set processing.ocr."),
        ("safety", _safety, "Check the limits of processes on this machine (ulimit -a)."),
    ]
    if settings.processing.clamav:
        checks.append(("virus scanner", _scanner, "Start clamd, or correct processing.clamav."))
    for name, check, remedy in checks:
        yield attempt(name, partial(check, settings), remedy)
    yield from _account(settings)
    yield from examine_server(settings, Server.from_environment())


def _archive(settings: Settings) -> str:
    note = open_archive(settings.archive).check()
    text = f"{settings.archive.url}: wrote, read and removed a probe"
    return f"{text}; {note}" if note else text


def _ledger(settings: Settings) -> str:
    with open_ledger(settings, clock=SystemClock()) as ledger:
        known = sum(sum(by_status.values()) for by_status in ledger.files.counts().values())
    return f"migrated; {known:,} files known"


def _reading(settings: Settings) -> str:
    from processors.contract import EngineMissing, ReadSettings
    from processors.ocr import engines

    chosen = ReadSettings(ocr=settings.processing.ocr, languages=settings.processing.languages)
    try:
        return engines.describe(chosen)
    except EngineMissing as error:
        raise BadSettings([str(error)]) from error


def _safety(settings: Settings) -> str:
    """Say what the system grants the children that read documents, beside what was asked for."""
    asked = settings.processing
    with open_reader(asked, workers=1) as reader:
        granted = reader.granted()
    if granted is None:
        raise BadSettings(["no child process could be started"])
    network = granted.network or "NOT cut off the network (the kernel refuses)"
    files = (
        f"Landlock {granted.landlock}"
        if granted.landlock
        else "NOT kept from other files (no Landlock)"
    )
    still = f"{asked.stall_s}" if granted.stall else f"NOT watched of {asked.stall_s}"
    given = (
        f"memory {_of(granted.memory_mib, asked.memory_mib)} MiB, CPU {_of(granted.cpu_s, asked.cpu_s)} s, "
        f"wall {asked.wall_s} s, standing still {still} s, "
        f"disk {asked.disk_mib} MiB"
    )
    return f"network: {network}; files: {files}; {given}"


def _scanner(settings: Settings) -> str:
    from processors.detect.clamav import Clamd

    address = settings.processing.clamav or ""
    return f"{address}: {Clamd(address).version()}"


def _of(granted: int | None, asked: int) -> str:
    """Write what was granted, and what was asked where that is more."""
    if granted is None:
        return f"NOT limited of {asked}"
    return f"{granted}" if granted >= asked else f"{granted} of {asked}"


def _account(settings: Settings) -> Iterator[Check]:
    """Yield the check of the credentials and, if they work, one check per source."""
    from pipeline.adapters.caspio.errors import translated
    from pipeline.adapters.caspio.target import CaspioRecordTarget

    with open_client(settings, clock=SystemClock()) as client:
        credentials = attempt(
            "credentials",
            translated()(lambda: f"{len(client.tables.names())} tables are visible"),
            "Check caspio.url, CASPIO_CLIENT_ID and CASPIO_CLIENT_SECRET, and that the API profile "
            "is enabled.",
        )
        yield credentials
        if not credentials.ok:
            return
        target = CaspioRecordTarget(client)
        remedy = "Check the names in the settings, and what the API profile may read and write."
        for spec in settings.specs().values():
            check = partial(_source, spec, target, settings)
            yield attempt(f"source {spec.name}", check, remedy)


def _source(spec: SourceSpec, target: RecordTarget, settings: Settings) -> str:
    from pipeline.adapters.caspio.errors import translated
    from pipeline.adapters.caspio.schema_cache import layout

    problems = refuse_source(spec, target)
    if not problems:
        with (
            suppress(LedgerUnavailable),
            open_ledger(settings, clock=SystemClock()) as ledger,
        ):  # it has its own check
            problems = changed_types(spec, target=target, ledger=ledger)
    if problems:
        raise BadSettings(problems)
    if spec.folder is None:
        columns = target.columns(spec.container, is_view=spec.view is not None)
        with translated():
            layout(spec, {name: column.type for name, column in columns.items()})
    return f"{spec.container}: {len(spec.columns)} columns are mapped and can be written"
