"""OAuth tokens: given out for the account's credentials, valid for a while, refreshed or revoked."""

import base64
import binascii
import secrets
import time
from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import parse_qsl, unquote_plus

from starlette.requests import Request
from starlette.responses import Response

from infra.emulator.account.profiles import Profile
from infra.emulator.http.answers import answer

_MOST_REFRESH_TOKENS = 1000


@dataclass(frozen=True, slots=True)
class _Token:
    profile: Profile
    ends: float


class Tokens:
    """Tokens given out so far to the profiles of all accounts; asking for a new one leaves the others valid."""

    def __init__(
        self, profiles: Sequence[Profile], *, lifetime_s: float, refresh_lifetime_s: float
    ) -> None:
        self._profiles = {(one.client_id, one.client_secret): one for one in profiles}
        self._lifetime_s = lifetime_s
        self._refresh_lifetime_s = refresh_lifetime_s
        self._access: dict[str, _Token] = {}
        self._refresh: dict[str, _Token] = {}

    def profile(self, header: str) -> Profile | None:
        """Return whose token an Authorization header carries, None for one that is not good (any more)."""
        kind, _, token = header.partition(" ")
        found = self._access.get(token.strip()) if kind.lower() == "bearer" else None
        return found.profile if found is not None and found.ends > time.monotonic() else None

    def revoke(self, header: str) -> None:
        """End the token of an Authorization header before its time."""
        self._access.pop(header.partition(" ")[2].strip(), None)

    async def handle(self, request: Request) -> Response:
        """Answer POST /oauth/token."""
        # The media type does not matter: a body sent as text/plain was seen to work.
        given = dict(parse_qsl((await request.body()).decode(errors="replace")))
        grant = given.get("grant_type", "")
        profile = self._profiles.get(self._credentials(request, given))
        if profile is None:
            return answer({"error": "invalid_client"}, status=400)
        if grant == "refresh_token" and not self._refreshable(
            given.get("refresh_token", ""), profile
        ):
            return answer({"error": "invalid_grant"}, status=401)
        if grant not in {"client_credentials", "refresh_token"}:
            return answer({"error": "unsupported_grant_type"}, status=400)
        return answer(self._issue(profile))

    def _refreshable(self, token: str, profile: Profile) -> bool:
        found = self._refresh.get(token)
        return found is not None and found.profile == profile and found.ends > time.monotonic()

    def _issue(self, profile: Profile) -> dict[str, object]:
        access, refresh = secrets.token_urlsafe(240), secrets.token_hex(32)
        now = time.monotonic()
        self._access[access] = _Token(profile, now + self._lifetime_s)
        self._refresh[refresh] = _Token(profile, now + self._refresh_lifetime_s)
        mine = [
            token for token, one in self._refresh.items() if one.profile.account == profile.account
        ]
        for oldest in mine[:-_MOST_REFRESH_TOKENS]:
            del self._refresh[oldest]
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
