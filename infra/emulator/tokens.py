"""OAuth tokens: given out for the account's credentials, valid for a while, refreshed or revoked."""

import base64
import binascii
import secrets
import time
from urllib.parse import parse_qsl, unquote_plus

from starlette.requests import Request
from starlette.responses import Response

from infra.emulator.http import answer


class Tokens:
    """Tokens given out so far; asking for a new one leaves the others valid."""

    def __init__(self, *, client_id: str, client_secret: str, lifetime_s: float) -> None:
        self._client = (client_id, client_secret)
        self._lifetime_s = lifetime_s
        self._ends: dict[str, float] = {}
        self._refresh: set[str] = set()

    def valid(self, header: str) -> bool:
        """Say whether an Authorization header carries a token that is still good."""
        kind, _, token = header.partition(" ")
        return kind.lower() == "bearer" and self._ends.get(token.strip(), float("-inf")) > time.monotonic()

    def revoke(self, header: str) -> None:
        """End the token of an Authorization header before its time."""
        self._ends.pop(header.partition(" ")[2].strip(), None)

    async def handle(self, request: Request) -> Response:
        """Answer POST /oauth/token."""
        # The media type does not matter: a body sent as text/plain was seen to work.
        given = dict(parse_qsl((await request.body()).decode(errors="replace")))
        grant = given.get("grant_type", "")
        if self._credentials(request, given) != self._client:
            return answer({"error": "invalid_client"}, status=400)
        if grant == "refresh_token" and given.get("refresh_token", "") not in self._refresh:
            return answer({"error": "invalid_grant"}, status=401)
        if grant not in {"client_credentials", "refresh_token"}:
            return answer({"error": "unsupported_grant_type"}, status=400)
        return answer(self._issue())

    def _issue(self) -> dict[str, object]:
        access, refresh = secrets.token_urlsafe(240), secrets.token_hex(32)
        self._ends[access] = time.monotonic() + self._lifetime_s
        self._refresh.add(refresh)
        return {
            "access_token": access,
            "token_type": "bearer",
            "expires_in": int(self._lifetime_s),
            "refresh_token": refresh,
        }

    @staticmethod
    def _credentials(request: Request, given: dict[str, str]) -> tuple[str, str]:
        kind, _, encoded = request.headers.get("authorization", "").partition(" ")
        if kind.lower() != "basic":
            return given.get("client_id", ""), given.get("client_secret", "")
        try:
            name, _, secret = base64.b64decode(encoded, validate=True).decode().partition(":")
        except (binascii.Error, UnicodeDecodeError):
            return "", ""
        return unquote_plus(name), unquote_plus(secret)
