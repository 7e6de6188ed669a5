"""Sign in through a proxy that names the user in a header.

Everybody can send a header. So it counts only from the proxy's address, and only with the secret
that the proxy knows; either alone is what somebody else on the network may have.
"""

import hmac
from dataclasses import dataclass
from ipaddress import ip_address

from starlette.datastructures import Headers
from starlette.requests import Request

from flows.web.signing.roles import named
from pipeline.model.users import User
from pipeline.settings.web import ProxySettings


@dataclass(frozen=True, slots=True)
class Proxied:
    """What the proxy says of a request; `user` is None if that user has no role here."""

    user: User | None
    peer: str


@dataclass(frozen=True, slots=True)
class TrustedProxy:
    """Reads the headers of a proxy."""

    settings: ProxySettings

    def says(self, request: Request) -> Proxied | None:
        """Return what the proxy says of a request, None if it does not come from the proxy.

        With a header that is there twice the request has no user: one may be the browser's, and
        the session that it comes with must not keep a role that the proxy may have taken away.
        """
        peer = request.client.host if request.client is not None else ""
        headers = request.headers
        if not self._is_peer(peer):
            return None
        own = self.settings
        names = (own.user_header, own.groups_header, own.secret_header)
        if any(len(headers.getlist(name)) > 1 for name in names):
            return Proxied(None, peer)
        if not self._has_secret(headers):
            return None
        name = _text_of(headers, self.settings.user_header)
        if not name:
            return None
        listed = _text_of(headers, self.settings.groups_header) or ""
        groups = [group.strip() for group in listed.split(",")]
        return Proxied(named(name, groups, self.settings.roles), peer)

    def _is_peer(self, peer: str) -> bool:
        try:
            address = ip_address(peer)
        except ValueError:
            return False
        return any(address in network for network in self.settings.networks)

    def _has_secret(self, headers: Headers) -> bool:
        secret = self.settings.secret
        given = _text_of(headers, self.settings.secret_header)
        if secret is None or given is None:
            return False
        return hmac.compare_digest(given.encode(), secret.get_secret_value().encode())


def _text_of(headers: Headers, name: str) -> str | None:
    """Return a header as text, None without it."""
    value = headers.get(name)
    if value is None:
        return None
    try:
        # Starlette decodes as Latin-1, proxies send names as UTF-8.
        return value.encode("latin-1").decode("utf-8")
    except UnicodeError:
        return None
