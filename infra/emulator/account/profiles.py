"""API profiles: whose credentials they are, and what they may do."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from infra.emulator.errors import ApiError, forbidden

RIGHTS = frozenset({"read", "insert", "update", "delete", "design", "run", "deploy"})
FILES = "/files"
WEBHOOKS = "/webhooks"
"""Names under which `objects` grants the Files area and the webhooks; no object can have a slash in its name."""


@dataclass(frozen=True, slots=True)
class Profile:
    """Credentials of an account and their rights; `objects` None grants everything on everything."""

    client_id: str
    client_secret: str
    account: str
    enabled: bool = True
    create_objects: bool = True
    objects: Mapping[str, frozenset[str]] | None = None
    allowed_ips: Sequence[str] = ()
    denied_ips: Sequence[str] = ()

    def may(self, right: str, name: str) -> bool:
        """Say whether an object, named in any case, may be used so; "*" in `objects` stands for all not named."""
        if self.objects is None:
            return True
        granted = self.objects.get(name.lower(), self.objects.get("*", frozenset()))
        return right in granted

    def check(self, right: str, name: str) -> None:
        """Refuse what the profile may not do; 403."""
        if not self.may(right, name):
            raise forbidden()

    def check_caller(self, address: str) -> None:
        """Refuse a profile that is switched off, or an address it is closed to."""
        if not self.enabled:
            raise ApiError(400, "ProfileDisabled", "Profile is disabled")
        if address in self.denied_ips or (self.allowed_ips and address not in self.allowed_ips):
            raise ApiError(403, "IpForbidden", "Access from specified IP is denied")


def profile_from_seed(data: Mapping[str, Any], account: str) -> Profile:
    """Read one of a seed's `profiles`; ValueError names what is wrong."""
    known = {
        "client_id",
        "client_secret",
        "enabled",
        "create_objects",
        "objects",
        "allowed_ips",
        "denied_ips",
    }
    if (
        not isinstance(data, dict)
        or set(data) - known
        or not {"client_id", "client_secret"} <= set(data)
    ):
        raise ValueError(
            f"A profile has client_id, client_secret and of {', '.join(sorted(known))} what it needs."
        )
    given: dict[str, Any] = dict(data)
    if given.get("objects") is not None:
        given["objects"] = {
            name.lower(): frozenset(rights) for name, rights in given["objects"].items()
        }
        wrong = {right for rights in given["objects"].values() for right in rights} - RIGHTS
        if wrong:
            raise ValueError(
                f"There is no right {', '.join(sorted(wrong))}; use {', '.join(sorted(RIGHTS))}."
            )
    return Profile(**given, account=account)
