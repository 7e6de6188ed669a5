"""Settings: one typed class, read once from `caspio-ingest.toml` and the environment.

One rule of precedence: the environment over a block over the file over the defaults.
`CASPIO_CLIENT_ID`, `CASPIO_CLIENT_SECRET` and `CASPIO_WEBHOOK_SECRET` come from the environment or
a block, never from the file; any other value can be set in the environment as
`CASPIO_INGEST_<SECTION>__<NAME>`. Unknown names stop the start; all problems are listed together.
"""

import re
import tomllib
from collections.abc import Callable, Iterator, Mapping
from contextvars import ContextVar
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Any, Self

from pydantic import (
    BeforeValidator,
    Field,
    PrivateAttr,
    SecretStr,
    ValidationError,
    field_validator,
    model_validator,
)
from pydantic_settings import (
    BaseSettings,
    InitSettingsSource,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
    SettingsError,
)

from pipeline.environment import environment as environment
from pipeline.errors import BadSettings, raise_problems
from pipeline.model import SourceSpec
from pipeline.settings.agents import AgentSettings, ApiSettings
from pipeline.settings.among import AmongOthers as AmongOthers, MachineQueue as MachineQueue
from pipeline.settings.conflicts import column_conflicts, columns_in_use
from pipeline.settings.problems import sentences
from pipeline.settings.sections import (
    ArchiveSettings,
    CaspioSettings,
    LearnSettings,
    LedgerSettings,
    MetricsSettings,
    OcrModelsSettings,
    ProcessingSettings,
    ServeSettings,
    WebhookSettings,
)
from pipeline.settings.sources import SourceSettings
from pipeline.settings.syncs import Syncs, below
from pipeline.settings.web import WebSettings

DEFAULT_FILE = Path("caspio-ingest.toml")
_SECRETS = ("CASPIO_CLIENT_ID", "CASPIO_CLIENT_SECRET", "CASPIO_WEBHOOK_SECRET")
SECRET_SETTINGS = {
    "processing": ("passwords",),
    "archive": ("access_key_id", "secret_access_key", "session_token"),
    "agents": ("operator_key",),
    "web.oidc": ("client_secret",),
    "web.proxy": ("secret",),
}
"""Settings of sections that are secrets, and so may be set anywhere but in the file."""
_SECTIONS_WITH_BLOCKS = ("caspio", "archive")

Blocks = Callable[[str, str], Mapping[str, Any]]
"""Return the settings of a block by dotted name; called with the section and the block's name."""


_Credential = Annotated[
    SecretStr,
    Field(min_length=1),
    BeforeValidator(lambda value: value.strip() if isinstance(value, str) else value),
]


@dataclass(frozen=True, slots=True)
class _Found:
    """What settings are made from besides code and environment: nested values, as in the file."""

    file: Mapping[str, Any] = field(default_factory=dict)
    blocks: Mapping[str, Any] = field(default_factory=dict)
    among: AmongOthers | None = None


# The class asks for it when settings are made. A class for each file would take pydantic longer to
# prepare than the file to be read.
_FOUND: ContextVar[_Found] = ContextVar("found", default=_Found())  # noqa: B039 - it is frozen


class Settings(BaseSettings):
    """Everything that can be set."""

    model_config = SettingsConfigDict(
        extra="forbid",
        frozen=True,
        env_prefix="CASPIO_INGEST_",
        env_nested_delimiter="__",
        env_ignore_empty=True,
        validate_default=False,
    )

    caspio: CaspioSettings
    archive: ArchiveSettings = ArchiveSettings()
    ledger: LedgerSettings = LedgerSettings()
    processing: ProcessingSettings = ProcessingSettings()
    learn: LearnSettings = LearnSettings()
    serve: ServeSettings = ServeSettings()
    webhooks: WebhookSettings = WebhookSettings()
    web: WebSettings = WebSettings()
    agents: AgentSettings = AgentSettings()
    api: ApiSettings = ApiSettings()
    metrics: MetricsSettings = MetricsSettings()
    sync: Syncs = ()
    sources: tuple[SourceSettings, ...] = ()
    client_id: Annotated[_Credential, Field(validation_alias=_SECRETS[0])]
    client_secret: Annotated[_Credential, Field(validation_alias=_SECRETS[1])]
    webhook_secret: Annotated[_Credential | None, Field(validation_alias=_SECRETS[2])] = None
    _account: str = PrivateAttr("")
    _queue: MachineQueue | None = PrivateAttr(None)

    @property
    def account(self) -> str:
        """Return the name of the account among several, "" for a settings file alone."""
        return self._account

    @property
    def queue(self) -> MachineQueue | None:
        """Return the queue in which several accounts read documents, None for a file alone."""
        return self._queue

    @field_validator("sources")
    @classmethod
    def _unique(cls, sources: tuple[SourceSettings, ...]) -> tuple[SourceSettings, ...]:
        names = [source.name for source in sources]
        double = sorted({name for name in names if names.count(name) > 1})
        if double:
            raise ValueError(f"source names must differ: {', '.join(double)}")
        problems = list(column_conflicts(sources))
        if problems:
            raise ValueError("; ".join(problems))
        return sources

    @model_validator(mode="after")
    def _has_work(self) -> Self:
        if not self.sources and not self.sync:
            raise ValueError("at least one [[sources]] or [[sync]] entry is needed")
        return self

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,  # noqa: ARG003 - the base class names it
        file_secret_settings: PydanticBaseSettingsSource,  # noqa: ARG003 - the base class names it
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Order the sources: given in code, environment, blocks, file.

        For one of several accounts, its secrets stand for the environment.
        """
        found = _FOUND.get()

        def source(values: Mapping[str, Any]) -> PydanticBaseSettingsSource:
            return InitSettingsSource(settings_cls, init_kwargs=dict(values))

        # If two sources have a value, the first one counts.
        blocks, file = source(found.blocks), source(found.file)
        if found.among is None:
            return init_settings, env_settings, blocks, file
        secrets, shared = source(found.among.secrets), source(found.among.shared)
        return init_settings, secrets, blocks, file, shared

    def specs(self) -> dict[str, SourceSpec]:
        """Return all sources by name."""
        in_use = columns_in_use(self.sources)
        return {one.name: one.spec(in_use) for one in self.sources}

    def paused(self) -> frozenset[str]:
        """Return the names of the sources that run only where they are named."""
        return frozenset(source.name for source in self.sources if source.paused)


def _no_blocks(section: str, reference: str) -> Mapping[str, Any]:
    raise BadSettings([f"{section}.block names {reference!r}, and blocks cannot be read here."])


def load_settings(
    path: Path = DEFAULT_FILE,
    *,
    credentials: bool = True,
    sources: bool = True,
    blocks: Blocks = _no_blocks,
    among: AmongOthers | None = None,
) -> Settings:
    """Read settings; relative paths in them start at the folder of the file.

    Without `credentials` those may be missing: reading the ledger and the archive needs none.
    Without `sources` there may be none: a single call needs the account alone.
    `blocks` returns the settings of a block that is named. `among` is for one of several accounts.

    Raises:
        BadSettings: the file is missing, not TOML or holds a secret, or values are missing, unknown
            or out of range; lists all problems.
    """
    values = _read(path)
    # Collected and raised together, so that an operator corrects all of them at once.
    problems = list(_secrets_in(path, values))
    named = named_blocks(values, with_environment=among is None)
    from_blocks, origins = _from_blocks(named, blocks)

    # Where no credentials are needed, anything satisfies the settings class.
    substitutes = {} if credentials else dict.fromkeys(_lacking(from_blocks, among), "none")
    kind = Settings if sources else _AccountSettings
    token = _FOUND.set(_Found(values, from_blocks, among))
    try:
        # The other values come from the environment, the blocks and the file.
        settings = kind(**substitutes)  # type: ignore[arg-type]
    except ValidationError as error:
        advice = among.advice if among else None
        problems += sentences(path, error, secrets=_SECRETS, origins=origins, advice=advice)
        raise BadSettings(problems) from None
    except SettingsError as error:
        problem = (
            f"The environment cannot be read: {error}. Write lists and sections as JSON there."
        )
        raise BadSettings([*problems, problem]) from None
    finally:
        _FOUND.reset(token)

    problems += [
        f"{section}.block is set in a way that is not read: name it in {path}, or as "
        f"CASPIO_INGEST_{section.upper()}__BLOCK."
        for section in _SECTIONS_WITH_BLOCKS
        if getattr(settings, section).block and section not in named
    ]
    raise_problems(problems)
    if among is None:
        return with_absolute_paths(settings, path.resolve().parent)
    return _named(with_absolute_paths(settings, among.folder), among)


def _lacking(from_blocks: Mapping[str, Any], among: AmongOthers | None) -> Iterator[str]:
    """Yield the credentials that are given nowhere."""
    given = among.secrets.get if among else environment
    for name in _SECRETS[:2]:
        if not given(name) and name not in from_blocks:
            yield name


def _named(settings: Settings, among: AmongOthers) -> Settings:
    """Return settings with the name of their account, also at a Prefect server and in folders."""
    serve = settings.serve.model_copy(update={"name": among.name})
    # The folder is that of the shared file, so each account has one of its own inside.
    own = {"plans": settings.agents.plans / among.name}
    agents = settings.agents.model_copy(update=own)
    settings = settings.model_copy(update={"serve": serve, "agents": agents})
    # Set here, where they are known, and never again.
    settings._account, settings._queue = among.name, among.queue  # noqa: SLF001 - see above
    return settings


def _read(path: Path) -> Mapping[str, Any]:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except (FileNotFoundError, NotADirectoryError):
        problem = f"There is no settings file {path}."
        advice = "Name one with --config, or let `caspio-ingest init` write one."
        raise BadSettings([f"{problem} {advice}"]) from None
    except IsADirectoryError:
        problem = f"{path} is a folder. Name the settings file in it with --config."
        raise BadSettings([problem]) from None
    except OSError as error:
        problem = f"The settings file {path} cannot be read: {error.strerror}."
        raise BadSettings([f"{problem} Give this user the right to read it."]) from None
    except UnicodeDecodeError as error:
        raise BadSettings([f"{path} is not TOML: {error}. Write it as UTF-8 text."]) from None
    except tomllib.TOMLDecodeError as error:
        # The parser names a table as a tuple of its parts.
        twice = re.match(r"Cannot declare \((.*?),?\) twice \(at (line \d+)", str(error))
        if twice is None:
            raise BadSettings([f"{path} is not TOML: {error}. Correct that line."]) from None
        table = ".".join(re.findall(r"'([^']*)'", twice[1]))
        problem = f"{path} is not TOML: the table [{table}] is there a second time, in {twice[2]}."
        raise BadSettings([f"{problem} Put what it has into the first one."]) from None


class _AccountSettings(Settings):
    """Settings that may be without a source, but not with sources that conflict."""

    @model_validator(mode="after")
    def _has_work(self) -> Self:
        return self


def _section(values: Mapping[str, Any], section: str) -> Mapping[str, Any]:
    for name in section.split("."):
        found = values.get(name)
        values = found if isinstance(found, dict) else {}
    return values


def _secrets_in(path: Path, values: Mapping[str, Any]) -> Iterator[str]:
    """Yield a sentence for every secret in the file, where the settings class would accept it."""
    found = [name for name in values if name.upper() in _SECRETS]
    for section, secrets in SECRET_SETTINGS.items():
        found += [f"{section}.{name}" for name in secrets if name in _section(values, section)]
    for name in found:
        yield f"{path}: {name} is a secret and must not be in a file. Remove it and export it."


def named_blocks(values: Mapping[str, Any], *, with_environment: bool = True) -> dict[str, str]:
    """Return the names of the blocks, by section; the environment comes first here, too."""
    named: dict[str, str] = {}
    for section in _SECTIONS_WITH_BLOCKS:
        variable = f"CASPIO_INGEST_{section.upper()}__BLOCK"
        block = environment(variable) if with_environment else None
        block = block or _section(values, section).get("block")
        if block and isinstance(block, str):
            named[section] = block
    return named


def _from_blocks(named: Mapping[str, str], blocks: Blocks) -> tuple[dict[str, Any], dict[str, str]]:
    """Return the settings of the blocks, nested as in the file, and by dotted name their block."""
    values: dict[str, Any] = {}
    origins: dict[str, str] = {}
    for section, block in named.items():
        for setting, value in blocks(section, block).items():
            inside, _, name = setting.rpartition(".")
            target = values.setdefault(inside, {}) if inside else values
            target[name] = value
            origins[setting] = f"block {block!r}"
    return values, origins


def with_absolute_paths(settings: Settings, folder: Path) -> Settings:
    """Make relative folders and files of the settings absolute."""
    archive, ledger, processing = settings.archive, settings.ledger, settings.processing
    if archive.url.startswith("file:"):
        root = folder / archive.url.removeprefix("file:").removeprefix("//")
        archive = archive.model_copy(update={"url": f"file:{root}"})
    if ledger.url.startswith("sqlite:///") and not ledger.url.startswith("sqlite:////"):
        file = folder / ledger.url.removeprefix("sqlite:///")
        ledger = ledger.model_copy(update={"url": f"sqlite:///{file}"})
    if processing.rules is not None:
        processing = processing.model_copy(update={"rules": folder / processing.rules})
    processing = processing.model_copy(update={"models": _models_below(processing.models, folder)})
    agents = settings.agents.model_copy(update={"plans": folder / settings.agents.plans})
    sync = below(folder, settings.sync)
    sections = {"archive": archive, "ledger": ledger, "processing": processing, "agents": agents}
    return settings.model_copy(update={**sections, "sync": sync})


def _models_below(models: OcrModelsSettings, folder: Path) -> OcrModelsSettings:
    given = {"detection": models.detection, "recognition": models.recognition}
    absolute = {
        part: model.model_copy(update={"path": folder / model.path})
        for part, model in given.items()
        if model is not None
    }
    return models.model_copy(update=absolute)
