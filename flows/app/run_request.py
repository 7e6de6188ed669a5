"""What a run is requested to do with a source."""

from dataclasses import dataclass

from pipeline.metering.budget import Priority
from pipeline.source_run.selection import Selection


@dataclass(frozen=True, slots=True)
class RunRequest:
    """Work on everything new or changed, on a few records only, or read a selection again.

    Attributes:
        records: PK_IDs, or paths for a folder; only what is new or changed of these.
        selection: What to read again; None for new and changed files.
        limit: Stop after this many records.
        yes: Write, even where a new or changed source would only be planned.
        batch: Names the webhook messages that the run is for.
        dry_run: Plan only, even with `yes`; of a selection, only count and list it.
    """

    records: tuple[str, ...] = ()
    selection: Selection | None = None
    limit: int | None = None
    yes: bool = False
    batch: str = ""
    dry_run: bool = False

    @property
    def kind(self) -> str:
        """Return the kind of run, as the ledger and the flows name it."""
        if self.selection is not None:
            return "reprocess"
        return "ingest-record" if self.records else "ingest"

    @property
    def whole(self) -> bool:
        """Return True if everything of the source is looked at, so that nothing new is left."""
        # A limited run may leave new files behind, so it must not count as the source's first
        # complete one.
        return self.kind == "ingest" and self.limit is None

    @property
    def priority(self) -> Priority | None:
        """Return the run's priority; None if it depends on how far the source has come."""
        # A few named records are what webhooks report, and somebody may be waiting for them.
        return {"reprocess": Priority.REPROCESS, "ingest-record": Priority.WEBHOOK}.get(self.kind)
