import os
from pathlib import Path

import pytest

SHARED = Path(__file__).resolve().parents[2] / "shared"

# Prefect reads these when it is first imported, and a test must never start a server of its own or call out.
os.environ.setdefault("PREFECT_SERVER_ANALYTICS_ENABLED", "false")
os.environ.setdefault("DO_NOT_TRACK", "1")
for name in ("PREFECT_API_URL", "CASPIO_CLIENT_ID", "CASPIO_CLIENT_SECRET"):
    os.environ.pop(name, None)


@pytest.fixture(scope="session")
def corpora() -> Path:
    """The folder of real documents beside the project, where there is one."""
    folder = SHARED / "corpora"
    if not folder.is_dir():
        pytest.skip("the real documents for measuring do not lie beside the project")
    return folder
