"""A web page that a browser saved as a mail."""

from pathlib import Path

from tests.unit.processors import documents

PAGE = b"From: <Saved by Otter 12>\r\nSubject: Order\r\nMIME-Version: 1.0\r\n\r\nOrder no 8\r\n"


def test_a_browser_that_saved_a_page_did_not_send_it(tmp_path: Path):
    """It is where a mail has its sender."""
    text = documents.read(PAGE, tmp_path).text

    assert "Order no 8" in text
    assert "Saved by" not in text
