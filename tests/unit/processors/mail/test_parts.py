"""Which parts of a mail are text, and which are mail."""

import base64
from pathlib import Path

from tests.unit.processors import documents


def test_a_signature_of_pgp_is_no_text_and_an_international_mail_is_one(tmp_path: Path):
    """The armor says nothing that is read; "message/global" is mail as well."""
    inner = b"From: a@dairy.example\nSubject: Milk\n\nTen crates"
    mail = (
        b"From: b@dairy.example\nTo: c@dairy.example\nMIME-Version: 1.0\n"
        b"Content-Type: multipart/signed; boundary=cut\n\n--cut\n"
        b"Content-Type: message/global\nContent-Transfer-Encoding: base64\n\n"
        + base64.encodebytes(inner)
        + b"--cut\nContent-Type: application/pgp-signature\n\nBEGIN PGP iQEz\n--cut--\n"
    )

    findings = documents.read(mail, tmp_path)

    assert "Ten crates" in findings.text
    assert "iQEz" not in findings.text
    assert len(findings.children) == 1
