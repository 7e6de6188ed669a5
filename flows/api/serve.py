"""Run the HTTP API until the process is asked to stop."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from flows.agents.accounts import open_accounts
from flows.agents.door import Allowed
from flows.api.app import api_app
from flows.api.endpoints import ROOT
from flows.http.server import Serving, require_https, serving_accounts
from pipeline.metering.budget import BLOCK


@contextmanager
def serving(configs: tuple[Path, ...], listen: str = "") -> Iterator[Serving]:
    """Open the accounts and return their server; run it with `Serving.run()`.

    Raises:
        BadSettings: others could reach the server, and the settings do not say under which
            address, or it cannot be listened at.
    """
    with open_accounts(configs, block=BLOCK) as accounts:
        settings = next(iter(accounts.values())).settings.api
        address = listen or settings.listen
        require_https(address, settings.url, section="api")
        allowed = Allowed.by(listen=address, url=settings.url, origins=settings.origins)
        app = api_app(accounts, allowed, settings.url)
        paths = [f"{ROOT}/{name}" for name in accounts]
        with serving_accounts(
            app, address=address, what="The HTTP API", paths=paths, url=settings.url
        ) as server:
            yield server
