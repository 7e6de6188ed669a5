"""Write sources as a settings file that users can read and change. Pure.

`init` writes whole files with it, and the page on which users map writes single entries.
"""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType

from pipeline.decide.mapping import refuse_column
from pipeline.metering.budget import calls_to_write
from pipeline.model.schema import Container
from pipeline.onboarding.proposal import Proposal, ProposedSource
from pipeline.wording import counted

_BARE_KEY = re.compile(r"[A-Za-z0-9_-]+")
_RENAME_EXAMPLE = (
    'rename = "{{ date }} {{ company }} {{ doc_type }}"  # gives the files better names; each '
    f"takes {counted(calls_to_write(renamed=1), 'call')}, in the Files area "
    f"{calls_to_write(moved=1)} or more"
)
_NONE: Mapping[str, str] = MappingProxyType({})

# As a user reads an entry: what it is, then what is taken of it, then when. What is not named here
# follows in its own order.
_FIRST = ("name", "table", "view", "folder", "fields", "where", "rename", "reprocess_column")


@dataclass(frozen=True, slots=True)
class Notes:
    """Comments of an entry.

    Attributes:
        behind: Behind the line of a setting or the heading of a section, by its name.
        instead: As a line of its own where a setting is not given, by its name.
        columns: Behind the line of a column, by its name.
        last: Lines at the end.
    """

    behind: Mapping[str, str] = field(default_factory=dict)
    instead: Mapping[str, str] = field(default_factory=dict)
    columns: Mapping[str, str] = field(default_factory=dict)
    last: Sequence[str] = ()


_NO_NOTES = Notes()


def settings_text(url: str, proposal: Proposal, *, account: str = "") -> str:
    """Return the file: account, archive and each source; columns that are not sure are comments.

    `account` is the name of one of several accounts, which takes no secrets from the environment.
    """
    secrets = "export CASPIO_CLIENT_ID and CASPIO_CLIENT_SECRET"
    if account:
        secrets = f"`caspio-ingest secrets set KIND --account {account}`"
    lines = [
        "# Settings of caspio-ingest, proposed by `caspio-ingest init`.",
        "# docs/configuration.md describes all settings.",
        f"# Secrets are not kept here: {secrets}.",
        "",
        "[caspio]",
        f"url = {quoted(url)}",
        "",
        "[archive]",
        'url = "file:archive"  # a folder beside this file; or "s3://bucket/prefix"',
    ]
    for source in proposal.sources:
        lines += ["", *entry_lines(entry_values(source), notes_of(source))]
    for container, reason in proposal.left_out:
        fields = ", ".join(field.name for field in container.fields)
        what = f"{_kind(container)} {_on_one_line(container.name)}"
        what += f" ({_on_one_line(fields)})" if fields else ""
        lines += ["", f"# {what} is left out: {_on_one_line(reason)}."]
    return "\n".join(lines) + "\n"


def entry_lines(values: Mapping[str, object], notes: Notes = _NO_NOTES) -> Iterator[str]:
    """Yield the lines of a `[[sources]]` entry: its own settings, then its sections."""
    yield "[[sources]]"
    # Before the first section: in TOML, what follows the heading of a section belongs to it.
    for name in dict.fromkeys([*_FIRST, *values]):
        value = values.get(name)
        if isinstance(value, Mapping):
            continue
        if value is not None:
            yield f"{name} = {toml_value(value)}{_behind(notes.behind, name)}"
        elif name in notes.instead:
            yield f"# {_on_one_line(notes.instead[name])}"
    sections = {name: value for name, value in values.items() if isinstance(value, Mapping)}
    columns = sections.pop("columns", _NONE)
    for name, section in sections.items():
        yield f"[sources.{name}]{_behind(notes.behind, name)}"
        for key, value in section.items():
            yield f"{toml_key(key)} = {toml_value(value)}"
    yield "[sources.columns]"
    for column, value in columns.items():
        yield f"{toml_key(column)} = {toml_value(value)}{_behind(notes.columns, column)}"
    yield from (f"# {_on_one_line(line)}" for line in notes.last)


def entry_values(source: ProposedSource) -> dict[str, object]:
    """Return a proposed source as the settings file has it, nested."""
    container = source.container
    values: dict[str, object] = {"name": source.name}
    if source.folder is not None:
        values["folder"] = source.folder
        values["index"] = {"table": container.name, "path_column": source.path_column}
    else:
        values[_kind(container)] = container.name
    if source.fields:
        values["fields"] = list(source.fields)
    if source.rename is not None:
        values["rename"] = source.rename
    if source.reprocess_column:
        values["reprocess_column"] = source.reprocess_column
    if source.review is not None:
        values["review"] = {"table": source.review}
    values["columns"] = {match.column: match.finding for match in source.columns}
    return values


def notes_of(source: ProposedSource) -> Notes:
    """Return what the file says about a proposed source beside its settings."""
    fields = ", ".join(f"{one.name} ({one.type})" for one in source.container.fields)
    instead = {"rename": _RENAME_EXAMPLE}
    if source.folder is None:
        instead["fields"] = f"fields = […]  # without this line, all of them: {fields}"
    return Notes(
        behind={
            "folder": "of the Files area, with its subfolders",
            "reprocess_column": "set it in a record, and its files are read again",
            "index": "one row for each file that no record refers to",
            "review": "users decide there on values that are not written",
        },
        instead=instead,
        columns={match.column: match.why for match in source.columns},
        last=[
            f"{toml_key(one.column)} = {quoted(one.finding)}  # not sure: {one.objection}"
            for one in source.unsure
            # A line that no run would ever accept is no proposal.
            if not refuse_column(one.column, one.finding, source.container.columns)
        ],
    )


def quoted(text: str) -> str:
    """Return a text as a TOML basic string."""
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")


def toml_value(value: object) -> str:
    """Return a value as TOML on one line; a mapping as an inline table.

    Raises:
        TypeError: no setting is of this type.
    """
    match value:
        case str():
            return quoted(value)
        case bool():
            return "true" if value else "false"
        case int() | float():
            return repr(value)
        case Mapping():
            inside = (f"{toml_key(key)} = {toml_value(one)}" for key, one in value.items())
            return f"{{ {', '.join(inside)} }}"
        case list() | tuple():
            return f"[{', '.join(map(toml_value, value))}]"
    raise TypeError(f"a {type(value).__name__} is not a value of a setting")


def toml_key(name: str) -> str:
    """Return a name as a key: bare if TOML lets it be."""
    return name if _BARE_KEY.fullmatch(name) else quoted(name)


def _behind(notes: Mapping[str, str], name: str) -> str:
    return f"  # {_on_one_line(notes[name])}" if notes.get(name) else ""


def _kind(container: Container) -> str:
    return "view" if container.is_view else "table"


def _on_one_line(text: str) -> str:
    """Return a text as a comment can hold it: on one line, without control characters."""
    return "".join(char if char.isprintable() else " " for char in text)
