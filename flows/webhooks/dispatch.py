"""Start runs for webhook messages: batched by time and source, each by one receiver."""

import gc
import threading
import uuid
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from itertools import count
from pathlib import Path

import structlog

from flows.app.drain import Drain
from flows.app.reading import KeptReader
from flows.app.run_request import RunRequest
from flows.app.sync.wiring import placed_spec
from flows.app.webhook_messages import AT_WORK_S, wait_s
from flows.app.wiring.ports import system_clock
from flows.prefect.deployments.priorities import SYNC, deployment_name
from pipeline.errors import AtWorkElsewhere, BadSettings, IngestError, StopRequested
from pipeline.model import SourceSpec
from pipeline.model.messages import Message
from pipeline.model.sync import is_sync, sync_name
from pipeline.ports import Ledger
from pipeline.settings import Settings
from pipeline.settings.syncs import SyncSettings
from pipeline.source_run.leases import leased_worker
from pipeline.sync.messages import own_writes
from pipeline.webhooks.incoming import is_own_write, types_of

MOST_ATTEMPTS = 5
"""Attempts after which a message is left to the schedule, which finds its records."""

LOOK_S = 10.0
"""Seconds until the ledger is read again without a new message: another receiver may have died."""

# With a turn every ten seconds, about four times a day: deleting is one query.
_TURNS_BETWEEN_DELETIONS = 2_000

HANDED_OVER_S = 900.0
"""Seconds a run at Prefect has to start, before its messages are taken again."""

Start = Callable[[str, Sequence[str], str], None]
"""Starts a run of a source for some records; the last argument is the batch."""

_log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Dispatcher:
    """Takes messages from the ledger and starts runs for them; it stores none itself.

    After a request to stop (`drain`) it takes no more: they wait for the next receiver. `present`
    returns the settings as they are now.
    """

    present: Callable[[], Settings]
    ledger: Ledger
    start: Start
    drain: Drain = field(default_factory=Drain)

    @property
    def settings(self) -> Settings:
        """Return the present settings."""
        return self.present()

    def turn(self) -> int:
        """Start runs for all waiting messages; return how many messages that was.

        Each turn is a worker of its own. A receiver whose leases expired meanwhile goes on with
        the next turn.
        """
        number, worker = 0, f"receiver-{uuid.uuid4().hex[:12]}"
        account, most = self.settings.caspio.account, self.settings.webhooks.max_records
        with leased_worker(self.ledger, worker):
            # Each call takes messages of one source, so the loop ends when no source has any left.
            while not self.drain.requested:
                batch = uuid.uuid4().hex
                messages = self.ledger.messages.take(
                    account, worker, batch=batch, most_records=most
                )
                if not messages:
                    break
                self._dispatch(messages, batch, worker)
                # The leases of this turn end with it. A run at Prefect may start later, and then
                # begins the batch.
                self.ledger.messages.hand_over(batch, worker, wait_s=HANDED_OVER_S)
                number += len(messages)
        return number

    def delete_old(self) -> None:
        """Delete messages that were settled more than `webhooks.keep_days` ago."""
        clock, keep = system_clock(), timedelta(days=self.settings.webhooks.keep_days)
        self.ledger.messages.forget(before=clock.now() - keep)

    def _dispatch(self, messages: Sequence[Message], batch: str, worker: str) -> None:
        """Settle the messages that need no run, and start one run for the others."""
        source = messages[0].source
        subjects: Mapping[str, SourceSpec | SyncSettings] = self.settings.specs()
        if is_sync(source):
            subjects = {one.spec().source: one for one in self.settings.sync}
        subject = subjects.get(source)
        if subject is None:
            self._settle(messages, f"the settings no longer have a source {source!r}")
            return
        if source in self.settings.paused():
            self._settle(messages, "the source is paused; its next run finds what has changed")
            return
        unsettled, keys = self._sift(messages, subject)
        if unsettled and is_sync(source) and not self._is_free(source, worker):
            # A run would only be refused, again and again while a first load goes on.
            seqs = [message.seq for message in unsettled]
            note = "another run works on the sync"
            self.ledger.messages.put_back(seqs, note, wait_s=AT_WORK_S, is_attempt=False)
        elif unsettled:
            self._start(source, keys, batch, unsettled)

    def _sift(
        self, messages: Sequence[Message], subject: SourceSpec | SyncSettings
    ) -> tuple[list[Message], list[str]]:
        """Settle the messages that need no run; return the others, and their records."""
        ours = self._own_writes(messages, subject)
        unsettled: list[Message] = []
        keys: dict[str, None] = {}
        for message in messages:
            # A record that fails again and again must not start a run every hour for ever.
            if message.attempts > MOST_ATTEMPTS:
                note = f"left to the schedule after {MOST_ATTEMPTS} attempts: {message.note}"
                self._settle([message], note)
                continue
            changed = [one.key for one in message.records if (message.seq, one.key) not in ours]
            if changed:
                unsettled.append(message)
                keys |= dict.fromkeys(changed)
            else:
                self._settle([message], "our own write")
        return unsettled, list(keys)

    def _is_free(self, source: str, worker: str) -> bool:
        """Say whether no run works on a sync, by taking its lease and releasing it."""
        (is_mine,) = self.ledger.leases.claim(worker, [[source]])
        if is_mine:
            self.ledger.leases.claim(worker, [], release=[source])
        return is_mine

    def _own_writes(
        self, messages: Sequence[Message], subject: SourceSpec | SyncSettings
    ) -> set[tuple[int, str]]:
        """Return, by message, the records that were reported only because of our own writes."""
        if isinstance(subject, SourceSpec):
            types = types_of(subject.name, self.ledger)
            return {
                (message.seq, one.key)
                for message in messages
                for one in message.records
                if is_own_write(one, subject, types=types, ledger=self.ledger)
            }
        try:
            spec = placed_spec(subject)
        except BadSettings:
            # Only the runs at Prefect need to know the mirror; they see whose change it was.
            return set()
        types = types_of(spec.source, self.ledger)
        return {
            (message.seq, key)
            for message in messages
            for key in own_writes(message.records, spec, types=types, ledger=self.ledger.syncs)
        }

    def _start(
        self, source: str, keys: Sequence[str], batch: str, messages: Sequence[Message]
    ) -> None:
        """Start a run, which settles its messages; put them back if it fails."""
        seqs = [message.seq for message in messages]
        try:
            self.start(source, keys, batch)
        except StopRequested as error:
            self.ledger.messages.put_back(seqs, str(error), wait_s=0)
        except AtWorkElsewhere as error:
            # The run itself has put them back.
            _log.info("messages wait", source=source, reason=str(error))
        except Exception as error:  # noqa: BLE001 - a failed run must not stop the others
            unforeseen = not isinstance(error, IngestError)
            _log.error("messages wait", source=source, error=str(error), exc_info=unforeseen)
            wait = wait_s(max(message.attempts for message in messages))
            self.ledger.messages.put_back(seqs, str(error), wait_s=wait)

    def _settle(self, messages: Sequence[Message], note: str) -> None:
        self.ledger.messages.settle([message.seq for message in messages], note)


class Loop:
    """Runs a dispatcher in a thread.

    A turn starts `batch_s` seconds after a message arrived, so that more messages share a run.
    """

    def __init__(self, dispatcher: Dispatcher, *, look_s: float = LOOK_S) -> None:
        self._dispatcher = dispatcher
        self._look_s = look_s
        self._woken = threading.Event()
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._run, name="webhooks", daemon=True)

    def start(self) -> None:
        """Start, with what an earlier receiver has left."""
        self._thread.start()

    def wake(self) -> None:
        """Report that a message was stored."""
        self._woken.set()

    def stop(self) -> None:
        """Stop; a run in this process finishes its records in progress."""
        # The thread may be in a run, between two turns, or in either of its two waits.
        self._dispatcher.drain.requested = True
        self._ended.set()
        self._woken.set()
        self._thread.join()

    def _run(self) -> None:
        for number in count():
            if self._ended.is_set():
                return
            # Before the turn: a message that arrives during it starts the next one.
            self._woken.clear()
            try:
                if number % _TURNS_BETWEEN_DELETIONS == 0:
                    self._dispatcher.delete_old()
                if self._dispatcher.turn():
                    self._free()
            except IngestError as error:
                _log.error("messages cannot be dispatched", error=str(error))
            except Exception:  # noqa: BLE001 - the end of the loop: see below
                # A bug or an error of a library must not end the thread: messages would be stored
                # and answered, but nothing would ever be done with them.
                _log.exception("messages cannot be dispatched; the next turn tries again")
            if self._woken.wait(self._look_s):
                # An event instead of a sleep, so that a request to stop ends the wait.
                self._ended.wait(self._dispatcher.settings.webhooks.batch_s)

    def _free(self) -> None:
        """Free what the runs of a turn left: they let Python look for garbage only seldom.

        What was imported until the first one ends stays, and is left out of the later looks.
        """
        gc.collect()
        if not gc.get_freeze_count():
            gc.freeze()


def start_directly(config: Path, drain: Drain, kept: KeptReader) -> Start:
    """Return a function that runs a source in this process, until `drain` asks it to stop.

    The reader of the first run is kept for those after it.
    """

    def start(source: str, keys: Sequence[str], batch: str) -> None:
        from flows.app.direct import work_directly
        from flows.app.sync.run import run_reported

        if is_sync(source):
            run_reported(config, sync_name(source), keys, batch, drain=drain, kept=kept)
            return
        request = RunRequest(records=tuple(keys), batch=batch)
        work_directly(config, sources=[source], request=request, drain=drain, kept=kept)

    return start


def start_at_prefect(settings: Settings, config: Path) -> Start:
    """Return a function that requests a run of the deployment; the same batch runs once."""

    def start(source: str, keys: Sequence[str], batch: str) -> None:
        from prefect.deployments import run_deployment

        parameters: dict[str, object] = {
            "records": list(keys),
            "messages": batch,
            # The run's process has another working folder.
            "config": str(config.resolve()),
        }
        if is_sync(source):
            parameters["name"] = sync_name(source)
            name = f"sync/{deployment_name(SYNC.flow, settings, sync_name(source))}"
        else:
            parameters["source"] = source
            name = f"ingest-record/{deployment_name('ingest-record', settings, source)}"
        # Without waiting for the run, which settles its messages itself.
        run_deployment(name, parameters=parameters, timeout=0, idempotency_key=batch)

    return start
