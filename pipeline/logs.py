"""Log lines of code that runs where mostly nothing is logged: what writes them is loaded with one.

To import structlog takes as long as a quarter of all else that `read` imports.
"""

import threading
from collections.abc import Callable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from structlog.typing import FilteringBoundLogger

_waiting: list[Callable[[], None]] = []
"""What sets the logs of this process up, until there is a line."""
_setting_up = threading.Lock()


def set_up_with_first_line(set_up: Callable[[], None]) -> None:
    """Call this when something is logged with `logger` for the first time."""
    _waiting.append(set_up)


def logger(name: str) -> "FilteringBoundLogger":
    """Return what writes the log lines of a module, at the time of a line."""
    with _setting_up:
        while _waiting:
            _waiting.pop()()

    import structlog

    found: FilteringBoundLogger = structlog.get_logger(name)
    return found
