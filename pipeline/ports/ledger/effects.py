"""What the ledger promises about effects: intended, applied, verified, undone.

And what waits for a user.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from pipeline.model import Effect, EffectKind, EffectState, FileRef, OwnValue
from pipeline.model.review import ReviewItem, ReviewState


@dataclass(frozen=True, slots=True)
class Repair:
    """What `verify --repair` repaired: the kind of difference, what it was about, what was done."""

    kind: str
    subject: str
    done: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Block:
    """Why nothing may be written to a table or view: a write of a run matched several rows."""

    reason: str
    run_id: str


@dataclass(frozen=True, slots=True)
class EffectPage:
    """Effects of some records of a run, oldest first; `after` is where to go on, 0 at the end."""

    effects: Sequence[Effect]
    after: int


class EffectLedger(Protocol):
    """Remembers every change at Caspio, from before it is made."""

    def plan_key(self) -> bytes:
        """Return the secret key that seals plans: one for all workers, made by the first call."""

    def account(self) -> str:
        """Return the account that the ledger's files and effects belong to.

        It is "" while there are none, and where no account is recorded.
        """

    def record_account(self, account: str) -> None:
        """Record whose the ledger is, in place of what was recorded before."""

    def intend(self, effect: Effect, run_id: str) -> Effect:
        """Record an intent before its call and return it with its id.

        Raises:
            LeaseLost: the run is a worker whose lease has expired.
        """

    def settle(
        self, effect: Effect, state: EffectState, note: str = "", *, at: datetime | None = None
    ) -> None:
        """Record what became of an effect, and its `pk`: a row has none before it is inserted.

        `at` is when it was in effect at the latest, for `Effect.applied_at`; for an effect that
        was applied that is now.
        """

    def open(self, versions: Sequence[str] | None = None) -> Sequence[Effect]:
        """Return the effects in state intent or applied, oldest first; all, or of versions."""

    def find(
        self,
        *,
        version: str | None = None,
        run_id: str | None = None,
        record: tuple[str, str] | None = None,
    ) -> Sequence[Effect]:
        """Return effects, oldest first; `record` is a container and a PK_ID."""

    def on_records(self, records: Collection[tuple[str, str]]) -> Sequence[Effect]:
        """Return the effects on these containers and PK_IDs, oldest first."""

    def of_run(
        self, run_id: str, *, kinds: Collection[EffectKind], after: int = 0, limit: int
    ) -> EffectPage:
        """Return what a run changed in its next records, in the order in which it came to them.

        `limit` effects behind the id `after` say which records those are: of these kinds, and in
        effect, perhaps. They come with all that the run did to them; a record that it came to
        before is left out, and may leave none.
        """

    def files_changed(self, run_id: str, *, kinds: Collection[EffectKind]) -> int:
        """Count the files for which a run has effects of these kinds that are perhaps there."""

    def is_changed_since(self, run_id: str, last_id: int) -> bool:
        """Say whether effects behind an id are a run's, or have undone it, or its undo."""

    def last_id(self) -> int:
        """Return the id of the latest effect, 0 without any; later effects have higher ones."""

    def changed_by_others(
        self, refs: Sequence[FileRef], run_id: str, *, since: int, beside: Collection[str]
    ) -> set[str]:
        """Return the versions that may be listed otherwise now, since another run changed them.

        These are unfinished versions with effects of another run, whenever they were made. And they
        are all versions that have, or whose record has, an effect of another run with a higher id
        than `since` or of a run in `beside`: one that was at work already.
        """

    def undoing(self, ids: Sequence[int]) -> Sequence[Effect]:
        """Return the effects that undo these ids, those that undo them, and so on, oldest first."""

    def names_given(self, refs: Sequence[FileRef]) -> Sequence[Effect]:
        """Return the effects that named these records' attachments or put files at these paths.

        They are applied or verified. The oldest come first.
        """

    def last_written(self, container: str, pk: str) -> Mapping[str, OwnValue]:
        """Return, by column, the value that we last wrote (`pipeline.decide.ownership`)."""

    def runs_that_wrote(self, container: str, pk: str, *, since: datetime) -> int:
        """Count the runs since a moment that changed a record or its files' names."""

    def moved_to(self, path: str) -> str | None:
        """Return where our own rename moved a Files-area path to, following chains.

        None if we never moved it.
        """

    def restore(self, effects: Iterable[Effect]) -> None:
        """Restore effects of a lost ledger; their order becomes the order they happened in."""

    def block(self, container: str, block: Block) -> None:
        """Record that nothing may be written to a table or view until a user has looked."""

    def blocked(self, container: str) -> Block | None:
        """Return why nothing may be written to a table or view, None where it may be."""

    def unblock(self, container: str) -> None:
        """Allow writing to a table or view again."""

    def save_review_item(self, item: ReviewItem, run_id: str) -> None:
        """Keep a suggestion for a user; it replaces one for the same source, record and column."""

    def review_items(
        self, source: str, record: tuple[str, str] | None = None
    ) -> Sequence[ReviewItem]:
        """Return a source's suggestions, or those of one record (container and PK_ID) of it."""

    def walk_review_items(self, source: str, state: ReviewState) -> Iterator[ReviewItem]:
        """Yield a source's suggestions in a state in order of record, some hundreds at a time.

        Those that get another state meanwhile may be among them.
        """

    def record_repair(self, kind: str, subject: str, done: str, *, run_id: str) -> None:
        """Record a repair."""

    def repairs(self, run_id: str) -> Sequence[Repair]:
        """Return a run's repairs, oldest first."""
