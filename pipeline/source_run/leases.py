"""A worker's side of the leases: acquire records, renew the leases, release the records."""

import threading
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import structlog

from pipeline.errors import LeaseLost, LedgerUnavailable
from pipeline.model import FileRef, RecordWork
from pipeline.ports import Ledger

TTL_S = 120.0
"""Seconds after which a worker that did not renew its leases is treated as dead.

A worker on the same machine whose process has ended is known to be dead at once.
"""

_RENEWALS_PER_TTL = 3  # two may fail before a living worker is treated as dead

_log = structlog.get_logger()


class Leases:
    """The records and Files-area files that one run has leased; safe from many threads.

    Two records of one run may have the same file: it is released with the last of them.
    """

    def __init__(self, ledger: Ledger, worker: str) -> None:
        self._ledger = ledger
        self.worker = worker
        self._lock = threading.Lock()
        self._leased: Counter[str] = Counter()
        self._released: set[str] = set()

    def acquire(self, works: Sequence[RecordWork]) -> list[bool]:
        """Lease records; say which were acquired. Frees what was released at the same time."""
        with self._lock:
            # A record is leased with all its keys or not at all: with half of them, two workers
            # could wait for each other.
            groups = [lease_keys(work.files) for work in works]
            acquired = list(self._ledger.leases.claim(self.worker, groups, release=self._released))
            self._released.clear()
            for group, ok in zip(groups, acquired, strict=True):
                if ok:
                    self._leased.update(group)
            return acquired

    def release(self, work: RecordWork) -> None:
        """Release a record; other workers can have it after the next `acquire`, or at the end."""
        with self._lock:
            for key in lease_keys(work.files):
                self._leased[key] -= 1
                if not self._leased[key]:
                    del self._leased[key]
                    self._released.add(key)


def lease_keys(files: Sequence[FileRef]) -> list[str]:
    """Name what is leased to process files of one record: the record, and each Files-area file."""
    records = {
        f"record {ref.record.container} {ref.record.pk}" for ref in files if ref.record is not None
    }
    # The Files area ignores case, so both spellings of a path are one lease.
    paths = {f"file {ref.path.casefold()}" for ref in files if ref.path is not None}
    return sorted(records | paths)


@contextmanager
def leased_worker(ledger: Ledger, worker: str, *, ttl_s: float = TTL_S) -> Iterator[Leases]:
    """Be a worker until the context ends; a thread renews the leases meanwhile."""
    ledger.leases.join(worker, ttl_s=ttl_s)
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
        ledger.leases.leave(worker)


def _renew(ledger: Ledger, worker: str, ttl_s: float, ended: threading.Event) -> None:
    """Renew until the worker ends. A failure is only logged: the run's next write fails itself."""
    while not ended.wait(ttl_s / _RENEWALS_PER_TTL):
        try:
            ledger.leases.renew(worker, ttl_s=ttl_s)
        except LeaseLost as error:
            _log.warning("leases lost", worker=worker, error=str(error))
            return
        except LedgerUnavailable as error:
            _log.warning("leases not renewed", worker=worker, error=str(error))
        except Exception:  # noqa: BLE001 - the end of the loop: see below
            # A bug or an error of a library must not end the thread: the others would treat this
            # worker as dead while it writes.
            _log.exception("leases not renewed; the next renewal tries again", worker=worker)
