"""The list of sources, what the account has to map, and where a new source begins."""

from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urlencode

from starlette.responses import Response

from flows.app.mapping.look import LookedAtAccount, MappablePlace
from flows.app.mapping.settings_file import read_settings_file
from flows.app.mapping.taking import takers
from flows.web.jobs import Job
from flows.web.mapping.workbench import begin, place_of, workbench
from flows.web.render import page, see
from flows.web.site import Site, Visit, not_found
from pipeline.decide.naming import NameTemplate
from pipeline.model.schema import Container, Folder
from pipeline.onboarding.proposal import path_columns
from pipeline.settings.sources import SourceSettings
from pipeline.wording import counted

LOOK = "look at the account"
"""The name of the job."""


@dataclass(frozen=True, slots=True)
class Index:
    """A table that can have a row for each file of a folder, by the column with the paths."""

    table: str
    column: str


@dataclass(frozen=True, slots=True)
class Placed:
    """A table, view or folder of the account, with the sources that read it."""

    place: MappablePlace
    container: Container | None
    folder: Folder | None
    sources: tuple[str, ...]


def sources(visit: Visit) -> Response:
    """List the sources of the settings, and who works with them."""
    site = visit.site
    digest = read_settings_file(site.config).digest
    return page(
        visit,
        "mapping/sources",
        sources=site.settings.sources,
        places={one.name: place_of_source(one) for one in site.settings.sources},
        names={one.name: example_name(one) for one in site.settings.sources},
        problems=site.live.problems,
        taken=takers(site.ledger, digest),
        said=visit.query.get("said", ""),
    )


def place_of_source(source: SourceSettings) -> str:
    """Say in words where the files of a source are."""
    for kind in ("table", "view", "folder"):
        name = getattr(source, kind)
        if name is not None:
            return f"{kind} {name}"
    return ""


def example_name(source: SourceSettings) -> str:
    """Return a name as the files of a source get it, "" where they keep their own."""
    # The template was tried when the settings were loaded.
    return NameTemplate(source.rename).example if source.rename else ""


def choose(visit: Visit) -> Response:
    """Show what the account has, or the workbench of what was chosen of it."""
    if place_of(visit.query) is not None:
        return workbench(visit)
    site = visit.site
    account = site.looks.account()
    return page(
        visit,
        "mapping/new",
        found=account,
        placed=list(placed(account, site)) if account else [],
        indexes=list(indexes(account)) if account else [],
        job=_shown(site.jobs.job(LOOK), account),
        busy=visit.query.get("said") == "busy",
    )


def placed(account: LookedAtAccount, site: Site) -> list[Placed]:
    """Return the tables and views with files, then the folders, then the other tables and views."""
    by_place: dict[tuple[str, str], tuple[str, ...]] = {}
    for source in site.settings.sources:
        kind, _, name = place_of_source(source).partition(" ")
        by_place[kind, name] = (*by_place.get((kind, name), ()), source.name)
    with_files: list[Placed] = []
    without_files: list[Placed] = []
    for container in account.account.containers:
        place = MappablePlace("view" if container.is_view else "table", container.name)
        listed = with_files if container.fields else without_files
        sources = by_place.get((place.kind, place.name), ())
        listed.append(Placed(place, container, None, sources))

    folders: list[Placed] = []
    for folder in account.account.files_area.folders:
        place = MappablePlace("folder", folder.path)
        sources = by_place.get((place.kind, place.name), ())
        folders.append(Placed(place, None, folder, sources))
    return [*with_files, *folders, *without_files]


def indexes(account: LookedAtAccount) -> list[Index]:
    """Return the tables that can be index tables, by their columns with paths."""
    return [
        Index(one.name, column)
        for one in account.account.containers
        for column in path_columns(one, may_be_empty=True)
    ]


def look(visit: Visit) -> Response:
    """Look at the account, which takes a few calls for each table."""
    looks = visit.site.looks
    visit.audit("look", "account")

    def work(_drain: object) -> str:
        found = looks.look_at_account()
        return f"{counted(found.calls, 'call', 'was/were')} made"

    begun = visit.site.jobs.begin(LOOK, work)
    return see("/sources/new" + ("" if begun else "?said=busy"))


def read(visit: Visit) -> Response:
    """Look at a table, view or folder, and read some of its documents."""
    place = place_of(visit.form)
    if place is None:
        raise not_found("This place")
    return begin(visit, place, address_of(place))


def address_of(place: MappablePlace) -> str:
    """Return the address of the workbench for a new source at a place."""
    values: Mapping[str, str] = {place.kind: place.name}
    if place.index:
        values = {**values, "index": place.index, "path_column": place.path_column}
    return f"/sources/new?{urlencode(values, errors='replace')}"


def _shown(job: Job | None, account: LookedAtAccount | None) -> Job | None:
    """Return a job that is being done, or that failed; what it found says the rest."""
    if job is None or (not job.is_running and not job.failed and account is not None):
        return None
    return job
