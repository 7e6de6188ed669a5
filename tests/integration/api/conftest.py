from collections.abc import Iterator

import pytest

from tests.integration.agents.conftest import desk
from tests.integration.agents.desk import RAW, Desk
from tests.integration.api.caller import ApiDesk, api_of

__all__ = ["desk"]


@pytest.fixture(scope="module")
def api(desk: Desk) -> Iterator[ApiDesk]:
    """The HTTP API in front of two accounts, with a token for everything in the first."""
    with api_of(desk) as opened:
        yield opened.by(desk.token(scope=RAW))
