"""A process killed at every boundary between intent, effect and record, run again, and compared."""

import json
import os
import signal
import tempfile
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from functools import cache
from pathlib import Path
from typing import Any

from infra.emulator import Emulator
from pipeline.model import EffectState
from tests.fakes.reader import FakeReader
from tests.integration.pipeline.accounts import (
    Source,
    fields,
    uploads,
    write_account,
    write_settings,
)
from tests.integration.pipeline.workspace import CREDENTIALS, WRITES, Workspace, worker_process

RENAME = "{{ doc_type }} {{ total }}"
COLUMNS = {"DocType": "doc_type", "Total": "total"}
CHILD_S = 120


def document(number: int) -> bytes:
    """Return a document that the fake reader understands."""
    return f"doc_type=receipt\ntotal={number}.50".encode()


@dataclass(frozen=True)
class Scene:
    """An account, the source that works on it, and what is killed: a method of the workspace with its arguments.

    `prepare` is done before, undisturbed, and returns the arguments.
    """

    name: str
    files: Mapping[str, bytes]
    account: Mapping[str, Any]
    source: Source = field(default_factory=lambda: Source(rename=RENAME, columns=COLUMNS))
    command: str = "run"
    prepare: Callable[[Workspace], tuple[str, ...]] = lambda _: ()


def _attachments() -> Scene:
    files = {
        "one.txt": document(1),
        "two.txt": document(2),
        "copy.txt": document(1),
        "empty.txt": b"",
    }
    return Scene("attachments", files, uploads(files))


def _files_area() -> Scene:
    files = {"one.txt": document(1), "two.txt": document(2)}
    account = {
        "tables": {
            "Papers": {
                "fields": fields(File="FILE"),
                "records": [{"PK_ID": 1, "File": "/In/one.txt"}],
            },
            "Found": {"fields": fields(Path="STRING"), "records": []},
        },
        "files": {"/In/one.txt": "one.txt", "/In/two.txt": "two.txt"},
    }
    index = {"table": "Found", "path_column": "Path"}
    return Scene(
        "files area",
        files,
        account,
        Source({"folder": "/In"}, index=index, rename=RENAME, columns=COLUMNS),
    )


def _applied() -> Scene:
    def plan(workspace: Workspace) -> tuple[str, ...]:
        workspace.plan()
        return ()

    return replace(_attachments(), name="apply", command="apply", prepare=plan)


def _undone(scene: Scene) -> Scene:
    def run(workspace: Workspace) -> tuple[str, ...]:
        return (str(workspace.run().document["run_id"]),)

    return replace(scene, name=f"undo, {scene.name}", command="undo", prepare=run)


def _review(*, decided: bool) -> Scene:
    """A user's value is where another one was read; later the user accepts what was read."""
    files = {"one.txt": document(1)}
    account = uploads(files)
    account["tables"]["Uploads"]["records"][0]["DocType"] = "typed by a user"
    account["tables"]["Suggestions"] = {"fields": review_fields(), "records": []}

    def decide(workspace: Workspace) -> tuple[str, ...]:
        workspace.run()
        workspace.emulator.control.edit("Suggestions", 1, {"Decision": "accept"})
        return ()

    source = Source(rename="", columns=COLUMNS, review="Suggestions")
    scene = Scene("suggestion", files, account, source)
    return replace(scene, name="decision", prepare=decide) if decided else scene


def review_fields() -> list[dict[str, str]]:
    """Return the fields of a review table as a seed has them."""
    columns = "SuggestionKey SourceName RecordTable RecordID ColumnName State Decision"
    kinds = dict.fromkeys(columns.split(), "STRING")
    kinds |= dict.fromkeys(("Suggestion", "CurrentValue", "Reason", "EditedValue", "Note"), "TEXT")
    kinds |= {"Confidence": "NUMBER", "DecidedAt": "DATE/TIME"}
    return [{"Name": name, "Type": kind} for name, kind in kinds.items()]


def _flagged() -> Scene:
    """A user has emptied a column and flagged the record, so that it is read again and the reprocess flag cleared."""
    files = {"one.txt": document(1), "two.txt": document(2)}
    account = uploads(files)
    account["tables"]["Uploads"]["fields"] = fields(Scan="ATTACHMENT", Again="YES/NO")

    def request_reprocessing(workspace: Workspace) -> tuple[str, ...]:
        workspace.run()
        workspace.emulator.control.edit("Uploads", 1, {"Again": True, "DocType": ""})
        return ()

    source = Source(rename=RENAME, columns=COLUMNS, more='reprocess_column = "Again"')
    return Scene("flagged", files, account, source, prepare=request_reprocessing)


SCENES = {
    scene.name: scene
    for scene in (
        _attachments(),
        _files_area(),
        _applied(),
        _undone(_attachments()),
        _undone(_files_area()),
        _review(decided=False),
        _review(decided=True),
        _flagged(),
    )
}


@contextmanager
def staged(scene: Scene) -> Iterator[Workspace]:
    """Set a scene up in a folder and an emulator of its own."""
    os.environ.update(CREDENTIALS)
    with tempfile.TemporaryDirectory(prefix="crash-") as name:
        folder = Path(name)
        seed = write_account(folder / "seed", scene.account, scene.files)
        with Emulator(seed=seed) as emulator:
            yield Workspace(
                write_settings(folder, emulator.url, scene.source), emulator, FakeReader()
            )


@dataclass(frozen=True)
class Undisturbed:
    """How a scene ends when nobody disturbs it, and the points it passes, each with how often."""

    end: Mapping[str, Any]
    writes: tuple[str, ...]
    met_nothing: int
    points: Mapping[str, int]


@cache
def undisturbed(name: str) -> Undisturbed:
    """Run a scene to its end."""
    passed: Counter[str] = Counter()
    scene = SCENES[name]
    with staged(scene) as workspace:
        workspace.one_at_a_time = True
        arguments = scene.prepare(workspace)
        workspace.act = lambda point: passed.update([point])
        getattr(workspace, scene.command)(*arguments)
        workspace.act = None
        workspace.run()
        return Undisturbed(
            comparable(workspace), writes(workspace), met_nothing(workspace), dict(passed)
        )


def comparable(workspace: Workspace) -> dict[str, Any]:
    """Return account, archive and ledger without what may differ.

    That is: times, and under which version or, in a folder source, path a document's folder is, since a rename
    changes both. A folder without a manifest is what a killed run left and nothing refers to.
    """
    end = workspace.end_state()
    originals = {key for key in end["archive"] if key.startswith("originals/")}
    for row in end["account"]["tables"].get("Suggestions", ()):
        row.pop("DecidedAt")
    return {
        **end,
        "archive": (originals, documents(workspace.archive)),
        "open": workspace.unsettled(),
    }


def documents(archive: Path) -> set[tuple[str, str, tuple[str, ...]]]:
    """Return each archived document: digest, status, and the names kept of it."""
    found = set()
    for path in archive.glob("documents/**/manifest.json"):
        manifest = json.loads(path.read_text(encoding="utf-8"))
        kept = tuple(sorted(file.name for file in path.parent.iterdir()))
        found.add((manifest["sha256"], manifest["outcome"]["status"], kept))
    return found


def writes(workspace: Workspace) -> tuple[str, ...]:
    """Return the writes the account has processed, in order of name: none may be there twice.

    An update is one write for each column: what one call writes, two calls of two runs may write.
    """
    made: list[str] = []
    for call in workspace.emulator.control.call_log():
        if call["method"] in WRITES and "oauth" not in call["path"] and call["processed"]:
            write = f"{call['method']} {call['path']}"
            made += [f"{write} {column}" for column in call["columns"]] or [write]
    return tuple(sorted(made))


def met_nothing(workspace: Workspace) -> int:
    """Count the columns of updates that met no row, since the record was no longer as planned."""
    with workspace.ledger() as ledger:
        conflicts = [one for one in ledger.effects.find() if one.state is EffectState.CONFLICT]
        return sum(max(1, len(one.after)) for one in conflicts)


def cells(scene: str, *, every: bool = True) -> list[str]:
    """Return the points of a scene; with `every`, each as often as it is passed, else the first time only."""
    points = undisturbed(scene).points
    return [
        f"{point}#{n}"
        for point, times in sorted(points.items())
        for n in range(1, times + 1 if every else 2)
    ]


def problem_of(scene: str, point: str) -> str:
    """Kill a run at a point and run again; return "" if all is as if nothing had happened, else what differs."""
    expected, played = undisturbed(scene), SCENES[scene]
    with staged(played) as workspace:
        arguments = played.prepare(workspace)
        code = killed_at(workspace, point, (played.command, *arguments))
        if code != -signal.SIGKILL:
            return f"the run was not killed but ended with {code}"
        getattr(workspace, played.command)(*arguments)
        workspace.run()
        found = comparable(workspace)
        wrong = [part for part in expected.end if found[part] != expected.end[part]]
        if wrong:
            return "; ".join(
                f"{part}: {found[part]} instead of {expected.end[part]}" for part in wrong
            )
        again = Counter(writes(workspace)) - Counter(expected.writes)
        if again.total() > met_nothing(workspace) - expected.met_nothing:
            return f"writes: {again} too many"
        workspace.forget_calls()
        workspace.run()
        return f"a third run wrote {workspace.writes()}" if workspace.writes() else ""


def killed_at(workspace: Workspace, point: str, command: Sequence[str]) -> int | None:
    """Run in a process of its own until it is killed; return its exit code."""
    process = worker_process(workspace, point, command)
    process.join(CHILD_S)
    code = process.exitcode
    process.kill()
    process.join()
    process.close()
    return code
