"""Hand kept messages out as runs: batched by time and source, each by one receiver, again after a crash."""

import threading
import uuid
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from itertools import count
from pathlib import Path

import structlog

from flows.app.drain import Drain
from flows.app.run_request import RunRequest
from flows.app.webhook_messages import wait_s
from flows.prefect.deployments.priorities import deployment_name
from pipeline.adapters.system_clock import SystemClock
from pipeline.errors import IngestError, StopRequested
from pipeline.model import SourceSpec
from pipeline.model.messages import Message
from pipeline.ports import Ledger
from pipeline.settings import Settings
from pipeline.source_run.leases import leased_worker
from pipeline.webhooks.incoming import is_reported_own_change, types_of

MOST_ATTEMPTS = 5
"""Attempts after which a message is left to the schedule, which finds what it was about."""

LOOK_S = 30.0
"""Seconds until the ledger is looked at again without a message of one's own: another receiver may have died."""

_LOOKS_BETWEEN_FORGETTING = 2_000

HANDED_OVER_S = 900.0
"""Seconds a run at Prefect has to begin, before its messages are handed out again."""

Start = Callable[[str, Sequence[str], str], None]
"""Start a run of a source for some records; the last is the batch."""

_log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Dispatcher:
    """Takes messages from the ledger and starts runs for them; it keeps none itself.

    Asked to stop, by `drain`, it takes no more: what waits in the ledger waits for the next receiver.
    """

    settings: Settings
    ledger: Ledger
    start: Start
    drain: Drain = field(default_factory=Drain)

    def turn(self) -> int:
        """Hand out everything that waits; return how many messages that was.

        Each turn is a worker of its own: one that was taken for dead meanwhile goes on with the next.
        """
        number, worker = 0, f"receiver-{uuid.uuid4().hex[:12]}"
        with leased_worker(self.ledger, worker):
            while not self.drain.requested and (
                messages := self._take(worker, batch := uuid.uuid4().hex)
            ):
                self._hand_out(messages, batch)
                self.ledger.hand_over_messages(batch, worker, wait_s=HANDED_OVER_S)
                number += len(messages)
        return number

    def forget(self) -> None:
        """Forget what has been done for long."""
        clock, keep = SystemClock(), timedelta(days=self.settings.webhooks.keep_days)
        self.ledger.forget_messages(before=clock.now() - keep)

    def _take(self, worker: str, batch: str) -> Sequence[Message]:
        most = self.settings.webhooks.max_records
        return self.ledger.take_messages(
            self.settings.caspio.account, worker, batch=batch, most_records=most
        )

    def _hand_out(self, messages: Sequence[Message], batch: str) -> None:
        """Settle what needs no run, and start one for the rest, which that settles."""
        source = messages[0].source
        spec = self.settings.specs().get(source)
        if spec is None:
            self._settle(messages, f"the settings have no source {source!r} any more")
            return
        todo: list[Message] = []
        keys: dict[str, None] = {}
        for message in messages:
            if message.attempts > MOST_ATTEMPTS:
                self._settle(
                    [message],
                    f"left to the schedule after {MOST_ATTEMPTS} attempts: {message.note}",
                )
            elif news := self._news(message, spec):
                todo.append(message)
                keys |= dict.fromkeys(news)
            else:
                self._settle([message], "our own write")
        if todo:
            self._start(source, list(keys), batch, todo)

    def _news(self, message: Message, spec: SourceSpec) -> list[str]:
        types = types_of(spec, self.ledger)
        return [
            told.key
            for told in message.told
            if not is_reported_own_change(told, spec, types=types, ledger=self.ledger)
        ]

    def _start(
        self, source: str, keys: Sequence[str], batch: str, messages: Sequence[Message]
    ) -> None:
        try:
            self.start(source, keys, batch)
        except StopRequested as error:
            self.ledger.put_back_messages(
                [message.seq for message in messages], str(error), wait_s=0
            )
        except Exception as error:  # noqa: BLE001 - the one place round a batch: a failed run must not stop the others
            _log.error(
                "messages wait",
                source=source,
                error=str(error),
                exc_info=not isinstance(error, IngestError),
            )
            attempts = max(message.attempts for message in messages)
            self.ledger.put_back_messages(
                [message.seq for message in messages], str(error), wait_s=wait_s(attempts)
            )

    def _settle(self, messages: Sequence[Message], note: str) -> None:
        self.ledger.settle_messages([message.seq for message in messages], note)


class Loop:
    """Runs a dispatcher's turns in a thread: `batch_s` after a message came, so that more come together."""

    def __init__(self, dispatcher: Dispatcher, *, look_s: float = LOOK_S) -> None:
        self._dispatcher = dispatcher
        self._look_s = look_s
        self._woken = threading.Event()
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._run, name="webhooks", daemon=True)

    def start(self) -> None:
        """Begin, with what an earlier receiver has left."""
        self._thread.start()

    def wake(self) -> None:
        """Learn that a message was kept."""
        self._woken.set()

    def stop(self) -> None:
        """End; a run in this process finishes the documents in hand."""
        self._dispatcher.drain.requested = True
        self._ended.set()
        self._woken.set()
        self._thread.join()

    def _run(self) -> None:
        for number in count():
            if self._ended.is_set():
                return
            self._woken.clear()
            try:
                if number % _LOOKS_BETWEEN_FORGETTING == 0:
                    self._dispatcher.forget()
                self._dispatcher.turn()
            except IngestError as error:
                _log.error("messages cannot be handed out", error=str(error))
            if self._woken.wait(self._look_s):
                self._ended.wait(self._dispatcher.settings.webhooks.batch_s)


def start_directly(config: Path, drain: Drain) -> Start:
    """Return what runs the line in this process until `drain` asks it to stop."""

    def start(source: str, keys: Sequence[str], batch: str) -> None:
        from flows.app.direct import work_directly

        work_directly(
            config,
            sources=[source],
            request=RunRequest(records=tuple(keys), batch=batch),
            drain=drain,
        )

    return start


def start_at_prefect(settings: Settings, config: Path) -> Start:
    """Return what asks the Prefect server for a run of the deployment; what is asked for twice runs once."""

    def start(source: str, keys: Sequence[str], batch: str) -> None:
        from prefect.deployments import run_deployment

        parameters = {
            "source": source,
            "records": list(keys),
            "messages": batch,
            "config": str(config.resolve()),
        }
        name = f"ingest-record/{deployment_name('ingest-record', settings, source)}"
        run_deployment(name, parameters=parameters, timeout=0, idempotency_key=batch)

    return start
