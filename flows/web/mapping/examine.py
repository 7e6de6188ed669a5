"""What a draft would do: what is wrong with it, what documents become, what it costs."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from flows.app.mapping.look import Looked
from flows.app.mapping.settings_file import SettingsFile
from flows.web.mapping.draft import EDITED, Draft
from pipeline.decide.mapping import refuse_columns
from pipeline.model import Column, SourceSpec
from pipeline.model.schema import Container, DiscoveredAccount
from pipeline.onboarding.cost import SourceCost, source_cost
from pipeline.onboarding.preview import Becomes, becomes
from pipeline.onboarding.settings_edit import SettingsChange, added, changed, changes_between
from pipeline.settings import Settings
from pipeline.settings.conflicts import (
    also_in_folder,
    column_conflicts,
    columns_in_use,
    names_left,
    read_twice,
)
from pipeline.settings.sources import SourceSettings
from pipeline.source_run.checks import refuse_columns_in_use, refuse_reprocess_column
from pipeline.steps.write_back import refuse_review

PREVIEWS = 5
"""Documents of which is shown what they would become."""


@dataclass(frozen=True, slots=True)
class ExaminedDraft:
    """A draft with what it would do. `cost` and `previews` are there where it can be a source.

    Attributes:
        problems: What keeps it from being a source.
        warnings: What a user should know and may want.
    """

    draft: Draft
    problems: tuple[str, ...]
    previews: tuple[Becomes, ...] = ()
    cost: SourceCost | None = None
    warnings: tuple[str, ...] = ()


def examine(
    draft: Draft,
    looked: Looked,
    settings: Settings,
    account: DiscoveredAccount | None,
    old: SourceSettings | None,
) -> ExaminedDraft:
    """Say what a draft would do, without a call."""
    source = draft.source
    if source is None:
        return ExaminedDraft(draft, draft.problems)
    new = {one.name: Column(one.name, one.type) for one in draft.creates}
    columns = {**looked.container.columns, **new}
    all_sources = [*_others(settings, old), source]
    problems = [
        *draft.problems,
        *_problems(source, looked, columns, account),
        *_conflicts(source, settings, old),
        *_in_use(source.spec(columns_in_use(all_sources)), looked.container, columns, account),
    ]
    spec = source.spec()
    # The last ones are those of the emptiest records, which show most.
    samples = [one for one in looked.samples if not spec.fields or one.ref.field in spec.fields]
    return ExaminedDraft(
        draft,
        tuple(dict.fromkeys(problems)),
        tuple(becomes(spec, columns, sample) for sample in samples[-PREVIEWS:]),
        source_cost(spec, looked.container, files=looked.files, schedule=settings.serve.schedule),
        tuple(_about(source, shared_files(all_sources, looked.container, account))),
    )


def shared_files(
    sources: Sequence[SourceSettings], container: Container, account: DiscoveredAccount | None
) -> Iterator[str]:
    """Yield which sources read the same files, and which may; the draft is the last source."""

    def file_fields(source: SourceSettings) -> Sequence[str]:
        # Of other tables, only a look at the account has the types of columns.
        known = [container] if source is sources[-1] else (account.containers if account else ())
        return [
            name
            for one in known
            if (one.name, one.is_view) == (source.table or source.view, source.view is not None)
            for name, column in one.columns.items()
            if column.type == "FILE"
        ]

    yield from read_twice(sources)
    yield from also_in_folder(sources, file_fields)
    yield from names_left(sources, file_fields)


def _problems(
    source: SourceSettings,
    looked: Looked,
    columns: dict[str, Column],
    account: DiscoveredAccount | None,
) -> Iterator[str]:
    """Yield what speaks against a source, as a run would before its first call."""
    spec, container = source.spec(), looked.container
    if not spec.columns and spec.rename is None:
        yield "nothing would be written: choose what a column takes, or give the files names"
    yield from refuse_columns(spec, columns)
    known = {one.name for one in container.fields}
    if looked.place.kind != "folder" and not known:
        yield f"{looked.place.name!r} has no column with files"
    yield from (
        f"there is no column {name!r} with files" for name in spec.fields if name not in known
    )
    if spec.reprocess_column:
        name = spec.reprocess_column
        yield from refuse_reprocess_column(spec, name, columns, container.name)
    yield from _review_problems(spec, account)


def _in_use(
    spec: SourceSpec,
    container: Container,
    columns: Mapping[str, Column],
    account: DiscoveredAccount | None,
) -> Iterator[str]:
    """Yield what speaks against columns by which a source works, as far as the account is known."""
    known = {(one.name, one.is_view): one.columns for one in account.containers} if account else {}
    known[container.name, container.is_view] = columns
    yield from refuse_columns_in_use(
        spec, container.name, lambda name, is_view: known.get((name, is_view), {})
    )


def _review_problems(spec: SourceSpec, account: DiscoveredAccount | None) -> Iterator[str]:
    # Without a look at the account, the run has the first look at the review table.
    if not spec.review or account is None:
        return
    tables = {one.name: one for one in account.containers if not one.is_view}
    if spec.review in tables:
        yield from refuse_review(spec, tables[spec.review].columns)
    else:
        yield f"there is no table {spec.review!r} for the review"


def _conflicts(
    source: SourceSettings, settings: Settings, old: SourceSettings | None
) -> Iterator[str]:
    others = _others(settings, old)
    if any(one.name == source.name for one in others):
        yield f"there is a source {source.name!r} already; choose another name"
    if source.name == "new":
        yield "'new' is an address of this page; choose another name for the source"
    yield from _about(source, column_conflicts([*others, source]))


def _others(settings: Settings, old: SourceSettings | None) -> list[SourceSettings]:
    return [one for one in settings.sources if old is None or one.name != old.name]


def _about(source: SourceSettings, sentences: Iterable[str]) -> Iterator[str]:
    """Yield the sentences that name a source; the others are about other sources alone."""
    return (sentence for sentence in sentences if repr(source.name) in sentence)


def change_of(
    source: SourceSettings, old: SourceSettings | None, file: SettingsFile
) -> SettingsChange:
    """Return how the settings file changes.

    Raises:
        BadSettings: it cannot be changed.
    """
    if old is None:
        return added(file.text, source)
    return changed(file.text, source.name, changes_between(old, source, EDITED))


def source_in(settings: Settings, name: str) -> SourceSettings | None:
    """Return a source of the settings, None if there is none of this name."""
    return next((one for one in settings.sources if one.name == name), None)
