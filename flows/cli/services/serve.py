"""`serve`: run every source on its schedule on this host."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from flows.cli.choice import Account, of_account
from flows.cli.common import (
    DEFAULT_CONFIG,
    Config,
    checked_address,
    err,
    set_up_logs,
)
from flows.cli.services.common import (
    Notify,
    TakeOver,
    WithAutomations,
    asking_again,
    install_automations,
    left_over,
)
from pipeline.wording import counted

if TYPE_CHECKING:
    from pipeline.settings import Settings


Webhooks = Annotated[
    str | None,
    typer.Option(
        "--webhooks",
        help="Also receive webhook messages at this address.",
        metavar="HOST:PORT",
        callback=checked_address,
    ),
]
Web = Annotated[
    str | None,
    typer.Option(
        "--web",
        help="Also serve the web page at this address.",
        metavar="HOST:PORT",
        callback=checked_address,
    ),
]


def serve(
    config: Config = DEFAULT_CONFIG,
    account: Account = None,
    with_automations: WithAutomations = False,
    notify: Notify = None,
    webhooks: Webhooks = None,
    web: Web = None,
    take_over: TakeOver = False,
) -> None:
    """Run every source on its schedule, and the rest on demand."""
    from flows.app.settings import load_settings

    config = of_account(config, account)
    settings = load_settings(config)
    set_up_logs()
    from flows.prefect.server import reachable_server

    # Before Prefect is imported, which takes seconds and would fail with less advice.
    with reachable_server() as server:
        from flows.app.mapping.live_settings import LiveSettings
        from flows.prefect.blocks import register as register_blocks
        from flows.prefect.deployments.lending import lending_readers
        from flows.prefect.deployments.ownership import claim, owner_of
        from flows.prefect.deployments.reload import Register, Reload
        from flows.prefect.deployments.serve import deployments_to_serve
        from flows.prefect.deployments.worker import serve_here

        register_blocks()
        if with_automations or notify:
            install_automations(settings, notify)
        # Runs start in a folder of Prefect's, where a relative path would lead nowhere.
        path = config.resolve()
        live = LiveSettings(path, settings, load_settings)
        reload, registered = Reload(live, path, server), threading.Event()

        def watch(register: Register, stop: threading.Event) -> None:
            registered.set()  # a watch begins when all deployments are registered
            reload.watch(register, stop)

        owner = owner_of(settings, path)
        created = deployments_to_serve(settings, owner)
        names = {deployment.name for deployment in created}
        for name in claim(server, owner, names, take_over=take_over):
            err().print(left_over(name))
        where = f"{server.api.removesuffix('/api')}/deployments"
        # Around the schedules, so that both outlast the runs that are finished at the end.
        with (
            asking_again(server, settings),
            serving_metrics(settings),
            receiving_webhooks(settings, config, webhooks),
            serving_web(settings, config, web, registered),
            lending_readers(live.present),
        ):
            served = f"serving {counted(len(created), 'deployment')}: {where}"
            err().print(f"{served}. SIGTERM or Ctrl-C stops it.")
            reload.begin()
            serve_here(settings.serve, created, watch)


@contextmanager
def serving_metrics(settings: "Settings") -> Iterator[None]:
    """Serve metrics for Prometheus next to the flows, if the settings say so."""
    if settings.metrics.listen is None:
        yield
        return
    from flows.cli.services.metrics import answering, collector

    with collector(settings) as metrics, answering(metrics, settings.metrics.listen) as address:
        err().print(f"metrics at http://{address}/metrics")
        yield


@contextmanager
def receiving_webhooks(settings: "Settings", config: Path, listen: str | None) -> Iterator[None]:
    """Receive webhook messages next to the flows, in a thread."""
    if listen is None:
        yield
        return
    from flows.webhooks.serve import receiving

    with receiving(settings, config, listen) as receiver, receiver.running():
        err().print(f"webhook receiver at {receiver.address}")
        yield


@contextmanager
def serving_web(
    settings: "Settings", config: Path, listen: str | None, registered: threading.Event
) -> Iterator[None]:
    """Serve the web page next to the flows, in a thread.

    It examines the installation once the deployments are `registered`: before, they are missing.
    """
    if listen is None:
        yield
        return
    from flows.cli.services.web import sign_in_command
    from flows.web.health import once_ready
    from flows.web.serve import serving_pages
    from flows.web.signing.check import examine_with_sign_in

    checks = once_ready(registered, partial(examine_with_sign_in, config))
    with serving_pages(settings, config, listen, checks=checks) as pages, pages.running():
        line = f"web page at {pages.address}. Sign in with `{sign_in_command(pages, listen)}`."
        err().print(line, soft_wrap=True)
        yield
