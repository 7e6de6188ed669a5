"""Load which tool makes which operation, its group and its description (`names.toml`)."""

import tomllib
from dataclasses import dataclass
from importlib.resources import files


@dataclass(frozen=True, slots=True)
class Named:
    """One operation's tool. `is_shown` is whether tokens without tags see it."""

    name: str
    operation: str
    tag: str
    description: str
    is_shown: bool


def named_operations() -> tuple[Named, ...]:
    """Return every operation's tool, in the order in which they are listed."""
    text = files(__package__).joinpath("names.toml").read_text(encoding="utf-8")
    return tuple(
        Named(name, one["operation"], tag, one["does"], one.get("shown", False))
        for tag, tools in tomllib.loads(text).items()
        for name, one in tools.items()
    )
