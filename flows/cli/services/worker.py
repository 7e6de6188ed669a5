"""`worker`: run what is due in a work pool."""

from typing import Annotated

import typer

from flows.cli.choice import Account, of_account
from flows.cli.common import (
    DEFAULT_CONFIG,
    Config,
    set_up_logs,
)
from flows.cli.services.common import asking_again
from flows.cli.services.deploy import Pool


def worker(
    pool: Pool,
    config: Config = DEFAULT_CONFIG,
    account: Account = None,
    queue: Annotated[
        list[str],
        typer.Option(
            "--queue", help="Only runs of this queue; may be repeated.", metavar="PRIORITY"
        ),
    ] = [],
    limit: Annotated[
        int | None, typer.Option("--limit", min=1, help="Most runs at the same time.")
    ] = None,
    name: Annotated[str | None, typer.Option("--name", help="The worker's name in the UI.")] = None,
    with_healthcheck: Annotated[
        bool,
        typer.Option(
            "--with-healthcheck", help="Answer /health on PREFECT_WORKER_WEBSERVER_PORT (8080)."
        ),
    ] = False,
) -> None:
    """Run what is due in a work pool.

    On SIGTERM, running flows finish their records in progress; a second SIGTERM ends them.
    """
    from flows.app.settings import load_settings

    config = of_account(config, account)
    settings = load_settings(config)
    set_up_logs()
    from flows.prefect.server import reachable_server

    # Before Prefect is imported, which takes seconds and would fail with less advice.
    with reachable_server() as server:
        from flows.app.mapping.live_settings import LiveSettings
        from flows.prefect.deployments.lending import lending_readers
        from flows.prefect.deployments.priorities import queue_name
        from flows.prefect.deployments.worker import work
        from pipeline.metering.budget import Priority

        # The runs of other accounts would get the secrets of this one.
        wanted = queue or ([*Priority] if settings.account else [])
        lent = lending_readers(LiveSettings(config, settings, load_settings).present)
        with asking_again(server, settings), lent:
            work(
                settings.serve,
                pool=pool,
                queues=[queue_name(one, settings) for one in wanted],
                limit=limit,
                name=name,
                with_healthcheck=with_healthcheck,
            )
