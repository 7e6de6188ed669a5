"""Remember what functions of a text return while one document is read, and forget it with it.

Rules ask the same of a line again and again: whether it is a sum, what amounts and dates it has.
"""

from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from functools import wraps
from typing import Any, ParamSpec, TypeVar

_Arguments = ParamSpec("_Arguments")
_Found = TypeVar("_Found")

# By function, what it returned for its arguments; None while no document is read. Nothing outlives
# its document: the next one may be of another account.
_Memory = defaultdict[object, dict[object, Any]]
_memory: ContextVar[_Memory | None] = ContextVar("memory", default=None)


@contextmanager
def remembering() -> Iterator[None]:
    """Remember until the end of the block, in this thread."""
    token = _memory.set(defaultdict(dict))
    try:
        yield
    finally:
        _memory.reset(token)


def once_a_document(function: Callable[_Arguments, _Found]) -> Callable[_Arguments, _Found]:
    """Call a function once for the same arguments; its result must never be changed."""

    @wraps(function)
    def remembered(*arguments: _Arguments.args, **named: _Arguments.kwargs) -> _Found:
        memory = _memory.get()
        if memory is None or named:
            return function(*arguments, **named)
        known = memory[function]
        # An exception costs more than a look-up, but most questions have been asked before.
        try:
            found: _Found = known[arguments]
        except KeyError:
            found = known[arguments] = function(*arguments, **named)
        return found

    return remembered


def once_for_the_same(function: Callable[_Arguments, _Found]) -> Callable[_Arguments, _Found]:
    """Call a function once for the same objects, such as pages, which are too long to compare.

    Neither they nor its result must ever be changed.
    """

    @wraps(function)
    def remembered(*arguments: _Arguments.args, **named: _Arguments.kwargs) -> _Found:
        memory = _memory.get()
        if memory is None or named:
            return function(*arguments, **named)
        known = memory[function]
        identities = tuple(map(id, arguments))
        if identities not in known:
            # With the objects: the identity of one that is gone may be that of another.
            known[identities] = arguments, function(*arguments, **named)
        found: _Found = known[identities][1]
        return found

    return remembered
