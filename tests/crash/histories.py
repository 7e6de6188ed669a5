"""Random histories: users, kills, lost answers, undo, decisions and two workers, at every call.

A history is drawn from a seed: an account with other choices where nothing is documented, a few
documents with awkward names, and at drawn calls something that happens just before or after. Then
the runs go on undisturbed until one of them writes nothing, and it must be as if every user had
been alone: nothing of theirs is lost, every file that is there was read, nothing is open.
"""

import argparse
import hashlib
import os
import random
import sys
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, cast

from infra.emulator import Emulator
from infra.emulator.quirks import Quirks
from pipeline.archive_layout import original_key
from pipeline.errors import IngestError
from pipeline.model import Outcome, Status
from tests.crash.boundaries import ANY_CALL, DisturbedWorkspace, Killed
from tests.crash.cells import review_fields
from tests.crash.users import NAMES, RECORDS, Users
from tests.fakes.clock import QUARTER_HOUR, RunningClock
from tests.fakes.reader import FakeReader
from tests.integration.pipeline.accounts import Source, fields, write_account, write_settings
from tests.integration.pipeline.workspace import CREDENTIALS, archive_state
from tests.support.quirks import of_the_pipeline

SETTLING_RUNS = 8
EVENTS = 10
WHEN = ("before", "after")
CALLS = 400  # about as many as three runs over such an account make
TEMPLATES = (
    "{{ doc_type }} {{ total }}",
    "{{ original }}",
    "{{ original }} {{ total }}.00",
    "Co.{{ doc_type }}",
    "",
)
COLUMNS = {"DocType": "doc_type", "Total": "total"}


# Calls around which something happens more often than chance would have it.
TENDER = (
    *("open", "update", "attachment", "attachments_of", "rename_attachment"),
    *("file", "file_sha256", "put_file"),
    *(
        "delete_file",
        "referrers",
        "folder_files",
        "intend",
        "settle",
        "archived",
        "finish",
        "record_rename",
    ),
)


def problems(seed: int) -> list[str]:
    """Play a history; return what is wrong in the end, with what happened."""
    chance = random.Random(seed)  # noqa: S311 - a repeatable history
    os.environ.update(CREDENTIALS)
    with tempfile.TemporaryDirectory(prefix="history-") as name, _staged(Path(name), chance) as it:
        workspace, users = it
        _disturb(workspace, users, chance)
        settled = _settle(workspace)
        found = list(_wrong(workspace, users, settled))
        return [f"seed {seed}: {one}; {', '.join(users.done)}" for one in found]


@contextmanager
def _staged(folder: Path, chance: random.Random) -> "Iterator[tuple[DisturbedWorkspace, Users]]":
    quirks = {name: chance.choice(values) for name, values in of_the_pipeline().items()}
    # Faults of the network belong to the soak; here each call is one boundary.
    quirks |= {"rate_limit_status": 429, "max_upload_bytes": 0}
    new = folder / "new"
    new.mkdir()
    clock = RunningClock()
    workspace = DisturbedWorkspace(folder / "x", cast("Any", None), FakeReader(), clock)
    users = Users(workspace, new, chance, dates_have_seconds_only=quirks["files_dates"] == "us")
    seeds = {f"{number}.bin": users.content().read_bytes() for number in range(RECORDS + 3)}
    names = list(seeds)
    papers = [
        {"PK_ID": pk, "Scan": {"path": names[pk - 1], "name": chance.choice(NAMES)}}
        for pk in range(1, RECORDS + 1)
    ]
    paths = {f"/In/{chance.choice(NAMES).strip('.')} {n}": names[RECORDS + n] for n in range(3)}
    shared, alone, _ = paths
    # Two rows name one file, one names another, and the third has no row.
    rows = [{"PK_ID": 1, "File": shared}, {"PK_ID": 2, "File": shared}, {"PK_ID": 3, "File": alone}]
    account = {
        "tables": {
            "Papers": {"fields": fields(Scan="ATTACHMENT"), "records": papers},
            "Letters": {"fields": fields(File="FILE"), "records": rows},
            "Found": {"fields": fields(Path="STRING"), "records": []},
            "Suggestions": {"fields": review_fields(), "records": []},
        },
        "files": paths,
    }
    digests = {name: hashlib.sha256(data).hexdigest() for name, data in seeds.items()}
    users.attached = {pk: digests[names[pk - 1]] for pk in range(1, RECORDS + 1)}
    users.files = {digests[names[RECORDS + n]] for n in range(3)}
    review = "Suggestions" if chance.random() < 0.5 else ""
    rename = chance.choice(TEMPLATES)
    sources = [
        Source({"table": "Papers"}, "papers", rename, columns=COLUMNS, review=review),
        chance.choice(
            [
                Source({"table": "Letters"}, "letters", rename, columns=COLUMNS),
                Source(
                    {"folder": "/In"},
                    "folder",
                    rename,
                    columns=COLUMNS,
                    index={"table": "Found", "path_column": "Path"},
                ),
            ]
        ),
    ]
    seed = write_account(folder / "seed", account, seeds)
    with Emulator(seed=seed, quirks=Quirks(**quirks)) as emulator:
        workspace.config = write_settings(folder, emulator.url, *sources)
        workspace.emulator = emulator
        yield workspace, users


def _disturb(workspace: DisturbedWorkspace, users: Users, chance: random.Random) -> None:
    """Run while things happen at drawn calls; some runs are killed, some undone, some meet."""
    boundaries = workspace.boundaries

    def kill() -> None:
        users.done.append("kill")
        boundaries.killed = True

    for _ in range(chance.randint(2, EVENTS)):
        act = chance.choice([users.act, users.act, users.act, kill])
        name, most = (ANY_CALL, CALLS) if chance.random() < 0.4 else (chance.choice(TENDER), 6)
        boundaries.events[name, chance.choice(WHEN), chance.randint(1, most)] = act
    boundaries.lost = set(chance.sample(range(1, CALLS), chance.randint(0, 6)))
    for _ in range(3):
        run_ids = _run(workspace, workers=chance.choice([1, 1, 2]))
        boundaries.windows.clear()  # those of killed threads
        boundaries.looked_at.clear()
        if boundaries.killed:
            boundaries.killed = False
            workspace.clock.advance(QUARTER_HOUR.total_seconds())
        elif run_ids and chance.random() < 0.2:
            users.done.append("undo")
            users.undone = True
            with suppress(Killed, IngestError):
                workspace.undo(chance.choice(run_ids))
            if boundaries.killed:
                boundaries.killed = False
                workspace.clock.advance(QUARTER_HOUR.total_seconds())


def _run(workspace: DisturbedWorkspace, *, workers: int) -> list[str]:
    """Let so many workers run at once; return the ids of the runs that came to an end."""
    run_ids: list[str] = []

    def work() -> None:
        with suppress(Killed, IngestError):
            run_ids.append(str(workspace.run(yes=True).document["run_id"]))

    threads = [threading.Thread(target=work) for _ in range(workers)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return run_ids


def _settle(workspace: DisturbedWorkspace) -> bool:
    """Run undisturbed until a run writes nothing; say if that came."""
    workspace.disturbed = False
    for _ in range(SETTLING_RUNS):
        workspace.forget_calls()
        workspace.run(yes=True)
        if not workspace.writes() and not workspace.downloads():
            return True
    return False


def _wrong(workspace: DisturbedWorkspace, users: Users, settled: object) -> Iterator[str]:
    dump = workspace.emulator.control.dump()
    if not settled:
        yield f"no run has nothing to do: the last one sent {workspace.writes() or 'downloads only'}"
    with workspace.ledger() as ledger:
        for effect in ledger.effects.open():
            yield f"{effect.kind} of {effect.pk} is open: {effect.before} to {effect.after}"
    yield from _lost(dump, users)
    yield from _unread(workspace, dump)
    yield from _wrong_values(dump, users)


def _lost(dump: dict[str, Any], users: Users) -> Iterator[str]:
    yield from _lost_attachments(dump, users)
    there = {file["sha256"] for file in dump["files"].values()}
    for digest in users.files - there:
        yield f"the Files area has lost document {users.contents[digest]}"
    known = {path.casefold() for path in dump["files"]}
    for row in dump["tables"]["Letters"]:
        if row["File"].casefold() not in known and "delete_file" not in users.done:
            yield f"a row names {row['File']}, which is not there"


def _lost_attachments(dump: dict[str, Any], users: Users) -> Iterator[str]:
    attached = {one["pk"]: one for one in dump["attachments"]["Papers"]}
    for pk, digest in users.attached.items():
        found = attached[pk]["sha256"] if pk in attached else None
        if pk not in users.gone_records and found != digest:
            yield f"record {pk} holds {found} instead of {digest}"
    for pk, name in users.named.items():
        if pk in attached and attached[pk]["name"] != name:
            yield f"the file of record {pk} is {attached[pk]['name']!r}; a user named it {name!r}"


def _unread(workspace: DisturbedWorkspace, dump: dict[str, Any]) -> Iterator[str]:
    """Yield the files that are there and were not read, or whose original is not archived."""
    read: dict[str, Outcome | None] = {}
    with workspace.ledger() as ledger:
        for state in ledger.files.states():
            ref = state.ref
            place = f"record {ref.record.pk}" if ref.record and not ref.path else str(ref.path)
            read[f"{place} {state.sha256}"] = state.outcome
    archived = set(archive_state(workspace.archive))
    for place, digest in _present(workspace, dump):
        outcome = read.get(f"{place} {digest}")
        if outcome is None or outcome.status in {Status.FAILED, Status.REJECTED}:
            yield f"{place} was not read: {outcome.reason if outcome else 'never seen'}"
        if original_key(digest) not in archived:
            yield f"the original of {place} is not archived"


def _present(workspace: DisturbedWorkspace, dump: dict[str, Any]) -> Iterator[tuple[str, str]]:
    """Yield place and digest of the files that the sources have."""
    for one in dump["attachments"]["Papers"]:
        yield f"record {one['pk']}", one["sha256"]
    named = {str(row["File"]) for row in dump["tables"]["Letters"]}
    is_folder = 'folder = "/In"' in workspace.config.read_text()
    for path, file in dump["files"].items():
        if is_folder or path in named:
            yield path, file["sha256"]


def _wrong_values(dump: dict[str, Any], users: Users) -> Iterator[str]:
    rows = {row["PK_ID"]: row for row in dump["tables"]["Papers"]}
    for (pk, column), text in users.typed.items():
        if pk in users.gone_records or pk in users.decided:
            continue
        found = str(rows[pk][column])
        if found != text:
            yield f"record {pk} {column} is {found!r}; a user typed {text!r}"
    for one in dump["attachments"]["Papers"]:
        number = users.contents[one["sha256"]]
        row = rows[one["pk"]]
        expected = {"DocType": f"letter{number}", "Total": f"{number}.5"}
        for column, wanted in expected.items():
            free = (one["pk"], column) not in users.typed and one["pk"] not in users.decided
            if free and not users.undone and str(row[column]) != wanted:
                yield f"record {one['pk']} {column} is {row[column]!r} and not {wanted!r} as its file says"


def main() -> int:
    """Play as many histories as the command line says; return 1 where something is wrong."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--histories", type=int, default=300)
    parser.add_argument("--first", type=int, default=0, help="the first seed")
    given = parser.parse_args()
    seeds = range(given.first, given.first + given.histories)
    wrong: list[str] = []
    for played, seed in enumerate(seeds, start=1):
        found = problems(seed)
        wrong += found
        for line in found:
            print(line)  # noqa: T201 - a command's output
        if played % 25 == 0:
            print(f"{played} of {len(seeds)} histories, {len(wrong)} problems", flush=True)  # noqa: T201
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
