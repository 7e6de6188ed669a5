"""Settings as flows and commands load them: with the Prefect blocks that the file names."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pipeline.settings import DEFAULT_FILE, Settings, load_settings as load_from


def load_settings(
    path: Path = DEFAULT_FILE, *, credentials: bool = True, sources: bool = True
) -> Settings:
    """Load settings; a block that they name is read from Prefect's server.

    Raises:
        BadSettings: as `pipeline.settings.load_settings`, or a block does not exist or cannot be
            read.
    """
    return load_from(path, credentials=credentials, sources=sources, blocks=_values)


def _values(section: str, reference: str) -> Mapping[str, Any]:
    from flows.prefect.blocks import values_of  # without a block, Prefect is not imported

    return values_of(section, reference)
