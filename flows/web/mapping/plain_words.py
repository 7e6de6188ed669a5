"""Say in plain words what a change of a source's settings means, before its lines are shown."""

from collections.abc import Iterator

from flows.web.mapping.draft import EDITED
from flows.web.mapping.listing import example_name, place_of_source
from pipeline.settings.sources import ColumnSettings, SourceSettings

_INSTEAD = {
    "pause": (
        "Its schedule, webhooks and commands leave this source out, unless a command names it."
    ),
    "resume": "Its schedule, webhooks and commands read this source again.",
    "remove": (
        "Files of this source are not read any more. What was archived and written stays, and so "
        "does what is waiting for review."
    ),
}
_NAMES = {
    "overwrite": "what may be overwritten",
    "schedule": "the schedule",
    "learn": "what is done with what is learned",
    "reprocess_column": "the column that asks to read again",
    "review": "the review table",
}
"""What settings are called whose values say little to a reader."""


def of_action(does: str) -> list[str]:
    """Return what pausing, resuming or removing a source means."""
    return [_INSTEAD[does]]


def of_mapping(new: SourceSettings, old: SourceSettings | None) -> list[str]:
    """Return what writing a source means: all of it for a new one, else what becomes different."""
    if old is None:
        return [*_whole(new)]
    return [*_columns(new, old), *_others(new, old)]


def _whole(source: SourceSettings) -> Iterator[str]:
    fields = f", column {_listed(source.fields)}" if source.fields else ""
    records = f" Only of records where {source.where}." if source.where else ""
    yield f"The files of {place_of_source(source)}{fields} are read.{records}"
    takes = [f"{column} takes {_finding(value)}" for column, value in source.columns.items()]
    if takes:
        yield f"What is read is written: {_listed(takes)}."
    yield _naming(source)


def _naming(source: SourceSettings) -> str:
    if source.rename is None:
        return "Files keep their names."
    return f"Files get names such as “{example_name(source)}”."


def _columns(new: SourceSettings, old: SourceSettings) -> Iterator[str]:
    for column in dict.fromkeys([*old.columns, *new.columns]):
        now, before = new.columns.get(column), old.columns.get(column)
        if now == before:
            continue
        if now is None:
            yield f"{column} takes nothing any more; what it holds stays."
        elif before is None:
            yield f"{column} takes {_finding(now)} from now on."
        elif _finding(now) != _finding(before):
            yield f"{column} takes {_finding(now)} instead of {_finding(before)}."
        else:
            yield from _limits(column, _settings(now), _settings(before))


def _limits(column: str, now: ColumnSettings, before: ColumnSettings) -> Iterator[str]:
    """Yield what becomes different for a column that takes what it did."""
    for name, verb in (("write_at", "written"), ("suggest_at", "suggested")):
        value, was = getattr(now, name), getattr(before, name)
        if value != was:
            yield f"{column} is {verb} from {_percent(value)} on, instead of {_percent(was)}."
    for name in ("overwrite", "learn"):
        if getattr(now, name) != getattr(before, name):
            yield f"For {column}, {_NAMES[name]} becomes different."


def _others(new: SourceSettings, old: SourceSettings) -> Iterator[str]:
    """Yield what becomes different beside the columns."""
    differs = {name for name in EDITED if getattr(new, name) != getattr(old, name)}
    if "fields" in differs:
        fields = f"column {_listed(new.fields)}" if new.fields else "all its columns with files"
        yield f"The files of {fields} are read."
    if "where" in differs:
        yield f"Only records where {new.where} are read." if new.where else "All records are read."
    if "rename" in differs:
        yield _naming(new)
    for name, verb in (("write_at", "written"), ("suggest_at", "suggested")):
        if name in differs:
            value, was = _percent(getattr(new, name)), _percent(getattr(old, name))
            unless = "if their column says nothing else"
            yield f"Values are {verb} from {value} on, instead of {was}, {unless}."
    for name, what in _NAMES.items():
        if name in differs:
            yield f"{what[0].upper()}{what[1:]} becomes different."


def _settings(value: str | ColumnSettings) -> ColumnSettings:
    return ColumnSettings(finding=value) if isinstance(value, str) else value


def _finding(value: str | ColumnSettings) -> str:
    finding = _settings(value).finding
    # A finding that is beside a printed label is named by the words of the label.
    is_label = finding.startswith("label:")
    return f"what is beside “{finding.removeprefix('label:')}”" if is_label else finding


def _percent(value: float | None) -> str:
    return "the limit of the source" if value is None else f"{100 * value:g} %"


def _listed(texts: tuple[str, ...] | list[str]) -> str:
    *first, last = texts
    return f"{', '.join(first)} and {last}" if first else last
