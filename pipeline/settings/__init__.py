"""Settings: one typed class, read once by `flows/app/wiring.py` from `caspio-ingest.toml` and the environment.

One rule of precedence: the environment over a block over the file over the defaults. `CASPIO_CLIENT_ID`,
`CASPIO_CLIENT_SECRET` and `CASPIO_WEBHOOK_SECRET` come from the environment or a block, never from the file; any other
value can be set in the environment as `CASPIO_INGEST_<SECTION>__<NAME>`. Unknown names stop the start, and all problems
are listed together.
"""

import json
import os
import re
import tomllib
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Annotated, Any

from pydantic import BeforeValidator, Field, SecretStr, ValidationError, field_validator
from pydantic_settings import (
    BaseSettings,
    InitSettingsSource,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
    SettingsError,
    TomlConfigSettingsSource,
)

from pipeline.errors import BadSettings
from pipeline.model import SourceSpec
from pipeline.settings.problems import sentences
from pipeline.settings.sections import (
    ArchiveSettings,
    CaspioSettings,
    LedgerSettings,
    MetricsSettings,
    ProcessingSettings,
    ServeSettings,
    WebhookSettings,
)
from pipeline.settings.sources import SourceSettings

DEFAULT_FILE = Path("caspio-ingest.toml")
_SECRETS = ("CASPIO_CLIENT_ID", "CASPIO_CLIENT_SECRET", "CASPIO_WEBHOOK_SECRET")
_SECRET_SETTINGS = {
    "processing": ("passwords",),
    "archive": ("access_key_id", "secret_access_key", "session_token"),
}
_WITH_BLOCKS = ("caspio", "archive")

Blocks = Callable[[str, str], Mapping[str, Any]]
"""Return the settings, by dotted name, that a block gives: called with the section that names it, and its name."""

_Credential = Annotated[
    SecretStr,
    Field(min_length=1),
    BeforeValidator(lambda value: value.strip() if isinstance(value, str) else value),
]


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
    serve: ServeSettings = ServeSettings()
    webhooks: WebhookSettings = WebhookSettings()
    metrics: MetricsSettings = MetricsSettings()
    sources: tuple[SourceSettings, ...]
    client_id: Annotated[_Credential, Field(validation_alias=_SECRETS[0])]
    client_secret: Annotated[_Credential, Field(validation_alias=_SECRETS[1])]
    webhook_secret: Annotated[_Credential | None, Field(validation_alias=_SECRETS[2])] = None

    @field_validator("sources")
    @classmethod
    def _unique(cls, sources: tuple[SourceSettings, ...]) -> tuple[SourceSettings, ...]:
        if not sources:
            raise ValueError("at least one [[sources]] entry is needed")
        names = [source.name for source in sources]
        double = sorted({name for name in names if names.count(name) > 1})
        if double:
            raise ValueError(f"source names must differ: {', '.join(double)}")
        return sources

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,  # noqa: ARG003 - the base class names it
        file_secret_settings: PydanticBaseSettingsSource,  # noqa: ARG003 - the base class names it
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Order the sources: given in code, environment, file."""
        return init_settings, env_settings, TomlConfigSettingsSource(settings_cls)

    def specs(self) -> dict[str, SourceSpec]:
        """Return all sources by name."""
        return {source.name: source.spec() for source in self.sources}


def _no_blocks(section: str, reference: str) -> Mapping[str, Any]:
    raise BadSettings(
        [f"{section}.block names {reference!r}, and blocks cannot be asked for here."]
    )


def load_settings(
    path: Path = DEFAULT_FILE, *, credentials: bool = True, blocks: Blocks = _no_blocks
) -> Settings:
    """Read settings; relative paths in them are taken from the file's own folder.

    Without `credentials` those may be missing: looking at the ledger and the archive needs none. `blocks` is asked for
    the blocks that are named.

    Raises:
        BadSettings: the file is missing, not TOML or holds a secret, or values are missing, unknown or out of range;
            lists all problems.
    """
    if not path.is_file():
        raise BadSettings(
            [
                f"There is no settings file {path}. Give one with --config, or let `caspio-ingest init` make one."
            ]
        )

    names = _read(path)
    problems = [*_secrets_in(path, names)]
    named = _named_blocks(names)
    given, origins = _from_blocks(named, blocks)

    try:
        lacking = [name for name in _SECRETS[:2] if not environment(name) and name not in given]
        stand_ins = {} if credentials else dict.fromkeys(lacking, "none")
        settings = _class_for(path, given)(**stand_ins)  # type: ignore[arg-type]  # the values come from file and environment
    except ValidationError as error:
        raise BadSettings(
            [*problems, *sentences(path, error, secrets=_SECRETS, origins=origins)]
        ) from None
    except SettingsError as error:
        said = f"The environment cannot be understood: {error}. Lists and whole sections are written as JSON there."
        raise BadSettings([*problems, said]) from None
    problems += _overlooked(settings, named, path)
    if problems:
        raise BadSettings(problems)
    return _anchored(settings, path.resolve().parent)


def _class_for(path: Path, given: Mapping[str, Any]) -> type[Settings]:
    """Return the settings class that reads a file, with what blocks have given between it and the environment."""

    class FileSettings(Settings):
        model_config = SettingsConfigDict(toml_file=path)

        @classmethod
        def settings_customise_sources(
            cls, settings_cls: type[BaseSettings], *args: Any, **kwargs: Any
        ) -> tuple[PydanticBaseSettingsSource, ...]:
            *above, file = super().settings_customise_sources(settings_cls, *args, **kwargs)
            return (*above, InitSettingsSource(settings_cls, init_kwargs=dict(given)), file)

    return FileSettings


def _overlooked(settings: Settings, named: Mapping[str, str], path: Path) -> Iterator[str]:
    """Yield a sentence for every block that is named where nobody looks for one."""
    for section in _WITH_BLOCKS:
        if getattr(settings, section).block and section not in named:
            yield (
                f"{section}.block is named in a way that is not looked at: name it in {path}, or as "
                f"CASPIO_INGEST_{section.upper()}__BLOCK."
            )


def _read(path: Path) -> Mapping[str, Any]:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise BadSettings([f"{path} is not TOML: {error}. Write it as UTF-8 text."]) from None


def _section(names: Mapping[str, Any], section: str) -> Mapping[str, Any]:
    found = names.get(section)
    return found if isinstance(found, dict) else {}


def _secrets_in(path: Path, names: Mapping[str, Any]) -> Iterator[str]:
    """Yield a sentence for every secret that stands in the file, where the settings class would take it."""
    found = [name for name in names if name.upper() in _SECRETS]
    for section, secrets in _SECRET_SETTINGS.items():
        found += [f"{section}.{name}" for name in secrets if name in _section(names, section)]
    for name in found:
        yield f"{path}: {name} is a secret and never stands in a file. Take it out and export it."


def _named_blocks(names: Mapping[str, Any]) -> dict[str, str]:
    """Return the blocks that are named, by section; the environment comes first here, too."""
    asked = {
        section: environment(f"CASPIO_INGEST_{section.upper()}__BLOCK")
        or _section(names, section).get("block")
        for section in _WITH_BLOCKS
    }
    return {section: block for section, block in asked.items() if block and isinstance(block, str)}


def _from_blocks(named: Mapping[str, str], blocks: Blocks) -> tuple[dict[str, Any], dict[str, str]]:
    """Return what blocks give, nested as the file is, and by dotted name which block gave it."""
    given: dict[str, Any] = {}
    origins = {}
    for section, block in named.items():
        for setting, value in blocks(section, block).items():
            place, _, name = setting.rpartition(".")
            (given.setdefault(place, {}) if place else given)[name] = value
            origins[setting] = f"block {block!r}"
    return given, origins


def _anchored(settings: Settings, folder: Path) -> Settings:
    """Make a relative archive folder, ledger file and rules file absolute."""
    archive, ledger = settings.archive, settings.ledger
    if archive.url.startswith("file:"):
        root = folder / archive.url.removeprefix("file:").removeprefix("//")
        archive = archive.model_copy(update={"url": f"file:{root}"})
    if ledger.url.startswith("sqlite:///") and not ledger.url.startswith("sqlite:////"):
        ledger = ledger.model_copy(
            update={"url": f"sqlite:///{folder / ledger.url.removeprefix('sqlite:///')}"}
        )
    processing = settings.processing
    if processing.rules is not None:
        processing = processing.model_copy(update={"rules": folder / processing.rules})
    return settings.model_copy(
        update={"archive": archive, "ledger": ledger, "processing": processing}
    )


def passwords() -> tuple[str, ...]:
    """Return the documents' passwords where no settings file is read.

    Raises:
        BadSettings: the variable holds no JSON list of texts; it is not repeated.
    """
    name = "CASPIO_INGEST_PROCESSING__PASSWORDS"
    try:
        listed = json.loads(environment(name) or "[]")
    except json.JSONDecodeError:
        listed = None
    if not isinstance(listed, list) or not all(isinstance(word, str) for word in listed):
        raise BadSettings([f'{name} is no JSON list of texts, such as ["one", "two"].'])
    return tuple(listed)


def environment(name: str) -> str | None:
    """Return an environment variable: the one place besides the settings class where the environment is read."""
    value = os.environ.get(name)
    return value if value and re.search(r"\S", value) else None
