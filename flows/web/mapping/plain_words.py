"""Say in plain words what a change of a source's settings means, before its lines are shown."""

from collections.abc import Iterator

from flows.web.mapping.draft import EDITED
from flows.web.mapping.listing import example_name, place_of_source
from pipeline.model import Overwrite
from pipeline.model.limits import SUGGEST_AT, WRITE_AT, Step
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
_OVERWRITES = {
    Overwrite.EMPTY: "only empty columns are filled",
    Overwrite.OURS: "values that this program wrote are overwritten, those of users are not",
    Overwrite.ALWAYS: "everything is overwritten, also values that users have typed",
}
_LEARNS = {
    Step.OFF: "nothing is learned from filled records",
    Step.SHADOW: "it is only counted how often what is learned would have been right",
    Step.SUGGEST: "what is learned is suggested once it is proved",
    Step.WRITE: "what is learned is written once it is proved",
}
_UNLESS = "where a column says nothing else"


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
    for column, value in source.columns.items():
        yield from _limits(column, _settings(value), ColumnSettings())
    yield _naming(source)
    for name, usual in (("write_at", WRITE_AT), ("suggest_at", SUGGEST_AT)):
        if getattr(source, name) != usual:
            yield _certainty(name, source, f"the usual {_percent(usual)}")
    # What may be overwritten is said of every new source: it decides what users can lose.
    yield _sentence(f"{_UNLESS}, {_OVERWRITES[source.overwrite]}")
    if source.index is not None:
        yield f"Values of files that no record refers to go to the table {source.index.table}."
    for name in ("schedule", "learn", "reprocess_column", "review"):
        if getattr(source, name) != SourceSettings.model_fields[name].default:
            yield _rest(name, source)


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
            yield from _limits(column, _settings(now), ColumnSettings())
        else:
            if _finding(now) != _finding(before):
                yield f"{column} takes {_finding(now)} instead of {_finding(before)}."
            yield from _limits(column, _settings(now), _settings(before))


def _limits(column: str, now: ColumnSettings, before: ColumnSettings) -> Iterator[str]:
    """Yield what becomes different for a column, beside what it takes."""
    for name, verb in (("write_at", "written"), ("suggest_at", "suggested")):
        value, was = getattr(now, name), getattr(before, name)
        if value != was:
            yield f"{column} is {verb} from {_percent(value)} on, instead of {_percent(was)}."
    if now.overwrite != before.overwrite:
        means = "it is as for the source what may be overwritten"
        yield f"In {column}, {_OVERWRITES[now.overwrite] if now.overwrite else means}."
    if now.learn != before.learn:
        means = "it is as for the source what is learned"
        yield f"For {column}, {_LEARNS[now.learn] if now.learn else means}."


def _others(new: SourceSettings, old: SourceSettings) -> Iterator[str]:
    """Yield what becomes different beside the columns."""
    differs = {name for name in EDITED if getattr(new, name) != getattr(old, name)}
    yield from _files(new, differs)
    for name in ("write_at", "suggest_at"):
        if name in differs:
            yield _certainty(name, new, _percent(getattr(old, name)))
    if "overwrite" in differs:
        yield _sentence(f"{_UNLESS}, {_OVERWRITES[new.overwrite]}")
    for name in ("schedule", "learn", "reprocess_column", "review"):
        if name in differs:
            yield _rest(name, new)


def _files(new: SourceSettings, differs: set[str]) -> Iterator[str]:
    """Yield which files are read from now on, and how they are called."""
    if "fields" in differs:
        fields = f"column {_listed(new.fields)}" if new.fields else "all its columns with files"
        yield f"The files of {fields} are read."
    if "where" in differs:
        yield f"Only records where {new.where} are read." if new.where else "All records are read."
    if "rename" in differs:
        yield _naming(new)


def _certainty(name: str, source: SourceSettings, instead: str) -> str:
    verb = {"write_at": "written", "suggest_at": "suggested"}[name]
    value = _percent(getattr(source, name))
    return f"Values are {verb} from {value} on, instead of {instead}, {_UNLESS}."


def _rest(name: str, source: SourceSettings) -> str:
    """Say what a setting means that is neither about columns nor about limits."""
    schedule, column, review = source.schedule, source.reprocess_column, source.review
    return {
        "schedule": f"It has a schedule of its own: {schedule}."
        if schedule
        else "It is read on the schedule of the installation.",
        "learn": _sentence(f"{_UNLESS}, {_LEARNS[source.learn]}"),
        "reprocess_column": f"Users have files read again by setting column {column}."
        if column
        else "No column asks to read files again.",
        "review": f"Suggestions are also kept in table {review.table}, for decisions there."
        if review
        else "Suggestions are not kept in a review table.",
    }[name]


def _sentence(text: str) -> str:
    return f"{text[0].upper()}{text[1:]}."


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
