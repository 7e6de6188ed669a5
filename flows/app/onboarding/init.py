"""`init`: discover an account's schema, create missing columns, write the settings file."""

import os
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from flows.app.mapping.settings_file import tried
from flows.app.onboarding.wiring import discover_schema
from pipeline.errors import BadSettings
from pipeline.model.schema import DiscoveredAccount
from pipeline.onboarding.proposal import (
    PAGES_A_FILE,
    PAGES_A_SECOND,
    Estimate,
    MissingColumn,
    Proposal,
    ProposedSource,
    estimate,
    propose,
)
from pipeline.onboarding.sample_documents import SampleDocument
from pipeline.settings.sections import CaspioSettings
from pipeline.wording import counted

if TYPE_CHECKING:
    from pipeline.adapters.caspio.client import CaspioClient


@dataclass(frozen=True, slots=True)
class Discovered:
    """What was discovered of the account, and what is proposed for it."""

    url: str
    account: DiscoveredAccount
    proposal: Proposal
    samples: Sequence[SampleDocument] = ()

    def estimate(self) -> Estimate:
        """Estimate what the first runs cost on this machine, at the default rate."""
        calls, seconds = CaspioSettings.model_fields["rate"].default.removesuffix("s").split("/")
        return estimate(
            self.proposal,
            self.account,
            calls_a_second=int(calls) / int(seconds),
            cores=os.cpu_count() or 1,
        )


def discover(client: "CaspioClient", url: str) -> Discovered:
    """Read the schema, count the files and propose sources.

    Raises:
        BadSettings: no visible table or view holds files.
    """
    with tempfile.TemporaryDirectory(prefix="caspio-ingest-") as folder:
        discovered = discover_schema(client, folder=Path(folder))
    proposal = propose(discovered)
    if not proposal.sources:
        problem = (
            f"No table or view of those that are visible ({len(discovered.containers)}) has an "
            "ATTACHMENT or FILE field, and the Files area is empty. Give the API profile access to "
            "tables with files, or add such a field."
        )
        raise BadSettings(
            [problem, *(f"{name}: {why}" for name, why in discovered.unreadable.items())]
        )
    return Discovered(url, discovered, proposal)


def with_samples(discovered: Discovered, samples: Sequence[SampleDocument]) -> Discovered:
    """Propose again, with documents that were read, to a user who is asked about everything."""
    # From the start: what documents say may join or part fields that were proposed otherwise.
    proposal = propose(discovered.account, samples, asked=True)
    return replace(discovered, proposal=proposal, samples=samples)


def create_columns(
    client: "CaspioClient", source: ProposedSource, wanted: Sequence[MissingColumn]
) -> tuple[list[MissingColumn], str]:
    """Create columns one by one; create the table, too, if it is an index table that is missing.

    Return the created ones, and why the others were not; "" if all were created.
    """
    from pipeline.adapters.caspio.client import AccessDenied, NewField, Refused

    table = source.container.name
    if source.folder is not None and not source.container.columns:
        # A table is created with all of its fields at once, so it is whole or not there.
        fields = [NewField(source.path_column, "STRING")]
        fields += [NewField(column.name, column.type) for column in wanted]
        try:
            client.tables.create(table, fields)
        except (AccessDenied, Refused) as error:
            return [], f"{table}: the table could not be created: {error}"
        return list(wanted), ""
    made: list[MissingColumn] = []
    for column in wanted:
        try:
            client.tables.create_field(table, NewField(column.name, column.type))
        except (AccessDenied, Refused) as error:
            # The other columns are not tried: what was refused for one is mostly refused for all.
            return made, f"{table}: column {column.name} could not be created: {error}"
        # Kept one by one: those that exist can be mapped, whatever becomes of the others.
        made.append(column)
    return made, ""


def write_settings(path: Path, text: str, *, overwrite: bool) -> None:
    """Write the settings file, after loading it as a run will load it.

    Raises:
        BadSettings: the file exists, cannot be written, or the proposal does not load.
    """
    # A hard link, unlike a rename, fails if another process has created the target meanwhile.
    try:
        with tried(path, text) as fresh:
            if overwrite:
                fresh.replace(path)
            else:
                path.hardlink_to(fresh)
    except FileExistsError:
        raise BadSettings([already_exists(path)]) from None


def already_exists(path: Path) -> str:
    """Return the message that an existing file was kept."""
    return (
        f"{path} exists already and was not changed. "
        "Add --overwrite, or name another file with --config."
    )


def assumed() -> str:
    """Return the assumptions behind the estimated minutes."""
    return (
        f"{counted(PAGES_A_FILE, 'page')} per document, {PAGES_A_SECOND:g} page per second "
        f"on each of {os.cpu_count() or 1} cores "
        "(scans; pages with a text layer take a fraction), and the default rate of calls"
    )


def as_document(
    discovered: Discovered,
    *,
    written: Path | None,
    created: Mapping[str, Sequence[str]],
    calls: int,
) -> object:
    """Return what `init --json` prints."""
    # Only what was chosen counts: sources that are left out cost nothing.
    cost = discovered.estimate()
    return {
        "settings": str(written) if written else None,
        "url": discovered.url,
        "sources": [source_json(source) for source in discovered.proposal.sources],
        "folder": next((one.folder for one in discovered.proposal.sources if one.folder), None),
        "left_out": {container.name: why for container, why in discovered.proposal.left_out},
        "unreadable": dict(discovered.account.unreadable),
        "files_area": {
            "files": discovered.account.files_area.files,
            "bytes": discovered.account.files_area.size_bytes,
            "counted_all": discovered.account.files_area.counted_all,
        },
        "created_columns": {table: list(names) for table, names in created.items()},
        "first_run": {
            "planning_calls": cost.planning_calls,
            "writing_calls": cost.writing_calls,
            "minutes": round(cost.minutes, 1),
            "assumed": assumed(),
        },
        "caspio_calls": calls,
    }


def source_json(source: ProposedSource) -> object:
    """Return a proposed source for --json."""
    container = replace(source.container, fields=source.file_fields)
    place = "view" if container.is_view else "table"
    return {
        "name": source.name,
        "index_table" if source.folder is not None else place: container.name,
        "folder": source.folder,
        "rename": source.rename,
        "review": source.review,
        "fields": {field.name: field.type for field in container.fields},
        "records": container.records,
        "records_looked_at": container.counted_records,
        "files": container.files,
        "bytes": container.size_bytes,
        "columns": {
            m.column: {"finding": m.finding, "score": m.score, "why": m.why} for m in source.columns
        },
        "unsure": {m.column: {"finding": m.finding, "why": m.objection} for m in source.unsure},
        "missing": {column.name: column.type for column in source.missing},
    }
