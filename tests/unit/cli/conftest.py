import json
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.unit.pipeline.accounts.conftest import install

__all__ = ["install"]

ENVIRONMENT = {"CASPIO_CLIENT_ID": "id", "CASPIO_CLIENT_SECRET": "secret", "COLUMNS": "200"}


@dataclass(frozen=True)
class Ended:
    """A command that has ended."""

    code: int
    out: str
    err: str

    @property
    def document(self) -> Any:
        """Return the one JSON document on stdout; anything beside it is an error."""
        return json.loads(self.out)


def command(*arguments: object, cwd: Path, **environment: str) -> Ended:
    """Run the command line in a folder and wait for its end."""
    done = subprocess.run(
        [sys.executable, "-m", "flows.cli", *map(str, arguments)],
        cwd=cwd,
        env={**os.environ, "PYTHONPATH": str(Path.cwd()), **ENVIRONMENT, **environment},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    return Ended(done.returncode, done.stdout, done.stderr)
