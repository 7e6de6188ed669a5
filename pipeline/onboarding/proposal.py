"""Propose sources and column mappings for a discovered account, and say why. Pure."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

from pipeline.metering.budget import calls_to_fetch, calls_to_list, calls_to_write
from pipeline.model.schema import Container, DiscoveredAccount
from pipeline.onboarding.column_matching import Match, match_columns, words_of

PAGES_A_FILE = 3
"""Pages that a document has on average, for the estimate."""

PAGES_A_SECOND = 1.0
"""Pages that one core recognizes in a second, for the estimate."""

_MAX_NAME_CHARS = 50


@dataclass(frozen=True, slots=True)
class MissingColumn:
    """A column that a table could be given for a finding that none of its columns takes."""

    name: str
    type: str
    finding: str


@dataclass(frozen=True, slots=True)
class ProposedSource:
    """A source: where its files are, which columns are taken, left to the user, or missing."""

    name: str
    container: Container
    columns: tuple[Match, ...] = ()
    unsure: tuple[Match, ...] = ()
    missing: tuple[MissingColumn, ...] = ()

    @property
    def reprocess_column(self) -> str | None:
        """Name the YES/NO column called Reprocess, which users set to have records read again."""
        for column in self.container.columns.values():
            is_checkbox = column.type == "YES/NO" and column.editable and not column.is_formula
            if is_checkbox and words_of(column.name) == ["reprocess"]:
                return column.name
        return None


@dataclass(frozen=True, slots=True)
class Proposal:
    """Sources, and why other tables and views with file fields are not sources.

    With `folder` the whole Files area is one source.
    """

    sources: tuple[ProposedSource, ...]
    left_out: tuple[tuple[Container, str], ...] = ()
    folder: bool = False


@dataclass(frozen=True, slots=True)
class Estimate:
    """What the first two runs take: the calls of planning and of writing, the minutes of both."""

    planning_calls: int
    writing_calls: int
    minutes: float
    pages: int


_USUAL_COLUMNS = (
    MissingColumn("DocType", "STRING", "doc_type"),
    MissingColumn("DocDate", "DATE/TIME", "date"),
    MissingColumn("Total", "CURRENCY", "total"),
    MissingColumn("Currency", "STRING", "currency"),
    MissingColumn("Company", "STRING", "company"),
    MissingColumn("InvoiceNumber", "STRING", "invoice_number"),
)
"""Columns that a table is usually given if it has none for these findings."""


def propose(account: DiscoveredAccount) -> Proposal:
    """Propose a source for each table with files, and for each view whose files no table shows."""
    tables: list[Container] = []
    views: list[Container] = []
    for one in account.containers:
        if one.fields:
            (views if one.is_view else tables).append(one)
    fields_of_tables = {field.name for table in tables for field in table.fields}
    with_own_files = list(tables)
    left_out: list[tuple[Container, str]] = []
    for view in views:
        if {field.name for field in view.fields} <= fields_of_tables:
            reason = "its file fields are those of a table above, so its files would be read twice"
            left_out.append((view, reason))
        else:
            with_own_files.append(view)
    names: set[str] = set()
    sources = tuple(_source(one, names) for one in with_own_files)
    has_only_files = not sources and account.files_area.files > 0
    return Proposal(sources, tuple(left_out), folder=has_only_files)


def _source(container: Container, names: set[str]) -> ProposedSource:
    """Propose a source for a table or view, and add its name to those that are taken."""
    base = re.sub(r"[^A-Za-z0-9_-]+", "-", container.name).strip("-_").lower()
    base = base[:_MAX_NAME_CHARS] or "source"
    # Two tables may have names that differ only in characters which a source's name cannot have.
    name, number = base, 1
    while name in names:
        number += 1
        name = f"{base}-{number}"
    names.add(name)
    sure, unsure = match_columns(container)
    missing = () if container.is_view else missing_columns(container, sure)
    return ProposedSource(name, container, sure, unsure, missing)


def missing_columns(container: Container, sure: Sequence[Match]) -> tuple[MissingColumn, ...]:
    """Return the usual columns that a table lacks; a name that is taken is given an ending."""
    mapped = {match.finding for match in sure}
    names = {name.casefold() for name in container.columns}
    missing: list[MissingColumn] = []
    for column in _USUAL_COLUMNS:
        if column.finding in mapped:
            continue
        name = column.name if column.name.casefold() not in names else f"{column.name}Read"
        if name.casefold() not in names:
            missing.append(replace(column, name=name))
    return tuple(missing)


def with_columns(source: ProposedSource, created: Sequence[MissingColumn]) -> ProposedSource:
    """Return the source with columns that were just created, mapped."""
    new = tuple(Match(column.name, column.finding, 100.0, "created for it") for column in created)
    left = tuple(column for column in source.missing if column not in created)
    return replace(source, columns=(*source.columns, *new), missing=left)


def estimate(
    proposal: Proposal, account: DiscoveredAccount, *, calls_a_second: float, cores: int
) -> Estimate:
    """Estimate what reading everything once takes, with one write for each record with a file."""
    listing = written = 0
    files = account.files_area.files if proposal.folder else 0
    for source in proposal.sources:
        container = source.container
        files += container.files
        listing += calls_to_list(container.records, attachment_fields=container.attachment_fields)
        if source.columns:
            written += min(container.records, container.files)
    planning = listing + calls_to_fetch(files)
    writing = listing + calls_to_write(updated=written)
    # Reading and downloading overlap: the slower of the two decides.
    pages = files * PAGES_A_FILE
    seconds = max(pages / (PAGES_A_SECOND * cores), planning / calls_a_second)
    seconds += writing / calls_a_second
    return Estimate(planning, writing, seconds / 60, pages)
