"""What is promised about files of kinds that are not read: they are named, with a way out."""

from pathlib import Path

import pytest

from pipeline.model import ReadStatus
from processors.detect import unread
from processors.detect.unread import _kinds
from tests.unit.processors import documents

NOISE = bytes(range(256)) * 8


@pytest.mark.parametrize(
    ("data", "media_type", "named"),
    [
        (b"AT&TFORM" + NOISE, "image/vnd.djvu", "DjVu"),
        (b"8BPS\0\1" + NOISE, "image/vnd.adobe.photoshop", "Photoshop"),
        (b"AC1027" + NOISE, "image/vnd.dwg", "AutoCAD"),
        (bytes.fromhex("e4525c7b8cd8a74daeb15378d02996d3") + NOISE, "application/onenote", "Note"),
        (b"\xc5\xd0\xd3\xc6" + NOISE, "application/postscript", "PostScript"),
        (b"\x00\x00\x00\x18ftypM4A " + NOISE, "audio/mp4", "Sound"),
        (b"\x00\x00\x00\x18ftypisom" + NOISE, "video/mp4", "Video"),
        (b"\x00\x00\x00\x18ftypcrx " + NOISE, "image/x-canon-cr3", "Raw"),
        (b"RIFF\x24\x08\0\0WAVEfmt " + NOISE, "audio/wave", "Sound"),
        (b"\x00\x01\x00\x00Standard ACE DB" + NOISE, "application/x-msaccess", "Access"),
        (b"\x00\x01\x00\x00\x00\x0f" + NOISE, "font/ttf", "Fonts"),
        (b"MZ\x90\x00" + NOISE, "application/vnd.microsoft.portable-executable", "Programs"),
        (b"a book".ljust(60, b"\0") + b"BOOKMOBI" + NOISE, "application/x-mobipocket-ebook", "E-"),
        (b"\0" * 32769 + b"CD001" + NOISE, "application/x-iso9660-image", "discs"),
        (b"\x21\x7c-lh5-" + NOISE, "application/x-lzh-compressed", "LHA"),
        (b"-----BEGIN PGP MESSAGE-----\n\nhQEM\n", "application/pgp-encrypted", "encrypted"),
        (documents.ole("Quill", b"\0" * 64), "application/vnd.ms-publisher", "Publisher"),
        (documents.ole("VisioDocument", b"\0" * 64), "application/vnd.visio", "Visio"),
        (documents.ole("   114", b"\0" * 64), "application/vnd.ms-project", "Project"),
        (
            documents.package({"mimetype": b"application/epub+zip", "a.xhtml": b"<p>One</p>"}),
            "application/epub+zip",
            "E-books",
        ),
        (
            documents.package({"META-INF/MANIFEST.MF": b"Manifest-Version: 1.0", "A.class": NOISE}),
            "application/java-archive",
            "Programs",
        ),
    ],
)
def test_a_kind_that_is_not_read_is_named(tmp_path: Path, data: bytes, media_type: str, named: str):
    """The problem names the kind as people do, and not by its media type."""
    findings = documents.read(data, tmp_path)

    assert (findings.status, findings.media_type) == (ReadStatus.UNSUPPORTED, media_type)
    assert named in findings.problems[0]
    assert media_type not in findings.problems[0]


@pytest.mark.parametrize("kind", _kinds(), ids=lambda kind: kind.file_type.media_type)
def test_every_kind_says_what_to_do(kind: unread._Kind):
    """A kind begins with bytes that no other one before it takes, and has a whole sentence."""
    data = [b"\0" * kind.at + begin for begin in kind.begins]

    assert {unread.type_of(each) for each in data} <= {kind.file_type}
    assert kind.says.endswith(".")
    assert ";" in kind.says
    assert unread.advice(kind.file_type.media_type)


def test_a_zip_of_documents_with_a_program_is_unpacked(tmp_path: Path):
    """Only a package of a program is one: a part of it beside documents is no reason."""
    data = documents.package({"bill.pdf": documents.pdf("One bill"), "A.class": NOISE})

    assert documents.read(data, tmp_path).media_type == "application/zip"
