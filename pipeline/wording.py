"""Words of messages that depend on a number."""


def counted(number: int, noun: str, verb: str = "") -> str:
    """Return a number with its noun, in the plural unless it is 1; `verb` is "is/are" or so."""
    one, _, many = verb.partition("/")
    is_one = number == 1
    words = [f"{number:,}", noun if is_one else f"{noun}s", one if is_one else many]
    return " ".join(filter(None, words))
