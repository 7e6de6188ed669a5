"""References: where a secret is, instead of the secret itself."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Annotated

from pydantic import Field, SecretStr

from pipeline.errors import BadSettings

Environment = Callable[[str], str | None]
"""Returns an environment variable, None if it is not set."""

Places = Mapping[str, Callable[[str, Path], str]]
"""Return secrets that are kept elsewhere, by kind of reference; called with name and folder."""

ELSEWHERE = frozenset({"vault", "kms"})
Reference = Annotated[
    str, Field(pattern=r"^(env:[A-Za-z_][A-Za-z0-9_]*|file:.+|vault:[^#]+#.+|kms:.+)$")
]


def is_reference(text: str) -> bool:
    """Return whether a text is a reference, and not a secret."""
    kind, colon, name = text.partition(":")
    return bool(colon) and kind in {"env", "file", *ELSEWHERE} and bool(name)


def resolve(
    reference: str, *, folder: Path, environment: Environment, places: Places | None = None
) -> SecretStr:
    """Return the secret that a reference names; relative paths start at `folder`.

    Raises:
        BadSettings: it is not there. The message has the reference, never what it names.
    """
    kind, _, name = reference.partition(":")
    if kind == "env":
        value = environment(name)
        if not value:
            raise BadSettings([f"The variable {name} is not set. Set it, or name another place."])
        return SecretStr(value.strip())
    if kind in ELSEWHERE:
        if places is None or kind not in places:
            raise BadSettings([f"A {kind} reference cannot be used here: {reference}."])
        return SecretStr(places[kind](name, folder))
    path = folder / name
    # Editors end a file with a line end, which is not part of the secret.
    try:
        text = path.read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        # A decoding error would repeat bytes of the file.
        why = error.strerror if isinstance(error, OSError) else "it is not UTF-8 text"
        raise BadSettings([f"The file {path} cannot be read: {why}."]) from None
    if not text:
        raise BadSettings([f"The file {path} is empty. Write the secret there."])
    return SecretStr(text)
