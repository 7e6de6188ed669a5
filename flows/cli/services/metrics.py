"""`metrics`: counters and gauges of the ledger for Prometheus."""

import re
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING, Annotated

import typer

from flows.cli.choice import AccountOrAll, choose
from flows.cli.common import (
    DEFAULT_CONFIG,
    EXIT_STOPPED,
    Config,
    Failure,
    checked_address,
    complain,
    err,
)

if TYPE_CHECKING:
    from prometheus_client.registry import Collector

    from pipeline.settings import Settings


def _checked(address: str | None) -> str | None:
    """Return an address as it is; also one of IPv6 in brackets, or the port of this machine.

    Raises:
        typer.BadParameter: it is none.
    """
    if address and re.fullmatch(r"(\[[0-9a-fA-F:.]+\])?:[0-9]{1,5}", address):
        return address
    return checked_address(address)


def metrics(
    config: Config = DEFAULT_CONFIG,
    account: AccountOrAll = None,
    serve: Annotated[
        bool, typer.Option("--serve", help="Serve them over HTTP until stopped.")
    ] = False,
    listen: Annotated[
        str | None,
        typer.Option(
            help="Address to serve at, instead of metrics.listen.",
            metavar="HOST:PORT",
            callback=_checked,
        ),
    ] = None,
) -> None:
    """Print metrics in the format of Prometheus, or serve them."""
    import threading

    from flows.app.settings import load_settings
    from flows.telemetry.metrics import as_text

    # The ledger is all that is read.
    paths = [path for _, path in choose(config, account, all_too=True)]
    settings = [load_settings(path, credentials=False) for path in paths]
    own = settings[0].metrics.listen if len(settings) == 1 else None
    with collector(*settings) as metrics_collector:
        if not serve and listen is None:
            typer.echo(as_text(metrics_collector), nl=False)
            return
        with answering(metrics_collector, listen or own or "127.0.0.1:9464") as address:
            err().print(f"metrics at http://{address}/metrics")
            threading.Event().wait()


@contextmanager
def collector(*settings: "Settings") -> "Iterator[Collector]":
    """Open a collector over the ledger of the settings, or over those of several accounts."""
    from flows.telemetry.accounts import AccountsCollector

    with ExitStack() as stack:
        opened = {one.account: stack.enter_context(of_ledger(one)) for one in settings}
        # A settings file alone has no name to label its metrics with.
        yield opened[""] if "" in opened else AccountsCollector(opened)


@contextmanager
def of_ledger(settings: "Settings") -> "Iterator[Collector]":
    """Open a collector over one ledger."""
    from flows.app.wiring.ports import open_ledger, system_clock
    from flows.telemetry.metrics import LedgerCollector

    clock, caspio = system_clock(), settings.caspio
    with open_ledger(settings, clock=clock) as ledger:
        yield LedgerCollector(
            ledger,
            clock,
            caspio.account,
            caspio.allowance,
            settings.metrics.cache_s,
            tuple(settings.specs()),
        )


@contextmanager
def answering(collector: "Collector", listen: str) -> Iterator[str]:
    """Answer Prometheus from a thread meanwhile; yield host and port.

    Raises:
        Failure: the port is taken.
    """
    from prometheus_client import start_http_server

    from flows.telemetry.metrics import registry

    host, _, port = listen.rpartition(":")
    try:
        # An IPv6 address is written in brackets here, and without them to the library.
        server, thread = start_http_server(
            int(port), host.strip("[]") or "127.0.0.1", registry(collector)
        )
    except OSError as error:
        complain(
            "No metrics",
            [f"{listen} cannot be listened on: {error}. Set metrics.listen to another port."],
        )
        raise Failure(EXIT_STOPPED) from None
    try:
        yield f"{host}:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
