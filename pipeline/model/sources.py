"""The sources, as the settings describe them."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from pipeline.model.limits import ConfidenceLimits, Step


class Overwrite(StrEnum):
    """What may be overwritten: nothing but empty columns, our own values, anything."""

    EMPTY = "empty"
    OURS = "ours"
    ALWAYS = "always"


class Confirm(StrEnum):
    """Whether the first run of a new or changed source only plans."""

    FIRST = "first"
    NEVER = "never"


@dataclass(frozen=True, slots=True)
class IndexTable:
    """A table with one row for each Files-area file that no record refers to."""

    table: str
    path_column: str


@dataclass(frozen=True, slots=True)
class UsedColumn:
    """A column that a source works by, as its `setting` names it in a table or a view.

    `table` is the table that the column is of, None for a view whose table is not known.
    """

    source: str
    setting: str
    column: str
    container: str
    is_view: bool
    table: str | None


@dataclass(frozen=True, slots=True)
class SourceSpec:
    """One `[[sources]]` entry, checked: exactly one of `table`, `view`, `folder` is set.

    `columns` maps a Caspio column to the name of a finding; `overwrite_columns` overrides
    `overwrite` for a column, and `column_limits` overrides `limits`. `fields` empty means every
    ATTACHMENT and FILE field. `rename` is a Jinja template or None. `review` is the table with the
    suggestions. A record that `max_writes` runs have changed within the window is left alone.
    `webhook_table` is the table whose changes concern a view or a folder. Users set
    `reprocess_column` to have the files of a record read again. `learn` is the most that may be
    done with what is learned about a column, `learn_columns` overrides it for a column.
    `columns_in_use` are those that this or another source works by: no value is written to them,
    whatever a view calls them.
    """

    name: str
    table: str | None = None
    view: str | None = None
    folder: str | None = None
    fields: tuple[str, ...] = ()
    where: str | None = None
    columns: Mapping[str, str] = field(default_factory=dict)
    overwrite: Overwrite = Overwrite.EMPTY
    overwrite_columns: Mapping[str, Overwrite] = field(default_factory=dict)
    rename: str | None = None
    index: IndexTable | None = None
    confirm: Confirm = Confirm.FIRST
    schedule: str | None = None
    limits: ConfidenceLimits = field(default_factory=ConfidenceLimits)
    column_limits: Mapping[str, ConfidenceLimits] = field(default_factory=dict)
    review: str | None = None
    allow_formulas: bool = False
    max_writes: int = 10
    max_writes_window_s: int = 86_400
    webhook_table: str | None = None
    reprocess_column: str | None = None
    learn: Step = Step.WRITE
    learn_columns: Mapping[str, Step] = field(default_factory=dict)
    columns_in_use: tuple[UsedColumn, ...] = ()

    @property
    def container(self) -> str:
        """Name the table, view or folder."""
        return self.table or self.view or self.folder or ""

    def policy(self, column: str) -> Overwrite:
        """Return what may be overwritten in a column."""
        return self.overwrite_columns.get(column, self.overwrite)

    def limits_of(self, column: str) -> ConfidenceLimits:
        """Return how certain a value of a column must be."""
        return self.column_limits.get(column, self.limits)

    def highest_step(self, column: str) -> Step:
        """Return the most that may be done with what is learned about a column."""
        return self.learn_columns.get(column, self.learn)


# A text, or a name in double quotes or brackets, whose closing sign is doubled inside: what is in
# it joins no condition.
_QUOTED = re.compile(r"""'(?:[^']|'')*'|"(?:[^"]|"")*"|\[(?:[^\]]|\]\])*\]""")


def refuse_condition(text: str) -> str:
    """Return why a WHERE clause cannot be joined with others, "" if it can.

    It is put in parentheses, so that an OR inside takes in no record that another condition leaves
    out. One that closes them before its end, or hides what follows, would do so all the same.
    """
    if text and not text.strip():
        return "it is blank"
    plain = _QUOTED.sub("", text)
    if any(sign in plain for sign in "'\"["):
        return "a quote or a bracket is not closed"
    if "--" in plain or "/*" in plain:
        return "it has a comment"
    depth = 0
    for char in plain:
        depth += (char == "(") - (char == ")")
        if depth < 0:
            break
    return "its parentheses do not match" if depth else ""


def alike(name: str, names: Iterable[str]) -> list[str]:
    """Return the names that Caspio treats as this one: it compares them without regard to case."""
    return [one for one in names if one.casefold() == name.casefold()]
