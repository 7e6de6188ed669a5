from collections.abc import Iterator

import pytest

from infra.emulator import Emulator
from tests.emulator.api import Api, connected


@pytest.fixture(scope="session")
def shared_emulator() -> Iterator[Emulator]:
    """One emulator for all tests that create their own tables in it."""
    with Emulator() as running:
        yield running


@pytest.fixture(scope="session")
def shared_api(shared_emulator: Emulator) -> Iterator[Api]:
    """A client that keeps its connection."""
    with connected(shared_emulator) as caller:
        yield caller


@pytest.fixture
def api(shared_api: Api) -> Iterator[Api]:
    """A client of an emulator without active faults."""
    yield shared_api
    shared_api.control.clear_faults()
    shared_api.control.reset_calls()
