"""What a run is asked to do with a source."""

from dataclasses import dataclass

from pipeline.metering.budget import Priority
from pipeline.source_run.worker_pool import Selection


@dataclass(frozen=True, slots=True)
class RunRequest:
    """Work on everything new or changed, on that of a few `records` only, or read a `selection` again.

    `records` are PK_IDs, for a folder paths; `batch` names the webhook's messages that told of them. `limit`: stop
    after so many records. `yes`: write, even where a new or changed source would only be planned. `dry_run`: plan
    only, even where `yes` is given; of a selection, only show it.
    """

    records: tuple[str, ...] = ()
    selection: Selection | None = None
    limit: int | None = None
    yes: bool = False
    batch: str = ""
    dry_run: bool = False

    @property
    def kind(self) -> str:
        """Name the kind of run, as the ledger and the flows call it."""
        if self.selection is not None:
            return "reprocess"
        return "ingest-record" if self.records else "ingest"

    @property
    def whole(self) -> bool:
        """Say whether everything of the source is looked at, so that nothing new is left after it."""
        return self.kind == "ingest" and self.limit is None

    @property
    def priority(self) -> Priority | None:
        """Return how urgent it is; None where that depends on how far the source has come."""
        return {"reprocess": Priority.REPROCESS, "ingest-record": Priority.WEBHOOK}.get(self.kind)
