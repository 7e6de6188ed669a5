"""A name is given once: whatever the name, the template and the account, the second run rests."""

import random
from itertools import product
from typing import Any

import pytest

from tests.crash.cells import COLUMNS, document
from tests.fakes.clock import RunningClock
from tests.fakes.reader import FakeReader
from tests.integration.pipeline.accounts import Source, uploads
from tests.integration.pipeline.conftest import MakeWorkspace

pytestmark = pytest.mark.integration

NAMES = (
    *("scan.txt", ".txt", ".hidden", "v1.2 final", "Müller & Co.KG", "12.00", "Rechnung.PDF"),
    *("a.longextension", "no extension", "a.txt.txt", "archive.tar.gz", "a. b", "x.", "è.tXt"),
)
TEMPLATES = (
    "{{ doc_type }} {{ total }}.00",
    "{{ original }} {{ total }}",
    "{{ original }}.txt",
    "Co.{{ doc_type }}",
)
SAMPLE = {0, 4, 8, 11}  # among them every choice of every account
LETTERS = "aB. .0-_ÄtxT"


def accounts() -> list[dict[str, Any]]:
    """Return how accounts may list and rename files, each combination once."""
    choices = {
        "fileinfo_filename": ("base", "with-extension"),
        "fileinfo_filetype": ("no-dot", "with-dot"),
        "rename_filename": ("base", "strip-same", "full"),
    }
    return [dict(zip(choices, values, strict=True)) for values in product(*choices.values())]


def drawn_names(number: int) -> list[str]:
    """Draw names that nobody thought of, from letters that matter."""
    chance = random.Random(number)  # noqa: S311 - the same names every time
    texts = ("".join(chance.choices(LETTERS, k=chance.randint(1, 9))) for _ in range(20))
    return [name for name in texts if name.strip(" .")][:10]


@pytest.mark.parametrize(
    ("number", "quirks"),
    [
        pytest.param(number, quirks, marks=[] if number in SAMPLE else pytest.mark.full)
        for number, quirks in enumerate(accounts())
    ],
)
def test_the_second_run_rests(make_workspace: MakeWorkspace, number: int, quirks: dict[str, Any]):
    """It downloads nothing, writes nothing, and no effect is open."""
    names = [*NAMES, *drawn_names(number)]
    files = {f"{turn}.bin": document(turn) for turn in range(len(names))}
    account = uploads(files)
    for record, name in zip(account["tables"]["Uploads"]["records"], names, strict=True):
        record["Scan"] = {"path": record["Scan"], "name": name}
    source = Source(rename=TEMPLATES[number % len(TEMPLATES)], columns=COLUMNS)
    workspace = make_workspace(source, account=account, files=files, quirks=quirks)
    workspace.reader, workspace.clock = FakeReader(), RunningClock()
    first = workspace.run()
    workspace.forget_calls()

    workspace.run()

    assert first.document["documents"]["done"] == len(names), first.document
    assert (workspace.downloads(), workspace.writes()) == (0, [])
    with workspace.ledger() as ledger:
        assert ledger.effects.open() == []
