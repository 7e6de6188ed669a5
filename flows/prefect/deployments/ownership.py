"""Whose a deployment is: refuse what belongs to others, remove what is left of one's own.

A deployment names its settings by a tag and by the path of their file, and its installation by a
tag. An installation is a ledger: whoever has another ledger would work on the same records a second
time. Nothing here imports Prefect.
"""

import hashlib
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from flows.app.accounts.wiring import open_own_ledger
from flows.prefect.deployments.priorities import settings_name
from flows.prefect.names import TAG
from flows.prefect.server import Server
from pipeline.errors import raise_problems
from pipeline.settings import Settings

_INSTALLATION = "installation:"
_SETTINGS = "settings:"
# The most that Prefect's server returns for one question, as it is configured by default.
_PAGE = 200

Deployment = Mapping[str, Any]
"""A deployment as the server's REST API describes it."""


@dataclass(frozen=True, slots=True)
class DeploymentOwner:
    """Who registers deployments.

    Attributes:
        name: The settings, as they are named at the server.
        config: The settings file as the runs find it.
        installation: Identifies the ledger; "" where this host has none.
    """

    name: str
    config: str
    sources: frozenset[str]
    installation: str = ""

    @property
    def tags(self) -> list[str]:
        """Return the tags by which deployments are recognized as this owner's."""
        mine = [f"{_SETTINGS}{self.name}"]
        return [*mine, f"{_INSTALLATION}{self.installation}"] if self.installation else mine


def owner_of(settings: Settings, config: Path, *, has_ledger: bool = True) -> DeploymentOwner:
    """Return the owner that these settings make.

    `has_ledger` is False where the runs execute elsewhere, with a ledger that this host may not
    reach.
    """
    installation = ""
    if has_ledger:
        with open_own_ledger(settings) as ledger:
            # A digest: the key itself seals plans. 48 bits distinguish all ledgers at a server.
            key = ledger.effects.plan_key()
        installation = hashlib.sha256(b"installation" + key).hexdigest()[:12]
    return DeploymentOwner(
        settings_name(settings), str(config), frozenset(settings.specs()), installation
    )


def registered(server: Server) -> Iterator[Deployment]:
    """Yield all deployments of this program at a server, whoever has registered them."""
    offset = 0
    while True:
        page = server.ask(
            "POST",
            "/deployments/filter",
            {"deployments": {"tags": {"all_": [TAG]}}, "limit": _PAGE, "offset": offset},
        )
        yield from page
        if len(page) < _PAGE:
            return
        offset += _PAGE


def claim(
    server: Server, owner: DeploymentOwner, names: Collection[str], *, take_over: bool = False
) -> Sequence[str]:
    """Make sure that deployments may be registered, and remove those that are left over.

    Returns the names of those removed. Runs that they had stay in the server's history.

    Raises:
        BadSettings: a deployment of such a name belongs to another owner; nothing was removed.
    """
    found = list(registered(server))
    problems = [] if take_over else refusals(found, owner, names)
    raise_problems(problems)
    left = leftovers(found, owner, names)
    for deployment in left:
        server.ask("DELETE", f"/deployments/{deployment['id']}")
    return [deployment["name"] for deployment in left]


def refusals(
    found: Sequence[Deployment], owner: DeploymentOwner, names: Collection[str]
) -> list[str]:
    """Return a sentence if one of the names is registered by another owner."""
    for deployment in found:
        reason = stranger(deployment, owner) if deployment["name"] in names else ""
        if reason:
            way_out = (
                "Give these settings another name (serve.name), or add --take-over if nothing "
                "uses the other ones any more."
            )
            return [f"Deployment {deployment['name']!r} belongs to {reason}. {way_out}"]
    return []


def stranger(deployment: Deployment, owner: DeploymentOwner) -> str:
    """Say to whom a deployment belongs if it is not this owner, "" if it is."""
    config, theirs = config_of(deployment), installation_of(deployment)
    if theirs and owner.installation and theirs != owner.installation:
        return f"another installation, which has a ledger of its own: {config}"
    if config == owner.config:
        return ""
    # With the same ledger: either the file was moved here, or it was copied and is still there.
    if theirs and owner.installation:
        return f"{config}, of which this is a copy" if Path(config).exists() else ""
    # The path alone proves nothing: a settings file may be moved.
    sources = sources_of(deployment)
    if sources & owner.sources:
        return ""
    return f"{config}, for {', '.join(sorted(sources))}" if sources else config


def leftovers(
    found: Sequence[Deployment], owner: DeploymentOwner, names: Collection[str]
) -> list[Deployment]:
    """Return what this owner has registered before and would not register now."""
    return [
        deployment
        for deployment in found
        if deployment["name"] not in names and is_left_by(deployment, owner)
    ]


def is_left_by(deployment: Deployment, owner: DeploymentOwner) -> bool:
    """Say whether an owner has registered a deployment, also under another name of its settings."""
    is_here = config_of(deployment) == owner.config
    has_name = f"{_SETTINGS}{owner.name}" in deployment["tags"]
    theirs = installation_of(deployment)
    if theirs and owner.installation:
        # Two settings files may share a ledger: each has its own name and its own path.
        return theirs == owner.installation and (is_here or has_name)
    return is_here and has_name


def config_of(deployment: Deployment) -> str:
    """Return the settings file that a deployment fixes."""
    return str(deployment["parameters"].get("config", "other settings"))


def installation_of(deployment: Deployment) -> str:
    """Return the installation that has registered a deployment, "" if it did not say."""
    tags = [tag for tag in deployment["tags"] if tag.startswith(_INSTALLATION)]
    return tags[0].removeprefix(_INSTALLATION) if tags else ""


def sources_of(deployment: Deployment) -> set[str]:
    """Return the sources that a deployment is for or offers."""
    fields = (deployment.get("parameter_openapi_schema") or {}).get("properties", {})
    offered = fields.get("sources", {}).get("items", {}).get("enum", [])
    own = deployment["parameters"].get("source")
    return {*offered, *([own] if own else [])}
