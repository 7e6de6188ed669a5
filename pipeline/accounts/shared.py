"""The shared file: what all accounts of an installation have in common."""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Literal
from urllib.parse import quote, urlsplit

from pydantic import Field, ValidationError, field_validator

from pipeline.accounts.names import (
    FOLDER,
    SHARED_FILE,
    account_names,
    settings_file,
    sql_name,
)
from pipeline.accounts.references import Reference
from pipeline.errors import BadSettings, raise_problems
from pipeline.settings.problems import sentence
from pipeline.settings.sections import ArchiveSettings, LedgerSettings, Section

_OF_ONE = ("caspio", "sources")
"""Sections that only the settings file of one account has."""


class SharedLedger(Section):
    """`[ledger]`: where the ledgers of all accounts are."""

    url: Annotated[str, Field(pattern=r"^(sqlite:///|postgresql\+psycopg://).+", repr=False)] = (
        "sqlite:///ledgers"
    )
    """Folder of the ledgers, one file for each account (`sqlite:///FOLDER`), or the PostgreSQL
    database that has a schema and a role for each (`postgresql+psycopg://HOST/DATABASE`, without
    user and password). Relative folders start at the folder of the shared file.
    """
    admin: Reference | None = None
    """Reference to the address of a PostgreSQL user that may create roles and schemas, such as
    `env:LEDGER_ADMIN_URL`. Only `accounts add` and `accounts delete` use it.
    """

    @field_validator("url")
    @classmethod
    def _nobodys(cls, url: str) -> str:
        if url.startswith("postgresql") and "@" in urlsplit(url).netloc:
            raise ValueError("has a user; each account has its own, so name host and database only")
        return url


class SharedArchive(Section):
    """`[archive]`: where the archives of all accounts are."""

    url: Annotated[str, Field(pattern=r"^(file:|s3://).+")] = "file:archives"
    """Folder or bucket of the archives. Each account has its own folder or prefix in it, with its
    name. Relative folders start at the folder of the shared file.
    """
    endpoint_url: str | None = None
    """Endpoint of an S3-compatible store other than AWS."""
    region: str | None = None
    """Region of the bucket."""
    sse: Literal["AES256", "aws:kms"] | None = None
    """Server-side encryption of every object."""
    sse_kms_key_id: str | None = None
    """KMS key for `sse = "aws:kms"`."""
    storage_class: str | None = None
    """Storage class of originals and derived files."""


class SecretSettings(Section):
    """`[secrets]`: where the secrets of the accounts are, and the key that opens them."""

    folder: Path = Path("secrets.d")
    """Folder of the encrypted secrets, one file for each account."""
    master_key: Reference = "env:CASPIO_INGEST_MASTER_KEY"
    """Reference to the master key: 32 bytes in base64, as `openssl rand -base64 32` prints them. A
    file must be readable for its owner only.
    """
    previous_master_key: Reference | None = None
    """Reference to the master key that is being replaced, until `secrets rotate` has run."""


class ReadingSettings(Section):
    """`[reading]`: how many documents this machine reads at the same time for all accounts."""

    documents: Annotated[int, Field(gt=0)] | None = None
    """Documents that all runs of this machine read at the same time. The default is one for each
    CPU core.
    """
    folder: Path | None = None
    """Folder in which the runs agree on whose turn it is. The default is one for this user below
    the folder for temporary files.
    """


class SharedSettings(Section):
    """Everything that the shared file can set."""

    ledger: SharedLedger = SharedLedger()
    archive: SharedArchive = SharedArchive()
    secrets: SecretSettings = SecretSettings()
    reading: ReadingSettings = ReadingSettings()


@dataclass(frozen=True, slots=True)
class Places:
    """Where ledger and archive of an account are: absolute, and without a password."""

    ledger: str
    archive: str

    def clashes(self, other: "Places") -> list[str]:
        """Return which of them two accounts would share."""
        found = ["ledger.url"] if self.ledger == other.ledger else []
        mine, theirs = f"{self.archive}/", f"{other.archive}/"
        # One inside the other is shared too: to delete the outer account would take the inner.
        if mine.startswith(theirs) or theirs.startswith(mine):
            found.append("archive.url")
        return found


def holds_one_account(config: Path) -> bool:
    """Return whether a file holds the settings of one account, and nothing that several share.

    Raises:
        BadSettings: it cannot be read.
    """
    if config.name != SHARED_FILE:
        return True
    is_shared = not config.exists() or (config.absolute().parent / FOLDER).is_dir()
    return not is_shared and bool({"caspio", "sources"} & set(read_toml(config)))


def load_shared(path: Path, *, is_new: bool = False) -> SharedSettings:
    """Read the shared file, which need not exist with `is_new`; make relative paths in it absolute.

    Raises:
        BadSettings: it is missing or not TOML, or values are unknown or wrong; lists all problems.
    """
    folder = path.absolute().parent
    values = {} if is_new and not path.exists() else read_toml(path)
    problems = [
        f"{path}: {name} belongs to one account. Move it to {folder / FOLDER / 'NAME.toml'}."
        for name in _OF_ONE
        if name in values
    ]
    rest = {name: value for name, value in values.items() if name not in _OF_ONE}
    try:
        shared = SharedSettings.model_validate(rest)
    except ValidationError as error:
        problems += [sentence(str(path), dict(detail)) for detail in error.errors()]
        raise BadSettings(problems) from None
    raise_problems(problems)
    ledger, archive, secrets, reading = (
        shared.ledger,
        shared.archive,
        shared.secrets,
        shared.reading,
    )
    own = reading.folder and folder / reading.folder
    return shared.model_copy(
        update={
            "ledger": ledger.model_copy(update={"url": absolute(ledger.url, folder)}),
            "archive": archive.model_copy(update={"url": absolute(archive.url, folder)}),
            "secrets": secrets.model_copy(update={"folder": folder / secrets.folder}),
            "reading": reading.model_copy(update={"folder": own}),
        }
    )


def read_toml(path: Path) -> Mapping[str, Any]:
    """Return the values of a file.

    Raises:
        BadSettings: it cannot be read, or is not TOML.
    """
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise BadSettings([f"{path} cannot be read: {error.strerror}."]) from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise BadSettings([f"{path} is not TOML: {error}. Write it as UTF-8 text."]) from None


def absolute(url: str, folder: Path) -> str:
    """Return the address of a folder or a file with its absolute path; others as they are."""
    for scheme in ("file:", "sqlite:///"):
        if url.startswith(scheme):
            rest = url.removeprefix(scheme)
            # file:///srv and file:/srv are the same folder.
            rest = rest.removeprefix("//") if scheme == "file:" else rest
            return f"{scheme}{folder / rest}".rstrip("/")
    return url.rstrip("/")


def defaults_for(
    name: str, shared: SharedSettings, values: Mapping[str, Any], *, password: str = ""
) -> Mapping[str, Any]:
    """Return what the settings of an account take from the shared file.

    `values` are those of its own file: an address that it names replaces the shared one, with
    everything that belongs to it. `password` is that of the account's role in PostgreSQL.
    """
    defaults: dict[str, Any] = {}
    if "url" not in _section(values, "ledger"):
        defaults["ledger"] = {"url": _ledger_url(name, shared.ledger.url, password)}
    if "url" not in _section(values, "archive"):
        options = shared.archive.model_dump(exclude_none=True)
        defaults["archive"] = {**options, "url": f"{shared.archive.url}/{name}"}
    return defaults


def uses_shared_postgres(shared: SharedSettings, values: Mapping[str, Any]) -> bool:
    """Return whether an account's ledger is a schema of the shared PostgreSQL database."""
    own = "url" in _section(values, "ledger")
    return shared.ledger.url.startswith("postgresql") and not own


def _ledger_url(name: str, url: str, password: str) -> str:
    if url.startswith("sqlite"):
        return f"{url}/{name}.db"
    # The server puts every name without a schema into the first one of this path. So no query
    # names the schema, and none can forget it.
    role = sql_name(name)
    scheme, _, rest = url.partition("://")
    sign = "&" if "?" in rest else "?"
    path = quote(f"-csearch_path={role}", safe="")
    return f"{scheme}://{role}:{quote(password, safe='')}@{rest}{sign}options={path}"


def places_of(name: str, shared: SharedSettings, values: Mapping[str, Any], folder: Path) -> Places:
    """Return where an account's ledger and archive are; `folder` is that of the shared file."""
    defaults = defaults_for(name, shared, values)
    urls = []
    for section, model in (("ledger", LedgerSettings), ("archive", ArchiveSettings)):
        given = _section(values, section).get("url", model.model_fields["url"].default)
        chosen = _section(defaults, section).get("url", given)
        urls.append(absolute(str(chosen), folder))
    ledger, archive = urls
    # Who connects to a database does not make it another one, but the schema does.
    if ledger.startswith("postgresql"):
        parts = urlsplit(ledger)
        address = parts.netloc.rpartition("@")[2]
        ledger = f"{address}{parts.path}?{parts.query}"
    return Places(ledger=ledger, archive=archive)


def check_apart(path: Path, name: str, shared: SharedSettings) -> None:
    """Check that no other account has the ledger or the archive of this one.

    Raises:
        BadSettings: with every clash. A file that cannot be read is its own account's problem.
    """
    config = path.absolute().parent.parent / SHARED_FILE
    mine = places_of(name, shared, read_toml(path), config.parent)
    problems: list[str] = []
    for other in account_names(config):
        if other == name:
            continue
        try:
            values = read_toml(settings_file(config, other))
        except BadSettings:
            continue
        problems += [
            f"{path}: {setting} is in use by account {other!r}. No two accounts share one; name "
            "another, or leave it out."
            for setting in mine.clashes(places_of(other, shared, values, config.parent))
        ]
    raise_problems(problems)


def _section(values: Mapping[str, Any], section: str) -> Mapping[str, Any]:
    found = values.get(section)
    return found if isinstance(found, dict) else {}
