import os
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

SHARED = Path(__file__).resolve().parents[2] / "shared"

# Prefect reads these when it is first imported, and a test must never start a server of its own or call out.
os.environ.setdefault("PREFECT_SERVER_ANALYTICS_ENABLED", "false")
os.environ.setdefault("DO_NOT_TRACK", "1")
for name in ("PREFECT_API_URL", "CASPIO_CLIENT_ID", "CASPIO_CLIENT_SECRET"):
    os.environ.pop(name, None)

# No example is judged by the time it takes: a loaded machine is no failure. CI tries the same examples each time, so
# that a change is judged by what it changes; every run by hand tries new ones.
settings.register_profile("hand", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.register_profile("ci", settings.get_profile("hand"), derandomize=True, print_blob=True)
settings.load_profile("ci" if os.environ.get("CI") else "hand")


@pytest.fixture(scope="session")
def corpora() -> Path:
    """The folder of real documents beside the project, where there is one."""
    folder = SHARED / "corpora"
    if not folder.is_dir():
        pytest.skip("the real documents for measuring do not lie beside the project")
    return folder
