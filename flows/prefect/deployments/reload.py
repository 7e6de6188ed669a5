"""Take changed settings while `serve` runs: register what is new, and remove what is gone.

The runs themselves read the settings when they start. What the server has to learn is which sources
there are and when they run.
"""

import threading
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import structlog
from prefect.deployments.runner import RunnerDeployment

from flows.app.mapping.live_settings import LiveSettings
from flows.app.mapping.settings_file import read_settings_file
from flows.app.mapping.taking import record_refused, record_taken
from flows.app.wiring.ports import open_ledger
from flows.prefect.deployments.ownership import claim, owner_of
from flows.prefect.deployments.serve import deployments_to_serve
from flows.prefect.server import Server
from pipeline.errors import BadSettings, IngestError

LOOK_S = 2.0
"""Seconds between two looks at the date of the settings file."""

PROGRAM = "serve"

Register = Callable[[RunnerDeployment], object]
"""Registers a deployment, and has its runs started here."""

_log = structlog.get_logger()


@dataclass(slots=True)
class Reload:
    """Keeps the deployments of a running `serve` as the settings file says.

    Attributes:
        live: The settings, loaded again when the file has changed.
        config: The absolute path of the file.
        look_s: Seconds between two looks.
    """

    live: LiveSettings
    config: Path
    server: Server
    look_s: float = LOOK_S
    _seen: tuple[str, ...] = ()

    def begin(self) -> None:
        """Record the settings that `serve` begins with."""
        self._record("")

    def watch(self, register: Register, stop: threading.Event) -> None:
        """Look for changes until `serve` stops."""
        while not stop.wait(self.look_s):
            try:
                self.look(register)
            except Exception:  # noqa: BLE001 - the end of the loop: see below
                # A bug or an error of a library must not end the thread: no later change of the
                # settings would be taken, and nothing would say so.
                _log.exception("changed settings not looked for; the next look tries again")

    def look(self, register: Register) -> None:
        """Take the settings if they have changed; what goes wrong is recorded, no more."""
        if self.live.refresh():
            self._record(self._take(register))
        elif self.live.problems and self.live.problems != self._seen:
            self._record(" ".join(self.live.problems))
        self._seen = self.live.problems

    def _take(self, register: Register) -> str:
        """Register the deployments; return "" or why that cannot be done."""
        settings = self.live.settings
        try:
            owner = owner_of(settings, self.config)
            created = deployments_to_serve(settings, owner)
            claim(self.server, owner, {deployment.name for deployment in created})
            for deployment in created:
                register(deployment)
        except IngestError as error:
            return " ".join(error.problems) if isinstance(error, BadSettings) else str(error)
        except Exception as error:  # noqa: BLE001 - Prefect's errors are many, and serve goes on
            _log.error("changed settings were not taken", exc_info=error)
            return f"{type(error).__name__}; see the log. Start serve again."
        return ""

    def _record(self, problem: str) -> None:
        try:
            digest = self.live.digest if not problem else read_settings_file(self.config).digest
            with open_ledger(self.live.settings) as ledger:
                if problem:
                    record_refused(ledger, digest, problem, program=PROGRAM)
                else:
                    record_taken(ledger, digest, program=PROGRAM)
        except IngestError as error:
            _log.warning("who has taken the settings was not recorded", error=str(error))
        except Exception:  # noqa: BLE001 - the settings are taken, and serve goes on
            _log.exception("who has taken the settings was not recorded")
