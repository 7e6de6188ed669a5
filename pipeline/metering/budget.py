"""The budget of calls: counted for all workers together; work of lower priority stops earlier."""

import math
import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from pipeline.errors import BudgetExhausted
from pipeline.metering import prices
from pipeline.ports import Ledger, Usage

BLOCK = 50
"""Calls booked in the ledger at once; a killed process has counted at most so many too many."""

PAGE = 1_000
"""Most records in one listing call."""


class Priority(StrEnum):
    """Kinds of work, the most urgent first."""

    WEBHOOK = "webhook"  # records that Caspio has just reported
    NEW = "new"  # new and changed files of a source all of which was written once
    BACKFILL = "backfill"  # the first run over a source
    REPROCESS = "reprocess"  # also `verify`
    LEARN = "learn"  # reading what is needed to learn from filled records


@dataclass(frozen=True, slots=True)
class Allowance:
    """The calls of a month, and what each priority leaves unused of them.

    `monthly_calls` None means no limit. `reserve` and `priorities` are shares from 0 to 1: no work
    uses the reserve, and work of a priority leaves its share unused as well.
    """

    monthly_calls: int | None = None
    reserve: float = 0.0
    priorities: Mapping[Priority, float] = field(default_factory=dict)

    def limit(self, priority: Priority) -> int | None:
        """Return the month's calls, at which this priority stops; None for no limit."""
        if self.monthly_calls is None:
            return None
        share = 1 - self.reserve - self.priorities.get(priority, 0.0)
        # 1 - 0.05 - 0.05 is a little less than 0.9, and a call must not be lost by that.
        return int(round(self.monthly_calls * max(0.0, share), 3))

    def left(self, priority: Priority, used: int) -> int | None:
        """Return how many more calls a priority may use."""
        limit = self.limit(priority)
        return None if limit is None else max(0, limit - used)


class Spending:
    """Counts what one process uses, and books it in blocks. Safe from many threads."""

    def __init__(
        self, ledger: Ledger, account: str, allowance: Allowance, *, block: int = BLOCK
    ) -> None:
        self._ledger = ledger
        self._account = account
        self._allowance = allowance
        self._block = block
        self._lock = threading.Lock()
        self._booked = 0
        self._bytes = 0
        self._known = ledger.usage.this_month(account)
        self._priority = Priority.NEW

    @property
    def priority(self) -> Priority:
        """Return the kind of work that calls are counted for; to change it returns unused calls."""
        return self._priority

    @priority.setter
    def priority(self, priority: Priority) -> None:
        if priority is not self._priority:
            self.close()
            self._priority = priority

    def call(self) -> None:
        """Count a call that is about to be made."""
        with self._lock:
            # Booked before the call: a killed process has counted too many calls, never too few.
            if self._booked == 0:
                self._book(self._block)
            self._booked -= 1

    def moved(self, size_bytes: int) -> None:
        """Count bytes received or sent."""
        with self._lock:
            self._bytes += size_bytes

    def _book(self, calls: int) -> None:
        size_bytes, self._bytes = self._bytes, 0
        self._known = self._ledger.usage.spend(
            self._account, self.priority, calls=calls, size_bytes=size_bytes
        )
        self._booked += calls

    @property
    def used(self) -> Usage:
        """Return the month's usage of all workers, as it was when the last block was booked."""
        return self._known

    def require(self) -> None:
        """Refuse to start anything once this priority's calls are used up; started work may finish.

        Raises:
            BudgetExhausted: the calls this priority may use are used up.
        """
        limit = self._allowance.limit(self.priority)
        with self._lock:
            used = self._known.calls - self._booked  # what is booked is not used yet
        if limit is not None and used >= limit:
            raise BudgetExhausted(
                f"{used:,} of {self._allowance.monthly_calls:,} Caspio calls of this month are "
                f"used; {self.priority} work stops at {limit:,}. Raise caspio.monthly_calls, lower "
                "caspio.reserve or caspio.priorities, or wait for the next month: the run "
                "continues where it stopped."
            )

    def close(self) -> None:
        """Return what was booked and not used."""
        with self._lock:
            if self._booked or self._bytes:
                self._book(-self._booked)


def calls_to_list(records: int, *, attachment_fields: int = 1) -> int:
    """Return about how many calls listing takes: one for the records of a page and each field."""
    pages = max(1, math.ceil(records / PAGE))
    return pages * (1 + attachment_fields)


def calls_to_write(
    *,
    updated: int = 0,
    renamed: int = 0,
    moved: int = 0,
    inserted: int = 0,
    tables_with_files: int = 1,
) -> int:
    """Return about how many calls writing takes, without repetitions; `prices` says for what.

    `updated` records, `inserted` index rows, `renamed` attachments of one field, and `moved` files
    of one folder, which `tables_with_files` may name. A record that is updated takes the new path
    of its file along.
    """
    calls = updated * prices.UPDATE + inserted * prices.INSERT
    calls += renamed * prices.RENAME + prices.rename_looks(renamed)
    calls += moved * prices.MOVE + max(0, moved - updated) * prices.REPOINT
    paths = [f"/{number}" for number in range(moved)]
    return calls + prices.shared_by_moves(paths, referrer_calls=lambda _: tables_with_files)


def calls_to_fetch(files: int) -> int:
    """Return how many calls downloading takes; reprocessing takes none, it reads the archive."""
    return files
