"""A member of an answer with its path, so that an error about its shape can name it."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TypeVar

from pipeline.adapters.caspio.client.errors import CaspioError, InDoubt, UnexpectedAnswer
from pipeline.adapters.caspio.client.values import Value

T = TypeVar("T")


# Not frozen: that would take three times as long to make, ten thousand times for a page.
@dataclass(slots=True, eq=False)
class Payload:
    """A member of an answer, with the way to it, so that an error can name it.

    `what` is the call that was answered. `parent` is what this is a member or an item of, None for
    the whole answer; `step` is the way from there, a name of an object or a number in a list. They
    are put together for errors only. `is_write`, of the whole answer, says that the call may have
    changed something.
    """

    value: object
    what: str
    parent: "Payload | None" = None
    step: str | int = ""
    is_write: bool = False

    def path(self) -> str:
        """Return the way from the whole answer to here."""
        if self.parent is None:
            return ""
        before = self.parent.path()
        if isinstance(self.step, int):
            return f"{before}[{self.step}]"
        return f"{before}.{self.step}".lstrip(".")

    def wrong(self, expected: str) -> CaspioError:
        """Return the error for a member of another shape.

        A write was answered well, so it may be in effect, whatever the answer says of it.
        """
        text = (
            f"{self.what}: {self.path() or 'the answer'} should be {expected}, but is "
            f"{type(self.value).__name__}. Caspio's API may have changed; look for a newer "
            "version of this program."
        )
        whole = self
        while whole.parent is not None:
            whole = whole.parent
        if whole.is_write:
            return InDoubt(f"{text} Look whether it took effect before you repeat it.")
        return UnexpectedAnswer(text, status=200, resource=self.what)

    def _checked(self, kind: type[T], expected: str) -> T:
        """Return the value if it is of a type; raise the error of `wrong` if it is of another."""
        # Not isinstance: to Python a bool is an int, to Caspio it is another type.
        if type(self.value) is not kind:
            raise self.wrong(expected)
        return self.value

    def member(self, name: str) -> "Payload":
        """Return a member of an object; one that is missing is None."""
        return Payload(self._checked(dict, "an object").get(name), self.what, self, name)

    def items(self) -> Iterator["Payload"]:
        """Yield the items of a list; None is an empty list."""
        if self.value is None:
            return
        for number, item in enumerate(self._checked(list, "a list")):
            yield Payload(item, self.what, self, number)

    def text(self, default: str | None = None) -> str:
        """Return text; a missing one is the default where there is one."""
        if self.value is None and default is not None:
            return default
        return self._checked(str, "text")

    def number(self) -> int:
        """Return a whole number."""
        return self._checked(int, "a whole number")

    def number_or_none(self) -> int | None:
        """Return a whole number, None where it is missing."""
        return None if self.value is None else self.number()

    def text_or_none(self) -> str | None:
        """Return text, None where it is missing."""
        return None if self.value is None else self.text()

    def texts(self) -> tuple[str, ...]:
        """Return a list of texts."""
        return tuple(item.text() for item in self.items())

    def items_by_number(self) -> Mapping[str, Value]:
        """Return a LIST field's items by number.

        Caspio answers with an object. An array, as LIST fields are written, is counted from 1.
        """
        if isinstance(self.value, list):
            return {str(number): item.scalar() for number, item in enumerate(self.items(), 1)}
        if self.value is None:
            return {}
        names = self._checked(dict, "an object of items by number")
        return {str(name): self.member(name).scalar() for name in names}

    def scalar(self) -> Value:
        """Return text, a number, true, false or null."""
        if self.value is None or isinstance(self.value, str | int | float | bool):
            return self.value
        raise self.wrong("a scalar")

    def flag_or_none(self) -> bool | None:
        """Return true or false, None where it is missing."""
        return None if self.value is None else self.flag(default=False)

    def flag(self, *, default: bool) -> bool:
        """Return true or false; a missing one is the default."""
        if self.value is None:
            return default
        return self._checked(bool, "true or false")

    def pk(self) -> str:
        """Return a PK_ID as text."""
        # A number in tables, a text in views (caspio-api.md, section 3.2).
        is_key = isinstance(self.value, int | str) and not isinstance(self.value, bool)
        if not is_key or self.value == "":
            raise self.wrong("a PK_ID")
        return str(self.value)
