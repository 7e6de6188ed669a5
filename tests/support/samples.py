"""Cases that are many and alike: `make test` tries a sample, `make test-full` all of them."""

from collections.abc import Collection, Iterable
from typing import Any

import pytest


def sampled(cases: Iterable[Any], *, sample: Collection[Any]) -> list[Any]:
    """Return the cases as parameters; those outside of the sample are for `make test-full`."""
    return [pytest.param(case, marks=[] if case in sample else pytest.mark.full) for case in cases]
