from collections.abc import Iterator

import pytest

from processors.sandbox.reader import SandboxedReader
from tests.integration.agents.desk import Desk, desk_of
from tests.integration.pipeline.workspace import CREDENTIALS

CANARIES = {
    "CASPIO_CLIENT_SECRET": "client-secret-canary",
    "CASPIO_INGEST_ARCHIVE__ACCESS_KEY_ID": "archive-key-canary",
    "CASPIO_INGEST_ARCHIVE__SECRET_ACCESS_KEY": "archive-secret-canary",
    "CASPIO_INGEST_PROCESSING__PASSWORDS": '["document-password-canary"]',
    "CASPIO_INGEST_AGENTS__OPERATOR_KEY": "operator-key-canary",
    "CASPIO_WEBHOOK_SECRET": "webhook-secret-canary",
}
"""Secrets that settings have, and that must not turn up anywhere else."""


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    """Two accounts behind one server."""
    with pytest.MonkeyPatch.context() as environment, SandboxedReader(workers=1) as reader:
        for name, value in {**CREDENTIALS, **CANARIES}.items():
            environment.setenv(name, value)
        with desk_of(tmp_path_factory.mktemp("desk"), reader) as desk:
            yield desk
