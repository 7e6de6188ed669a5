"""What is wrong with a seed, and where: somebody else's account.json gets a sentence for it."""

import json
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from infra.emulator.errors import ApiError

_SHOWN_CHARS = 40

# What code that trusts its data raises where the data is not what it expects.
_MALFORMED = (
    ValueError,
    TypeError,
    AttributeError,
    LookupError,
    ArithmeticError,
    RecursionError,
    OSError,
    sqlite3.Error,
    ApiError,
)


class SeedError(ValueError):
    """A seed cannot be used.

    Attributes:
        places: Where, from the file to the field.
        problem: What is wrong and what to do, as one sentence or two.
    """

    def __init__(self, problem: str, places: Sequence[str] = ()) -> None:
        """Keep the problem."""
        self.problem = problem.strip().rstrip(".")
        self.places = tuple(places)
        super().__init__(problem)

    def __str__(self) -> str:
        return f"{', '.join(self.places)}: {self.problem}." if self.places else f"{self.problem}."


@contextmanager
def at(place: str) -> Iterator[None]:
    """Turn what goes wrong with this part of a seed into a SeedError that names the part.

    Raises:
        SeedError: something did.
    """
    try:
        yield
    except SeedError as error:
        raise SeedError(error.problem, (place, *error.places)) from error
    except _MALFORMED as error:
        raise SeedError(_said(error), (place,)) from error


def _said(error: Exception) -> str:
    match error:
        case ApiError():
            return f"{error.message.rstrip('.')}; correct the seed"
        case KeyError():
            return f'the member "{error.args[0]}" is missing; add it'
        case OSError():
            return f"{error.filename} cannot be used: {error.strerror}; correct the seed"
        case ValueError() if str(error):
            return str(error)
    return f"this is not what belongs here ({error}); correct the seed"


def members_of(value: object, what: str) -> dict[str, Any]:
    """Return a JSON object; SeedError for anything else."""
    if not isinstance(value, dict):
        raise SeedError(f"{what} must be an object in braces, not {shown(value)}; correct it")
    return value


def items_of(value: object, what: str) -> list[Any]:
    """Return a JSON list; SeedError for anything else."""
    if not isinstance(value, list):
        raise SeedError(f"{what} must be a list in brackets, not {shown(value)}; correct it")
    return value


def text_of(value: object, what: str) -> str:
    """Return a text that is not blank; SeedError for anything else."""
    if not isinstance(value, str) or not value.strip():
        raise SeedError(f"{what} must be a text, not {shown(value)}; correct it")
    return value


def shown(value: object) -> str:
    """Return a value as a message shows it: as JSON, and not all of it."""
    text = json.dumps(value)
    return text if len(text) <= _SHOWN_CHARS else f"{text[:_SHOWN_CHARS]}…"


def read_seed(folder: Path) -> dict[str, Any]:
    """Return the account.json of a seed folder.

    Raises:
        SeedError: it cannot be read or is not one JSON object.
    """
    source = folder / "account.json"
    with at(str(source)):
        try:
            data = json.loads(source.read_text(encoding="utf-8"))
        except json.JSONDecodeError as error:
            raise SeedError(
                f"line {error.lineno}, column {error.colno} is not JSON ({error.msg}); correct it"
            ) from error
        except UnicodeDecodeError as error:
            raise SeedError(f"it is not UTF-8 ({error.reason}); save it as UTF-8") from error
        except RecursionError as error:
            raise SeedError("it is nested too deeply; correct it") from error
        return members_of(data, "the seed")
