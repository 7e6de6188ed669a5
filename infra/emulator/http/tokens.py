"""OAuth tokens: issued for a profile's credentials, valid for a time, refreshed or revoked."""

import base64
import binascii
import secrets
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from urllib.parse import parse_qsl, unquote_plus

from starlette.requests import Request
from starlette.responses import Response

from infra.emulator.account.profiles import Profile
from infra.emulator.http.answers import answer

# §1.2 (C): the oldest refresh tokens of an account end when it has more.
_MAX_REFRESH_TOKENS = 1000
# §1.2 (C, a sample): an access token of several hundred characters, a refresh token of 64 digits.
_ACCESS_TOKEN_BYTES = 240
_REFRESH_TOKEN_BYTES = 32


@dataclass(frozen=True, slots=True)
class _Token:
    """A token's profile, and its end on the monotonic clock."""

    profile: Profile
    ends: float

    @property
    def is_valid(self) -> bool:
        return self.ends > time.monotonic()


class Tokens:
    """The tokens of all accounts. A new token leaves the earlier ones valid (§1.2, C)."""

    def __init__(
        self, profiles: Sequence[Profile], *, lifetime_s: float, refresh_lifetime_s: float
    ) -> None:
        self._profiles = {
            (profile.client_id, profile.client_secret): profile for profile in profiles
        }
        self._lifetime_s = lifetime_s
        self._refresh_lifetime_s = refresh_lifetime_s
        self._access: dict[str, _Token] = {}
        self._refresh: dict[str, _Token] = {}

    def profile(self, header: str) -> Profile | None:
        """Return the profile of an Authorization header's token, None if it is not valid."""
        # §1.3 (C): a lower-case `bearer` works too.
        kind, _, text = header.partition(" ")
        token = self._access.get(text.strip())
        is_valid = kind.lower() == "bearer" and token is not None and token.is_valid
        return token.profile if is_valid and token is not None else None

    def revoke(self, header: str) -> None:
        """End the token of an Authorization header now."""
        self._access.pop(header.partition(" ")[2].strip(), None)

    async def handle(self, request: Request) -> Response:
        """Answer POST /oauth/token."""
        # §1.2: grants and members are confirmed, the errors are inferred from OAuth.
        # The media type is not checked: a body sent as text/plain was seen to work.
        given = dict(parse_qsl((await request.body()).decode(errors="replace")))
        profile = self._profiles.get(credentials(request, given))
        if profile is None:
            return answer({"error": "invalid_client"}, status=400)

        grant = given.get("grant_type", "")
        if grant == "refresh_token":
            token = self._refresh.get(given.get("refresh_token", ""))
            if token is None or token.profile != profile or not token.is_valid:
                return answer({"error": "invalid_grant"}, status=401)
        elif grant != "client_credentials":
            return answer({"error": "unsupported_grant_type"}, status=400)

        now = time.monotonic()
        access = secrets.token_urlsafe(_ACCESS_TOKEN_BYTES)
        refresh = secrets.token_hex(_REFRESH_TOKEN_BYTES)
        self._access[access] = _Token(profile, now + self._lifetime_s)
        self._refresh[refresh] = _Token(profile, now + self._refresh_lifetime_s)

        of_account = [
            text
            for text, token in self._refresh.items()
            if token.profile.account == profile.account
        ]
        for oldest in of_account[:-_MAX_REFRESH_TOKENS]:
            del self._refresh[oldest]
        return answer(
            {
                "access_token": access,
                "token_type": "bearer",
                "expires_in": int(self._lifetime_s),
                "refresh_token": refresh,
            }
        )


def credentials(request: Request, given: Mapping[str, str]) -> tuple[str, str]:
    """Return client id and secret, from HTTP Basic or from the body."""
    kind, _, encoded = request.headers.get("authorization", "").partition(" ")
    if kind.lower() != "basic":
        return given.get("client_id", ""), given.get("client_secret", "")
    try:
        decoded = base64.b64decode(encoded, validate=True).decode()
    except (binascii.Error, UnicodeDecodeError):
        return "", ""
    # RFC 6749, 2.3.1: both are form-encoded before they are joined.
    name, _, secret = decoded.partition(":")
    return unquote_plus(name), unquote_plus(secret)
