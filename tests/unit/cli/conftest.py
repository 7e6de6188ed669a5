import json
import os
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.support.forked import run_command
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


@dataclass
class Script:
    """A user who answers from a list, and notes everything that is asked and said."""

    answers: Iterator[str]
    asked: list[str] = field(default_factory=list)
    said: list[str] = field(default_factory=list)

    def ask(self, question: str) -> str:
        """Answer the next question."""
        self.asked.append(question)
        return next(self.answers)

    def say(self, text: str) -> None:
        """Note what is said."""
        self.said.append(text)

    ask_secret = ask
    correct = say


def environment_of(**environment: str) -> dict[str, str]:
    """Return the environment of a command, also where it runs in another folder."""
    return {**os.environ, "PYTHONPATH": str(Path.cwd()), **ENVIRONMENT, **environment}


def command(*arguments: object, cwd: Path, **environment: str) -> Ended:
    """Run the command line in a folder and wait for its end."""
    done = run_command(
        [*map(str, arguments)], environment=environment_of(**environment), folder=cwd
    )
    return Ended(done.returncode, done.stdout, done.stderr)
