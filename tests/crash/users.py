"""Users who type, replace, delete and decide while runs are at work."""

import hashlib
import random
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from posixpath import dirname, join
from typing import Any

from pipeline.adapters.caspio.client import CaspioClient
from pipeline.decide.ownership import last_named
from pipeline.errors import IngestError
from tests.crash.boundaries import DisturbedWorkspace
from tests.fakes.clock import FakeClock

RECORDS = 3
NAMES = (
    "scan.txt",
    ".txt",
    "v1.2 final",
    "Müller & Co.KG",
    "12.00",
    "a.longextension",
    "no extension",
    "a.txt.txt",
    "archive.tar.gz",
)


@dataclass
class Users:
    """What users do, and what must be there in the end because of it."""

    workspace: DisturbedWorkspace
    folder: Path
    chance: random.Random
    typed: dict[tuple[int, str], str] = field(default_factory=dict)
    decided: set[int] = field(default_factory=set)
    gone_records: set[int] = field(default_factory=set)
    attached: dict[int, str | None] = field(default_factory=dict)
    named: dict[int, str] = field(default_factory=dict)
    files: set[str] = field(default_factory=set)
    contents: dict[str, str] = field(default_factory=dict)
    undone: bool = False
    dates_have_seconds_only: bool = False
    done: list[str] = field(default_factory=list)
    _numbers: Iterator[int] = field(default_factory=lambda: iter(range(100, 1_000)))

    def content(self, *, size: int | None = None) -> Path:
        """Make a document that nobody has yet; `size` makes it as long as another."""
        number = next(self._numbers)
        text = f"doc_type=letter{number}\ntotal={number}.50"
        if size is None and self.chance.random() < 0.3:
            text += f"\nnote={'x' * self.chance.randint(1, 9)}"
        data = text.encode()
        digest = hashlib.sha256(data).hexdigest()
        path = self.folder / f"{number}.txt"
        path.write_bytes(data)
        self.contents[digest] = str(number)
        return path

    def act(self) -> None:
        """Do one of the things that users do; what is impossible just now is left."""
        acts = (
            self.type_value,
            self.type_value,
            self.replace_attachment,
            self.replace_attachment,
            self.rename_attachment,
            self.rename_attachment,
            self.replace_file,
            self.replace_file,
            self.delete_attachment,
            self.delete_file,
            self.delete_record,
            self.decide,
        )
        act = self.chance.choice(acts)
        if self.workspace.boundaries.windows and act not in {self.type_value, self.decide}:
            return
        with suppress(IngestError, LookupError, ValueError):
            act()
            self.done.append(act.__name__)

    def type_value(self) -> None:
        """Type into a column."""
        pk = self._living()
        column = self.chance.choice(["DocType", "Total"])
        number = next(self._numbers)
        value: object = number + 0.5 if column == "Total" else f"typed {number}"
        self.workspace.emulator.control.edit("Papers", pk, {column: value})
        self.typed[pk, column] = str(value)

    def replace_attachment(self) -> None:
        """Attach another file, of the same name and size or not."""
        pk = self._with_free_file()
        now = self.attachments()
        name = self.chance.choice(NAMES)
        if pk in now and self.chance.random() < 0.6:
            name = now[pk]["name"]
        path = self.content(size=0 if self.chance.random() < 0.6 else None)
        self.workspace.emulator.control.replace_attachment("Papers", "Scan", pk, path, name)
        self.attached[pk] = digest_of(path)
        self.named.pop(pk, None)

    def rename_attachment(self) -> None:
        """Rename an attachment; the name is to stay if the file was ours or the user's to name.

        What was named by nobody since its upload gets the name that the template makes.
        """
        pk = self._with_free_file()
        was_named = pk in self.named or self._is_named_by_a_run(pk, self.attachments()[pk])
        with self._client() as client:
            client.tables.rename_attachments(
                "Papers", "Scan", f"mine {next(self._numbers)}", condition=f"PK_ID = {pk}"
            )
        if was_named:
            self.named[pk] = self.attachments()[pk]["name"]

    def _is_named_by_a_run(self, pk: int, attached: dict[str, Any]) -> bool:
        """Say whether the ledger knows that a run has named this very file."""
        with self.workspace.ledger() as ledger:
            given = last_named(ledger.effects.find(record=("Papers", str(pk)))).get("Scan")
            state = ledger.files.state(given[1]) if given is not None else None
        return state is not None and state.sha256 == attached["sha256"]

    def replace_file(self) -> None:
        """Put another file in a file's place, or in the place of one that was there before.

        No listing distinguishes two files of the same name and size within one second, where an
        account lists dates to the second only.
        """
        if self.dates_have_seconds_only:
            time.sleep(1 - time.time() % 1)
        target = self.chance.choice(sorted(self._dump()["files"]) or ["/In/new.txt"])
        if self.chance.random() < 0.2:
            target = join(dirname(target), self.chance.choice(NAMES).strip("."))
        self._lose(target)
        path = self.content(size=0 if self.chance.random() < 0.6 else None)
        self.workspace.emulator.control.replace_file(target, path)
        self.files.add(digest_of(path))

    def delete_attachment(self) -> None:
        """Remove a file from its record."""
        pk = self._with_free_file()
        with self._client() as client:
            client.tables.remove_attachments("Papers", "Scan", condition=f"PK_ID = {pk}")
        self.attached[pk] = None
        self.named.pop(pk, None)

    def delete_file(self) -> None:
        """Delete a file of the Files area."""
        target = self.chance.choice(sorted(self._dump()["files"]))
        self._lose(target)
        with self._client() as client:
            client.files.delete(target)

    def delete_record(self) -> None:
        """Delete a record."""
        pk = self._living()
        with self._client() as client:
            client.tables.delete("Papers", condition=f"PK_ID = {pk}")
        self.gone_records.add(pk)

    def decide(self) -> None:
        """Decide on a suggestion."""
        rows = self._dump()["tables"]["Suggestions"]
        row = self.chance.choice([row for row in rows if not row["Decision"]])
        decision = self.chance.choice(["accept", "reject", "nonsense"])
        self.workspace.emulator.control.edit("Suggestions", row["PK_ID"], {"Decision": decision})
        self.decided.add(int(row["RecordID"]))

    def _lose(self, path: str) -> None:
        """Forget the file that a user removes: it need not be there in the end."""
        for known, file in self._dump()["files"].items():
            if known.casefold() == path.casefold():
                self.files.discard(file["sha256"])

    def _living(self) -> int:
        return self.chance.choice(
            [pk for pk in range(1, RECORDS + 1) if pk not in self.gone_records]
        )

    def _with_free_file(self) -> int:
        """Return a record whose file is not about to be renamed."""
        pk = self._living()
        if str(pk) in self.workspace.boundaries.looked_at:
            raise LookupError("whoever replaced it now could not be seen")
        return pk

    def attachments(self) -> dict[int, dict[str, Any]]:
        """Return what the control API says of each record's file."""
        return {one["pk"]: one for one in self._dump()["attachments"]["Papers"]}

    def _dump(self) -> dict[str, Any]:
        return self.workspace.emulator.control.dump()

    @contextmanager
    def _client(self) -> Iterator[CaspioClient]:
        with CaspioClient(
            url=self.workspace.emulator.url,
            client_id="id",
            client_secret="secret",
            clock=FakeClock(),
        ) as client:
            yield client


def digest_of(path: Path) -> str:
    """Return the SHA-256 of a file."""
    return hashlib.sha256(path.read_bytes()).hexdigest()
