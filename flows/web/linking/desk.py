"""Take the credentials of one account from whoever has the link: once, and for a while only."""

import hashlib
import hmac
import secrets
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from pydantic import SecretStr

from pipeline.errors import IngestError, Unauthorized
from pipeline.ports import Clock

MOST_TRIES = 10
"""Wrong credentials that a link takes: Caspio must not be asked about guesses for ever."""

# Longer than any credential, and short enough to be sent on.
MOST_CHARS = 1_000
# 256 bits: who has the link may link an account, so it cannot be guessed.
_TOKEN_BYTES = 32


class NotAccepted(Exception):
    """Credentials were not taken; the text is for the customer, and has nothing of them."""


@dataclass(frozen=True, slots=True)
class Entered:
    """Credentials that Caspio has accepted, who sent them, and when."""

    client_id: SecretStr
    client_secret: SecretStr
    peer: str
    at: datetime


Take = Callable[[SecretStr, SecretStr], None]
"""Checks credentials and keeps them; raises an IngestError if they are not accepted."""


@dataclass(slots=True)
class LinkDesk:
    """The link of one account. Safe from many threads.

    Attributes:
        url: The account's address, which the customer compares.
        entered: What was accepted, None before.
        ended: Set when the link leads nowhere any more.
    """

    account: str
    url: str
    expires_at: datetime
    clock: Clock
    take: Take = field(repr=False)
    entered: Entered | None = None
    ended: threading.Event = field(default_factory=threading.Event)
    _digest: bytes = field(default=b"", repr=False)
    _tries: int = 0
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def link(self) -> str:
        """Make the secret of the link; one that was made before counts no more."""
        token = secrets.token_urlsafe(_TOKEN_BYTES)
        self._digest = _digest_of(token)
        return token

    def is_open(self, token: str) -> bool:
        """Say whether a link still takes credentials."""
        if self.ended.is_set() or self.clock.now() >= self.expires_at:
            return False
        return hmac.compare_digest(_digest_of(token), self._digest)

    def enter(self, token: str, client_id: str, client_secret: str, *, peer: str) -> None:
        """Take credentials: check them with Caspio and keep them.

        Raises:
            NotAccepted: they are not accepted; the link still works, unless it was tried too often.
            LookupError: the link does not work any more.
        """
        given = client_id.strip(), client_secret.strip()
        # One at a time: of two senders, the second one finds that the link was used.
        with self._lock:
            if not self.is_open(token):
                raise LookupError
            if not all(given) or any(len(one) > MOST_CHARS for one in given):
                raise NotAccepted("Enter the client id and the client secret.")
            own = SecretStr(given[0]), SecretStr(given[1])
            try:
                self.take(*own)
            except IngestError as error:
                # An outage proves nothing about the credentials, and is no guess.
                self._tries += isinstance(error, Unauthorized)
                if self._tries >= MOST_TRIES:
                    self.ended.set()
                raise NotAccepted(str(error)) from None
            self.entered = Entered(*own, peer, self.clock.now())
            self.ended.set()

    def close(self) -> None:
        """Let the link lead nowhere any more, after those who are entering credentials now."""
        with self._lock:
            self.ended.set()

    def remaining(self) -> timedelta:
        """Return how long the link still works."""
        return self.expires_at - self.clock.now()


def _digest_of(token: str) -> bytes:
    return hashlib.sha256(token.encode()).digest()
