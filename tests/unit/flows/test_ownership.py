from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pytest

from flows.prefect.deployments.ownership import DeploymentOwner, claim, leftovers, refusals
from pipeline.errors import BadSettings

OWNER = DeploymentOwner(
    "papers", "/srv/caspio-ingest.toml", frozenset({"receipts"}), "0123456789ab"
)
NAMES = ["ingest-receipts@papers", "verify@papers"]


def _deployment(
    name: str = NAMES[0], *, by: DeploymentOwner = OWNER, source: str = "receipts"
) -> dict[str, Any]:
    parameters = {"config": by.config, "source": source}
    return {"id": f"id of {name}", "name": name, "tags": by.tags, "parameters": parameters}


@dataclass
class Answers:
    """A server with some deployments, of which it gives two at a time."""

    deployments: list[dict[str, Any]]
    removed: list[str] = field(default_factory=list)

    def ask(self, method: str, path: str, body: Mapping[str, Any] | None = None) -> Any:
        """Answer a call."""
        if method == "DELETE":
            return self.removed.append(path)
        assert body is not None
        return self.deployments[body["offset"] : body["offset"] + body["limit"]]


def test_what_a_renamed_source_left_is_removed():
    """What these settings have registered and would not register now goes; the rest of the server stays."""
    other = replace(OWNER, name="others", config="/srv/others.toml")
    renamed = replace(OWNER, name="before serve.name was changed")
    found = [
        _deployment(),
        _deployment("ingest-old@papers"),
        _deployment("verify@before", by=renamed),
        _deployment("ingest-receipts@others", by=other),
        _deployment("ingest-x@papers", by=replace(other, installation="ffff")),
    ]
    server = Answers(found)

    removed = claim(server, OWNER, NAMES)  # type: ignore[arg-type]  # answers like one

    assert removed == ["ingest-old@papers", "verify@before"]
    assert server.removed == [f"/deployments/id of {name}" for name in removed]


@pytest.mark.parametrize(
    ("theirs", "words"),
    [
        (replace(OWNER, installation="ffff"), "a ledger of its own"),
        (replace(OWNER, config=str(Path(__file__))), "of which this is a copy"),
        (
            replace(OWNER, installation="", config="/elsewhere.toml", sources=frozenset({"other"})),
            "/elsewhere.toml, for other",
        ),
    ],
)
def test_what_belongs_to_another_is_refused(theirs: DeploymentOwner, words: str):
    """Another ledger, a copied folder whose original is still there, other sources: each with what to do."""
    (source,) = theirs.sources
    server = Answers([_deployment(by=theirs, source=source), _deployment("ingest-old@papers")])

    with pytest.raises(BadSettings) as refused:
        claim(server, OWNER, NAMES)  # type: ignore[arg-type]  # as above

    assert words in str(refused.value)
    assert "--take-over" in str(refused.value)
    assert server.removed == []
    assert claim(server, OWNER, NAMES, take_over=True) == ["ingest-old@papers"]  # type: ignore[arg-type]  # as above


@pytest.mark.parametrize(
    "before",
    [
        replace(OWNER, config="/gone/caspio-ingest.toml"),
        replace(OWNER, installation=""),
        replace(OWNER, installation="", config="/gone/caspio-ingest.toml"),
    ],
)
def test_settings_that_were_moved_are_the_same(before: DeploymentOwner):
    """A file that is no longer at its old path was moved, and what an older version registered has no installation."""
    assert refusals([_deployment(by=before)], OWNER, NAMES) == []


def test_without_a_ledger_only_the_same_file_and_name_are_ones_own():
    """Where runs execute elsewhere, the installation is not known here."""
    unknown = replace(OWNER, installation="")
    found = [
        _deployment("ingest-old@papers"),
        _deployment("ingest-x@papers", by=replace(OWNER, config="/other.toml")),
    ]

    left = leftovers(found, unknown, NAMES)

    assert [deployment["name"] for deployment in left] == ["ingest-old@papers"]
