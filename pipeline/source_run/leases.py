"""A worker's side of the leases: take records before working on them, renew while at work, give back after."""

import threading
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import structlog

from pipeline.errors import LeaseLost, LedgerUnavailable
from pipeline.model import FileRef, RecordWork
from pipeline.ports import Ledger

TTL_S = 120.0
"""Seconds after which a worker that was not heard of is dead; one of the same machine is known to be dead at once."""

_log = structlog.get_logger()


class Leases:
    """The records and Files-area files one run holds; safe from many threads.

    Two records of one run may hold the same file: it is given back with the last of them.
    """

    def __init__(self, ledger: Ledger, worker: str) -> None:
        self._ledger = ledger
        self.worker = worker
        self._lock = threading.Lock()
        self._held: Counter[str] = Counter()
        self._released: set[str] = set()

    def take(self, works: Sequence[RecordWork]) -> list[bool]:
        """Say which records were had; the others are another worker's. What was given back is freed on the way."""
        with self._lock:
            groups = [lease_keys(work.files) for work in works]
            had = list(self._ledger.claim(self.worker, groups, release=self._released))
            self._released.clear()
            for group, ok in zip(groups, had, strict=True):
                self._held.update(group if ok else ())
            return had

    def give_back(self, work: RecordWork) -> None:
        """Let a record go, with the next taking or at the end."""
        with self._lock:
            for key in lease_keys(work.files):
                self._held[key] -= 1
                if not self._held[key]:
                    del self._held[key]
                    self._released.add(key)


def lease_keys(files: Sequence[FileRef]) -> list[str]:
    """Name what must be held to work on files of one record: the record, and each file of the Files area."""
    records = {
        f"record {ref.record.container} {ref.record.pk}" for ref in files if ref.record is not None
    }
    return sorted(
        records | {f"file {ref.path.casefold()}" for ref in files if ref.path is not None}
    )


@contextmanager
def working(ledger: Ledger, worker: str, *, ttl_s: float = TTL_S) -> Iterator[Leases]:
    """Be a worker until the context ends; a thread renews meanwhile, as long as the ledger answers."""
    ledger.join(worker, ttl_s=ttl_s)
    ended = threading.Event()
    renewing = threading.Thread(
        target=_renew, args=(ledger, worker, ttl_s, ended), name="leases", daemon=True
    )
    renewing.start()
    try:
        yield Leases(ledger, worker)
    finally:
        ended.set()
        renewing.join()
        ledger.leave(worker)


def _renew(ledger: Ledger, worker: str, ttl_s: float, ended: threading.Event) -> None:
    """Renew three times in a lease's life. A failure is told; the line meets it itself with its next write."""
    while not ended.wait(ttl_s / 3):
        try:
            ledger.renew(worker, ttl_s=ttl_s)
        except LeaseLost as error:
            _log.warning("leases lost", worker=worker, error=str(error))
            return
        except LedgerUnavailable as error:
            _log.warning("leases not renewed", worker=worker, error=str(error))
