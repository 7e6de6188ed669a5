"""`[web]`: the page on which users look at runs and decide, and how they sign in to it."""

from ipaddress import IPv4Network, IPv6Network, ip_network
from typing import Annotated, Self

from pydantic import BeforeValidator, Field, SecretStr, field_validator, model_validator

from pipeline.model.users import Role
from pipeline.settings.addresses import split_encrypted
from pipeline.settings.sections import Section

_Header = Annotated[str, Field(pattern=r"^[A-Za-z0-9-]+$")]
_Roles = Annotated[dict[Annotated[str, Field(min_length=1)], Role], Field(min_length=1)]


def _filled(secret: object) -> object:
    """Take a blank secret for none, so that the message says where it belongs."""
    return None if isinstance(secret, str) and not secret.strip() else secret


_Secret = Annotated[SecretStr | None, BeforeValidator(_filled)]
_LongSecret = Annotated[Annotated[SecretStr, Field(min_length=32)] | None, BeforeValidator(_filled)]


class OidcSettings(Section):
    """`[web.oidc]`: users sign in at an identity provider, by OpenID Connect."""

    issuer: str
    """Address of the identity provider, exactly as it names itself, such as
    `https://id.example.com/realms/main`.
    """
    client_id: Annotated[str, Field(min_length=1)]
    """Name of this page at the provider. Its redirect address there is `web.url` followed by
    `/login/oidc/callback`.
    """
    client_secret: _Secret = None
    """Secret of this page at the provider. A secret: set it in the environment, or with
    `secrets set web-oidc-client-secret`.
    """
    scopes: tuple[Annotated[str, Field(pattern=r"^\S+$")], ...] = ("openid", "profile", "email")
    """What the provider is asked for. Some providers name groups only with a scope of their own."""
    name_claim: Annotated[str, Field(min_length=1)] = "preferred_username"
    """Claim of the ID token that names the user in the page and in the audit trail."""
    groups_claim: Annotated[str, Field(min_length=1)] = "groups"
    """Claim of the ID token that lists the user's groups."""
    roles: _Roles
    """Role by group, such as `"invoices-reviewers" = "reviewer"`. Who is in several groups has the
    highest role; who is in none is not signed in.
    """

    @field_validator("issuer")
    @classmethod
    def _encrypted(cls, issuer: str) -> str:
        parts = split_encrypted(issuer)
        if not parts.hostname or parts.query or parts.fragment:
            raise ValueError("must be an address without a query, such as https://id.example.com")
        return issuer

    @model_validator(mode="after")
    def _complete(self) -> Self:
        if self.client_secret is None:
            raise ValueError(
                "client_secret is missing. Export CASPIO_INGEST_WEB__OIDC__CLIENT_SECRET, or for "
                "one of several accounts run `caspio-ingest secrets set web-oidc-client-secret`"
            )
        if "openid" not in self.scopes:
            raise ValueError('scopes must have "openid": without it the provider names nobody')
        return self


class ProxySettings(Section):
    """`[web.proxy]`: a proxy in front of the page signs users in, and names them in headers."""

    peers: Annotated[tuple[str, ...], Field(min_length=1)]
    """Addresses of the proxy, such as `["10.0.0.7"]` or `["10.1.0.0/24"]`. Headers from
    any other address are ignored.
    """
    secret: _LongSecret = None
    """What the proxy sends in `secret_header`, at least 32 characters. A secret: set it in the
    environment, or with `secrets set web-proxy-secret`.
    """
    secret_header: _Header = "X-Proxy-Secret"  # noqa: S105 - the name of a header
    """Header in which the proxy sends the secret."""
    user_header: _Header = "X-Forwarded-User"
    """Header in which the proxy names the user. It must remove what a browser sends in it."""
    groups_header: _Header = "X-Forwarded-Groups"
    """Header in which the proxy lists the user's groups, separated by commas."""
    roles: _Roles
    """Role by group, as in `[web.oidc]`."""

    @field_validator("peers")
    @classmethod
    def _addresses(cls, peers: tuple[str, ...]) -> tuple[str, ...]:
        for peer in peers:
            try:
                network = ip_network(peer)
            except ValueError:
                raise ValueError(f"{peer!r} is neither an address nor a network") from None
            # Anybody could then send the headers that sign a user in.
            if network.prefixlen == 0:
                raise ValueError(f"{peer!r} covers every address; give the proxy's own")
        return peers

    @property
    def networks(self) -> tuple[IPv4Network | IPv6Network, ...]:
        """Return the addresses of the proxy."""
        return tuple(ip_network(peer) for peer in self.peers)

    @model_validator(mode="after")
    def _complete(self) -> Self:
        if self.secret is None:
            raise ValueError(
                "secret is missing. Export CASPIO_INGEST_WEB__PROXY__SECRET, or for one of several "
                "accounts run `caspio-ingest secrets set web-proxy-secret`"
            )
        headers = (self.secret_header, self.user_header, self.groups_header)
        if len({header.lower() for header in headers}) < len(headers):
            raise ValueError("secret_header, user_header and groups_header must differ")
        return self


class WebSettings(Section):
    """`[web]`: the page on which users look at runs and decide."""

    listen: Annotated[str, Field(pattern=r"^[^\s:]+:[0-9]{1,5}$")] = "127.0.0.1:8767"
    """Address on which `web serve` listens, as `HOST:PORT`. Any host but this machine needs
    `web.url`.
    """
    url: str | None = None
    """Address at which users reach the page through a proxy that does https, such as
    `https://ingest.example.com`. Links and cookies are made for it.
    """
    in_container: bool = False
    """Whether the page runs in a container whose port is published for the container's own machine
    only. It may then listen at all addresses of the container without https, and `web.url` is the
    published address, such as `http://localhost:8767`.
    """
    oidc: OidcSettings | None = None
    """How users sign in at an identity provider."""
    proxy: ProxySettings | None = None
    """How a proxy signs users in."""

    @field_validator("url")
    @classmethod
    def _origin(cls, url: str | None) -> str | None:
        if url is None:
            return None
        parts = split_encrypted(url)
        has_more = "@" in parts.netloc or parts.path.strip("/") or parts.query
        if not parts.hostname or has_more:
            raise ValueError(
                "must be an address without a path, such as https://ingest.example.com"
            )
        # Browsers send the origin in lower case, and it is compared with what they send.
        return f"{parts.scheme}://{parts.netloc}".lower()

    @model_validator(mode="after")
    def _reached_through_the_proxy(self) -> Self:
        if self.proxy is not None and self.url is None:
            raise ValueError("url is missing: name the address at which users reach the proxy")
        return self
