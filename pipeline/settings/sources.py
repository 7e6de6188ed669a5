"""The `[[sources]]` entries of the settings file."""

import difflib
from collections.abc import Iterator
from typing import Annotated, Self

from pydantic import AfterValidator, Field, model_validator

from pipeline.decide.naming import NameTemplate
from pipeline.findings import FINDINGS
from pipeline.labels import LABEL, LEARNED, label_name
from pipeline.model import ConfidenceLimits, Confirm, IndexTable, Overwrite, SourceSpec
from pipeline.model.limits import SUGGEST_AT, WRITE_AT, Step
from pipeline.model.sources import UsedColumn, refuse_condition
from pipeline.settings.schedule import checked_cron
from pipeline.settings.sections import Section

_SAME_IN_SPEC = {
    "name",
    "table",
    "view",
    "folder",
    "fields",
    "where",
    "rename",
    "schedule",
    "allow_formulas",
    "max_writes",
    "max_writes_window_s",
    "webhook_table",
    "reprocess_column",
    "learn",
}

_Confidence = Annotated[float, Field(ge=0, le=1)]


class ColumnSettings(Section):
    """A column's long form: `Total = { finding = "total", write_at = 0.99 }`."""

    finding: str = LEARNED
    """Name of the value to write into the column: a finding, or `label:` and the words of a label
    that a form has printed beside the value, or `learned` for what is only learned from the records
    that users have filled.
    """
    overwrite: Overwrite | None = None
    """What may be overwritten in this column. The default is `sources.overwrite`."""
    write_at: _Confidence | None = None
    """Confidence from which on a value is written to this column. The default is
    `sources.write_at`.
    """
    suggest_at: _Confidence | None = None
    """Confidence from which on a value is suggested for this column. The default is
    `sources.suggest_at`.
    """
    learn: Step | None = None
    """The most that may be done with what is learned about this column. The default is
    `sources.learn`.
    """

    @model_validator(mode="after")
    def _takes_something(self) -> Self:
        if self.finding == LEARNED and self.learn is Step.OFF:
            raise ValueError("a column without a finding is learned: give a finding, or remove it")
        return self


class IndexSettings(Section):
    """`[sources.index]`: a table with one row a file, keyed by path."""

    table: str
    """Table with one row for each file of the folder. It takes the values of files that no record
    refers to.
    """
    path_column: str = "Path"
    """Column with the path of the file."""


class ReviewSettings(Section):
    """`[sources.review]`: a table in which users decide on suggestions."""

    table: str
    """Table in which suggestions are kept and decided."""


class SourceSettings(Section):
    """One `[[sources]]` entry."""

    name: Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9_-]{0,62}$")]
    """Name of the source in commands, in the archive and in the UI."""
    table: str | None = None
    """Table to read. Give exactly one of `table`, `view` and `folder`."""
    view: str | None = None
    """View to read."""
    folder: Annotated[str, Field(pattern=r"^/")] | None = None
    """Folder of the Files area to read, such as `/Scans`. Subfolders are included."""
    fields: tuple[str, ...] = ()
    """ATTACHMENT and FILE fields to read. Empty means all of them."""
    where: str | None = None
    """WHERE clause that limits the records."""
    overwrite: Overwrite = Overwrite.EMPTY
    """What may be overwritten. `empty`: nothing but empty columns. `ours`: also values that this
    program wrote. `always`: everything.
    """
    rename: str | None = None
    """Jinja template for the new name of a file, without its extension. Unset, files keep their
    names.
    """
    columns: dict[str, str | ColumnSettings] = {}  # noqa: RUF012 - pydantic copies it
    """Values to write: `Column = "finding"`, `Column = { finding = "total", write_at = 0.99 }`, or
    `Column = "learned"`.
    """
    index: IndexSettings | None = None
    review: ReviewSettings | None = None
    confirm: Confirm = Confirm.FIRST
    """`first`: the first run of a new or changed source only plans. `never`: it writes at once."""
    paused: bool = False
    """Whether the source is left out: by its schedule, by webhooks, and by every command that does
    not name it.
    """
    schedule: Annotated[str, AfterValidator(checked_cron)] | None = None
    """Schedule of this source, as a cron expression. The default is `serve.schedule`."""
    write_at: _Confidence = WRITE_AT
    """Confidence from which on a value is written to a column or used in a name."""
    suggest_at: _Confidence = SUGGEST_AT
    """Confidence from which on a value that is not written is suggested. What is less certain is
    shown by `explain` only.
    """
    allow_formulas: bool = False
    """Whether text may begin with `=`, `+`, `-` or `@`, which spreadsheets run as formulas."""
    max_writes: Annotated[int, Field(gt=0)] = 10
    """Most runs that may change one record within `max_writes_window_s`. After that the record is
    left alone and reported.
    """
    max_writes_window_s: Annotated[int, Field(gt=0)] = 86_400
    """Window of `max_writes`, in seconds."""
    webhook_table: str | None = None
    """For a view or a folder: the table whose changes Caspio reports by webhook. For a view it also
    says that the view has the columns of no other table.
    """
    reprocess_column: Annotated[str, Field(min_length=1)] | None = None
    """YES/NO column that users set to have the files of a record read again."""
    learn: Step = Step.WRITE
    """The most that may be done with what is learned about the columns. `off`: nothing is learned.
    `shadow`: it is counted how often it would have been right. `suggest`: it is suggested once it
    is proved. `write`: it is written once it is proved.
    """

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        problems = [problem for problem, is_found in self._contradictions().items() if is_found]
        problems += [*self._wrong_limits(), *self._wrong_findings()]
        if self.where is not None and (problem := refuse_condition(self.where)):
            problems.append(f"where is not a single condition: {problem}")
        if self.rename is not None:
            try:
                NameTemplate(self.rename)
            except ValueError as error:
                problems.append(str(error))
        if problems:
            raise ValueError("; ".join(problems))
        return self

    def _contradictions(self) -> dict[str, bool]:
        """Return each way in which two settings contradict each other, and whether they do."""
        is_folder, column = bool(self.folder), self.reprocess_column
        # An empty name counts as one that was given: it is an error, not a setting left out.
        places = [place for place in (self.table, self.view, self.folder) if place is not None]
        return {
            "exactly one of table, view and folder must be given": len(places) != 1,
            "a folder has neither fields nor where": is_folder and bool(self.fields or self.where),
            "an index table goes with a folder": bool(self.index) and not is_folder,
            "webhook_table goes with a view or a folder; changes of the source's own table are "
            "reported anyway": bool(self.webhook_table and self.table),
            "a folder with a reprocess_column needs an index table, which has the column": (
                bool(column) and is_folder and not self.index
            ),
        }

    def _wrong_limits(self) -> Iterator[str]:
        """Yield a sentence where a value would be written that is not even to be suggested."""
        limits = {"": self._limits(), **self._column_limits()}
        for column, one in limits.items():
            if one.suggest_at > one.write_at:
                where = f"column {column!r}: " if column else ""
                yield (
                    f"{where}suggest_at {one.suggest_at:g} is above write_at {one.write_at:g}; a "
                    "value is suggested where it is not certain enough to be written, so lower "
                    "suggest_at or raise write_at"
                )

    def _wrong_findings(self) -> Iterator[str]:
        """Yield a sentence for each column that asks for something that nothing finds."""
        for column, finding in self._findings().items():
            if finding == LABEL:
                yield (
                    f"column {column!r} asks for a label without words; write them as they are "
                    "printed, such as label:Policy Number"
                )
            elif finding not in {*FINDINGS, LEARNED} and not finding.startswith(LABEL):
                # Most unknown findings are misspelled ones.
                close = difflib.get_close_matches(finding, FINDINGS, n=1)
                known = f"known: {', '.join(sorted(FINDINGS))}"
                hint = f"did you mean {close[0]!r}?" if close else known
                yield f"column {column!r} asks for an unknown finding {finding!r}; {hint}"

    def _limits(self) -> ConfidenceLimits:
        return ConfidenceLimits(self.write_at, self.suggest_at)

    def _long_forms(self) -> dict[str, ColumnSettings]:
        """Return the columns that have settings of their own."""
        return {
            name: column
            for name, column in self.columns.items()
            if isinstance(column, ColumnSettings)
        }

    def _column_limits(self) -> dict[str, ConfidenceLimits]:
        """Return the limits of those columns that have their own; they inherit what is not set."""
        return {
            name: ConfidenceLimits(
                self.write_at if column.write_at is None else column.write_at,
                self.suggest_at if column.suggest_at is None else column.suggest_at,
            )
            for name, column in self._long_forms().items()
            if (column.write_at, column.suggest_at) != (None, None)
        }

    def _findings(self) -> dict[str, str]:
        return {
            name: label_name(column if isinstance(column, str) else column.finding)
            for name, column in self.columns.items()
        }

    def spec(self, columns_in_use: tuple[UsedColumn, ...] = ()) -> SourceSpec:
        """Return the source as the pipeline knows it.

        `columns_in_use` are those that this or another source works by.
        """
        own = self._long_forms()
        policies = {name: one.overwrite for name, one in own.items() if one.overwrite is not None}
        return SourceSpec(
            **self.model_dump(include=_SAME_IN_SPEC),
            columns=self._findings(),
            overwrite=self.overwrite,
            overwrite_columns=policies,
            limits=self._limits(),
            column_limits=self._column_limits(),
            learn_columns={name: one.learn for name, one in own.items() if one.learn is not None},
            index=IndexTable(self.index.table, self.index.path_column) if self.index else None,
            review=self.review.table if self.review else None,
            confirm=self.confirm,
            columns_in_use=columns_in_use,
        )
