"""An undo restores every name that Caspio can give, and the next run changes nothing, in every account."""

from typing import Any

import pytest

from pipeline.decide.naming import split_name
from tests.crash.cells import COLUMNS, document
from tests.fakes.clock import RunningClock
from tests.fakes.reader import FakeReader
from tests.integration.pipeline.accounts import Source, uploads
from tests.integration.pipeline.conftest import MakeWorkspace
from tests.integration.pipeline.source_run.test_settled_names import accounts
from tests.integration.pipeline.workspace import Workspace

pytestmark = pytest.mark.integration

NAMES = ("scan.txt", "no extension", "v1.2 final", "12.00", "archive.tar.gz", "a. b", "è.tXt")
ALONE = (".txt", ".hidden", ".a")
TEMPLATES = ("{{ doc_type }} {{ total }}.00", "Co.{{ doc_type }}", "{{ original }} {{ total }}")
SAMPLE = {0, 4, 8, 11}  # among them every choice of every account, and every template


def _workspace(
    make_workspace: MakeWorkspace, names: tuple[str, ...], quirks: dict[str, Any], template: str
) -> Workspace:
    files = {f"{turn}.bin": document(turn) for turn in range(len(names))}
    account = uploads(files)
    for record, name in zip(account["tables"]["Uploads"]["records"], names, strict=True):
        record["Scan"] = {"path": record["Scan"], "name": name}
    source = Source(rename=template, columns=COLUMNS)
    workspace = make_workspace(source, account=account, files=files, quirks=quirks)
    workspace.reader, workspace.clock = FakeReader(), RunningClock()
    return workspace


def _names(workspace: Workspace) -> list[str]:
    attached = workspace.emulator.control.dump()["attachments"]["Uploads"]
    return [one["name"] for one in sorted(attached, key=lambda one: int(one["pk"]))]


def _assert_that_nothing_is_left(workspace: Workspace) -> None:
    workspace.forget_calls()
    workspace.run()
    assert (workspace.downloads(), workspace.writes()) == (0, [])
    with workspace.ledger() as ledger:
        assert ledger.effects.open() == []


@pytest.mark.parametrize(
    ("number", "quirks"),
    [
        pytest.param(number, quirks, marks=[] if number in SAMPLE else pytest.mark.full)
        for number, quirks in enumerate(accounts())
    ],
)
def test_every_name_is_restored(make_workspace: MakeWorkspace, number: int, quirks: dict[str, Any]):
    """Also one without an extension, where the account took part of our name for an extension."""
    template = TEMPLATES[number % len(TEMPLATES)]
    workspace = _workspace(make_workspace, NAMES, quirks, template)
    run_id = str(workspace.run().document["run_id"])
    named = _names(workspace)

    undone = workspace.undo(run_id)

    assert not set(named) & set(NAMES)
    assert _names(workspace) == list(NAMES)
    assert undone.document["documents"]["done"] == len(NAMES)
    _assert_that_nothing_is_left(workspace)


@pytest.mark.parametrize("quirks", [accounts()[number] for number in sorted(SAMPLE)])
def test_a_name_that_is_an_extension_alone_is_not_restored(
    make_workspace: MakeWorkspace, quirks: dict[str, Any]
):
    """The file keeps the name that it has, the undo says so, and nothing stays open."""
    workspace = _workspace(make_workspace, ALONE, quirks, "{{ doc_type }} {{ total }}")
    run_id = str(workspace.run().document["run_id"])
    named = _names(workspace)

    undone = workspace.undo(run_id)

    assert all(split_name(name)[0] for name in named)
    assert _names(workspace) == named
    assert undone.document["documents"]["partial"] == len(ALONE)
    _assert_that_nothing_is_left(workspace)
