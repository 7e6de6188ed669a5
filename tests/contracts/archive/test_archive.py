import hashlib
import inspect
import os
import stat
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from itertools import islice
from pathlib import Path

import pytest

from pipeline.adapters.local_archive import LocalArchive
from pipeline.adapters.s3_archive import S3Archive
from pipeline.errors import ArchiveConflict, FileGone
from pipeline.model import StoredObject
from pipeline.ports import Archive
from tests.servers.swift import BUCKET, Store

BAD_KEYS = [
    "",
    "/",
    "/absolute",
    "..",
    "../up",
    "a/../b",
    "a/./b",
    "a//b",
    "a/",
    "a\\b",
    "a\nb",
    "nul\x00",
]
ODD_KEYS = ["ü/ß.pdf", "a b+c%20&d=e?f#g.pdf", "日本/語.pdf", "😀.pdf", "a:b'c\"d*e.pdf", "x" * 200]


def sha(data: bytes) -> str:
    """Return a digest as the archive writes it."""
    return hashlib.sha256(data).hexdigest()


@pytest.fixture
def store(archive: Archive, tmp_path: Path) -> Callable[..., StoredObject]:
    """Put bytes under a key."""
    source = tmp_path / "source"

    def put(key: str, data: bytes, *, replace: bool = False) -> StoredObject:
        source.write_bytes(data)
        return archive.put(
            key, source, sha256=sha(data), media_type="application/pdf", replace=replace
        )

    return put


@pytest.fixture
def content(archive: Archive, tmp_path: Path) -> Callable[[str], bytes]:
    """Read the bytes under a key."""

    def get(key: str) -> bytes:
        target = tmp_path / "target"
        archive.get(key, target)
        return target.read_bytes()

    return get


Put = Callable[..., StoredObject]
Get = Callable[[str], bytes]


# Putting and getting


@pytest.mark.parametrize("data", [b"", b"x", b"\x00\xff" * 70_000])
def test_what_was_put_comes_back(archive: Archive, store: Put, tmp_path: Path, data: bytes):
    """Bytes come back as they were given, with their size and digest."""
    expected = StoredObject("originals/a", len(data), sha(data))

    put = store("originals/a", data)
    got = archive.get("originals/a", tmp_path / "back")

    assert (put, got) == (expected, expected)
    assert (tmp_path / "back").read_bytes() == data


@pytest.mark.parametrize("key", ODD_KEYS)
def test_no_usable_key_is_too_strange(archive: Archive, store: Put, content: Get, key: str):
    """Keys keep every sign that a file name may have."""
    store(f"in/{key}", b"x")

    assert content(f"in/{key}") == b"x"
    assert [stored.key for stored in archive.list("in/")] == [f"in/{key}"]


def test_the_same_bytes_again_are_success(store: Put):
    """A step that is repeated after a crash finds its work done."""
    first = store("a", b"same")

    assert store("a", b"same") == first


def test_other_bytes_are_a_conflict(store: Put, content: Get):
    """Nothing is written over, and the error names the key."""
    store("a/b", b"first")

    with pytest.raises(ArchiveConflict, match="a/b"):
        store("a/b", b"second")

    assert content("a/b") == b"first"


def test_derived_files_are_replaced_when_asked(archive: Archive, store: Put, content: Get):
    """With `replace` the new bytes and their digest take the old ones' place."""
    store("a", b"first")

    stored = store("a", b"second!", replace=True)

    assert stored == StoredObject("a", 7, sha(b"second!")) == archive.head("a")
    assert content("a") == b"second!"


@pytest.mark.parametrize("replace", [False, True])
def test_a_file_that_changed_since_it_was_read_is_not_stored(
    archive: Archive, tmp_path: Path, *, replace: bool
):
    """Bytes that have not the digest given are refused, and nothing is left under the key."""
    source = tmp_path / "source"
    source.write_bytes(b"changed")

    with pytest.raises(ArchiveConflict, match="Fetch"):
        archive.put("a", source, sha256=sha(b"read"), media_type="", replace=replace)

    assert archive.head("a") is None


def test_a_target_is_replaced(archive: Archive, store: Put, tmp_path: Path):
    """What lay where an object is written to is gone, and nothing else appears beside it."""
    store("a", b"new")
    folder = tmp_path / "folder"
    folder.mkdir()
    (folder / "target").write_bytes(b"old and longer")

    archive.get("a", folder / "target")

    assert [(path.name, path.read_bytes()) for path in folder.iterdir()] == [("target", b"new")]


def test_a_missing_object_is_gone(archive: Archive, store: Put, tmp_path: Path):
    """Reading or copying what is not there raises FileGone with its key; nothing is written."""
    store("there", b"x")

    for attempt in (
        lambda: archive.get("miss/ing", tmp_path / "back"),
        lambda: archive.copy("miss/ing", "there"),
    ):
        with pytest.raises(FileGone, match="miss/ing"):
            attempt()

    assert not (tmp_path / "back").exists()
    assert archive.head("there") == StoredObject("there", 1, sha(b"x"))


def test_head_returns_size_and_digest(archive: Archive, store: Put):
    """A look at an object has what a comparison needs.

    A missing one is None, also below an object.
    """
    store("a/b", b"12345")

    assert archive.head("a/b") == StoredObject("a/b", 5, sha(b"12345"))
    assert archive.head("a/c") is None
    assert archive.head("a") is None


# Copying


def test_a_copy_has_the_bytes_and_the_digest(archive: Archive, store: Put, content: Get):
    """A copy is as good as what it was made of, which stays."""
    store("a", b"bytes")

    copied = archive.copy("a", "b/c")

    assert copied == StoredObject("b/c", 5, sha(b"bytes")) == archive.head("b/c")
    assert content("b/c") == content("a") == b"bytes"


def test_a_copy_replaces_what_is_there(archive: Archive, store: Put, content: Get):
    """Copying over an object leaves the copy; copying onto itself changes nothing."""
    store("a", b"new")
    store("b", b"old and longer")

    archive.copy("a", "b")
    archive.copy("b", "b")

    assert content("b") == b"new"
    assert archive.head("b") == StoredObject("b", 3, sha(b"new"))


# Listing


def test_a_list_is_in_key_order(archive: Archive, store: Put):
    """Keys come by code point, as if folders were nothing but signs in them."""
    keys = ["a", "a-b", "a.b", "b/c/d", "b-c", "b/c", "B", "ä", "a0"]
    keys.remove("b/c")  # no folder can be a file too
    for key in keys:
        store(f"k/{key}", b"x")

    assert [stored.key for stored in archive.list("k/")] == sorted(f"k/{key}" for key in keys)


def test_a_prefix_may_end_inside_a_name(archive: Archive, store: Put):
    """A prefix is the beginning of a key and not a folder; sizes are listed."""
    for key in ("doc/ab/1", "doc/abc", "doc/b", "other"):
        store(key, b"xy")

    assert [(stored.key, stored.size_bytes) for stored in archive.list("doc/ab")] == [
        ("doc/ab/1", 2),
        ("doc/abc", 2),
    ]
    assert [stored.key for stored in archive.list("")] == ["doc/ab/1", "doc/abc", "doc/b", "other"]
    assert list(archive.list("nothing/")) == []


def test_a_list_is_lazy(archive: Archive, store: Put):
    """Nothing is asked before the first object is wanted, and no more than that is kept."""
    listing = archive.list("late/")
    for number in range(5):
        store(f"late/{number}", b"x")

    assert inspect.isgenerator(listing)
    assert [stored.key for stored in islice(listing, 2)] == ["late/0", "late/1"]
    listing.close()


# Keys


@pytest.mark.parametrize("key", BAD_KEYS)
def test_bad_keys_are_refused(archive: Archive, store: Put, tmp_path: Path, key: str):
    """A key that could leave the archive, or mean two things, is a bug before it is a path."""
    store("there", b"x")
    attempts = (
        lambda: store(key, b"y"),
        lambda: archive.get(key, tmp_path / "back"),
        lambda: archive.head(key),
        lambda: archive.copy("there", key),
        lambda: archive.copy(key, "there"),
        lambda: archive.address(key),
    )

    for attempt in attempts:
        with pytest.raises(ValueError, match="not an archive key"):
            attempt()

    assert [stored.key for stored in archive.list("")] == ["there"]


@pytest.mark.parametrize("prefix", ["/", "../", "..", "a/../", "a//", "a\\", "a\x00"])
def test_bad_prefixes_are_refused(archive: Archive, prefix: str):
    """A list never looks outside the archive."""
    with pytest.raises(ValueError, match="prefix"):
        list(archive.list(prefix))


def test_an_address_ends_in_the_key(archive: Archive):
    """A user finds the object by what a report shows."""
    assert archive.address("originals/ab").endswith("originals/ab")


# Threads, and the probe


def test_writers_of_the_same_bytes_all_succeed(archive: Archive, tmp_path: Path):
    """Eight workers that archive the same original at once all learn that it is safe."""
    source = tmp_path / "source"
    source.write_bytes(b"same" * 1000)
    barrier = threading.Barrier(8)

    def put(_number: int) -> StoredObject:
        barrier.wait()
        return archive.put("same", source, sha256=sha(b"same" * 1000), media_type="")

    with ThreadPoolExecutor(8) as pool:
        stored = list(pool.map(put, range(8)))

    assert stored == [StoredObject("same", 4000, sha(b"same" * 1000))] * 8
    assert archive.head("same") == stored[0]


def test_a_check_leaves_nothing(archive: Archive):
    """The probe passes in a working archive and is gone afterwards."""
    archive.check()

    assert list(archive.list("")) == []


def test_what_a_local_archive_stores_is_for_its_user_only(tmp_path: Path):
    """Folders and files of the archive can be read by nobody else, whatever the umask allows."""
    before = os.umask(0)
    try:
        archive = LocalArchive(tmp_path / "deep" / "archive")
        source = tmp_path / "a.pdf"
        source.write_bytes(b"content")
        digest = hashlib.sha256(b"content").hexdigest()
        archive.put("originals/ab/cd", source, sha256=digest, media_type="application/pdf")
        archive.copy("originals/ab/cd", "documents/x/y")
        archive.check()
    finally:
        os.umask(before)

    made = [tmp_path / "deep", *(tmp_path / "deep").rglob("*")]
    assert {stat.S_IMODE(path.stat().st_mode) for path in made if path.is_dir()} == {0o700}
    assert {stat.S_IMODE(path.stat().st_mode) for path in made if path.is_file()} == {0o600}


# Files that nobody changes any more


def test_a_file_that_is_given_away_stays_when_its_folder_goes(
    archive: Archive, tmp_path: Path, content: Get
):
    """Work folders are deleted, and what was stored from them is not."""
    source = tmp_path / "source"
    source.write_bytes(b"bytes")

    for replace in (False, True):
        archive.put(
            "a", source, sha256=sha(b"bytes"), media_type="", replace=replace, unchanging=True
        )
    source.unlink()

    assert content("a") == b"bytes"


def neighbors(request: pytest.FixtureRequest, kind: str, tmp_path: Path) -> list[Archive]:
    """Return two archives of a kind, of which the place of one begins with that of the other."""
    if kind == "local":
        return [LocalArchive(tmp_path / name) for name in ("acme", "acme-two")]
    store: Store = request.getfixturevalue("swift")
    return [
        S3Archive(BUCKET, prefix=f"test/{tmp_path.name}/{name}", **store.keywords())
        for name in ("acme", "acme-two")
    ]


@pytest.mark.parametrize("kind", ["local", pytest.param("s3", marks=pytest.mark.integration)])
def test_an_archive_that_is_deleted_takes_nothing_else_along(
    kind: str, request: pytest.FixtureRequest, tmp_path: Path
):
    """Every object of one account goes, none of its neighbor, and to do it twice is no error."""
    one, other = neighbors(request, kind, tmp_path)
    source = tmp_path / "source"
    source.write_bytes(b"content")
    for archive in (one, other):
        for key in ("originals/a", "documents/b/c"):
            archive.put(key, source, sha256=sha(b"content"), media_type="")

    assert isinstance(one, LocalArchive | S3Archive)
    assert (one.delete_all(), one.delete_all()) == (2, 0)
    assert list(one.list("")) == []
    assert [stored.key for stored in other.list("")] == ["documents/b/c", "originals/a"]
