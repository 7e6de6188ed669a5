"""Authenticate calls: one token, fetched when needed, fetched anew once when Caspio refuses it."""

import threading
from collections.abc import Generator
from contextlib import closing
from dataclasses import dataclass

import httpx

from pipeline.errors import Unauthorized
from pipeline.ports import Clock

TOKEN_TEMPLATE = "/oauth/token"  # noqa: S105 - a path
EARLY_S = 60.0  # a token this close to its end is not used any more
DEFAULT_LIFE_S = 3600.0
SHORTEST_REDACTED = 8  # characters; a shorter "secret" is a word that texts may well hold
_BUSY = {408, 429} | set(range(500, 600))


@dataclass(frozen=True, slots=True, repr=False)
class Secret:
    """Text that is never shown: not by repr, str or format."""

    _text: str

    def reveal(self) -> str:
        """Return the text, for the one call that needs it."""
        return self._text

    def __repr__(self) -> str:
        return "Secret('****')"

    def __str__(self) -> str:
        return "****"


class TokenDelayed(Exception):
    """The token endpoint is busy; the request that needs the token was not processed and may be repeated."""

    def __init__(self, response: httpx.Response) -> None:
        self.response = response
        super().__init__(f"the token endpoint answered {response.status_code}")


@dataclass(frozen=True, slots=True, repr=False)
class _Token:
    secret: Secret
    ends_at: float


class ClientCredentials(httpx.Auth):
    """Put a bearer token on each request; safe to share between threads, of which one at a time asks for a token.

    A refusal of the token (401; or 400 IncorrectQueryParameter, which a stale token was seen to cause) is answered with
    one new token and one repetition, since a refused request was not processed.
    """

    def __init__(self, *, url: str, client_id: str, client_secret: Secret, clock: Clock) -> None:
        self._url = url + TOKEN_TEMPLATE
        self._client_id = client_id
        self._client_secret = client_secret
        self._clock = clock
        self._lock = threading.Lock()
        self._token: _Token | None = None
        self._secrets = [client_secret.reveal()]

    def sync_auth_flow(
        self, request: httpx.Request
    ) -> Generator[httpx.Request, httpx.Response, None]:
        """Drive the flow, reading only the bodies it looks at: a download's stays unread."""
        with closing(
            self.auth_flow(request)
        ) as flow:  # a flow that is given up must let go of the lock
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
        """Yield requests and receive their replies.

        Raises:
            Unauthorized: the id and secret are refused.
            TokenDelayed: the token endpoint is busy.
        """
        used, is_new = yield from self._fetch_token(refused=None)
        response = yield _with_token(request, used)
        if is_new or not _refuses_token(response):
            return
        used, _ = yield from self._fetch_token(refused=used)
        yield _with_token(request, used)

    def redacted(self, text: str) -> str:
        """Return a text without the secret and the latest tokens, whoever wrote them into it."""
        for secret in list(self._secrets):
            text = text.replace(secret, "****") if len(secret) >= SHORTEST_REDACTED else text
        return text

    def _fetch_token(
        self, *, refused: _Token | None
    ) -> Generator[httpx.Request, httpx.Response, tuple[_Token, bool]]:
        """Return a token that is neither old nor the refused one, and whether it was made just now."""
        with self._lock:
            token = self._token
            if (
                token is not None
                and token is not refused
                and self._clock.monotonic() < token.ends_at
            ):
                return token, False
            response = yield self._token_request()
            self._token = token = self._parse(response)
            self._secrets = [*self._secrets[:1], *self._secrets[1:][-1:], token.secret.reveal()]
            return token, True

    def _token_request(self) -> httpx.Request:
        data = {
            "grant_type": "client_credentials",
            "client_id": self._client_id,
            "client_secret": self._client_secret.reveal(),
        }
        return httpx.Request("POST", self._url, data=data, headers={"Accept": "application/json"})

    def _parse(self, response: httpx.Response) -> _Token:
        status = response.status_code
        body = json_or_none(response)
        if status in _BUSY or is_rate_refusal(status, body):
            raise TokenDelayed(response)
        text = body.get("access_token") if isinstance(body, dict) else None
        if status != httpx.codes.OK or not isinstance(text, str) or not text:
            raise Unauthorized(
                f"Caspio refused the client id and secret (POST {TOKEN_TEMPLATE} answered {status}). "
                "Check CASPIO_CLIENT_ID and CASPIO_CLIENT_SECRET against the account's Web Services profile, "
                "and that the profile is enabled."
            )
        life_s = body.get("expires_in") if isinstance(body, dict) else None
        life_s = float(life_s) if isinstance(life_s, int | float) else DEFAULT_LIFE_S
        margin_s = min(EARLY_S, life_s / 10)
        return _Token(Secret(text), self._clock.monotonic() + life_s - margin_s)


def _with_token(request: httpx.Request, token: _Token) -> httpx.Request:
    request.headers["Authorization"] = f"Bearer {token.secret.reveal()}"
    return request


def _refuses_token(response: httpx.Response) -> bool:
    if response.status_code != httpx.codes.BAD_REQUEST:
        return response.status_code == httpx.codes.UNAUTHORIZED
    body = json_or_none(response)
    return isinstance(body, dict) and body.get("Code") == "IncorrectQueryParameter"


def is_rate_refusal(status: int, body: object) -> bool:
    """Say whether an answer means "too many calls": 429, or the rate array that was seen to come with 400."""
    if status == httpx.codes.TOO_MANY_REQUESTS:
        return True
    return (
        status == httpx.codes.BAD_REQUEST
        and isinstance(body, list)
        and any(
            isinstance(item, dict) and "rate" in str(item.get("name", "")).lower() for item in body
        )
    )


def json_or_none(response: httpx.Response) -> object:
    """Return a read response's JSON, None where it is none."""
    try:
        return response.json()
    except ValueError:
        return None
