from collections.abc import Mapping, Sequence

from pipeline.ports.ledger import ColumnTypes, VerifyProgress
from tests.fakes.ledger.memory import Memory, MemoryPart


class MemorySources(MemoryPart):
    """What is known of the sources, in dictionaries."""

    def __init__(self, memory: Memory) -> None:
        super().__init__(memory)
        self._confirmed: set[tuple[str, str]] = set()
        self._types: dict[str, ColumnTypes] = {}
        self._caught_up: set[str] = set()
        self._stopped: dict[str, list[str]] = {}
        self._alarms: dict[tuple[str, str], str] = {}
        self._verify: dict[tuple[bool | str, ...], VerifyProgress] = {}

    def source_confirmed(self, name: str, settings_hash: str) -> bool:
        """Say whether this source was planned or run before with these settings."""
        return (name, settings_hash) in self._confirmed

    def confirm_source(self, name: str, settings_hash: str) -> None:
        """Record that this source was planned or run with these settings."""
        self._confirmed.add((name, settings_hash))

    def column_types(self, source: str) -> ColumnTypes | None:
        """Return the column types of a source as they were last."""
        return self._types.get(source)

    def save_column_types(self, source: str, types: ColumnTypes) -> None:
        """Keep the column types of a source."""
        self._types[source] = types

    def is_caught_up(self, source: str) -> bool:
        """Say whether a run has worked through a whole source once."""
        return source in self._caught_up

    def record_caught_up(self, source: str, run_id: str) -> None:  # noqa: ARG002 - the port's signature
        """Record that a run has worked through a whole source."""
        self._caught_up.add(source)

    def stopped(self) -> Mapping[str, Sequence[str]]:
        """Return by source why it did not run."""
        return {source: problems for source, problems in self._stopped.items() if problems}

    def save_stopped(self, source: str, problems: Sequence[str]) -> None:
        """Keep why a source did not run."""
        self._stopped[source] = list(problems)

    def last_alarm(self, source: str, name: str) -> str:
        """Return what an alarm was last about."""
        return self._alarms.get((source, name), "")

    def keep_alarm(self, source: str, name: str, cause: str) -> None:
        """Keep what an alarm is about."""
        self._alarms[source, name] = cause

    def verify_progress(
        self, sources: Sequence[str], *, reads: bool = False
    ) -> VerifyProgress | None:
        """Return how far an unfinished verification of these sources has come."""
        return self._verify.get((reads, *sources))

    def save_verify_progress(
        self, sources: Sequence[str], progress: VerifyProgress | None, *, reads: bool = False
    ) -> None:
        """Keep how far a verification of these sources has come."""
        self._verify.pop((reads, *sources), None)
        if progress is not None:
            self._verify[reads, *sources] = progress
