from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.contracts.caspio.accounts import Account, FakeAccount, open_caspio


@pytest.fixture(params=["fake", pytest.param("caspio", marks=pytest.mark.integration)])
def account(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Account]:
    """The same account, in dictionaries and in the local Caspio."""
    if request.param == "fake":
        yield FakeAccount()
        return
    with open_caspio(tmp_path) as opened:
        yield opened
