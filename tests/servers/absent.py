import os
from typing import NoReturn

import pytest


class Absent(Exception):
    """A program that a server needs is not installed; the message says how to get it."""


def skip_or_fail(absent: Absent) -> NoReturn:
    """Skip the test, except where everything is meant to be installed: there a missing program hides what is broken."""
    if os.environ.get("CI", "").lower() == "true":
        pytest.fail(f"{absent} With CI=true nothing is skipped.", pytrace=False)
    pytest.skip(str(absent))
