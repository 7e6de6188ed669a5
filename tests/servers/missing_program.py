import os
from typing import NoReturn

import pytest


class MissingProgram(Exception):
    """A program that a server needs is not installed; the message says how to install it."""


def skip_or_fail(missing: MissingProgram) -> NoReturn:
    """Skip the test; in CI fail it, since everything is installed there."""
    if os.environ.get("CI", "").lower() == "true":
        pytest.fail(f"{missing} With CI=true nothing is skipped.", pytrace=False)
    pytest.skip(str(missing))
