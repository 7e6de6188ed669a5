"""Authenticate calls: one token, fetched when needed, and again once when Caspio refuses it."""

import math
import threading
from collections.abc import Generator
from contextlib import closing
from dataclasses import dataclass, field

import httpx

from pipeline.adapters.caspio.client.clock import Clock
from pipeline.adapters.caspio.client.errors import AccessDenied
from pipeline.adapters.caspio.client.http.answers import MAX_BYTES, json_or_none
from pipeline.adapters.caspio.client.http.network import TOTAL_S
from pipeline.adapters.caspio.client.http.refusals import is_rate_refusal
from pipeline.adapters.caspio.client.values import Secret

TOKEN_TEMPLATE = "/oauth/token"  # noqa: S105 - a path
TOKEN_S = 30.0
"""Seconds for a token. All threads wait for it, so it has less time than other answers."""

MAX_TOKEN_BYTES = 1 << 20
"""Decoded bytes of the token's answer; it has about 1 KB."""

EARLY_S = 60.0
"""A token this close to its end is not used any more: the call could arrive after it."""

DEFAULT_LIFE_S = 3600.0
"""How long a token is used if its answer does not say.

Caspio's live for 24 hours (caspio-api.md, section 1.2).
"""

SHORTEST_REDACTED = 8
"""Characters. A shorter "secret" is a word that texts may well contain."""

_BUSY = {408, 429} | set(range(500, 600))


class TokenDelayed(Exception):
    """No token came, for now; the request that needs it was not sent.

    Attributes:
        response: The token endpoint's answer, None where another thread waits for it.
    """

    def __init__(self, reason: str, response: httpx.Response | None = None) -> None:
        """Keep the answer, which may ask for a pause."""
        self.response = response
        super().__init__(reason)


@dataclass(frozen=True, slots=True, repr=False)
class _AccessToken:
    secret: Secret
    ends_at: float


@dataclass(slots=True, repr=False)
class KeptToken:
    """The token of an account's profile, for the clients that follow each other in a process.

    Safe to share between threads. Only clients of one address, id and secret may share it.
    """

    token: _AccessToken | None = None
    lock: threading.Lock = field(default_factory=threading.Lock)
    """The one that asks for a token has it."""


class ClientCredentials(httpx.Auth):
    """Put a bearer token on each request.

    Safe to share between threads, of which one at a time asks for a token.
    A refusal of the token (401; or 400 IncorrectQueryParameter, which a stale token was seen to
    cause: caspio-api.md, section 9) is answered with one new token and one repetition, since a
    refused request was not processed.
    """

    def __init__(
        self,
        *,
        url: str,
        client_id: str,
        client_secret: Secret,
        clock: Clock,
        kept: KeptToken | None = None,
    ) -> None:
        self._url = url + TOKEN_TEMPLATE
        self._client_id = client_id
        self._client_secret = client_secret
        self._clock = clock
        self._kept = kept or KeptToken()
        self._secrets = [client_secret.reveal()]

    def sync_auth_flow(
        self, request: httpx.Request
    ) -> Generator[httpx.Request, httpx.Response, None]:
        """Drive the flow, reading only the bodies that it looks at: a download's stays unread."""
        # Closed on every exit: a flow that is given up must release the lock.
        with closing(self.auth_flow(request)) as flow:
            outgoing = next(flow)
            while True:
                response = yield outgoing
                if outgoing.url.path == TOKEN_TEMPLATE or response.status_code in {400, 401}:
                    response.read()
                try:
                    outgoing = flow.send(response)
                except StopIteration:
                    return

    def auth_flow(self, request: httpx.Request) -> Generator[httpx.Request, httpx.Response, None]:
        """Yield requests and receive their answers.

        Raises:
            AccessDenied: the id and secret are refused.
            TokenDelayed: the token endpoint is busy.
        """
        used, is_new = yield from self._fetch_token(refused=None)
        request.headers["Authorization"] = f"Bearer {used.secret.reveal()}"
        response = yield request
        if is_new or not _refuses_token(response):
            return
        used, _ = yield from self._fetch_token(refused=used)
        request.headers["Authorization"] = f"Bearer {used.secret.reveal()}"
        yield request

    def redacted(self, text: str) -> str:
        """Return a text without the secret and the tokens: a proxy may repeat what it was sent."""
        token = self._kept.token
        for secret in [*self._secrets, token.secret.reveal() if token else ""]:
            if len(secret) >= SHORTEST_REDACTED:
                text = text.replace(secret, "****")
        return text

    def _fetch_token(
        self, *, refused: _AccessToken | None
    ) -> Generator[httpx.Request, httpx.Response, tuple[_AccessToken, bool]]:
        """Return a token that is neither old nor the refused one, and whether it is new."""
        # Not longer than one token may take: if that one does not come, waiting for ten more in
        # turn would not help.
        if not self._kept.lock.acquire(timeout=TOKEN_S):
            raise TokenDelayed("another thread has been waiting for a token for too long.")
        try:
            token = self._kept.token
            if (
                token is not None
                and token is not refused
                and self._clock.monotonic() < token.ends_at
            ):
                return token, False
            response = yield self._token_request()
            self._kept.token = token = self._parse(response)
            # The client secret, the token before and this one: a request may still be under way
            # with the former.
            self._secrets = [*self._secrets[:1], *self._secrets[1:][-1:], token.secret.reveal()]
            return token, True
        finally:
            self._kept.lock.release()

    def _token_request(self) -> httpx.Request:
        data = {
            "grant_type": "client_credentials",
            "client_id": self._client_id,
            "client_secret": self._client_secret.reveal(),
        }
        return httpx.Request(
            "POST",
            self._url,
            data=data,
            headers={"Accept": "application/json", "Accept-Encoding": "gzip"},
            # Four waits of httpx's own as well: a request that is made here does not get those of
            # the client.
            extensions={
                TOTAL_S: TOKEN_S,
                MAX_BYTES: MAX_TOKEN_BYTES,
                "timeout": httpx.Timeout(TOKEN_S).as_dict(),
            },
        )

    def _parse(self, response: httpx.Response) -> _AccessToken:
        status = response.status_code
        body = json_or_none(response)
        if status in _BUSY or is_rate_refusal(status, body):
            raise TokenDelayed("Caspio is not issuing tokens now.", response)
        members = body if isinstance(body, dict) else {}
        text = members.get("access_token")
        if status != httpx.codes.OK or not isinstance(text, str) or not text:
            raise AccessDenied(
                "Caspio refused the client id and secret. Check both against the account's "
                "Web Services profile, and that the profile is enabled."
            )
        life_s = members.get("expires_in")
        if not isinstance(life_s, int | float) or not math.isfinite(life_s) or life_s <= 0:
            life_s = DEFAULT_LIFE_S
        # A token that lives for a few minutes only would never be used with a margin of one.
        margin_s = min(EARLY_S, life_s / 10)
        return _AccessToken(Secret(text), self._clock.monotonic() + life_s - margin_s)


def _refuses_token(response: httpx.Response) -> bool:
    if response.status_code == httpx.codes.BAD_REQUEST:
        body = json_or_none(response)
        return isinstance(body, dict) and body.get("Code") == "IncorrectQueryParameter"
    return response.status_code == httpx.codes.UNAUTHORIZED
