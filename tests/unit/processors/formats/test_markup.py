"""HTML is read as its visible text, XML as names and texts."""

from pathlib import Path

import pytest

from pipeline.model import ReadStatus
from tests.unit.processors import documents


def test_html_is_read_as_its_visible_text(tmp_path: Path):
    """HTML gives words without scripts, styles and tags, one line per block."""
    page = (
        b"<html><head><title>t</title><style>p{}</style></head><body><p>One &amp; "
        b"two</p><script>x</script><p>Three"
    )

    findings = documents.read(page, tmp_path)

    assert findings.text == "One & two\nThree"


HTML = {
    "what was typed into it": (
        '<form><input value="Ada"><input type="hidden" value="x"></form>',
        "Ada",
    ),
    "nothing that is not shown": (
        '<div style="display: none">no<div>no</div>no</div><p hidden>yes</p>',
        "yes",
    ),
    "all after what is not shown": (
        "<span hidden>no</span> yes <section hidden>no</section> too",
        "yes too",
    ),
}


@pytest.mark.parametrize("part", HTML)
def test_html_form_values_are_read_and_hidden_text_is_not(part: str, tmp_path: Path):
    """Values that a user typed are text; hidden elements are not."""
    html, text = HTML[part]

    findings = documents.read(f"<!doctype html>{html}".encode(), tmp_path)

    assert findings.text.strip() == text


def test_xml_is_read_as_names_and_texts(tmp_path: Path):
    """Every XML element that has text gives a line."""
    findings = documents.read(
        b"<?xml version='1.0'?><a xmlns='urn:x'><b>One</b><c><d>Two</d></c></a>", tmp_path
    )

    assert findings.text == "b: One\nd: Two"


@pytest.mark.parametrize(
    "head",
    [
        "<!DOCTYPE a [<!ENTITY x SYSTEM 'file:///etc/hostname'>]>",
        "<!DOCTYPE a SYSTEM 'http://127.0.0.1:1/a.dtd'>",
    ],
)
@pytest.mark.parametrize("encoding", ["utf-8", "utf-16"])
def test_xml_with_a_document_type_is_refused(head: str, encoding: str, tmp_path: Path):
    """XML with a document type is suspicious in every encoding; nothing it names is opened."""
    data = f"<?xml version='1.0' encoding='{encoding}'?>{head}<a>&x;</a>".encode(encoding)

    findings = documents.read(data, tmp_path)

    assert findings.status is ReadStatus.SUSPICIOUS
    assert findings.text == ""
