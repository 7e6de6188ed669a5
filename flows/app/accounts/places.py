"""Connect the places at which secrets are kept, for those that references name."""

from pathlib import Path

from pipeline.accounts.references import Places
from pipeline.environment import environment


def _vault(name: str, _folder: Path) -> str:
    from pipeline.adapters.secret_places import vault_secret

    return vault_secret(name, environment=environment)


def _kms(name: str, folder: Path) -> str:
    from pipeline.adapters.secret_places import kms_secret

    return kms_secret(name, folder=folder)


PLACES: Places = {"vault": _vault, "kms": _kms}
"""What a reference other than `env:` and `file:` leads to."""
