"""Read environment variables: the one place besides the settings class.

It imports next to nothing, so that a command can look at the environment before it loads settings.
"""

import json
import os

from pipeline.errors import BadSettings


def environment(name: str) -> str | None:
    """Return an environment variable, None if it is not set or blank."""
    value = os.environ.get(name)
    return value if value and value.strip() else None


def passwords() -> tuple[str, ...]:
    """Return the passwords of documents where no settings file is read.

    Raises:
        BadSettings: the variable is not a JSON list of texts; its value is not repeated.
    """
    name = "CASPIO_INGEST_PROCESSING__PASSWORDS"
    try:
        listed = json.loads(environment(name) or "[]")
    except json.JSONDecodeError:
        listed = None
    # The value is not shown in the message: it has passwords.
    if not isinstance(listed, list) or not all(isinstance(word, str) for word in listed):
        raise BadSettings([f'{name} is not a JSON list of texts, such as ["one", "two"].'])
    return tuple(listed)
