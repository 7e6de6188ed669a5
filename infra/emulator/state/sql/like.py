"""LIKE patterns, translated to regular expressions."""

import re
from functools import lru_cache

_WILDCARDS = {"%": ".*", "_": "."}


@lru_cache(maxsize=256)
def like_pattern(pattern: str, escape: str) -> re.Pattern[str]:
    """Translate `%`, `_`, `[set]`, `[^set]` and the escape character, "" for none."""
    parts: list[str] = []
    at = 0
    while at < len(pattern):
        char = pattern[at]
        end = pattern.find("]", at + 2) if char == "[" else -1
        if char == escape and at + 1 < len(pattern):
            at += 1
            parts.append(re.escape(pattern[at]))
        elif end > 0:
            parts.append(character_set(pattern[at + 1 : end]))
            at = end
        else:
            parts.append(_WILDCARDS.get(char) or re.escape(char))
        at += 1
    return re.compile("".join(parts), re.IGNORECASE | re.DOTALL)


def character_set(inside: str) -> str:
    """Translate the inside of `[set]`: characters and ranges such as `a-f`; `^` first negates."""
    negation = "^" if inside.startswith("^") else ""
    rest = inside.removeprefix("^")
    items: list[str] = []
    while rest:
        first = rest[0]
        last = first
        rest = rest[1:]
        # A hyphen at the end of the set is a character.
        if rest.startswith("-") and rest != "-":
            last = rest[1]
            rest = rest[2:]
        # A range whose ends are in the wrong order matches nothing.
        if first <= last:
            items.append(f"{re.escape(first)}-{re.escape(last)}")
    if not items:
        return "." if negation else "(?!)"
    return f"[{negation}{''.join(items)}]"
