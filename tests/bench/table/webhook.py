"""From a webhook's arrival to the written value: single messages, a steady stream, and a burst."""

import os
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median, quantiles
from typing import Any

import httpx
import psutil

from flows.app.wiring.account import open_settings_account
from flows.webhooks.sync import sync
from infra.emulator import Emulator
from infra.emulator.state.changes import Change
from pipeline.settings import load_settings
from tests.bench.pipeline import CREDENTIALS
from tests.bench.table import documents
from tests.bench.table.readings import read_apart
from tests.bench.table.rows import Family, Options, Pair, Row
from tests.integration.pipeline.accounts import Source, uploads, write_account, write_settings
from tests.support.processes import end, free_port

WHOLE = os.environ.get("BENCH_WEBHOOK") == "whole"
"""Whether the stream lasts five minutes and the burst one, not seconds."""

STEADY_S, BURST_S = (300, 60) if WHOLE else (20, 5)
STEADY_RATE, BURST_RATE = 2, 50
_SINGLE = 5
_WAIT_S = 900

ONE = Row(
    key="webhook.one",
    title="from a message to the written values, one photographed receipt at a time",
    peer="reading the receipt alone, with loaded models",
    unit="s",
    limit=3,
    quick=False,
    about="By the clock: the receiver stores and answers, a run lists the record, downloads, reads, "
    "archives and writes it. The reader process is warm.",
)
STEADY = Row(
    key="webhook.steady",
    title=f"the same under {STEADY_RATE} messages a second, 95th percentile",
    peer="reading the receipt alone, with loaded models",
    unit="s",
    limit=6,
    quick=False,
    about="With `BENCH_WEBHOOK=whole` it lasts five minutes, otherwise twenty seconds.",
)
BURST = Row(
    key="webhook.burst",
    title=f"{BURST_RATE} messages a second about small texts, until the last value is written",
    peer="the time in which the messages came",
    unit="s",
    quick=False,
    about="With `BENCH_WEBHOOK=whole` they come for a minute, otherwise for five seconds. A lost "
    "message ends the benchmark with an error.",
)
MEMORY = Row(
    key="webhook.memory",
    title="memory of the receiver after the burst",
    peer="before it",
    unit="MiB",
    most_ratio=1.2,
    quick=False,
    about="Of its own process: what waits is in the ledger.",
)


@dataclass(slots=True)
class Seen:
    """When each record was written, by its PK_ID, on the clock of this process."""

    at: dict[int, float] = field(default_factory=dict)
    changed: threading.Condition = field(default_factory=threading.Condition)

    def note(self, changes: Sequence[Change]) -> None:
        """Note the records that have a value now."""
        with self.changed:
            for change in changes:
                if change.row["Total"] is not None:
                    self.at.setdefault(int(change.row["PK_ID"]), time.monotonic())
            self.changed.notify_all()

    def wait(self, pks: Sequence[int]) -> None:
        """Wait until all of these records are written."""
        with self.changed:
            if not self.changed.wait_for(lambda: self.at.keys() >= set(pks), _WAIT_S):
                lost = [pk for pk in pks if pk not in self.at]
                raise RuntimeError(
                    f"{len(lost)} of {len(pks)} messages led to no value: {lost[:9]}"
                )


@dataclass(frozen=True, slots=True)
class Receiver:
    """The running command `webhooks serve`, and what it writes."""

    process: psutil.Process
    url: str
    secret: str
    seen: Seen

    def send(self, pk: int) -> float:
        """Report that a record was added; return when."""
        body = {
            "messageId": f"m{pk}",
            "eventType": "table.recordInsert",
            "objectName": "Uploads",
            "data": [{"PK_ID": pk}],
            "secret": self.secret,
        }
        began = time.monotonic()
        httpx.post(self.url, json=body, trust_env=False, timeout=60).raise_for_status()
        return began

    def stream(self, pks: Sequence[int], *, per_second: float) -> list[float]:
        """Report records evenly; return the seconds from each message to its values."""
        first, sent = time.monotonic(), {}
        for number, pk in enumerate(pks):
            time.sleep(max(0.0, first + number / per_second - time.monotonic()))
            sent[pk] = self.send(pk)
        self.seen.wait(pks)
        return [self.seen.at[pk] - sent[pk] for pk in pks]

    def memory_mib(self) -> float:
        """Return the memory of the receiver's own process."""
        return float(self.process.memory_info().rss / 2**20)


@contextmanager
def receiver(folder: Path, files: Mapping[str, bytes]) -> Iterator[Receiver]:
    """Start the receiver over an account with one record for each file, none of them seen before."""
    seed = write_account(folder / "seed", uploads(files), files)
    port = free_port()
    url = f"http://127.0.0.1:{port}/webhooks/caspio"
    with Emulator(seed=seed) as emulator:
        hooks = f'[webhooks]\nurl = "{url}"\n'
        config = write_settings(folder, emulator.url, Source(rename=""), more=hooks)
        os.environ.update(CREDENTIALS)
        settings = load_settings(config)
        with open_settings_account(settings) as account:
            secret = sync(settings, account).secret
        seen = Seen()
        # The messages are sent from here, so that their arrival is known; the emulator sends none.
        (opened,) = emulator._accounts.values()
        changes: Any = opened.records.changes
        changes.is_wanted, changes.on_changes = lambda *_: True, seen.note
        command = [sys.executable, "-m", "flows.cli", "webhooks", "serve", "--config", str(config)]
        with (folder / "receiver.log").open("wb") as log:
            process = subprocess.Popen(
                [*command, "--listen", f"127.0.0.1:{port}"],
                env=os.environ | {"CASPIO_WEBHOOK_SECRET": secret},
                stdout=log,
                stderr=log,
            )
        try:
            _until_it_answers(f"http://127.0.0.1:{port}/health", process)
            yield Receiver(psutil.Process(process.pid), url, secret, seen)
        finally:
            end(process, within_s=60)


def _until_it_answers(url: str, process: "subprocess.Popen[bytes]") -> None:
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline and process.poll() is None:
        try:
            httpx.get(url, trust_env=False, timeout=5).raise_for_status()
        except httpx.HTTPError:
            time.sleep(0.1)
        else:
            return
    raise RuntimeError("the receiver does not answer")


def measured(options: Options) -> Iterator[Pair]:
    """Yield each row once in each run."""
    for run in range(options.runs):
        folder = options.folder / str(run)
        steady = STEADY_S * STEADY_RATE if options.wants(STEADY.key) else 0
        if steady or options.wants(ONE.key):
            yield from _receipts(folder / "receipts", steady, seed=100 + run)
        if options.wants(BURST.key) or options.wants(MEMORY.key):
            yield from _burst(folder / "texts")


def _receipts(folder: Path, steady: int, *, seed: int) -> Iterator[Pair]:
    """Measure single receipts, then a stream of them."""
    drawn = documents.variants(folder / "drawn", _SINGLE + 1 + steady, seed=seed)
    sample = [one.path for one in drawn[: _SINGLE + 1]]
    bare_s = read_apart("bare", sample).wall_s / _SINGLE
    files = {one.path.name: one.path.read_bytes() for one in drawn}
    with receiver(folder, files) as started:
        # The first one starts the reader process.
        started.stream([1], per_second=1)
        alone = [started.stream([pk], per_second=1)[0] for pk in range(2, _SINGLE + 2)]
        yield Pair(ONE.key, median(alone), bare_s, f"slowest {max(alone):.1f} s")
        if steady:
            pks = range(_SINGLE + 2, _SINGLE + 2 + steady)
            took = started.stream(pks, per_second=STEADY_RATE)
            note = f"median {median(took):.1f} s, {len(took)} of {steady} written"
            yield Pair(STEADY.key, quantiles(took, n=20)[-1], bare_s, note)


def _burst(folder: Path) -> Iterator[Pair]:
    """Measure many messages at once about documents that cost nothing to read."""
    count = BURST_S * BURST_RATE
    with receiver(folder, dict(documents.text_receipts(count + 20))) as started:
        started.stream(range(1, 21), per_second=BURST_RATE)
        before_mib, began = started.memory_mib(), time.monotonic()
        pks = range(21, count + 21)
        started.stream(pks, per_second=BURST_RATE)
        until_s = max(started.seen.at[pk] for pk in pks) - began
        yield Pair(BURST.key, until_s, BURST_S, f"{count} of {count} written")
        yield Pair(MEMORY.key, started.memory_mib(), before_mib)


WEBHOOK = Family("webhook", (ONE, STEADY, BURST, MEMORY), measured)
