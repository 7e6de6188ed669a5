"""What every part of the write-back works with."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from pipeline.context import Ports, SourceRun
from pipeline.model import Column, RecordWork, SourceSpec


@dataclass(frozen=True, slots=True)
class WriteContext:
    """The run, the columns of the record's table, and a work folder for bytes to upload again."""

    run: SourceRun
    columns: Mapping[str, Column]
    folder: Path

    @property
    def spec(self) -> SourceSpec:
        """Return the source."""
        return self.run.spec

    @property
    def ports(self) -> Ports:
        """Return the ports."""
        return self.run.ports


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
