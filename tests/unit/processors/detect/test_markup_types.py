import pytest

from processors.detect.markup_types import markup_type
from processors.detect.text_types import text_type

XML = {
    "prefix": '<q:Bill xmlns:q="urn:bills"><q:p>7</q:p></q:Bill>',
    "fields named like HTML": '<?xml version="1.0"?><Parcel><Title>A</Title><Body/></Parcel>',
    "capitalized root": "<Table><Row>1</Row></Table>",
    "comment first": '<?xml version="1.0"?><!-- <html> --><note><div>1</div></note>',
    "document type": '<!DOCTYPE note SYSTEM "n.dtd"><note><p>1</p></note>',
    "no declaration": "<order>\n<table>5</table>\n</order>",
    "default namespace": '<table xmlns="urn:furniture"><legs>4</legs></table>',
}
HTML = {
    "doctype": "<!DOCTYPE html><p>1",
    "declared as XML": '<?xml version="1.0"?><html><p>1</p></html>',
    "declared as XHTML": (
        '<?xml version="1.0"?><!DOCTYPE html PUBLIC "-//W3C//DTD XHTML 1.0 Strict//EN" "x.dtd">'
        '<html xmlns="http://www.w3.org/1999/xhtml"><body/></html>'
    ),
    "comment first": "<!-- saved from a browser -->\n<html><body>1</body></html>",
    "exported table": "<table border=1><tr><td>1<td>2</table>",
    "capitals": "<TABLE><TR><TD>1</TD></TR></TABLE>",
    "unclosed element": "<o><br><p>1",
}


@pytest.mark.parametrize("case", XML)
def test_xml_is_xml_whatever_its_elements_are_called(case: str):
    """The root element, a namespace, a declaration or the syntax shows that a text is XML."""
    found = markup_type(XML[case])

    assert found is not None
    assert found.media_type == "application/xml"


@pytest.mark.parametrize("case", HTML)
def test_a_page_is_a_page(case: str):
    """A page of the web is recognized in every form that programs write."""
    found = markup_type(HTML[case])

    assert found is not None
    assert found.media_type == "text/html"


@pytest.mark.parametrize("text", ["<ann@example.com> wrote:\nHello", "<important> buy milk"])
def test_a_text_that_starts_with_an_angle_bracket_is_a_text(text: str):
    """What is no markup stays plain text."""
    assert markup_type(text) is None


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-be", "utf-8-sig"])
def test_xml_is_recognized_in_every_encoding(encoding: str):
    """A byte order mark, or zero bytes between the letters, do not hide XML."""
    found = text_type('<?xml version="1.0"?><bill><p>7</p></bill>'.encode(encoding))

    assert found is not None
    assert found.media_type == "application/xml"
