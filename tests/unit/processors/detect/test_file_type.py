import gzip
from pathlib import Path

import pytest
from PIL import Image

from processors.detect import media
from processors.detect.encoding import clean, decode
from processors.detect.file_type import file_type_of
from tests.unit.processors import documents

MAIL = b"From: a@example.com\r\nTo: b@example.com\r\nSubject: Bill\r\n\r\nHello"
BLANK = Image.new("RGB", (20, 20), "white")

SAMPLES = {
    "pdf": (documents.pdf("Hello"), media.PDF, ".pdf"),
    "pdf after junk": (b"\n\n junk \n" + documents.pdf("Hello"), media.PDF, ".pdf"),
    "png": (documents.saved(BLANK, "PNG"), "image/png", ".png"),
    "jpeg": (documents.saved(BLANK, "JPEG"), "image/jpeg", ".jpg"),
    "tiff": (documents.saved(BLANK, "TIFF"), "image/tiff", ".tif"),
    "webp": (documents.saved(BLANK, "WEBP"), "image/webp", ".webp"),
    "gif": (documents.saved(BLANK, "GIF"), "image/gif", ".gif"),
    "bmp": (documents.saved(BLANK, "BMP"), "image/bmp", ".bmp"),
    "docx": (documents.docx("Hello"), media.DOCX, ".docx"),
    "xlsx": (documents.xlsx({"One": [["Hello"]]}), media.XLSX, ".xlsx"),
    "zip": (documents.package({"a.txt": b"a"}), "application/zip", ".zip"),
    "tar": (documents.tarred({"a.txt": b"a"}), media.TAR, ".tar"),
    "gzip": (gzip.compress(b"words"), "application/gzip", ".gz"),
    "7z": (b"7z\xbc\xaf\x27\x1c" + bytes(40), "application/x-7z-compressed", ".7z"),
    "rtf": (documents.rtf("Hello"), media.RTF, ".rtf"),
    "pptx": (documents.pptx(["Hello"]), media.PPTX, ".pptx"),
    "odt": (
        documents.odf("text", "<text:p>Hello</text:p>"),
        "application/vnd.oasis.opendocument.text",
        ".odt",
    ),
    "mail": (MAIL, media.MAIL, ".eml"),
    "html": (b"<!DOCTYPE html><p>Hello</p>", "text/html", ".html"),
    "svg": (
        b'<?xml version="1.0"?><svg xmlns="http://www.w3.org/2000/svg"/>',
        "image/svg+xml",
        ".svg",
    ),
    "xml": (b'<?xml version="1.0"?><a/>', "application/xml", ".xml"),
    "csv": (b"name;amount\nAda;3,50\nBob;4,10\n", "text/csv", ".csv"),
    "csv of one record": (b"name;amount\nAda;3,50\n", "text/csv", ".csv"),
    "two clauses": (b"We came; we saw.\nThey left; we stayed.", "text/plain", ".txt"),
    "text": ("Grüße, alle zusammen.\nBis morgen.".encode(), "text/plain", ".txt"),
    "text in UTF-16": ("Hello there".encode("utf-16-le"), "text/plain", ".txt"),
    "note with a colon": (b"Subject: what to buy\nmilk, bread", "text/plain", ".txt"),
    "PostScript": (b"%!PS-Adobe-3.0\n(tea) show\n", "application/postscript", ".ps"),
    "for a printer": (b"\x1b%-12345X@PJL JOB\n", "application/vnd.hp-pcl", ".pcl"),
    "a portable map": (b"P1\n2 2\n1 0\n0 1\n", "image/x-portable-anymap", ".pnm"),
    "Pages": (documents.package({"Index/Document.iwa": b"x"}), "application/vnd.apple.iwork", ""),
    "Visio": (
        documents.package({"visio/document.xml": b"x"}),
        "application/vnd.ms-visio.drawing",
        ".vsdx",
    ),
    "commas before decimals in every line": (
        b"Tee   40,00   39,00\nTorte   60,00   59,00\nSumme   100,00   98,00\n",
        "text/plain",
        ".txt",
    ),
    "commas between cells and before decimals": (
        b'Was,Preis\nTee,"3,50"\nTorte,"4,10"\n',
        "text/csv",
        ".csv",
    ),
    "a template": (
        documents.package({"mimetype": b"application/vnd.oasis.opendocument.text-template"}),
        "application/vnd.oasis.opendocument.text",
        ".odt",
    ),
    "a text filled with zeros": (b"Tea\n" + bytes(99), "text/plain", ".txt"),
    "noise": (bytes(range(256)) * 8, media.UNKNOWN, ""),
}


@pytest.mark.parametrize("sample", SAMPLES)
def test_type_is_detected_from_content(sample: str, tmp_path: Path):
    """The bytes of a file alone decide its media type and extension."""
    data, media_type, extension = SAMPLES[sample]
    path = tmp_path / "no-extension"
    path.write_bytes(data)

    kind = file_type_of(path)

    assert kind == media.FileType(media_type, extension)


def test_a_truncated_word_document_keeps_its_type(tmp_path: Path):
    """A package without its directory keeps the type that its first entries show.

    So it is reported as damaged, not as unknown.
    """
    path = tmp_path / "cut.docx"
    whole = documents.docx("Hello")
    path.write_bytes(whole[: len(whole) * 2 // 3])

    kind = file_type_of(path)

    assert kind.media_type == media.DOCX


@pytest.mark.parametrize(
    "encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "cp1252"]
)
def test_text_is_decoded_from_every_usual_encoding(encoding: str):
    """Western text is the same whichever usual encoding it comes in."""
    text = "Rechnung über 3,50 € für Müller & Söhne"

    decoded = decode(text.encode(encoding))

    assert decoded.lstrip("\ufeff") == text


def test_clean_text_can_be_stored_anywhere():
    """No control character or surrogate reaches a file, a database or JSON."""
    cleaned = clean("a\x00b\ud800c\r\nd\x07")

    assert cleaned == "abc\nd"
