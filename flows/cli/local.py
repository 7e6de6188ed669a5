"""`demo`, `emulator`, `serve`: what keeps running on this machine."""

import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from flows.cli.common import (
    DEFAULT_CONFIG,
    EXIT_SETTINGS,
    EXIT_STOPPED,
    AsJson,
    Config,
    Failure,
    complain,
    err,
    print_json,
    require_server,
    set_up_logs,
)
from pipeline.settings import environment

if TYPE_CHECKING:
    from flows.app.demo import DemoResult
    from pipeline.settings import Settings

WithAutomations = Annotated[
    bool,
    typer.Option("--with-automations", help="Also install the automations: lost runs, alarms."),
]
Notify = Annotated[
    str | None,
    typer.Option(help="Notification block the alarms use, as slug/name.", metavar="BLOCK"),
]


def register(app: typer.Typer) -> None:
    """Add the commands."""
    app.command("demo")(demo)
    app.command("emulator")(emulator)
    app.command("serve")(serve)


def demo(
    folder: Annotated[Path, typer.Option("--dir", help="Where the demo keeps everything.")] = Path(
        "demo"
    ),
    keep_open: Annotated[
        bool | None,
        typer.Option(
            "--keep-open/--no-keep-open", help="Leave the UI up (default: in a terminal)."
        ),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Show it all on this machine, with sample documents.

    A local Caspio, an archive, a ledger and Prefect with its UI are started, and stopped again.
    """
    from flows.app.demo import played

    set_up_logs()
    console = err()
    with played(folder, console) as result:
        _tell(result, as_json=as_json)
        if keep_open or (keep_open is None and sys.stdout.isatty() and not as_json):
            console.print("[bold]The Prefect UI and the emulator stay up; Ctrl-C ends the demo.[/]")
            with suppress(KeyboardInterrupt):
                threading.Event().wait()


def _tell(result: "DemoResult", *, as_json: bool) -> None:
    if as_json:
        print_json(result.as_json())
    else:
        from flows.cli.show.demo import show_demo

        show_demo(result)


def emulator(
    seed: Annotated[
        list[Path],
        typer.Option(
            "--seed", help="A seed folder with account.json; one for each account.", metavar="DIR"
        ),
    ] = [],
    port: Annotated[
        int, typer.Option("--port", min=0, max=65535, help="0 takes a free port.")
    ] = 8250,
    state: Annotated[
        Path | None, typer.Option("--state", help="Keep the account in this SQLite file.")
    ] = None,
    quirk: Annotated[
        list[str],
        typer.Option(
            "--quirk", help="Behave otherwise where Caspio is unknown.", metavar="NAME=VALUE"
        ),
    ] = [],
) -> None:
    """Run the local Caspio until stopped. Client id and secret are `id` and `secret`; a browser sees what it holds."""
    from infra.emulator import Emulator, parse_quirks

    absent = next((one for one in seed if not (one / "account.json").is_file()), None)
    if absent is not None:
        complain(
            "No seed",
            [f"{absent} has no account.json; draw one with `python -m infra.samples {absent}`."],
        )
        raise Failure(EXIT_SETTINGS)
    try:
        quirks = parse_quirks(quirk)
    except ValueError as error:
        complain("No such quirk", [str(error)])
        raise Failure(EXIT_SETTINGS) from None
    try:
        local = Emulator(
            seed=seed[0] if seed else None,
            more_seeds=seed[1:],
            port=port,
            state=state or "memory",
            quirks=quirks,
        )
    except (OSError, ValueError) as error:
        complain(
            "The emulator cannot start",
            [f"{error}. Choose another --port (0 takes a free one) or --seed."],
        )
        raise Failure(EXIT_STOPPED) from None
    local.serve_forever(
        lambda url: err().print(
            f"Caspio emulator at {url}, client id [b]id[/], secret [b]secret[/]"
        )
    )


def serve(
    config: Config = DEFAULT_CONFIG,
    with_automations: WithAutomations = False,
    notify: Notify = None,
    webhooks: Annotated[
        str | None,
        typer.Option(
            "--webhooks", help="Also receive webhook messages there.", metavar="HOST:PORT"
        ),
    ] = None,
) -> None:
    """Run every source on its schedule, and the rest on demand."""
    from flows.app.settings import load_settings

    settings = load_settings(config)
    require_server()
    from flows.prefect.blocks import register as register_blocks
    from flows.prefect.deployments.serve import deployments_to_serve
    from flows.prefect.deployments.worker import serve_here

    set_up_logs()
    register_blocks()
    if with_automations or notify:
        from flows.prefect.deployments.automations import install

        for name in install(heartbeat_s=settings.serve.heartbeat_s, notification_block=notify):
            err().print(f"automation installed: {name}", highlight=False)
    made = deployments_to_serve(settings, config)
    where = f"{(environment('PREFECT_API_URL') or '').removesuffix('/api')}/deployments"
    with _figures(settings), _receiver(settings, config, webhooks):
        err().print(
            f"serving {len(made)} deployments: {where}. SIGTERM or Ctrl-C stops it.",
            highlight=False,
        )
        serve_here(settings.serve, made)


@contextmanager
def _figures(settings: "Settings") -> Iterator[None]:
    """Answer Prometheus beside the flows, where settings say so."""
    if settings.metrics.listen is None:
        yield
        return
    from flows.cli.metrics import answering, collector

    with collector(settings) as figures, answering(figures, settings.metrics.listen) as address:
        err().print(f"metrics at http://{address}/metrics", highlight=False)
        yield


@contextmanager
def _receiver(settings: "Settings", config: Path, listen: str | None) -> Iterator[None]:
    """Receive webhook messages beside the flows, in a thread."""
    if listen is None:
        yield
        return
    from flows.webhooks.serve import receiving

    with receiving(settings, config, listen) as receiver, receiver.running():
        err().print(f"webhook receiver at {receiver.address}", highlight=False)
        yield
