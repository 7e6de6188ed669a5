"""Values as SQL literals."""

from pipeline.adapters.caspio.client.errors import UnusableValue

_TEXT_CONTROLS = "\t\n\r"  # users type these into text fields


def is_sendable(text: str) -> bool:
    """Say whether a text can be part of a literal.

    It can have no control characters but tab and line ends, and no half of a surrogate pair.
    """
    return all(is_sendable_character(character) for character in text)


def is_sendable_character(character: str) -> bool:
    """Say whether one character can be part of a literal."""
    if character < " ":
        return character in _TEXT_CONTROLS
    return character != "\x7f" and not "\ud800" <= character <= "\udfff"


def text_literal(text: str) -> str:
    """Return a text as a literal, quotes doubled, marked as Unicode where it is not ASCII.

    SQL Server reads a literal without the N in its code page: "N'…'" is what keeps other
    characters.

    Raises:
        UnusableValue: it has a character that cannot be sent in a condition.
    """
    if not is_sendable(text):
        raise UnusableValue(
            f"the value {text[:80]!r} has a control character and cannot be searched for. "
            "Remove it in Caspio."
        )
    prefix = "" if text.isascii() else "N"
    return f"{prefix}'" + text.replace("'", "''") + "'"


def number_literal(value: float) -> str:
    """Return a number as a literal; one with an exponent is a float to SQL Server as it is here.

    Raises:
        UnusableValue: it is infinite or not a number.
    """
    if repr(value).lstrip("-") in {"inf", "nan"}:
        raise UnusableValue(
            f"{value} is not a number that a record can have. Look at the value in the document."
        )
    return repr(value)
