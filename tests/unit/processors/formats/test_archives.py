import bz2
import gzip
import io
import lzma
import tarfile
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from pipeline.model import ReadStatus
from processors.contract import Limits, ReadSettings
from tests.unit.processors import documents

FILES = {"one.txt": b"first words", "folder/two.txt": b"second words"}


@pytest.mark.parametrize("packed", [documents.package, documents.tarred])
def test_every_file_of_an_archive_is_a_document(
    packed: Callable[[dict[str, bytes]], bytes], tmp_path: Path
):
    """The files of an archive are read under their names; the archive's text is all of theirs."""
    findings = documents.read(packed(FILES), tmp_path)

    assert findings.status is ReadStatus.OK
    assert [child.name for child in findings.children] == list(FILES)
    assert findings.text == "first words\fsecond words"
    assert (findings.pages, findings.page_count) == ((), 2)


@pytest.mark.parametrize("compress", [gzip.compress, bz2.compress, lzma.compress])
def test_a_compressed_archive_is_opened_twice(compress: Callable[[bytes], bytes], tmp_path: Path):
    """A compressed file is unpacked, and an archive inside it is an archive."""
    findings = documents.read(compress(documents.tarred(FILES)), tmp_path)

    (tar,) = findings.children
    assert [child.name for child in tar.findings.children] == list(FILES)
    assert "second words" in findings.text


def test_links_in_a_tar_are_not_followed(tmp_path: Path):
    """A link in an archive is listed; no file of this machine is read through it."""
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w") as archive:
        for kind, target in (
            (tarfile.SYMTYPE, "/etc/hostname"),
            (tarfile.LNKTYPE, "../../etc/hostname"),
        ):
            link = tarfile.TarInfo("words.txt")
            link.type, link.linkname = kind, target
            archive.addfile(link)

    findings = documents.read(out.getvalue(), tmp_path)

    assert findings.status is ReadStatus.UNSUPPORTED
    assert [child.path for child in findings.children] == [None, None]


def test_a_zip_whose_entries_overlap_is_suspicious(tmp_path: Path):
    """Two entries over the same bytes are refused before anything is unpacked."""
    data = documents.package({"a.txt": b"x" * 100, "b.txt": b"y" * 100})
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        second = archive.infolist()[1].header_offset
    end = data.rindex(b"PK\x01\x02")
    twisted = data[:end] + data[end:].replace(
        second.to_bytes(4, "little"), (1).to_bytes(4, "little"), 1
    )

    findings = documents.read(twisted, tmp_path)

    assert findings.status is ReadStatus.SUSPICIOUS


def test_a_bomb_inside_an_archive_stops_at_the_ratio(tmp_path: Path):
    """A file that unpacks to far more than the upload is too big, long before the disk is full."""
    settings = ReadSettings(limits=Limits(ratio=2))

    findings = documents.read(
        documents.package({"zeros": bytes(64 * 2**20)}), tmp_path, settings=settings
    )

    assert findings.status is ReadStatus.TOO_BIG
    assert sum(path.stat().st_size for path in tmp_path.rglob("*") if path.is_file()) < 20 * 2**20


def test_nested_archives_are_opened_to_the_allowed_depth(tmp_path: Path):
    """Archives in archives are opened as deep as allowed and no deeper."""
    data = documents.package({"leaf.txt": b"bottom"})
    for level in range(30):
        data = documents.package({f"{level}.zip": data})

    findings = documents.read(data, tmp_path)

    assert findings.status is ReadStatus.TOO_BIG
    assert "deeper than 4 levels" in findings.problems[0]


def test_lines_before_a_zip_do_not_hide_it(tmp_path: Path):
    """Its directory is at the end; a mail with a zip in it stays a mail."""
    packed = documents.package({"milk.txt": b"Ten crates"})
    mail = b"From: a@dairy.example\nSubject: Milk\nDate: Tue, 5 May 2026 08:00:00 +0000\n\n"

    assert documents.read(b"sent by gate 4\n" + packed, tmp_path).text == "Ten crates"
    assert documents.read(mail + packed, tmp_path).media_type == "message/rfc822"
