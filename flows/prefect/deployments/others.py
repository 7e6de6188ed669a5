"""Notice that another `serve` serves the same deployments: whoever ends first must not pause them.

Prefect does not say who asks for the runs that are due, only when somebody asked last. If that
changes while this process has not asked, somebody else has. No clocks are compared.
"""

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

import structlog

LOOK_S = 2.0
"""Seconds between two looks; a `serve` asks about every 10 seconds."""

_LATE_S = 4.0
"""Seconds in which the server notes that this process has asked, also a busy one."""
_KNOWN_S = 180.0
"""Seconds for which another `serve` counts as there after it was noticed."""
_LEAST = 2
"""Times it must be noticed to be sure of it: a busy server notes late."""

_log = structlog.get_logger()


@dataclass(slots=True)
class OtherServe:
    """What is known of another `serve`, from what is seen of the server.

    Attributes:
        clock: Seconds that only grow.
    """

    clock: Callable[[], float] = time.monotonic
    _mine: datetime | None = None
    _mine_at: float = 0.0
    _theirs: datetime | None = None
    _noticed_at: float = 0.0
    _times: int = 0

    def look(self, mine: datetime | None, last: datetime | None, *, is_stopping: bool) -> None:
        """Take when this process has asked last, and when anybody has, by the server."""
        now = self.clock()
        if mine != self._mine or not self._mine_at:
            self._mine, self._mine_at = mine, now
        elif self._theirs is not None and last != self._theirs and now - self._mine_at > _LATE_S:
            self._notice(now, is_sure=is_stopping)
        self._theirs = last

    @property
    def may_be_there(self) -> bool:
        """Say whether another `serve` was noticed, perhaps.

        Schedules that go on without a `serve` are made up for by the next one; those that are
        paused under another `serve` stop its work, and nothing says so.
        """
        return self._times > 0 and self.clock() - self._noticed_at < _KNOWN_S

    @property
    def is_there(self) -> bool:
        """Say whether another `serve` still asks for the same runs."""
        return self._times >= _LEAST and self.may_be_there

    def watch(
        self,
        asked: Callable[[], tuple[datetime | None, bool]],
        last: Callable[[], datetime | None],
        stop: threading.Event,
        *,
        look_s: float = LOOK_S,
    ) -> None:
        """Look until the event is set; `asked` says when this process asked, and if it stops."""
        while not stop.wait(look_s):
            try:
                seen = last()
                mine, is_stopping = asked()
                self.look(mine, seen, is_stopping=is_stopping)
            except Exception as error:  # noqa: BLE001 - a server that is away is no reason to end
                _log.debug("other serves not looked for", error=str(error))

    def _notice(self, now: float, *, is_sure: bool) -> None:
        was_there = self.is_there
        if now - self._noticed_at > _KNOWN_S:
            self._times = 0
        self._noticed_at = now
        self._times += _LEAST if is_sure else 1
        if self.is_there and not was_there:
            _log.warning(
                "another serve has the same deployments",
                advice="Each run is started by one of them. If that is not meant, stop one: the "
                "schedules go on with the other.",
            )
