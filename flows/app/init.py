"""Begin with an account: look it over, create columns it lacks, write the settings file."""

import os
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from flows.app.settings import load_settings
from pipeline.errors import BadSettings, RefusedByCaspio, Unauthorized
from pipeline.model.schema import Survey
from pipeline.onboarding.proposal import (
    PAGES_A_FILE,
    PAGES_A_SECOND,
    Estimate,
    MissingColumn,
    Proposal,
    ProposedSource,
    estimate,
)
from pipeline.settings.sections import CaspioSettings

if TYPE_CHECKING:
    from pipeline.adapters.caspio.client import CaspioClient


@dataclass(frozen=True, slots=True)
class Seen:
    """What was seen of the account, and what is proposed of it."""

    url: str
    survey: Survey
    proposal: Proposal

    def estimate(self) -> Estimate:
        """Reckon what the first runs cost on this machine, at the default rate."""
        calls, seconds = CaspioSettings.model_fields["rate"].default.removesuffix("s").split("/")
        return estimate(
            self.proposal,
            self.survey,
            calls_a_second=int(calls) / int(seconds),
            cores=os.cpu_count() or 1,
        )


def look_over(client: "CaspioClient", url: str) -> Seen:
    """Read the schema, count the files and propose sources.

    Raises:
        BadSettings: nothing that can be seen holds files.
    """
    from pipeline.adapters.caspio.discovery import survey
    from pipeline.onboarding.proposal import propose

    with tempfile.TemporaryDirectory(prefix="caspio-ingest-") as folder:
        seen = survey(client, scratch_dir=Path(folder))
    proposal = propose(seen)
    if not proposal.sources and not proposal.folder:
        problem = (
            f"{len(seen.containers)} tables and views can be seen, and none has an ATTACHMENT or FILE field; the Files "
            "area is empty. Give the API profile access to the tables with the files, or add such a field."
        )
        raise BadSettings([problem, *(f"{name}: {why}" for name, why in seen.unreadable.items())])
    return Seen(url, seen, proposal)


def create_columns(
    client: "CaspioClient", table: str, wanted: Sequence[MissingColumn]
) -> tuple[list[MissingColumn], str]:
    """Create columns one by one; return those that stand, and why the others do not, "" where all do."""
    from pipeline.adapters.caspio.client import NewField

    made: list[MissingColumn] = []
    for column in wanted:
        try:
            client.tables.create_field(table, NewField(column.name, column.type))
        except (Unauthorized, RefusedByCaspio) as error:
            return made, f"{table}: column {column.name} could not be created: {error}"
        made.append(column)
    return made, ""


def write_settings(path: Path, text: str, *, overwrite: bool) -> None:
    """Put the file into place after it was read back as a run will read it.

    Raises:
        BadSettings: the file is there already, cannot be written, or what was proposed does not load.
    """
    fresh = path.with_name(f".{path.name}.{os.getpid()}.new")
    try:
        fresh.write_text(text, encoding="utf-8")
        load_settings(fresh)
        if overwrite:
            fresh.replace(path)
        else:
            path.hardlink_to(fresh)
    except FileExistsError:
        raise BadSettings([already_there(path)]) from None
    except OSError as error:
        raise BadSettings([f"{path} cannot be written: {error}."]) from error
    finally:
        fresh.unlink(missing_ok=True)


def already_there(path: Path) -> str:
    """Say that a file is kept."""
    return f"{path} is there already and was left as it is. Add --overwrite, or name another file with --config."


def assumed(cores: int | None = None) -> str:
    """Say what the minutes are reckoned with."""
    return (
        f"{PAGES_A_FILE} pages a document, {PAGES_A_SECOND:g} page a second on each of {cores or os.cpu_count() or 1} "
        "cores (recognised scans; pages with text of their own take a fraction), and the default rate of calls"
    )


def as_document(
    seen: Seen, *, written: Path | None, created: Mapping[str, Sequence[str]], calls: int
) -> object:
    """Return what `init --json` prints."""
    cost = seen.estimate()
    return {
        "settings": str(written) if written else None,
        "url": seen.url,
        "sources": [_source_document(source) for source in seen.proposal.sources],
        "folder": "/" if seen.proposal.folder else None,
        "left_out": {container.name: why for container, why in seen.proposal.left_out},
        "unreadable": dict(seen.survey.unreadable),
        "files_area": {
            "files": seen.survey.files_area.files,
            "bytes": seen.survey.files_area.size_bytes,
            "counted_all": seen.survey.files_area.counted_all,
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


def _source_document(source: ProposedSource) -> object:
    container = source.container
    return {
        "name": source.name,
        "view" if container.is_view else "table": container.name,
        "fields": {field.name: field.type for field in container.fields},
        "records": container.records,
        "records_looked_at": container.looked_at,
        "files": container.files,
        "bytes": container.size_bytes,
        "columns": {
            m.column: {"finding": m.finding, "score": m.score, "why": m.why} for m in source.columns
        },
        "unsure": {m.column: {"finding": m.finding, "why": m.objection} for m in source.unsure},
        "missing": {column.name: column.type for column in source.missing},
    }
