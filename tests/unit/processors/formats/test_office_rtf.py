"""Rich text is read without its formatting."""

from pathlib import Path

from tests.unit.processors import documents


def test_rich_text_is_read_without_formatting(tmp_path: Path):
    """Rich text gives its words, letters beyond ASCII among them."""
    findings = documents.read(documents.rtf("Grüße aus Köln"), tmp_path)

    assert findings.text == "Grüße aus Köln"
