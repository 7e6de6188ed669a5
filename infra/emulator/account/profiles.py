"""API profiles: their credentials, and what they may do."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from typing import Any

from infra.emulator.errors import ApiError, forbidden

RIGHTS = frozenset({"read", "insert", "update", "delete", "design", "run", "deploy"})
FILES = "/files"
WEBHOOKS = "/webhooks"
"""Names under which `objects` grants the Files area and the webhooks; no object has a slash."""


@dataclass(frozen=True, slots=True)
class Profile:
    """Credentials of an account and their rights; `objects` None grants every right.

    In `objects`, names are in lower case, and "*" is every object that is not named.
    """

    client_id: str
    client_secret: str
    account: str
    enabled: bool = True
    create_objects: bool = True
    objects: Mapping[str, frozenset[str]] | None = None
    allowed_ips: Sequence[str] = ()
    denied_ips: Sequence[str] = ()

    def may(self, right: str, name: str) -> bool:
        """Report whether the profile has a right on an object; its name counts in any case."""
        if self.objects is None:
            return True
        granted = self.objects.get(name.lower(), self.objects.get("*", frozenset()))
        return right in granted

    def check(self, right: str, name: str) -> None:
        """Refuse what the profile may not do; 403."""
        # §1.4 (C): since release 73.0 403, before that 400.
        if not self.may(right, name):
            raise forbidden()

    def problem_of_caller(self, address: str) -> ApiError | None:
        """Return why the profile or the caller's address is refused, None if it is not."""
        # §8 (C): 400 ProfileDisabled and 403 IpForbidden with these texts.
        if not self.enabled:
            return ApiError(400, "ProfileDisabled", "Profile is disabled")
        is_allowed = not self.allowed_ips or address in self.allowed_ips
        if address in self.denied_ips or not is_allowed:
            return ApiError(403, "IpForbidden", "Access from specified IP is denied")
        return None


def profile_from_seed(data: object, account: str) -> Profile:
    """Read one of a seed's `profiles`; ValueError names what is wrong."""
    required = {"client_id", "client_secret"}
    known = {field.name for field in fields(Profile)} - {"account"}
    if not isinstance(data, dict) or not required <= set(data) <= known:
        raise ValueError(
            "A profile is an object with client_id, client_secret, and optional ones of "
            f"{', '.join(sorted(known - required))}."
        )
    members: dict[str, Any] = dict(data)
    for name in sorted(required):
        if not isinstance(members[name], str) or not members[name]:
            raise ValueError(f"{name} must be a text; correct the profile.")
    for name in ("allowed_ips", "denied_ips"):
        addresses = members.get(name, [])
        if not isinstance(addresses, list) or not all(isinstance(one, str) for one in addresses):
            raise ValueError(f"{name} must be a list of texts; correct the profile.")
    if members.get("objects") is not None:
        members["objects"] = _objects_from_seed(members["objects"])
    return Profile(**members, account=account)


def _objects_from_seed(data: object) -> Mapping[str, frozenset[str]]:
    if not isinstance(data, dict):
        raise ValueError(  # noqa: TRY004  the seed is data, its mistakes are values
            "objects must be an object, with a list of rights for each name."
        )
    objects: dict[str, frozenset[str]] = {}
    for name, rights in data.items():
        unknown = {str(right) for right in rights} - RIGHTS
        if unknown:
            wrong = ", ".join(sorted(unknown))
            raise ValueError(f"There is no right {wrong}; use {', '.join(sorted(RIGHTS))}.")
        # Names of objects count in any case, as in SQL Server.
        objects[name.lower()] = frozenset(rights)
    return objects
