"""Names of accounts, and where the files of an account are."""

import re
from pathlib import Path

from pipeline.errors import BadSettings

SHARED_FILE = "caspio-ingest.toml"
FOLDER = "accounts.d"
"""The folder beside the shared file: one settings file for each account."""

ALL = "all"
"""Not a name: `--account all` means every account."""

# PostgreSQL cuts names at 63 bytes, and the name of an account is only a part of them.
MOST_CHARS = 40
_NAME = re.compile(r"[a-z][a-z0-9]*(-[a-z0-9]+)*")
# `init` loads a file under such a name before it gives it the right one.
_FRESH = re.compile(r"\.(?P<name>[^.]+)\.toml\.[0-9]+\.new")


def checked_name(name: str) -> str:
    """Return the name of an account as it is.

    It is a part of paths, keys, deployments and, with _ for -, of SQL names. Without capitals and
    underscores no two names become the same there.

    Raises:
        BadSettings: it is not a name.
    """
    if _NAME.fullmatch(name) and len(name) <= MOST_CHARS and name != ALL:
        return name
    raise BadSettings(
        [
            (
                f"{name!r} is not a name for an account. A name has lowercase letters, digits and "
                f"single hyphens, begins with a letter, has at most {MOST_CHARS} characters and "
                f"is not {ALL!r}, such as acme or acme-north."
            )
        ]
    )


def sql_name(name: str) -> str:
    """Return the name of the PostgreSQL schema and role of an account."""
    return f"acct_{checked_name(name).replace('-', '_')}"


def has_accounts(config: Path) -> bool:
    """Return whether a file holds what several accounts share."""
    return config.name == SHARED_FILE and (config.absolute().parent / FOLDER).is_dir()


def account_names(config: Path) -> list[str]:
    """Return the accounts beside a shared file, in the order of their names.

    Raises:
        BadSettings: a file has a name that no account can have.
    """
    folder = config.absolute().parent / FOLDER
    # A mounted folder may have hidden entries of its own.
    found = sorted(path.stem for path in folder.glob("*.toml") if not path.name.startswith("."))
    return [checked_name(name) for name in found]


def settings_file(config: Path, name: str) -> Path:
    """Return the settings file of an account; it need not exist."""
    return config.parent / FOLDER / f"{checked_name(name)}.toml"


def account_of(path: Path) -> str | None:
    """Return the account that a settings file belongs to, None if it is alone.

    Raises:
        BadSettings: it has no name of an account, or the shared file is missing.
    """
    # Not resolved: a mounted file may be a link to one of another name.
    if path.absolute().parent.name != FOLDER:
        return None
    if not shared_file(path).is_file():
        raise BadSettings(
            [
                (
                    f"{path} belongs to an account, and {shared_file(path)} is missing. "
                    "Write what all accounts share there; an empty file takes the defaults."
                )
            ]
        )
    fresh = _FRESH.fullmatch(path.name)
    return checked_name(fresh["name"] if fresh else path.name.removesuffix(".toml"))


def shared_file(path: Path) -> Path:
    """Return the shared file that belongs to the settings file of an account."""
    return path.absolute().parent.parent / SHARED_FILE
