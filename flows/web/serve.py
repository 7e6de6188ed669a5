"""Serve the web page: connect what the pages work with, and listen."""

from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager, ExitStack, closing, contextmanager
from functools import partial
from operator import attrgetter
from pathlib import Path
from urllib.parse import urlsplit

from flows.app.accounts.own_archive import served_archive
from flows.app.accounts.wiring import open_own_ledger
from flows.app.drain import Drain
from flows.app.mapping.live_settings import LiveSettings
from flows.app.mapping.look import Looks
from flows.app.reading import KeptReader, open_reader
from flows.app.review.desk import ReviewDesk
from flows.app.settings import load_settings
from flows.app.wiring import AppContext, connect
from flows.app.wiring.ports import open_archive, system_clock
from flows.doctor.check import Check
from flows.http.server import (
    LOCAL_HOSTS,
    Running,
    address_of,
    listening,
    require_https,
    server_of,
)
from flows.web.app import create_app
from flows.web.apps.account_apps import AccountApps, counted_client
from flows.web.health import Health
from flows.web.jobs import Jobs
from flows.web.pictures import Pictures
from flows.web.signing.check import examine_with_sign_in, provider_of
from flows.web.signing.proxy import TrustedProxy
from flows.web.signing.sessions import Sessions
from flows.web.site import Site
from pipeline.errors import BadSettings
from pipeline.model.users import User
from pipeline.ports import Ledger
from pipeline.settings import Settings, environment
from pipeline.settings.web import WebSettings

CONNECTIONS = 100
"""Browsers answered in parallel; each opens up to six connections."""


@contextmanager
def serving_pages(
    settings: Settings,
    config: Path,
    listen: str = "",
    *,
    checks: Callable[[], Iterable[Check]] | None = None,
) -> Iterator[Running]:
    """Open the ledger and the archive, and listen. `checks` replaces those of `doctor`.

    Raises:
        BadSettings: the address cannot be listened at, users would reach it without https, or a way
            to sign in is set up by half.
    """
    address = _reached_at(settings.web, listen)
    provider = provider_of(settings.web, system_clock())
    # Imported here: `web login` draws nothing.
    from processors.page_picture import PageJob

    open_pages = partial(open_reader, settings.processing, workers=1, job=PageJob)
    with ExitStack() as stack:
        door = stack.enter_context(listening(address, what="The web page"))
        ledger = stack.enter_context(open_own_ledger(settings))
        archive = served_archive(settings, open_archive(settings.archive), ledger)
        clock = system_clock()
        live = LiveSettings(config, settings, partial(load_again, before=settings))
        kept = stack.enter_context(closing(KeptReader()))

        def connecting(drain: Drain) -> AbstractContextManager[AppContext]:
            return connect(live.settings, drain=drain, kept=kept)

        site = Site(
            live,
            config,
            ledger,
            archive,
            clock,
            sessions_of(settings, ledger),
            Health(checks or partial(examine_with_sign_in, config), clock),
            stack.enter_context(closing(ReviewDesk(lambda: connecting(Drain())))),
            stack.enter_context(closing(Pictures(archive, open_pages))),
            stack.enter_context(closing(Jobs(clock))),
            Looks(lambda: live.settings, clock),
            connecting,
            prefect=prefect_ui(),
            apps=AccountApps(lambda: counted_client(live.settings, ledger, clock), clock),
            provider=provider,
            proxy=TrustedProxy(settings.web.proxy) if settings.web.proxy is not None else None,
        )
        # The port is known only now, where a free one was asked for.
        app = create_app(site, origins=origins_of(address_of(door), settings.web.url))
        site.health.latest()
        server = server_of(app, connections=CONNECTIONS)
        yield Running(server, door, Drain(), name="web page", path="/")


def prefect_ui() -> str:
    """Return the address at which browsers reach Prefect's UI, "" where it is not known.

    PREFECT_UI_URL names it, as for Prefect's own programs. Without it, the address of the API does,
    unless only programs beside the server know its host: a container or a service of a cluster.
    """
    named = environment("PREFECT_UI_URL")
    if named:
        return named.rstrip("/")
    api = (environment("PREFECT_API_URL") or "").rstrip("/")
    host = urlsplit(api).hostname or ""
    is_inside = not {".", ":"} & set(host) or host.endswith((".svc", ".svc.cluster.local"))
    is_reached = host == "localhost" or not is_inside
    return api.removesuffix("/api") if is_reached and api.endswith("/api") else ""


def load_again(path: Path, *, before: Settings) -> Settings:
    """Load a settings file that has changed while the page is served.

    Raises:
        BadSettings: it does not load, or the page has opened what has changed.
    """
    settings = load_settings(path, sources=False)
    opened = {
        "caspio.url": "caspio.account",
        "ledger": "ledger",
        "archive": "archive",
        "web": "web",
    }
    moved = [
        name
        for name, value in opened.items()
        if attrgetter(value)(settings) != attrgetter(value)(before)
    ]
    if moved:
        raise BadSettings([f"{', '.join(moved)} changed. Start the web page again to use it."])
    return settings


def login_address(settings: Settings, user: User, listen: str = "") -> str:
    """Make a link that signs a user in once. `listen` is where the page listens instead.

    Raises:
        BadSettings: the page would be reached from other machines, and not by https.
        ForeignLedger: the ledger, and so the page, belongs to another account.
    """
    address = _reached_at(settings.web, listen)
    with open_own_ledger(settings) as ledger:
        token = sessions_of(settings, ledger).link(user)
    base = settings.web.url or f"http://{address}"
    return f"{base}/login?link={token}"


def sessions_of(settings: Settings, ledger: Ledger) -> Sessions:
    """Return the sessions of a ledger."""
    # Without a name among several accounts, it is the account's address that differs.
    page = settings.account or urlsplit(settings.caspio.url).netloc
    return Sessions(ledger, is_secure=urlsplit(settings.web.url or "").scheme == "https", page=page)


def origins_of(address: str, url: str | None) -> frozenset[str]:
    """Return the addresses at which users reach the page, as browsers name them."""
    origins = {f"http://{address}"}
    host, _, port = address.rpartition(":")
    if host in LOCAL_HOSTS:
        origins |= {f"http://{name}:{port}" for name in LOCAL_HOSTS}
    if url is not None:
        origins.add(url.lower())
    return frozenset(origins)


def _reached_at(settings: WebSettings, listen: str) -> str:
    """Return where the page listens: `listen`, or what the settings say.

    Raises:
        BadSettings: other machines reach it there, and not by https.
    """
    address = listen or settings.listen
    require_https(address, settings.url, section="web", in_container=settings.in_container)
    return address
