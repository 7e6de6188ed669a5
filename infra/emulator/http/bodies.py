"""Reading the members of a JSON body as the specification's models describe them."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from infra.emulator.errors import bad_body


@dataclass(frozen=True, slots=True)
class Member:
    """One member of a model: str, bool, int, or list for a list of texts."""

    kind: type
    required: bool = False


Model = Mapping[str, Member]


def read_members(body: Mapping[str, Any], model: Model) -> dict[str, Any]:
    """Return the members given, by their published names; 400 for unknown ones, wrong types and missing ones.

    Names count in any case, null is the same as leaving a member out, and a required text must not be blank.
    """
    known = {name.lower(): name for name in model}
    given: dict[str, Any] = {}
    for name, value in body.items():
        published = known.get(name.lower())
        if published is None or not _fits(value, model[published].kind):
            raise bad_body(name)
        if value is not None:
            given[published] = tuple(value) if isinstance(value, list) else value
    missing = [
        name for name, one in model.items() if one.required and given.get(name) in (None, "", ())
    ]
    if missing:
        raise bad_body(", ".join(missing))
    return given


def _fits(value: object, kind: type) -> bool:
    if value is None:
        return True
    if kind is list:
        return isinstance(value, list) and all(isinstance(one, str) for one in value)
    if kind is int:
        return isinstance(value, int) and not isinstance(value, bool) and abs(value) < 2**31
    return isinstance(value, kind)
