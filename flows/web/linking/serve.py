"""Serve the page of a link until the credentials are entered, or the link has expired."""

from collections.abc import Callable
from datetime import timedelta

from flows.app.drain import Drain
from flows.app.wiring.ports import system_clock
from flows.http.server import Running, address_of, listening, server_of
from flows.web.linking.app import create_link_app
from flows.web.linking.desk import Entered, LinkDesk, Take
from flows.web.serve import origins_of
from pipeline.errors import BadSettings

# Users type credentials here, one at a time; anybody may connect.
CONNECTIONS = 20


def wait_for_credentials(
    *,
    account: str,
    url: str,
    take: Take,
    valid_for: timedelta,
    listen: str,
    public: str | None,
    show: Callable[[str], None],
) -> Entered:
    """Serve the page, show its link, and return what the customer entered.

    `public` is the https address of a proxy before the page. None without one: `listen` is an
    address of this machine alone then.

    Raises:
        BadSettings: it cannot be listened there, or nobody entered credentials that Caspio accepts.
    """
    clock = system_clock()
    desk = LinkDesk(account, url, clock.now() + valid_for, clock, take)
    with listening(listen, what="The page of the link") as door:
        app = create_link_app(desk, origins=origins_of(address_of(door), public))
        server = server_of(app, connections=CONNECTIONS)
        running = Running(server, door, Drain(), name="link")
        with running.running():
            show(f"{public or running.address}/link/{desk.link()}")
            desk.ended.wait(desk.remaining().total_seconds())
            # While the server runs: whoever is entering credentials now is waited for.
            desk.close()
    if desk.entered is None:
        raise BadSettings(
            [f"Nobody entered credentials that Caspio accepts. Add {account} again for a new link."]
        )
    return desk.entered
