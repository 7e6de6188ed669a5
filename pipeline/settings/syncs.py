"""The `[[sync]]` entries of the settings file."""

import re
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Literal, Self

from pydantic import AfterValidator, Field, model_validator

from pipeline.model.sync import ConflictRule, Direction, Side, SyncSpec
from pipeline.settings.schedule import checked_cron, checked_timezone
from pipeline.settings.sections import Section

_DELETIONS = {
    "none": frozenset[Side](),
    "caspio": frozenset({Side.CASPIO}),
    "mirror": frozenset({Side.MIRROR}),
    "both": frozenset(Side),
}


class SyncSettings(Section):
    """One `[[sync]]` entry: a table or view of Caspio, and a table of a SQL database, the mirror.

    The account of Caspio is that of `[caspio]`.
    """

    name: Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9_-]{0,62}$")]
    """Name of the sync in commands and in the UI."""
    table: str | None = None
    """Table of Caspio. Give exactly one of `table` and `view`."""
    view: str | None = None
    """View of Caspio. Columns that cannot be written through it are only pulled."""
    url: Annotated[str, Field(pattern=r"^(env:[A-Za-z_][A-Za-z0-9_]*|file:.+|sqlite:///.+)$")]
    """Where the SQLAlchemy address of the mirror is: `env:NAME` for a variable of the environment,
    `file:PATH` for a file that has it. `sqlite:///FILE`, which has no password, may be written here
    itself.
    """
    mirror: Annotated[str, Field(min_length=1)]
    """Table of the mirror, or `schema.table`. If there is none, the first run creates it."""
    keys: Annotated[tuple[str, ...], Field(min_length=1)] = ("PK_ID",)
    """Caspio's columns that name a row on both sides. They are texts or whole numbers, and never
    change."""
    columns: Annotated[dict[str, str], Field(min_length=1)]
    """Columns in sync: `Column = "column_of_the_mirror"`. The keys must be among them."""
    direction: Direction = Direction.PULL
    """`pull`: Caspio's changes go to the mirror. `push`: the mirror's go to Caspio. `both`."""
    conflict: ConflictRule = ConflictRule.ASK
    """What counts where both sides changed one column: `caspio`, `mirror`, the `newest` change, or
    `ask`, which leaves both until a user decides. `newest` needs both changed columns.
    """
    changed_column: str = ""
    """DATE/TIME or TIMESTAMP column of Caspio that every change of a record moves. With it, runs
    between two sweeps ask for changed records only.
    """
    mirror_changed_column: str = ""
    """The same of the mirror. Times without a zone are UTC. Unset, each run compares all rows of
    the mirror, which takes no calls to Caspio.
    """
    deletions: Literal["none", "caspio", "mirror", "both"] = "none"
    """Where a row is deleted because it is gone on the other side."""
    max_deletions: Annotated[float, Field(ge=0, le=1)] = 0.05
    """Share of the rows, above which a run deletes none of them and asks."""
    sweep_hours: Annotated[float, Field(ge=0)] = 24.0
    """Hours after which a run compares all rows, and so finds deletions."""
    export_task: str = ""
    """Key of an export task of Caspio whose file the first run loads, in place of pages. The mirror
    must be empty then, and `direction` be `pull`.
    """
    export_file: Annotated[str, Field(pattern=r"^(/.+)?$")] = ""
    """Path of the CSV file in the Files area that `export_task` writes."""
    webhook_table: str = ""
    """For a view: the table whose changes Caspio reports by webhook. The PK_ID of the view must be
    that of the table.
    """
    timezone: Annotated[str, AfterValidator(checked_timezone)] = "UTC"
    """Time zone of the account's dates, for columns of the mirror that have one."""
    schedule: Annotated[str, AfterValidator(checked_cron)] | None = None
    """Schedule of this sync, as a cron expression. The default is `serve.schedule`."""

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        # Databases compare the names of columns without regard to case.
        here = [name.casefold() for name in self.columns.values()]
        missing = [name for name in self.keys if name not in self.columns]
        deleting = _DELETIONS[self.deletions]
        has_times = bool(self.changed_column and self.mirror_changed_column)
        # A sentence for each way to contradict oneself; all that are found are reported together.
        contradictions = {
            "export_task and export_file go together": (
                bool(self.export_task) != bool(self.export_file)
            ),
            'export_task needs direction = "pull": its file has no PK_ID, and writes need one': (
                bool(self.export_task) and self.direction is not Direction.PULL
            ),
            "PK_ID is in no exported file; load by pages, or take other keys": (
                bool(self.export_task) and "PK_ID" in self.columns
            ),
            "exactly one of table and view must be given": bool(self.table) == bool(self.view),
            "webhook_table goes with a view; changes of the sync's own table are reported anyway": (
                bool(self.webhook_table and self.table)
            ),
            f"keys: {', '.join(missing)} must be among columns": bool(missing),
            "two columns name the same column of the mirror": len(set(here)) < len(here),
            'conflict = "newest" needs changed_column and mirror_changed_column: without two times '
            "nobody knows which change is newer": (
                self.conflict is ConflictRule.NEWEST and not has_times
            ),
            f'deletions = "{self.deletions}" deletes where direction = "{self.direction}" writes '
            "nothing": not all(map(self.direction.writes, deleting)),
        }
        if problems := [problem for problem, is_found in contradictions.items() if is_found]:
            raise ValueError("; ".join(problems))
        return self

    def spec(self) -> SyncSpec:
        """Return the sync as the pipeline knows it."""
        schema, _, table = self.mirror.rpartition(".")
        return SyncSpec(
            name=self.name,
            container=str(self.table or self.view),
            is_view=self.view is not None,
            mirror_table=table,
            mirror_schema=schema,
            columns=self.columns,
            keys=self.keys,
            direction=self.direction,
            conflict=self.conflict,
            changed_column=self.changed_column,
            mirror_changed_column=self.mirror_changed_column,
            delete_from=_DELETIONS[self.deletions],
            max_deletions=self.max_deletions,
            timezone=self.timezone,
            sweep_hours=self.sweep_hours,
            export_task=self.export_task,
            export_file=self.export_file,
            webhook_table=self.webhook_table,
        )


def _distinct(syncs: tuple[SyncSettings, ...]) -> tuple[SyncSettings, ...]:
    names = [sync.name for sync in syncs]
    if double := sorted({name for name in names if names.count(name) > 1}):
        raise ValueError(f"sync names must differ: {', '.join(double)}")
    return syncs


Syncs = Annotated[tuple[SyncSettings, ...], AfterValidator(_distinct)]


def below(folder: Path, syncs: Sequence[SyncSettings]) -> tuple[SyncSettings, ...]:
    """Return syncs whose relative files start at a folder."""

    def moved(sync: SyncSettings) -> SyncSettings:
        found = re.fullmatch(r"(file:|sqlite:///)(?!/)(.+)", sync.url)
        if found is None:
            return sync
        return sync.model_copy(update={"url": f"{found[1]}{folder / found[2]}"})

    return tuple(map(moved, syncs))
