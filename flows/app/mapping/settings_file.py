"""The settings file as a whole: read it, try a new text, and replace it at once."""

import fcntl
import hashlib
import os
import stat
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from flows.app.settings import load_settings
from pipeline.errors import BadSettings


@dataclass(frozen=True, slots=True)
class SettingsFile:
    """The text of a settings file, and the digest that says whether it has changed since."""

    text: str = field(repr=False)

    @property
    def digest(self) -> str:
        """Return the SHA-256 of the text, in hex."""
        return hashlib.sha256(self.text.encode()).hexdigest()


def read_settings_file(path: Path) -> SettingsFile:
    """Read the text of a settings file; its line ends stay as they are.

    Raises:
        BadSettings: it cannot be read.
    """
    try:
        return SettingsFile(path.read_bytes().decode("utf-8"))
    except (OSError, UnicodeDecodeError) as error:
        raise BadSettings([f"The settings file {path} cannot be read: {error}."]) from error


@contextmanager
def tried(path: Path, text: str) -> Iterator[Path]:
    """Write a text beside a settings file, and load it there as a run will load it.

    Yields the file, for the caller to give it its name. What is left of it is removed.

    Raises:
        BadSettings: it cannot be written, or does not load.
    """
    # Beside the target, so that the settings appear whole or not at all.
    # Two users may write in two threads of one process.
    fresh = path.with_name(f".{path.name}.{os.getpid()}{threading.get_native_id()}.new")
    try:
        fresh.write_bytes(text.encode("utf-8"))
        if path.exists():
            fresh.chmod(stat.S_IMODE(path.stat().st_mode))
        try:
            load_settings(fresh, credentials=False)
        except BadSettings as error:
            named = [problem.replace(str(fresh), str(path)) for problem in error.problems]
            raise BadSettings(named) from error
        yield fresh
    except FileExistsError:
        raise
    except OSError as error:
        raise BadSettings([f"{path} cannot be written: {error}."]) from error
    finally:
        fresh.unlink(missing_ok=True)


def replace_settings(path: Path, text: str, *, seen: str) -> SettingsFile:
    """Replace a settings file, if it is still as it was seen, by its digest; return the new one.

    Others who use this function wait for their turn, and then find that it has changed. An editor
    takes no turn: it has the microseconds between the last look and the replacement to save its
    version in vain.

    Raises:
        BadSettings: it has changed since, does not load, or cannot be written.
    """
    if path.is_symlink():
        problem = f"{path} is a link to a file that is kept elsewhere. Change it there."
        raise BadSettings([problem])
    with tried(path, text) as fresh, path.open("rb") as present:
        # The lock is on the file that goes: whoever waits for it looks at the new one then.
        fcntl.flock(present, fcntl.LOCK_EX)
        if read_settings_file(path).digest != seen:
            problem = f"{path.name} has changed since it was shown."
            raise BadSettings([f"{problem} Look at the change again; nothing was written."])
        fresh.replace(path)
    return SettingsFile(text)
