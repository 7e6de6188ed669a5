"""`deploy`: register the flows on a work pool."""

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from flows.cli.choice import Account, of_account
from flows.cli.common import (
    DEFAULT_CONFIG,
    AsJson,
    Config,
    err,
    print_json,
    set_up_logs,
)
from flows.cli.services.common import (
    Notify,
    TakeOver,
    WithAutomations,
    install_automations,
    left_over,
)

Pool = Annotated[str, typer.Option("--pool", help="The work pool's name.", metavar="NAME")]


class PoolType(StrEnum):
    """What runs the flow runs of a pool."""

    PROCESS = "process"
    DOCKER = "docker"
    KUBERNETES = "kubernetes"


def deploy(
    pool: Pool,
    config: Config = DEFAULT_CONFIG,
    account: Account = None,
    kind: Annotated[
        PoolType, typer.Option("--type", help="Pool type to create if the pool does not exist.")
    ] = PoolType.PROCESS,
    image: Annotated[
        str | None, typer.Option("--image", help="Image of docker and kubernetes pools.")
    ] = None,
    run_config: Annotated[
        Path | None,
        typer.Option(
            "--run-config",
            help="Path of the settings file on the machine of the runs, if it differs.",
            metavar="PATH",
        ),
    ] = None,
    with_automations: WithAutomations = False,
    notify: Notify = None,
    take_over: TakeOver = False,
    as_json: AsJson = False,
) -> None:
    """Register the flows on a work pool.

    Each source gets a schedule and each priority a queue. Run it again when settings change.
    """
    from flows.app.settings import load_settings

    if image and kind is PoolType.PROCESS:
        raise typer.BadParameter(
            "an image goes with --type docker or kubernetes.", param_hint="--image"
        )
    # Only the hosts on which runs execute need the credentials.
    config = of_account(config, account, enters=False)
    settings = load_settings(config, credentials=False)
    set_up_logs()
    from flows.prefect.server import reachable_server

    with reachable_server() as server:
        from flows.prefect.deployments.ownership import owner_of
        from flows.prefect.deployments.serve import Pool as WorkPool, deploy as register_all

        work_pool = WorkPool(pool, kind.value, image)
        # The runs may execute where neither this path nor this host's ledger exists.
        has_ledger = run_config is None
        owner = owner_of(settings, run_config or config.resolve(), has_ledger=has_ledger)
        names, removed = register_all(settings, owner, work_pool, server, take_over=take_over)
        if with_automations or notify:
            install_automations(settings, notify)
    if as_json:
        print_json({"pool": pool, "deployments": names, "removed": removed})
    else:
        for name in removed:
            err().print(left_over(name))
        for name in names:
            err().print(f"deployed: {name}")
