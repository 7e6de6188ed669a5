"""Run a receiver: the application, and the thread that starts runs for its messages."""

from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from flows.app.accounts.wiring import open_own_ledger
from flows.app.drain import Drain
from flows.app.mapping.live_settings import LiveSettings
from flows.app.reading import KeptReader
from flows.app.settings import load_settings
from flows.app.wiring import warm_reader
from flows.http.server import Running, listening, server_of
from flows.webhooks.dispatch import Dispatcher, Loop, Start, start_at_prefect, start_directly
from flows.webhooks.receiver import PATH, Receiver
from pipeline.errors import BadSettings
from pipeline.settings import Settings, environment

CONNECTIONS = 100
"""Senders answered in parallel; more receive 503 and send again."""


HOW_TO_EXPORT = (
    "Export the secret that `caspio-ingest webhooks sync` printed when it created the webhook. "
    "Caspio also shows it on the webhook's page."
)


def secrets_of(settings: Settings) -> tuple[str, ...]:
    """Return the secrets a message may carry: one, or several during a rotation.

    Several are separated by spaces.

    Raises:
        BadSettings: there is none.
    """
    if settings.webhook_secret is None:
        raise BadSettings([f"CASPIO_WEBHOOK_SECRET is not set. {HOW_TO_EXPORT}"])
    return tuple(settings.webhook_secret.get_secret_value().split())


@contextmanager
def receiving(
    settings: Settings, config: Path, listen: str = "", *, start: Start | None = None
) -> Iterator[Running]:
    """Open the ledger, continue with what an earlier receiver left, and listen.

    Without `start`, runs are requested at PREFECT_API_URL or, without that, run in this process.

    Raises:
        BadSettings: there is no secret, or the address cannot be listened at.
    """
    secrets = secrets_of(settings)
    with (
        listening(listen or settings.webhooks.listen, what="The receiver") as door,
        open_own_ledger(settings) as ledger,
        closing(KeptReader()) as kept,
    ):
        drain = Drain()
        if start is None:
            if environment("PREFECT_API_URL"):
                start = start_at_prefect(settings, config)
            else:
                start = start_directly(config, drain, kept)
                # The first message finds the models loaded.
                warm_reader(settings, kept)
        # A source that is mapped or paused meanwhile is known with the next message.
        live = LiveSettings(config, settings, load_settings)
        loop = Loop(Dispatcher(live.present, ledger, start, drain))
        app = Receiver(live.present, ledger, secrets, loop.wake).app()
        # Before the first message: what an earlier receiver has left waits for no new one.
        loop.start()
        try:
            server = server_of(app, connections=CONNECTIONS)
            yield Running(server, door, drain, name="webhook receiver", path=PATH)
        finally:
            loop.stop()
