"""The accounts that agents can reach: each with its own ledger, client, archive and settings."""

import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, ExitStack, closing, contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from flows.agents.oauth import AccessTokens
from flows.app.accounts.own_archive import served_archive
from flows.app.accounts.wiring import open_own_ledger
from flows.app.drain import Drain
from flows.app.settings import load_settings
from flows.app.wiring import AppContext, connect
from flows.app.wiring.account import open_client
from flows.app.wiring.ports import open_archive, system_clock
from flows.prefect.deployments.priorities import settings_name
from pipeline.metering.budget import Spending
from pipeline.ports import Archive, Clock, Ledger
from pipeline.ports.ledger.agents import REQUESTS_KEPT
from pipeline.settings import Settings

if TYPE_CHECKING:
    from pipeline.adapters.caspio.client import CaspioClient

SHARES_READ_S = 30.0
"""Seconds after which the calls of a token are added up again."""

Connect = Callable[[Drain], AbstractContextManager[AppContext]]


class CountedSpending(Spending):
    """Counts an account's calls, and those of each thread, in which one call of a tool runs."""

    _threads = threading.local()

    def call(self) -> None:
        """Count a call that is about to be made."""
        super().call()
        self._threads.calls = self.calls_of_thread() + 1

    def calls_of_thread(self) -> int:
        """Return the calls that this thread has made."""
        return int(getattr(self._threads, "calls", 0))


class Shares:
    """Knows what tokens have spent this month: read now and then, and counted in between.

    To add the month's calls up takes the longer, the more there were.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._known: dict[str, tuple[float, str, int]] = {}

    def spent(self, account: "AgentAccount", token_id: str) -> int:
        """Return the calls that a token has made this month."""
        now_s, month = account.clock.monotonic(), f"{account.clock.now():%Y-%m}"
        with self._lock:
            read_s, of_month, calls = self._known.get(token_id, (0.0, "", 0))
            # Another server may have spent of the same share.
            if of_month != month or now_s - read_s > SHARES_READ_S:
                read_s, calls = now_s, account.ledger.agents.calls_spent(token_id)
                self._known[token_id] = (read_s, month, calls)
            return calls

    def add(self, token_id: str, calls: int) -> None:
        """Count calls that a token has made."""
        with self._lock:
            if token_id in self._known:
                read_s, month, known = self._known[token_id]
                self._known[token_id] = (read_s, month, known + calls)


@dataclass(frozen=True, slots=True)
class AgentAccount:
    """One account, connected. Everything that a tool can reach is in here, and of this account.

    Attributes:
        name: As in the address `/mcp/<name>`.
        plans: The folder of the plans that agents make.
        connect: Opens what a run needs, for one run.
        shares: What tokens have spent of the month's calls.
        oauth: Verifies access tokens of the authorization server, None without one.
        running: Locked while a run is under way: one at a time, so that runs cannot pile up.
    """

    name: str
    settings: Settings
    ledger: Ledger
    client: "CaspioClient"
    spending: CountedSpending
    archive: Archive
    clock: Clock
    plans: Path
    connect: Connect
    running: threading.Lock = field(default_factory=threading.Lock)
    shares: Shares = field(default_factory=Shares)
    oauth: AccessTokens | None = None

    @property
    def key(self) -> str:
        """Return how the ledger names the account: the audience of its tokens."""
        return self.settings.caspio.account


@contextmanager
def open_account(
    settings: Settings, *, connecting: Connect | None = None, block: int = 1
) -> Iterator[AgentAccount]:
    """Open an account for agents.

    `connecting` replaces what opens a run, for a reader that several runs share. Calls are booked
    in blocks: one by one for agents, which make a few, since a larger block would look used.
    """
    clock = system_clock()
    with ExitStack() as stack:
        ledger = stack.enter_context(open_own_ledger(settings, clock=clock))
        spending = CountedSpending(
            ledger, settings.caspio.account, settings.caspio.allowance, block=block
        )
        stack.enter_context(closing(spending))
        client = stack.enter_context(
            open_client(settings, clock=clock, ledger=ledger, spending=spending)
        )
        kept = timedelta(days=settings.agents.keep_days)
        ledger.agents.forget_calls(before=clock.now() - kept)
        ledger.agents.forget_requests(before=clock.now() - REQUESTS_KEPT)
        yield AgentAccount(
            # The name of one of several accounts is that of its settings at a Prefect server.
            name=settings_name(settings),
            settings=settings,
            ledger=ledger,
            client=client,
            spending=spending,
            archive=served_archive(settings, open_archive(settings.archive), ledger),
            clock=clock,
            plans=settings.agents.plans,
            connect=connecting or (lambda drain: connect(settings, drain=drain)),
            oauth=AccessTokens(settings.agents.oauth, clock) if settings.agents.oauth else None,
        )


@contextmanager
def open_accounts(
    configs: Sequence[Path], *, block: int = 1
) -> Iterator[Mapping[str, AgentAccount]]:
    """Open the accounts of these settings files, by name: no other place knows which there are."""
    with ExitStack() as stack:
        opened = [
            stack.enter_context(open_account(load_settings(path), block=block)) for path in configs
        ]
        yield {account.name: account for account in opened}
