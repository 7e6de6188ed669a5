"""Cache what functions of a text return while one document is read, and drop it with the document.

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
_Cache = defaultdict[object, dict[object, Any]]
_cache: ContextVar[_Cache | None] = ContextVar("cache", default=None)


@contextmanager
def document_cache() -> Iterator[None]:
    """Keep results until the end of the block, in this thread."""
    token = _cache.set(defaultdict(dict))
    try:
        yield
    finally:
        _cache.reset(token)


def cached_by_value(function: Callable[_Arguments, _Found]) -> Callable[_Arguments, _Found]:
    """Call a function once for equal arguments; its result must never be changed."""

    @wraps(function)
    def cached(*arguments: _Arguments.args, **named: _Arguments.kwargs) -> _Found:
        cache = _cache.get()
        if cache is None or named:
            return function(*arguments, **named)
        known = cache[function]
        # An exception costs more than a look-up, but most questions have been asked before.
        try:
            found: _Found = known[arguments]
        except KeyError:
            found = known[arguments] = function(*arguments, **named)
        return found

    return cached


def cached_by_identity(function: Callable[_Arguments, _Found]) -> Callable[_Arguments, _Found]:
    """Call a function once for the same objects, such as pages, which are too long to compare.

    Neither they nor its result must ever be changed.
    """

    @wraps(function)
    def cached(*arguments: _Arguments.args, **named: _Arguments.kwargs) -> _Found:
        cache = _cache.get()
        if cache is None or named:
            return function(*arguments, **named)
        known = cache[function]
        identities = tuple(map(id, arguments))
        if identities not in known:
            # With the objects: the identity of one that is gone may be that of another.
            known[identities] = arguments, function(*arguments, **named)
        found: _Found = known[identities][1]
        return found

    return cached
