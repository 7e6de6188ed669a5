"""What every part of the write-back works with."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

from pipeline.context import Ports, SourceRun
from pipeline.decide.mapping import ColumnsOf
from pipeline.errors import BadSettings, RefusedByCaspio, Unauthorized
from pipeline.model import Column, RecordWork, SourceSpec
from pipeline.model.learning import Chosen
from pipeline.ports import RecordTarget


@dataclass(frozen=True, slots=True)
class WriteContext:
    """The run, the columns of the record's table, and a work folder for bytes to upload again.

    `chosen` has by column what the models choose for the record.
    """

    run: SourceRun
    columns: Mapping[str, Column]
    folder: Path
    chosen: Mapping[str, Chosen] = field(default_factory=dict)

    @property
    def spec(self) -> SourceSpec:
        """Return the source."""
        return self.run.spec

    @property
    def ports(self) -> Ports:
        """Return the ports."""
        return self.run.ports


def known_columns(target: RecordTarget) -> ColumnsOf:
    """Return how the columns of any table or view are asked for; none of one that is not there."""

    def columns_of(container: str, is_view: bool) -> Mapping[str, Column]:  # noqa: FBT001
        try:
            return target.columns(container, is_view=is_view)
        except (BadSettings, RefusedByCaspio, Unauthorized):
            # Another source's: its own run says what is wrong.
            return {}

    return columns_of


def write_context(work: RecordWork, run: SourceRun, folder: Path) -> WriteContext:
    """Gather what writing one record needs; without record and index table no column is written."""
    target, index = run.ports.target, run.spec.index
    if work.record is not None:
        columns = target.columns(work.record.container, is_view=work.record.is_view)
    elif index is not None:
        columns = target.columns(index.table, is_view=False)
    else:
        run, columns = replace(run, spec=replace(run.spec, columns={})), {}
    return WriteContext(run, columns, folder)


def table_context(run: SourceRun, folder: Path) -> WriteContext:
    """Gather the same for work on a whole table or view; a folder has the columns of its index."""
    spec, target = run.spec, run.ports.target
    if spec.folder is None:
        columns = target.columns(spec.container, is_view=spec.view is not None)
    else:
        columns = {} if spec.index is None else target.columns(spec.index.table, is_view=False)
    return WriteContext(run, columns, folder)
