"""What every archive asks of a key. Pure."""


def checked_key(key: str) -> str:
    """Return the key if it is usable in every store.

    Raises:
        ValueError: it is empty, absolute, has an empty, `.` or `..` part, a backslash or a control character.
    """
    parts = key.split("/")
    if any(part in {"", ".", ".."} for part in parts) or _unusable(key):
        raise ValueError(f"{key!r} is not an archive key")
    return key


def checked_prefix(prefix: str) -> str:
    """Return the prefix if keys could begin with it; its last part may be empty or cut short."""
    parts = prefix.split("/")
    if (
        any(part in {"", ".", ".."} for part in parts[:-1])
        or parts[-1] == ".."
        or _unusable(prefix)
    ):
        raise ValueError(f"{prefix!r} is not a prefix of archive keys")
    return prefix


def _unusable(text: str) -> bool:
    return "\\" in text or any(ord(char) < ord(" ") or char == "\x7f" for char in text)
