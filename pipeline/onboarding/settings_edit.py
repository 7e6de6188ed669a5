"""Change one source in the text of a settings file, and keep everything else as it is. Pure.

An entry is found by its lines, and only these are changed: comments, order and layout stay, also
inside of it. What comes out is read back and compared with what was wanted. A file that is laid out
in a way that this does not understand is refused, and never half changed.
"""

import difflib
import re
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, cast

import tomlkit
from tomlkit.exceptions import TOMLKitError
from tomlkit.items import AbstractTable

from pipeline.errors import BadSettings
from pipeline.labels import LEARNED
from pipeline.onboarding.settings_text import entry_lines, toml_value
from pipeline.settings.sources import SourceSettings

_ENTRY = re.compile(r"""\s*\[\[\s*["']?sources["']?\s*\]\]\s*(#.*)?""")
_OF_ENTRY = re.compile(r"""\s*\[{1,2}\s*["']?sources["']?\s*\..*\]\s*(#.*)?""")
_HEADING = re.compile(r"\s*\[{1,2}[^\[\]]+\]{1,2}\s*(#.*)?")

Changes = Mapping[str, object]
"""What to change of an entry, nested as in the file; None removes a setting."""


@dataclass(frozen=True, slots=True)
class SettingsChange:
    """A settings file before and after, and the lines of the one entry that changes.

    `lines` are those of a unified diff, without its headings. Lines of other sections are not
    among them: a ledger's address, for one, may have a password.
    """

    before: str
    after: str
    lines: tuple[str, ...]


def added(text: str, source: SourceSettings) -> SettingsChange:
    """Return the file with another source at its end.

    Raises:
        BadSettings: the file cannot be changed so.
    """
    values = values_of(source)
    values.setdefault("columns", {})
    entry = list(entry_lines(values))
    head = text.rstrip()
    blank = [""] if head else []
    # The one line end that the file has, wherever it was written.
    line_end = "\r\n" if "\r\n" in text else "\n"
    written = "\n".join([head, *blank, *entry, ""])
    after = line_end.join(line.rstrip("\r") for line in written.split("\n"))
    wanted = _parsed(text)
    wanted["sources"] = [*_entries(wanted), values]
    return _checked(text, after, wanted, before=[], now=entry)


def changed(text: str, name: str, changes: Changes) -> SettingsChange:
    """Return the file with other settings of a source.

    Raises:
        BadSettings: there is no such source, or the file cannot be changed so.
    """
    wanted, number = _with_entry(text, name)
    lines, (start, end) = text.split("\n"), _span(text, number)
    end_of_line = "\r" if lines[start].endswith("\r") else ""
    before = [line.removesuffix("\r") for line in lines[start:end]]
    entry = _entries(wanted)[number]
    try:
        document = tomlkit.parse("\n".join(_with_new(before, entry, changes)) + "\n")
        _apply(document["sources"][0], changes)
        now = tomlkit.dumps(document).removesuffix("\n").split("\n")
    except (TOMLKitError, LookupError, TypeError) as error:
        raise _not_understood() from error
    _entries(wanted)[number] = _merged(entry, changes)
    written = [line + end_of_line for line in now]
    after = "\n".join([*lines[:start], *written, *lines[end:]])
    return _checked(text, after, wanted, before=before, now=now)


def removed(text: str, name: str) -> SettingsChange:
    """Return the file without a source, and without the comments that are attached to it.

    Raises:
        BadSettings: there is no such source, or the file cannot be changed so.
    """
    wanted, number = _with_entry(text, name)
    lines, (start, end) = text.split("\n"), _span(text, number)
    before = lines[start:end]
    # One of the blank lines around it goes as well.
    if start and not lines[start - 1].strip():
        start -= 1
    del _entries(wanted)[number]
    if not wanted["sources"]:
        del wanted["sources"]
    after = "\n".join([*lines[:start], *lines[end:]])
    return _checked(text, after, wanted, before=before, now=[])


def values_of(source: SourceSettings) -> dict[str, Any]:
    """Return what a source sets, nested as in the file; defaults are left out."""
    values = source.model_dump(mode="json", exclude_defaults=True, exclude_none=True)
    values["name"] = source.name
    columns = values.get("columns", {})
    for column, value in columns.items():
        # The short form says the same.
        if isinstance(value, dict) and set(value) <= {"finding"}:
            columns[column] = value.get("finding", LEARNED)
    return values


def changes_between(old: SourceSettings, new: SourceSettings, names: Sequence[str]) -> Changes:
    """Return what is to be changed so that the named settings of a source are the new ones."""
    before, after = values_of(old), values_of(new)
    changes: dict[str, object] = {}
    for name in names:
        one, other = before.get(name), after.get(name)
        if one == other:
            continue
        changes[name] = other
        if name == "columns":
            # They are changed one by one, so that those that stay keep their comments.
            one, other = one or {}, other or {}
            columns = dict.fromkeys([*one, *other])
            changes[name] = {
                column: other.get(column)
                for column in columns
                if one.get(column) != other.get(column)
            }
    return changes


def _with_new(lines: Sequence[str], entry: Mapping[str, Any], changes: Changes) -> list[str]:
    """Return the lines of an entry with the settings that it did not have, behind its own ones.

    The library would put them behind the blank line before the next section.
    """
    new: list[str] = []
    for name, value in changes.items():
        is_written = value is not None and name != "columns"
        if is_written and name not in entry:
            new.append(f"{name} = {toml_value(value)}")
    end = _end_of_own_settings(lines)
    return [*lines[:end], *new, *lines[end:]]


def _end_of_own_settings(lines: Sequence[str]) -> int:
    """Return the number of the line behind the last setting of an entry, before its sections."""
    head = next(n for n, line in enumerate(lines) if _ENTRY.fullmatch(line))
    sections = (n for n in range(head, len(lines)) if _OF_ENTRY.fullmatch(lines[n]))
    behind = next(sections, len(lines))
    return max(n for n in range(head, behind) if not _is_silent(lines[n])) + 1


def _apply(table: AbstractTable, changes: Changes) -> None:
    for name, value in changes.items():
        if name == "columns" and isinstance(value, Mapping):
            if name not in table:
                table[name] = tomlkit.table()
            _apply(cast("AbstractTable", table[name]), value)
        elif value is None:
            table.remove(name)
        else:
            # Parsed from our own text, so that both writers write a value in the same way.
            table[name] = tomlkit.parse(f"a = {toml_value(value)}")["a"]


def _merged(entry: Mapping[str, Any], changes: Changes) -> dict[str, Any]:
    merged = dict(entry)
    for name, value in changes.items():
        if name == "columns" and isinstance(value, Mapping):
            merged[name] = _merged(entry.get(name, {}), value)
        elif value is None:
            merged.pop(name, None)
        else:
            merged[name] = value
    return merged


def _with_entry(text: str, name: str) -> tuple[dict[str, Any], int]:
    """Return what the file says, and the number of a source in it."""
    document = _parsed(text)
    for number, entry in enumerate(_entries(document)):
        if isinstance(entry, dict) and entry.get("name") == name:
            return document, number
    raise BadSettings([f"The settings file no longer has source {name!r}."])


def _span(text: str, number: int) -> tuple[int, int]:
    """Return the first line of an entry, and the one behind its last.

    Raises:
        BadSettings: the entry has no heading of its own.
    """
    spans = list(_spans(text.split("\n")))
    if number >= len(spans):
        raise BadSettings(
            [
                (
                    "The sources are not written as [[sources]], so the page cannot change them. "
                    "Write them so, or change the file with an editor."
                )
            ]
        )
    return spans[number]


def _spans(lines: Sequence[str]) -> Iterator[tuple[int, int]]:
    """Yield the first line and the one behind the last of each entry, with attached comments."""
    floor = 0
    heads = [number for number, line in enumerate(lines) if _ENTRY.fullmatch(line.rstrip("\r"))]
    for head in heads:
        behind = head + 1
        while behind < len(lines) and not _is_foreign(lines[behind]):
            behind += 1
        # Comments behind a blank line are about what follows, or about the whole file.
        end = max(n for n in range(head, behind) if not _is_silent(lines[n])) + 1
        while end < behind and lines[end].strip().startswith("#"):
            end += 1
        start = head
        while start > floor and lines[start - 1].strip().startswith("#"):
            start -= 1
        yield start, end
        floor = end


def _is_foreign(line: str) -> bool:
    """Say whether a line is the heading of something else than a section of this entry."""
    line = line.rstrip("\r")
    return _HEADING.fullmatch(line) is not None and _OF_ENTRY.fullmatch(line) is None


def _is_silent(line: str) -> bool:
    return not line.strip() or line.strip().startswith("#")


def _checked(
    text: str, after: str, wanted: Mapping[str, Any], *, before: Sequence[str], now: Sequence[str]
) -> SettingsChange:
    """Return the change, if the new text says what is wanted, and nothing else."""
    try:
        says = tomllib.loads(after)
    except tomllib.TOMLDecodeError as error:
        raise _not_understood() from error
    if says != wanted:
        raise _not_understood()
    # All lines of the entry are context: it is the one thing that is shown.
    diff = difflib.unified_diff(before, now, n=max(len(before), 1), lineterm="")
    lines = [line.rstrip("\r") for line in diff if not line.startswith(("---", "+++", "@@"))]
    return SettingsChange(text, after, tuple(lines))


def _parsed(text: str) -> dict[str, Any]:
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise BadSettings([f"The settings file is not TOML: {error}. Correct that line."]) from None


def _entries(document: dict[str, Any]) -> list[Any]:
    found = document.setdefault("sources", [])
    if not isinstance(found, list):
        raise BadSettings(
            ["The settings have sources that are not a list. Write them as [[sources]]."]
        )
    return found


def _not_understood() -> BadSettings:
    problem = "The settings file is laid out in a way that the page cannot change without harm."
    return BadSettings([f"{problem} Change it with an editor; nothing was written."])
