"""Settings of a program that runs for long: they are loaded again when their file has changed."""

import threading
from collections.abc import Callable
from pathlib import Path

import structlog

from flows.app.mapping.settings_file import read_settings_file
from pipeline.errors import BadSettings
from pipeline.settings import Settings

_log = structlog.get_logger()
_Signature = tuple[int, int, int] | None


class LiveSettings:
    """The present settings. Safe from many threads.

    Attributes:
        settings: As they were loaded last.
        digest: The digest of the file that they were loaded from.
        problems: Why the file as it is now does not load; the settings before it go on.
    """

    def __init__(self, path: Path, settings: Settings, load: Callable[[Path], Settings]) -> None:
        self.settings = settings
        self.problems: tuple[str, ...] = ()
        self._path = path
        self._load = load
        self._lock = threading.Lock()
        self._signature = _signature(path)
        self.digest = _digest(path)

    def present(self) -> Settings:
        """Return the settings as they are now."""
        self.refresh()
        return self.settings

    def refresh(self) -> bool:
        """Load the file again if it has changed; say whether the settings are others now."""
        signature = _signature(self._path)
        # A look at the file's date costs a microsecond, so every request can take it.
        if signature == self._signature:
            return False
        with self._lock:
            if signature == self._signature:
                return False  # another thread was quicker
            is_other = self._load_again()
            # Last: after any other error, the next look loads the file again.
            self._signature = signature
            return is_other

    def _load_again(self) -> bool:
        digest = _digest(self._path)
        if digest == self.digest and not self.problems:
            return False  # saved without a change
        try:
            self.settings = self._load(self._path)
        except BadSettings as error:
            self.problems = tuple(error.problems)
            _log.warning("the changed settings do not load", problems=error.problems)
            return False
        self.problems, self.digest = (), digest
        return True


def _signature(path: Path) -> _Signature:
    try:
        found = path.stat()
    except OSError:
        return None
    # A file that was replaced has another number, even within the resolution of its date.
    return found.st_mtime_ns, found.st_size, found.st_ino


def _digest(path: Path) -> str:
    try:
        return read_settings_file(path).digest
    except BadSettings:
        return ""
