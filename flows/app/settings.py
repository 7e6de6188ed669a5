"""Settings as the flows and commands read them: with the Prefect blocks that the file names."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pipeline.settings import DEFAULT_FILE, Settings, load_settings as load_from


def load_settings(path: Path = DEFAULT_FILE, *, credentials: bool = True) -> Settings:
    """Read settings; a block is asked for at Prefect's server where the file or the environment names one.

    Raises:
        BadSettings: as `pipeline.settings.load_settings`, or a block is not there or cannot be asked for.
    """
    return load_from(path, credentials=credentials, blocks=_values)


def _values(section: str, reference: str) -> Mapping[str, Any]:
    from flows.prefect.blocks import values_of  # without a block nothing of Prefect is imported

    return values_of(section, reference)
