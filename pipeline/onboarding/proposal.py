"""Propose sources and column mappings for a discovered account, and say why. Pure."""

import posixpath
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from pipeline.metering.budget import calls_to_fetch, calls_to_list, calls_to_write
from pipeline.model import FileRef, IndexTable, Place, SourceSpec
from pipeline.model.schema import Container, DiscoveredAccount, FileField
from pipeline.onboarding.column_matching import Match, match_columns, words_of
from pipeline.onboarding.file_fields import fields_alike, group_of, own_columns
from pipeline.onboarding.sample_documents import SampleDocument, agreed_columns
from pipeline.steps.write_back.review_table import refuse_review

# Both are guesses on the careful side: an estimate that is too long disappoints nobody.
PAGES_A_FILE = 3
"""Pages that a document has on average, for the estimate."""

PAGES_A_SECOND = 1.0
"""Pages that one core recognizes in a second, for the estimate."""

# A source may have a name of 63 characters, and an ending may follow.
_MAX_NAME_CHARS = 50
_INDEX_TABLE = "FileIndex"
_NO_COLUMN = (
    "no column takes a value of its documents, so nothing would be written; create columns, for "
    "example with `caspio-ingest init --create-columns`"
)


@dataclass(frozen=True, slots=True)
class MissingColumn:
    """A column that a table could be given for a finding that none of its columns takes."""

    name: str
    type: str
    finding: str


@dataclass(frozen=True, slots=True)
class ProposedSource:
    """A source: where its files are, which columns are taken, left to the user, or missing.

    Attributes:
        container: The table or view; for a folder its index table.
        fields: The file fields that it reads; none means all of them, or a folder.
        rename: The template of file names; None keeps the names.
        review: The review table; None for none.
        folder: The folder of the Files area, None for a table or view.
        path_column: The column of a folder's index table with the paths.
    """

    name: str
    container: Container
    columns: tuple[Match, ...] = ()
    unsure: tuple[Match, ...] = ()
    missing: tuple[MissingColumn, ...] = ()
    fields: tuple[str, ...] = ()
    rename: str | None = None
    review: str | None = None
    folder: str | None = None
    path_column: str = "Path"

    @property
    def file_fields(self) -> tuple[FileField, ...]:
        """Return the file fields that are read."""
        return tuple(
            one for one in self.container.fields if not self.fields or one.name in self.fields
        )

    @property
    def place(self) -> str:
        """Say in words where the files are."""
        if self.folder is not None:
            return (
                f"folder {self.folder} of the Files area, by the index table {self.container.name}"
            )
        kind = "view" if self.container.is_view else "table"
        names = ", ".join(one.name for one in self.file_fields)
        return f"{kind} {self.container.name} ({names})"

    def reads(self, ref: FileRef) -> bool:
        """Say whether a file of the account is one of this source."""
        if self.folder is not None:
            return ref.place is Place.FOLDER
        is_mine = ref.container == self.container.name and ref.place is not Place.FOLDER
        return is_mine and any(one.name == ref.field for one in self.file_fields)

    def spec(self) -> SourceSpec:
        """Return the source as a run would work on it."""
        name = self.container.name
        spec = SourceSpec(
            name=self.name,
            folder=self.folder,
            fields=self.fields,
            columns={match.column: match.finding for match in self.columns},
            rename=self.rename,
            review=self.review,
        )
        if self.folder is not None:
            return replace(spec, index=IndexTable(name, self.path_column))
        return replace(spec, view=name) if self.container.is_view else replace(spec, table=name)

    @property
    def reprocess_column(self) -> str | None:
        """Name the YES/NO column called Reprocess, which users set to have records read again."""
        for column in self.container.columns.values():
            is_checkbox = column.type == "YES/NO" and not column.is_locked
            if is_checkbox and words_of(column.name) == ["reprocess"]:
                return column.name
        return None


@dataclass(frozen=True, slots=True)
class Proposal:
    """Sources, and why other tables, views and fields with files are not sources.

    `review_tables` are the tables that can hold suggestions.
    """

    sources: tuple[ProposedSource, ...]
    left_out: tuple[tuple[Container, str], ...] = ()
    review_tables: tuple[str, ...] = ()


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


def propose(
    account: DiscoveredAccount,
    samples: Sequence[SampleDocument] = (),
    *,
    asked: bool = False,
) -> Proposal:
    """Propose sources for all files: for tables, for views whose files no table shows, a folder.

    `samples` are documents that were read to look at them. Where a user is asked, the Files area
    is proposed also where it has more files than the records name.
    """
    with_own_files, left_out = with_files(account)
    names: set[str] = set()
    sources: list[ProposedSource] = []
    for container in with_own_files:
        sources += _sources(container, samples, names)
    fields = [field for container in account.containers for field in container.fields]
    named = sum(field.files for field in fields if field.type == "FILE")
    has_more = asked and account.files_area.files > named
    folder = _folder(account, names, has_tables=bool(sources), has_more=has_more)
    if folder is not None:
        sources.append(folder)
    review_tables = tuple(one.name for one in account.containers if is_review_table(one))
    return Proposal(tuple(sources), tuple(left_out), review_tables)


def with_files(
    account: DiscoveredAccount,
) -> tuple[list[Container], list[tuple[Container, str]]]:
    """Return the tables and views with files of their own, and why other views are left out."""
    with_fields = [one for one in account.containers if one.fields]
    with_own_files = [one for one in with_fields if not one.is_view]
    views = [one for one in with_fields if one.is_view]
    fields_of_tables = {field.name for table in with_own_files for field in table.fields}
    left_out: list[tuple[Container, str]] = []
    for view in views:
        if fields_of_tables.issuperset(field.name for field in view.fields):
            reason = "its file fields are those of a table above, so its files would be read twice"
            left_out.append((view, reason))
        else:
            with_own_files.append(view)
    return with_own_files, left_out


def without_empty(proposal: Proposal) -> Proposal:
    """Leave out the sources that would write nothing: no column takes a value of theirs."""
    empty = [
        (replace(one.container, fields=one.file_fields), why)
        for one, why in empty_sources(proposal)
    ]
    kept = tuple(one for one in proposal.sources if one.columns)
    return replace(proposal, sources=kept, left_out=(*proposal.left_out, *empty))


def empty_sources(proposal: Proposal) -> list[tuple[ProposedSource, str]]:
    """Return the sources that would write nothing, and why."""
    return [(one, _NO_COLUMN) for one in proposal.sources if not one.columns]


def is_review_table(container: Container) -> bool:
    """Say whether a table has every column of a review table."""
    spec = SourceSpec(name=container.name, review=container.name)
    return not container.is_view and not list(refuse_review(spec, container.columns))


def _sources(
    container: Container, samples: Sequence[SampleDocument], names: set[str]
) -> list[ProposedSource]:
    """Propose a source for each group of a container's fields whose documents are alike."""
    agreed = agreed_columns(container, samples)
    owners = own_columns(container)
    groups = fields_alike(container, samples, owners)
    if len(groups) == 1:
        sure, unsure = match_columns(container, agreed)
        missing = () if container.is_view else missing_columns(container, sure)
        name = source_name(container.name, names)
        return [ProposedSource(name, container, sure, unsure, missing)]
    return _apart(container, samples, names, groups=groups, owners=owners, agreed=agreed)


def _apart(
    container: Container,
    samples: Sequence[SampleDocument],
    names: set[str],
    *,
    groups: Sequence[tuple[str, ...]],
    owners: Mapping[str, str],
    agreed: Mapping[str, str],
) -> list[ProposedSource]:
    """Propose a source for each group of fields, with the columns that are its own."""
    general = _match(container, list(container.columns.keys() - owners.keys()), agreed)
    # The first keeps the name that a table with one field has.
    labels = [container.name, *("-".join((container.name, group[0])) for group in groups[1:])]
    sources: list[ProposedSource] = []
    for number, group in enumerate(groups):
        mine = [column for column, field in owners.items() if field in group]
        sure, unsure = _match(container, mine, agreed)
        found = {match.finding for match in sure}
        # What no field has for itself goes to the field whose documents say it.
        more, doubtful = (
            tuple(one for one in matches if group_of(one, groups, container, samples) == number)
            for matches in general
        )
        sure = (*sure, *(match for match in more if match.finding not in found))
        name = source_name(labels[number], names)
        sources.append(ProposedSource(name, container, sure, (*unsure, *doubtful), fields=group))
    return sources


def _match(
    container: Container, columns: Sequence[str], agreed: Mapping[str, str]
) -> tuple[tuple[Match, ...], tuple[Match, ...]]:
    """Match some of a container's columns."""
    kept = {name: one for name, one in container.columns.items() if name in columns}
    some = replace(container, columns=kept)
    return match_columns(some, {name: agreed[name] for name in agreed if name in columns})


def source_name(text: str, names: set[str]) -> str:
    """Return a name for a source, and add it to those that are taken."""
    base = re.sub(r"[^A-Za-z0-9_-]+", "-", text).strip("-_").lower()
    base = base[:_MAX_NAME_CHARS] or "source"
    # Two tables may have names that differ only in characters which a source's name cannot have.
    name, number = base, 1
    while name in names:
        number += 1
        name = f"{base}-{number}"
    names.add(name)
    return name


def _folder(
    account: DiscoveredAccount, names: set[str], *, has_tables: bool, has_more: bool
) -> ProposedSource | None:
    """Propose the folder whose files an index table lists; None if no such table is needed.

    Where nothing else has files, or the Files area has more than the records name, all of it is
    proposed with an index table that can be created.
    """
    if not account.files_area.files:
        return None
    index_tables = (
        (container, column)
        for container in account.containers
        for column in path_columns(container, may_be_empty=not has_tables)
    )
    container, column = next(index_tables, (None, ""))
    if container is None and has_tables and not has_more:
        return None
    name = source_name("files", names)
    if container is None:
        index = Container(_INDEX_TABLE, is_view=False, columns={})
        return ProposedSource(name, index, missing=missing_columns(index, ()), folder="/")
    # The column of the paths is taken: no value may be mapped to it.
    others = {key: value for key, value in container.columns.items() if key != column}
    sure, unsure = match_columns(replace(container, columns=others))
    missing, folder = missing_columns(container, sure), common_folder(_filled(container, column))
    return ProposedSource(name, container, sure, unsure, missing, folder=folder, path_column=column)


def path_columns(container: Container, *, may_be_empty: bool) -> list[str]:
    """Return the columns of a table without file fields that have paths of the Files area."""
    if container.fields or container.is_view or is_review_table(container):
        return []
    texts = [one.name for one in container.columns.values() if one.type in {"STRING", "TEXT"}]
    found: list[str] = []
    for name in texts:
        if "path" not in words_of(name):
            continue
        paths = _filled(container, name)
        if (paths or may_be_empty) and all(path.startswith("/") for path in paths):
            found.append(name)
    return found


def _filled(container: Container, column: str) -> list[str]:
    """Return the values of a column in the records that were looked at, without empty ones."""
    return [str(row[column]) for row in container.samples if row.get(column)]


def common_folder(paths: Sequence[str]) -> str:
    """Return the deepest folder that has all of the paths."""
    folders = {posixpath.dirname(path) for path in paths}
    return posixpath.commonpath(folders) if folders else "/"


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
    """Return the source with columns that are created for it, mapped."""
    new = tuple(
        Match(column.name, column.finding, 100.0, "created for it", creates=column.type)
        for column in created
    )
    left = tuple(column for column in source.missing if column not in created)
    return replace(source, columns=(*source.columns, *new), missing=left)


def estimate(
    proposal: Proposal, account: DiscoveredAccount, *, calls_a_second: float, cores: int
) -> Estimate:
    """Estimate what reading everything once takes, with one write for each record with a file."""
    listing = written = files = 0
    for source in proposal.sources:
        container = replace(source.container, fields=source.file_fields)
        records, found = container.records, container.files
        if source.folder is not None:
            # Its index table has a row for each file.
            records = found = account.files_area.files
        files += found
        listing += calls_to_list(records, attachment_fields=container.attachment_fields)
        if source.columns:
            written += min(records, found)
    planning = listing + calls_to_fetch(files)
    writing = listing + calls_to_write(updated=written)
    # Reading and downloading overlap: the slower of the two decides.
    pages = files * PAGES_A_FILE
    seconds = max(pages / (PAGES_A_SECOND * cores), planning / calls_a_second)
    seconds += writing / calls_a_second
    return Estimate(planning, writing, seconds / 60, pages)
