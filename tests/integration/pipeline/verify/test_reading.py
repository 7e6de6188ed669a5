from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace

import pytest

from flows.app.direct import work_sources
from flows.app.run_request import RunRequest
from flows.app.verify import verify
from flows.app.wiring import AppContext
from pipeline.model import StoredObject
from pipeline.verify import reconcile
from pipeline.verify.differences import DifferenceKind
from tests.fakes.archive import MemoryArchive
from tests.fakes.reader import FakeReader
from tests.integration.pipeline.conftest import MakeWorkspace
from tests.integration.pipeline.verify.receipts import FILES, PLAIN, kinds
from tests.integration.pipeline.workspace import Workspace

pytestmark = pytest.mark.integration


class _Bucket(MemoryArchive):
    """An archive as a bucket without checksums: what it says of an object is what was noted with it."""

    def __init__(self) -> None:
        super().__init__()
        self.hashed: list[str] = []
        self.dies_after = 1_000

    def head(self, key: str) -> StoredObject | None:
        """Say what was noted: the digest in the key, and the size."""
        found = super().head(key)
        if found is None or not key.startswith("originals/"):
            return found
        return replace(found, sha256=key.rpartition("/")[2], is_proven=False)

    def hash_bytes(self, key: str) -> StoredObject | None:
        """Read the bytes, unless the machine is switched off."""
        if len(self.hashed) >= self.dies_after:
            raise KeyboardInterrupt
        self.hashed.append(key)
        return super().head(key)

    def damage(self) -> None:
        """Change a bit of the last original."""
        key = max(key for key in self.objects if key.startswith("originals/"))
        data = self.objects[key]
        self.objects[key] = bytes([data[0] ^ 1]) + data[1:]


@contextmanager
def in_bucket(workspace: Workspace, bucket: _Bucket) -> Iterator[AppContext]:
    """Connect the account to a bucket."""
    workspace.clock.advance(1)
    with workspace.context() as context:
        yield replace(context, ports=replace(context.ports, archive=bucket))


@pytest.fixture
def bucket(make_workspace: MakeWorkspace) -> tuple[Workspace, _Bucket]:
    """Four receipts and a copy of one, archived in a bucket."""
    files = {**FILES, "scan5.txt": FILES["scan1.txt"]}
    workspace, bucket = make_workspace(PLAIN, files=files), _Bucket()
    workspace.reader = FakeReader()
    with in_bucket(workspace, bucket) as context:
        work_sources(context, sources=(), request=RunRequest(yes=True))
    return workspace, bucket


def test_a_damaged_original_of_the_right_length_is_found_by_reading(
    bucket: tuple[Workspace, _Bucket],
):
    """Where the store proves nothing, `verify` says so, and with `--read` it finds what is damaged; each original is read once."""
    workspace, archive = bucket
    archive.damage()

    with in_bucket(workspace, archive) as context:
        noted = verify(context)
        read = verify(context, read=True)

    assert (kinds(noted), noted.unproven) == ({}, 5)
    assert set(read.counts) == {DifferenceKind.ORIGINAL_DAMAGED}
    assert read.unproven == 0
    assert len(archive.hashed) == len(set(archive.hashed)) == 4


def test_reading_repairs_a_damaged_original(bucket: tuple[Workspace, _Bucket]):
    """What `--read` found damaged is fetched again where Caspio still has the same bytes."""
    workspace, archive = bucket
    archive.damage()

    with in_bucket(workspace, archive) as context:
        repaired = verify(context, read=True, repair=True)
        again = verify(context, read=True)

    assert (repaired.harm, repaired.left) == (0, [])
    assert kinds(again) == {}


def test_reading_goes_on_where_it_was_stopped(
    bucket: tuple[Workspace, _Bucket], monkeypatch: pytest.MonkeyPatch
):
    """A run that dies while it reads has kept how far it came: the next reads the batch it was in, and no other."""
    workspace, archive = bucket
    monkeypatch.setattr(reconcile, "READ_BATCH", 2)
    archive.dies_after = 3
    with in_bucket(workspace, archive) as context, pytest.raises(KeyboardInterrupt):
        verify(context, read=True)
    archive.dies_after, first, archive.hashed = 1_000, archive.hashed, []

    with in_bucket(workspace, archive) as context:
        plain = verify(context)
        resumed = verify(context, read=True)

    assert (plain.resumed, resumed.resumed, resumed.complete) == (False, True, True)
    assert resumed.files == 3
    assert set(first[:2]).isdisjoint(archive.hashed[:2])
