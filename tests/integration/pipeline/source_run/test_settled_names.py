"""A name is given once: whatever the name, the template and the account, the second run changes nothing."""

import random
from itertools import product
from pathlib import Path
from typing import Any

import pytest

from flows.app.settings import load_settings
from flows.app.wiring import open_client
from pipeline.source_run.selection import Selection
from tests.crash.cells import COLUMNS, document
from tests.fakes.clock import RunningClock
from tests.fakes.reader import FakeReader
from tests.integration.pipeline.accounts import Source, fields, receipt, uploads
from tests.integration.pipeline.conftest import MakeWorkspace
from tests.integration.pipeline.workspace import Workspace

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
def test_the_second_run_changes_nothing(
    make_workspace: MakeWorkspace, number: int, quirks: dict[str, Any]
):
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


def _names(workspace: Workspace) -> list[str]:
    attached = workspace.emulator.control.dump()["attachments"]["Uploads"]
    return sorted(one["name"] for one in attached)


def _rename(workspace: Workspace, pk: int, name: str) -> None:
    """Rename an attachment as a user does."""
    with open_client(load_settings(workspace.config)) as client:
        client.call(
            "UpdateFileMetadataInAttachmentTableFields",
            {"tableName": "Uploads", "attachmentFieldName": "Scan", "q.where": f"PK_ID={pk}"},
            json={"FileName": name},
        )


@pytest.mark.parametrize(
    ("overwrite", "kept"),
    [("empty", "Mine.txt"), ("ours", "Mine.txt"), ("always", "2026-03-11 receipt.txt")],
)
def test_a_name_that_a_user_gives_stays(make_workspace: MakeWorkspace, overwrite: str, kept: str):
    """A user's name for a file that we had named is a user's value, unless the source allows it."""
    source = Source(rename="{{ date }} {{ doc_type }}", more=f'overwrite = "{overwrite}"')
    workspace = make_workspace(source, files={"a.txt": receipt(1), "b.txt": receipt(2)})
    workspace.run()
    _rename(workspace, 1, "Mine")

    workspace.run()
    workspace.run(selection=Selection())

    assert _names(workspace) == sorted(["2026-03-12 receipt.txt", kept])
    workspace.forget_calls()
    workspace.run()
    assert workspace.writes() == []


def test_another_file_in_the_place_of_one_that_was_named_is_named(
    make_workspace: MakeWorkspace, tmp_path: Path
):
    """Its name is that of an upload, and nobody's choice for this record."""
    workspace = make_workspace(
        Source(rename="{{ date }} {{ doc_type }}"), files={"a.txt": receipt(1)}
    )
    workspace.run()
    (tmp_path / "new.txt").write_bytes(receipt(7))
    workspace.emulator.control.replace_attachment("Uploads", "Scan", 1, tmp_path / "new.txt")

    workspace.run()

    assert _names(workspace) == ["2026-03-17 receipt.txt"]


def test_a_new_template_names_again_what_nobody_else_has_named(make_workspace: MakeWorkspace):
    """A name of ours is replaced by the next one; a user's is not."""
    files = {"a.txt": receipt(1), "b.txt": receipt(2)}
    workspace = make_workspace(Source(rename="{{ date }} {{ doc_type }}"), files=files)
    workspace.run()
    _rename(workspace, 1, "Mine")
    workspace.run()
    text = workspace.config.read_text()
    workspace.config.write_text(text.replace("{{ date }} {{ doc_type }}", "{{ company }}"))

    workspace.run(selection=Selection())

    assert _names(workspace) == ["Mine.txt", "Northwind Hardware Ltd.txt"]


def test_a_path_that_a_user_gives_stays(make_workspace: MakeWorkspace, tmp_path: Path):
    """A record that a user has led to the same bytes under another name keeps that name."""
    rows = [{"PK_ID": 1, "Doc": "/In/a.txt"}]
    account = {
        "tables": {"Rows": {"fields": fields(Doc="FILE"), "records": rows}},
        "files": {"/In/a.txt": "a.txt"},
    }
    source = Source({"table": "Rows"}, rename="{{ date }} {{ doc_type }}")
    workspace = make_workspace(source, account=account, files={"a.txt": receipt(1)})
    workspace.run()
    control = workspace.emulator.control

    def lead_to(path: str, data: bytes) -> str:
        (tmp_path / "new").write_bytes(data)
        control.replace_file(path, tmp_path / "new")
        control.edit("Rows", 1, {"Doc": path})
        workspace.run()
        return str(control.dump()["tables"]["Rows"][0]["Doc"])

    assert lead_to("/In/Mine.txt", receipt(1)) == "/In/Mine.txt"
    # Another file is nobody's choice of a name for this record.
    assert lead_to("/In/other.txt", receipt(6)) == "/In/2026-03-16 receipt.txt"
