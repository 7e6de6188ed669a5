import hashlib
import os
import tracemalloc
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from pipeline.adapters.s3_archive import S3Archive
from pipeline.adapters.s3_archive.multipart import Sizes
from pipeline.errors import ArchiveConflict, ArchiveUnavailable
from pipeline.model import StoredObject
from tests.servers.swift import BUCKET, Store

pytestmark = pytest.mark.integration

MIB = 1 << 20
SMALL = Sizes(single_put=MIB, part=5 * MIB, single_copy=6 * MIB, copy_part=5 * MIB)


@pytest.fixture
def open_archive(swift: Store, tmp_path: Path) -> Iterator[Callable[..., S3Archive]]:
    """Open the bucket, each test below a prefix of its own; arguments change what is opened."""
    opened: list[S3Archive] = []

    def make(
        *, bucket: str = BUCKET, options: dict[str, Any] | None = None, **reach: str
    ) -> S3Archive:
        keywords = {"prefix": f"test/{tmp_path.name}", **swift.keywords(**reach), **(options or {})}
        opened.append(S3Archive(bucket, **keywords))
        return opened[-1]

    yield make
    for archive in opened:
        archive.close()


@pytest.fixture
def archive(open_archive: Callable[..., S3Archive]) -> S3Archive:
    """A bucket to which files above 1 MiB travel in parts."""
    return open_archive(options={"sizes": SMALL})


@pytest.fixture(scope="module")
def big_file(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    """A file of 64 MiB and its digest."""
    path = tmp_path_factory.mktemp("big") / "big"
    digest = hashlib.sha256()
    with path.open("wb") as stream:
        for _ in range(64):
            block = os.urandom(MIB)
            digest.update(block)
            stream.write(block)
    return path, digest.hexdigest()


@pytest.fixture
def file(tmp_path: Path) -> tuple[Path, str]:
    """A file of 11 MiB, three parts, and its digest."""
    path = tmp_path / "file"
    data = os.urandom(11 * MIB)
    path.write_bytes(data)
    return path, hashlib.sha256(data).hexdigest()


def uploads(archive: S3Archive) -> list[str]:
    """Return the keys of uploads under way in the archive's prefix."""
    answer = archive._client.list_multipart_uploads(Bucket=BUCKET, Prefix=archive._bucket.prefix)
    return [upload["Key"] for upload in answer.get("Uploads", [])]


def test_a_big_file_goes_and_comes_in_flat_memory(
    archive: S3Archive, big_file: tuple[Path, str], tmp_path: Path
):
    """64 MiB travel both ways with a few parts in memory at most."""
    source, sha256 = big_file

    tracemalloc.start()
    stored = archive.put("big", source, sha256=sha256, media_type="application/pdf")
    got = archive.get("big", tmp_path / "back")
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()

    assert stored == got == StoredObject("big", 64 * MIB, sha256) == archive.head("big")
    assert (tmp_path / "back").stat().st_size == 64 * MIB
    assert peak < 24 * MIB


def test_a_file_in_parts_is_put_if_absent(
    archive: S3Archive, file: tuple[Path, str], tmp_path: Path
):
    """Parts change nothing about the promise: the same bytes are success, others a conflict."""
    source, sha256 = file
    other = tmp_path / "other"
    other.write_bytes(bytes(2 * MIB))

    first = archive.put("a", source, sha256=sha256, media_type="")

    assert archive.put("a", source, sha256=sha256, media_type="") == first
    with pytest.raises(ArchiveConflict, match="neither was changed"):
        archive.put("a", other, sha256=hashlib.sha256(bytes(2 * MIB)).hexdigest(), media_type="")


def test_writers_in_parts_all_succeed_and_leave_no_upload(
    archive: S3Archive, file: tuple[Path, str]
):
    """Where several workers send the same file, those who come late throw their parts away."""
    source, sha256 = file

    with ThreadPoolExecutor(4) as pool:
        stored = list(
            pool.map(lambda _: archive.put("a", source, sha256=sha256, media_type=""), range(4))
        )

    assert stored == [StoredObject("a", 11 * MIB, sha256)] * 4
    assert uploads(archive) == []


def test_a_new_object_costs_one_request(
    open_archive: Callable[..., S3Archive], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    """Once the store was seen to refuse a taken key, and where it answers its checksum, nothing is asked."""
    archive, requests = open_archive(), list[str]()
    _answer_checksums(archive, monkeypatch)
    archive._client.meta.events.register(
        "before-send.s3", lambda request, **_: requests.append(request.method)
    )

    def put(key: str, data: bytes, *, replace: bool = False) -> StoredObject:
        requests.clear()
        (tmp_path / "file").write_bytes(data)
        sha256 = hashlib.sha256(data).hexdigest()
        return archive.put(key, tmp_path / "file", sha256=sha256, media_type="", replace=replace)

    put("first", b"first")

    assert put("a", b"a") == archive.head("a")
    put("b", b"b")
    assert requests == ["PUT"]
    put("b", b"c", replace=True)
    assert requests == ["PUT"]
    put("a", b"a")
    assert requests[:2] == ["PUT", "HEAD"]
    with pytest.raises(ArchiveConflict, match="neither was changed"):
        put("a", b"other")


def _answer_checksums(archive: S3Archive, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the store answer the checksum of what it took, as S3 does and Swift does not."""
    put_object = archive._client.put_object

    def put_with_checksum(**asked: Any) -> dict[str, Any]:
        return {**put_object(**asked), "ChecksumSHA256": asked["ChecksumSHA256"]}

    monkeypatch.setattr(archive._client, "put_object", put_with_checksum)


def test_a_changed_file_leaves_no_upload(archive: S3Archive, file: tuple[Path, str]):
    """An upload whose bytes turn out wrong is aborted before it becomes an object."""
    with pytest.raises(ArchiveConflict, match="changed after it was read"):
        archive.put("a", file[0], sha256="0" * 64, media_type="")

    assert uploads(archive) == []
    assert archive.head("a") is None


def test_a_big_copy_goes_in_parts_with_its_metadata(
    archive: S3Archive, file: tuple[Path, str], tmp_path: Path
):
    """A copy above the limit of one request has the same bytes and digest."""
    source, sha256 = file
    archive.put("a", source, sha256=sha256, media_type="application/pdf")

    copied = archive.copy("a", "b")

    assert copied == StoredObject("b", 11 * MIB, sha256)
    assert archive.get("b", tmp_path / "back") == copied
    answer = archive._client.head_object(Bucket=BUCKET, Key=archive._bucket.path("b"))
    assert answer["ContentType"] == "application/pdf"


def test_an_object_of_others_is_compared_by_its_bytes(archive: S3Archive, tmp_path: Path):
    """What was uploaded by hand has no digest with it, so it is read before it is trusted."""
    archive._client.put_object(Bucket=BUCKET, Key=archive._bucket.path("by-hand"), Body=b"bytes")
    source = tmp_path / "source"
    source.write_bytes(b"bytes")
    sha256 = hashlib.sha256(b"bytes").hexdigest()

    assert archive.head("by-hand") == StoredObject("by-hand", 5, None)
    assert archive.put("by-hand", source, sha256=sha256, media_type="") == StoredObject(
        "by-hand", 5, sha256
    )
    source.write_bytes(b"other")
    with pytest.raises(ArchiveConflict):
        archive.put("by-hand", source, sha256=hashlib.sha256(b"other").hexdigest(), media_type="")


def test_a_damaged_object_is_never_handed_out(archive: S3Archive, tmp_path: Path):
    """Bytes that do not have the digest stored with them leave the target as it was."""
    archive._client.put_object(
        Bucket=BUCKET, Key=archive._bucket.path("a"), Body=b"damaged", Metadata={"sha256": "0" * 64}
    )
    folder = tmp_path / "folder"
    folder.mkdir()
    (folder / "target").write_bytes(b"before")

    with pytest.raises(ArchiveConflict, match="damaged or was changed"):
        archive.get("a", folder / "target")

    assert [(path.name, path.read_bytes()) for path in folder.iterdir()] == [("target", b"before")]


def test_a_folder_drawn_by_a_console_is_no_object(archive: S3Archive):
    """Keys that end in a slash are passed over."""
    for key in ("in/", "in/a"):
        archive._client.put_object(Bucket=BUCKET, Key=archive._bucket.prefix + key, Body=b"")

    assert [stored.key for stored in archive.list("")] == ["in/a"]


def test_a_listing_pages(archive: S3Archive):
    """More objects than one answer holds are all met, each once, in order."""
    for number in range(7):
        archive._client.put_object(Bucket=BUCKET, Key=archive._bucket.path(f"n/{number}"), Body=b"")
    pages: list[int] = []
    archive._client.meta.events.register(
        "before-parameter-build.s3.ListObjectsV2",
        lambda params, **_: pages.append(params.update(MaxKeys=3) or 1),
    )

    assert [stored.key for stored in archive.list("n/")] == [f"n/{number}" for number in range(7)]
    assert len(pages) == 3


def test_archives_of_one_bucket_do_not_meet(open_archive: Callable[..., S3Archive], tmp_path: Path):
    """Two prefixes are two archives, also where one begins like the other."""
    one, other = (
        open_archive(options={"prefix": "twin/a"}),
        open_archive(options={"prefix": "/twin/ab/"}),
    )
    source = tmp_path / "source"
    source.write_bytes(b"x")

    one.put("k", source, sha256=hashlib.sha256(b"x").hexdigest(), media_type="")

    assert list(other.list("")) == []
    assert [stored.key for stored in one.list("")] == ["k"]
    assert (one.address("k"), other.address("k")) == (
        f"s3://{BUCKET}/twin/a/k",
        f"s3://{BUCKET}/twin/ab/k",
    )


OUT_OF_REACH = [
    ({"bucket": "no-such-bucket"}, "Create the bucket no-such-bucket"),
    ({"bucket": "X_"}, "X_"),
    ({"secret_access_key": "wrong-secret"}, "Check the credentials"),
    ({"access_key_id": "nobody:at-all"}, "Check the credentials"),
    ({"endpoint_url": "http://127.0.0.1:9"}, "endpoint_url"),
    ({"options": {"sse": "AES256"}}, "remove sse"),
    ({"options": {"storage_class": "STANDARD_IA"}}, "storage_class"),
    ({"options": {"object_lock_days": 1}}, "object_lock_days"),
]


@pytest.mark.parametrize(("change", "way_out"), OUT_OF_REACH)
def test_a_check_that_fails_names_a_way_out(
    open_archive: Callable[..., S3Archive], change: dict[str, Any], way_out: str
):
    """Whatever is wrong with a bucket, the message names it and what to change, and no secret."""
    archive = open_archive(**change)

    with pytest.raises(ArchiveUnavailable) as caught:
        archive.check()

    message = str(caught.value)
    assert way_out in message
    assert change.get("bucket", BUCKET) in message
    assert "secret" not in message + repr(archive)


def test_a_check_says_whether_the_store_refuses_to_overwrite(
    open_archive: Callable[..., S3Archive], tmp_path: Path
):
    """What it says is what the store then does with a key that is taken."""
    archive = open_archive()
    source = tmp_path / "taken"
    source.write_bytes(b"taken")
    digest = hashlib.sha256(b"taken").hexdigest()

    said = archive.check()

    archive.put("taken", source, sha256=digest, media_type="text/plain")
    sent = archive._uploads.send(
        "taken", source, sha256=digest, media_type="text/plain", replace=False
    )
    assert ("does NOT refuse" in said) is (sent is not None or not archive._uploads.are_conditional)


@pytest.mark.parametrize("change", [{"bucket": "no-such-bucket"}, {"secret_access_key": "wrong"}])
def test_every_call_says_that_the_bucket_is_out_of_reach(
    open_archive: Callable[..., S3Archive], change: dict[str, str], tmp_path: Path
):
    """No call takes a bucket it cannot reach for an empty one."""
    archive = open_archive(**change)
    source = tmp_path / "source"
    source.write_bytes(b"x")
    sha256 = hashlib.sha256(b"x").hexdigest()
    attempts = (
        lambda: archive.put("a", source, sha256=sha256, media_type=""),
        lambda: archive.put("a", source, sha256=sha256, media_type="", replace=True),
        lambda: archive.get("a", tmp_path / "back"),
        lambda: archive.head("a"),
        lambda: archive.copy("a", "b"),
        lambda: list(archive.list("")),
    )

    for attempt in attempts:
        with pytest.raises(ArchiveUnavailable, match="bucket"):
            attempt()
