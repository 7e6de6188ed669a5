import hashlib
import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from pipeline.adapters.s3_archive import S3Archive
from pipeline.adapters.s3_archive.multipart import Sizes
from pipeline.errors import ArchiveConflict
from pipeline.model import StoredObject
from tests.servers.amazon import BUCKET, Amazon, run_amazon

KIB = 1024
PARTS = Sizes(single_put=4 * KIB, part=4 * KIB)


@pytest.fixture
def checked() -> Iterator[Amazon]:
    """A store that keeps SHA-256."""
    with run_amazon() as store:
        yield store


def opened(store: Amazon) -> S3Archive:
    """Open the archive: files above 4 KiB travel in parts."""
    return S3Archive(BUCKET, sizes=PARTS, **store.keywords())


def put(archive: S3Archive, folder: Path, size: int) -> str:
    """Store random bytes under `k` and return their digest."""
    source = folder / "source"
    source.write_bytes(os.urandom(size))
    digest = hashlib.sha256(source.read_bytes()).hexdigest()
    archive.put("k", source, sha256=digest, media_type="")
    return digest


def look(archive: S3Archive) -> StoredObject:
    """Return how the archive describes the object; it is there."""
    found = archive.head("k")
    assert found is not None
    return found


SIZES = pytest.mark.parametrize("size", [KIB, 10 * KIB], ids=["whole", "in parts"])


@SIZES
def test_the_stores_checksum_proves_the_digest(checked: Amazon, tmp_path: Path, size: int):
    """Sent whole or in parts, what the store says by itself confirms the digest, without reading the bytes."""
    archive = opened(checked)
    digest = put(archive, tmp_path, size)
    checked.requests.clear()

    found = look(archive)

    assert (found, found.is_proven) == (StoredObject("k", size, digest), True)
    assert checked.requests == ["HEAD k"]


@SIZES
def test_other_bytes_of_the_same_length_are_noticed(checked: Amazon, tmp_path: Path, size: int):
    """An object that was overwritten, metadata and all, does not have the digest that was noted with it."""
    archive = opened(checked)
    digest = put(archive, tmp_path, size)
    checked.damage("k")

    found = look(archive)

    assert (found.size_bytes, found.is_proven) == (size, True)
    assert found.sha256 != digest


@SIZES
def test_an_original_that_was_overwritten_does_not_count_as_stored(
    checked: Amazon, tmp_path: Path, size: int
):
    """Storing the same bytes again is no success while the store has others under the key."""
    archive = opened(checked)
    digest = put(archive, tmp_path, size)
    checked.damage("k")

    with pytest.raises(ArchiveConflict):
        archive.put("k", tmp_path / "source", sha256=digest, media_type="")


@SIZES
def test_damage_below_the_store_is_found_by_reading(checked: Amazon, tmp_path: Path, size: int):
    """Bytes that changed on the store's disk are found by hashing them, whatever is said of them."""
    archive = opened(checked)
    digest = put(archive, tmp_path, size)
    checked.rot("k")

    described, read = look(archive), archive.hash_bytes("k")

    assert described.sha256 == digest
    assert read is not None
    assert (read.size_bytes, read.sha256) == (
        size,
        hashlib.sha256(checked.objects["k"].data).hexdigest(),
    )


def test_a_store_without_checksums_works_and_proves_nothing(tmp_path: Path):
    """Where the store refuses the options, files go and come as before, and the digest counts as noted only."""
    with run_amazon() as store:
        archive = opened(store)
        digest = put(archive, tmp_path, KIB)
        store.objects["k"].checksum = None
        store.refuses = True

        found = look(archive)
        again = look(archive)
        read = archive.hash_bytes("k")

    assert (found.sha256, found.is_proven, again.is_proven) == (digest, False, False)
    assert read == StoredObject("k", KIB, digest)
    assert store.requests[-3:] == ["HEAD k", "HEAD k", "GET k"]  # the option is tried once


def test_parts_go_to_a_store_without_checksums(tmp_path: Path):
    """An upload in parts is begun again without the option that the store refuses."""
    with run_amazon(refuses=True) as store:
        archive = opened(store)
        digest = put(archive, tmp_path, 10 * KIB)

        assert archive.hash_bytes("k") == StoredObject("k", 10 * KIB, digest)
        assert look(archive).is_proven is False


def test_what_is_only_noted_is_read_before_it_counts(tmp_path: Path):
    """Where the store has no checksum, the same bytes are stored already only if reading them says so."""
    with run_amazon() as store:
        archive = opened(store)
        digest = put(archive, tmp_path, KIB)
        store.objects["k"].checksum = None
        archive.put("k", tmp_path / "source", sha256=digest, media_type="")
        store.damage("k")

        with pytest.raises(ArchiveConflict):
            archive.put("k", tmp_path / "source", sha256=digest, media_type="")


def test_there_is_nothing_to_hash(checked: Amazon):
    """An object that is not there has no digest."""
    assert opened(checked).hash_bytes("k") is None
