"""Values as plain data, to be stored as JSON."""

from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from functools import cache
from typing import Any


def as_plain(value: object) -> Any:
    """Return a value with its dataclasses and mappings as dictionaries, its sequences as lists.

    `dataclasses.asdict` copies every text and number as well, which takes ten times as long. What
    is neither, such as an enum, stays as it is.
    """
    kind = type(value)
    if kind in _AS_THEY_ARE:
        return value
    if names := _names(kind):  # type: ignore[arg-type]  # mypy treats a class as unhashable
        return {name: as_plain(getattr(value, name)) for name in names}
    if isinstance(value, Mapping):
        return {name: as_plain(one) for name, one in value.items()}
    if isinstance(value, tuple | list):
        return [as_plain(one) for one in value]
    return value


def json_as_utf8(text: str) -> bytes:
    """Encode JSON, with an escape for each half of a surrogate pair, which UTF-8 does not have.

    A name may have such a half. Python writes the escape as JSON does, so that it is read back
    unchanged.
    """
    return text.encode("utf-8", "backslashreplace")


_AS_THEY_ARE = frozenset({str, int, float, bool, type(None)})


@cache
def _names(kind: type) -> tuple[str, ...]:
    return tuple(one.name for one in fields(kind)) if is_dataclass(kind) else ()
