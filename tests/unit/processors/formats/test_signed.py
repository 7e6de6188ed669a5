"""Signed documents are taken out of their signatures."""

import base64
from pathlib import Path

import pytest

from pipeline.model import ReadStatus
from tests.unit.processors import documents


@pytest.mark.parametrize("in_parts", [True, False], ids=["in parts", "whole"])
def test_a_signed_document_is_read(in_parts: bool, tmp_path: Path):  # noqa: FBT001 - a case
    """What was signed is a document of its own, however the signature encodes it."""
    page = b"<!DOCTYPE html><p>Green tea</p>"

    findings = documents.read(documents.signed(page, in_parts=in_parts), tmp_path)

    assert findings.status is ReadStatus.OK
    assert findings.children[0].findings.media_type == "text/html"
    assert findings.text == "Green tea"


def test_a_signed_mail_is_read_with_its_attachments(tmp_path: Path):
    """S/MIME wraps the parts of a mail without the mail's own headers."""
    entity = (
        b"Content-Type: multipart/mixed; boundary=cut\r\n\r\n--cut\r\nContent-Type: text/plain\r\n\r\n"
        b"Green tea\r\n--cut\r\nContent-Type: text/html; name=a.html\r\n\r\n<p>Blue pot</p>\r\n--cut--"
    )
    mail = (
        b"From: a@example.com\r\nSubject: Tea\r\nMIME-Version: 1.0\r\n"
        b"Content-Type: application/pkcs7-mime; smime-type=signed-data; name=smime.p7m\r\n"
        b"Content-Transfer-Encoding: base64\r\n\r\n"
    ) + base64.encodebytes(documents.signed(entity))

    findings = documents.read(mail, tmp_path)

    assert findings.status is ReadStatus.OK
    assert "Green tea" in findings.text
    assert "Blue pot" in findings.text


@pytest.mark.parametrize(
    ("data", "status"),
    [
        (documents.signed(b"tea", kind=documents.ENVELOPED_DATA), ReadStatus.ENCRYPTED),
        (documents.signed(None), ReadStatus.UNSUPPORTED),
        (documents.signed(b"tea" * 100)[:-150], ReadStatus.DAMAGED),
    ],
    ids=["encrypted", "signature alone", "cut"],
)
def test_a_signature_with_nothing_readable_in_it_says_so(
    data: bytes, status: ReadStatus, tmp_path: Path
):
    """Encrypted, detached and cut signatures are distinguished, each with a way out."""
    findings = documents.read(data, tmp_path)

    assert findings.status is status
    assert findings.problems


@pytest.mark.parametrize(
    "armor",
    [
        b"%s",
        b"-----BEGIN PKCS7-----\n%s-----END PKCS7-----\n",
        b"-----BEGIN CMS-----\n%s-----END CMS-----",
    ],
    ids=["base64", "PKCS7", "CMS"],
)
def test_a_signature_in_base64_is_read(armor: bytes, tmp_path: Path):
    """Programs write signatures as text, with or without lines around it."""
    page = b"<!DOCTYPE html><p>Green tea</p>" * 20

    findings = documents.read(armor % base64.encodebytes(documents.signed(page)), tmp_path)

    assert findings.media_type == "application/pkcs7-mime"
    assert findings.text.startswith("Green tea")
