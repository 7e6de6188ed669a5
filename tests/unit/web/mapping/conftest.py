"""A mapper at the page, over an account that can be looked at."""

from collections.abc import Iterator

import pytest

from pipeline.model.users import Role
from pipeline.settings import Settings
from tests.unit.pipeline.world import World
from tests.unit.web.conftest import Browser, Office, opened
from tests.unit.web.mapping.bills import FakeLooks


@pytest.fixture
def office(world: World, settings: Settings) -> Iterator[Office]:
    """The page over an account that can be looked at."""
    live: list[Office] = []
    looks = FakeLooks(lambda: live[0].site.settings, world.clock)
    with opened(world, settings, looks) as made:
        live.append(made)
        yield made


@pytest.fixture
def mapper(office: Office) -> Browser:
    """A mapper who has looked at the bills."""
    browser = office.signed_in(Role.MAPPER)
    browser.post("/sources/new/look")
    office.site.jobs.wait()
    browser.post("/sources/new/read", table="Bills")
    office.site.jobs.wait()
    return browser
