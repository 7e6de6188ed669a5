"""JSON bodies, and their members as the specification's models define them."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from starlette.requests import Request

from infra.emulator.errors import bad_body, wrong_media_type

_INT32_LIMIT = 2**31


@dataclass(frozen=True, slots=True)
class Member:
    """One member of a model: `kind` is str, bool, int, or list for a list of texts."""

    kind: type
    required: bool = False

    def accepts(self, value: object) -> bool:
        """Report whether a value has the right type; null always has."""
        match value:
            case None:
                accepted = True
            case bool() | str():
                # Python counts True as an integer, JSON does not.
                accepted = type(value) is self.kind
            case int():
                # SPEC (C): integers are int32.
                accepted = self.kind is int and abs(value) < _INT32_LIMIT
            case list():
                accepted = self.kind is list and all(isinstance(item, str) for item in value)
            case _:
                accepted = False
        return accepted


Model = Mapping[str, Member]


async def json_body(request: Request) -> dict[str, Any]:
    """Read a JSON object; 415 for another media type, 400 for another shape."""
    # §1.3 (C): a missing or another Content-Type is 415. §3.6 (C, observed): an array is 400.
    media_type = request.headers.get("content-type", "").split(";")[0]
    if media_type.strip().lower() != "application/json":
        raise wrong_media_type()
    constants: list[str] = []
    try:
        body = json.loads(await request.body(), parse_constant=constants.append)
    except ValueError as error:
        raise bad_body() from error
    # Python's json reads NaN and Infinity, which JSON does not have.
    if not isinstance(body, dict) or constants:
        raise bad_body()
    return body


def read_members(body: Mapping[str, Any], model: Model) -> dict[str, Any]:
    """Return the members of a body by their published names.

    Names count in any case, null is the same as a missing member, and a required text must not be
    blank. 400 for unknown members, wrong types and missing members.
    """
    published = {name.lower(): name for name in model}
    given: dict[str, Any] = {}
    for name, value in body.items():
        known = published.get(name.lower())
        if known is None or not model[known].accepts(value):
            raise bad_body(name)
        if value is not None:
            given[known] = tuple(value) if isinstance(value, list) else value

    required = [name for name, member in model.items() if member.required]
    missing = [name for name in required if given.get(name) in (None, "", ())]
    if missing:
        raise bad_body(", ".join(missing))
    return given
