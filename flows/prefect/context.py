"""Connect the adapters for a flow run."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from flows.app.drain import draining
from flows.app.settings import load_settings
from flows.app.wiring import AppContext, connect


@contextmanager
def connected(config: Path) -> Iterator[AppContext]:
    """Connect everything; from here on the first SIGTERM is a request to stop."""
    with connect(load_settings(config)) as context, draining(context.drain):
        yield context
