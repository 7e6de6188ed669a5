"""What the ledger promises about sources: confirmed settings, and how far a source has come."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, slots=True)
class ColumnTypes:
    """The types of a source's mapped columns in its last run, and the hash of its settings then."""

    settings_hash: str
    types: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class VerifyProgress:
    """How far a verification of some sources has come.

    Attributes:
        done: Names of the sources that are compared to their end.
        source: The source that is being compared, "" for none.
        after: The place in it behind which the comparison goes on.
    """

    done: tuple[str, ...] = ()
    source: str = ""
    after: tuple[str, ...] = ()


class SourceLedger(Protocol):
    """Remembers what is known of the sources."""

    def source_confirmed(self, name: str, settings_hash: str) -> bool:
        """Say whether this source was planned or run before with these settings."""

    def confirm_source(self, name: str, settings_hash: str) -> None:
        """Record that this source was planned or run with these settings."""

    def column_types(self, source: str) -> ColumnTypes | None:
        """Return the column types of a source as they were last, None before the first."""

    def save_column_types(self, source: str, types: ColumnTypes) -> None:
        """Keep the column types of a source."""

    def is_caught_up(self, source: str) -> bool:
        """Say whether a run has worked through a whole source once.

        Before that its files are a backlog.
        """

    def record_caught_up(self, source: str, run_id: str) -> None:
        """Record that a run has worked through a whole source; the first one is kept."""

    def stopped(self) -> Mapping[str, Sequence[str]]:
        """Return by source why it did not run when it was last to be worked on."""

    def save_stopped(self, source: str, problems: Sequence[str]) -> None:
        """Keep why a source did not run; nothing if it did."""

    def last_alarm(self, source: str, name: str) -> str:
        """Return what an alarm of a source was last about, "" before the first."""

    def keep_alarm(self, source: str, name: str, cause: str) -> None:
        """Keep what an alarm of a source is about, so that it is raised once for a cause."""

    def verify_progress(
        self, sources: Sequence[str], *, reads: bool = False
    ) -> VerifyProgress | None:
        """Return how far an unfinished verification of these sources has come, None without one.

        One that `reads` the originals has a progress of its own.
        """

    def save_verify_progress(
        self, sources: Sequence[str], progress: VerifyProgress | None, *, reads: bool = False
    ) -> None:
        """Keep how far a verification of these sources has come; None when it has ended."""
