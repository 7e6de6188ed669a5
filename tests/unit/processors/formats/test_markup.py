"""HTML is read as its visible text, XML as names and texts."""

import base64
import re
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
        '<div style="display: none">no<div>no</div>no</div><p hidden>no</p>yes',
        "yes",
    ),
    "no hyphen that breaks no line": ("<p>To&shy;tal</p>", "Total"),
    "nothing within a line that is not shown": (
        (
            "<p>yes <b style='opacity:0'>no</b><font style='font-size:0px'>no</font> too"
            "<a hidden><div>no</div>no</p>"
        ),
        "yes too",
    ),
    "all after what has no end of its own": (
        (
            "<p hidden>no<p>yes<ul><li hidden>no<ul><li>no</ul><li>too</ul>"
            "<dl><dt hidden>no<dd>three</dl><p><i hidden>no</p>four"
        ),
        "yes\ntoo\nthree\nfour",
    ),
    "all of a table but what is not shown": (
        (
            "<table><tr hidden><td>no<table><tr><td>no</table><tr><td hidden>no<td>yes"
            "<tr style='visibility:hidden'><td>no</table>too"
        ),
        "yes\ntoo",
    ),
    "what is in a container of no size": (
        "<div style='font-size:0'><div style='font-size:13px'>yes</div></div>",
        "yes",
    ),
    "nothing that the page's style hides in its lines": (
        (
            "<style>/* {} */ .a, p#b {display:none} .c{visibility:hidden} .c{visibility:visible}"
            " @media print {.d{display:none}} .e{display:none}</style>"
            "<div class='x a'>apart</div><p id=b>apart<p class=c>yes<p class=d>too"
            "<p class=e style='display:block'>three"
        ),
        "yes\ntoo\nthree\n\napart\napart",
    ),
    "what is struck through apart": (
        (
            "<style>.old{text-decoration: red line-through}</style><div>a <s>no</s> b <del>no<p>1</p>"
            "</del></div><p>c <span style='text-decoration-line:line-through'>2</span> d<i class=old>3</i>"
        ),
        "a b\nc d\n\nno\nno\n1\n2\n3",
    ),
    "what a click would show apart": (
        (
            "<details><summary>More <b>of</b> it</summary>1<details><summary>2</summary>3</details>"
            "</details>a<details open><summary>b</summary>c</details><dialog>4</dialog>"
            "<div role=tabpanel aria-hidden=true>5</div><div aria-hidden=true>d</div>"
        ),
        "More of it\na\nb\nc\nd\n\n1\n2\n3\n4\n5",
    ),
    "what is pushed out of the page or cut off apart": (
        (
            "a<div style='position:absolute; left:-9999px'>1</div><p style='text-indent:-999em'>2</p>"
            "<span style='position:absolute;clip:rect(0 0 0 0)'>3</span><div style='max-height:0;overflow:hidden'>4"
            "</div><div style='transform:scale(0)'>5</div><p style='left:-10px;height:0'>b</p>"
            "<div style='overflow:hidden;height:20px'>c</div>"
        ),
        "a\nb\nc\n\n1\n2\n3\n4\n5",
    ),
    "what has the color of the page apart": (
        (
            "<p style='color:#FFF'>1 <b style='color:#123'>a</b></p><font color=white>2</font>"
            "<p style='color: rgb(255, 255, 255)'>3</p><p style='color:#eee8aa'>b</p>"
        ),
        "a\nb\n\n1\n2\n3",
    ),
    "what has its own color or none apart": (
        (
            "<p style='color:transparent'>1</p><p style='color:#abc;background:#AABBCC'>2</p>"
            "<p style='color:#abc;background:#123'>a</p><p style='color:white'>3</p>"
        ),
        "a\n\n1\n2\n3",
    ),
    "the entry of a list that is chosen": (
        (
            "<select><option>a<option>1<option selected>b<option>2</select>c"
            "<select multiple><option>d<option>e</select>"
            "<select><optgroup><option>f</option><option>3</option></optgroup></select>g"
        ),
        "abcdefg\n\n1\n2\n3",
    ),
    "nothing of collapsed rows and letters of no size": (
        (
            "<table><tr style='visibility:collapse'><td>no</td></tr></table><p>a</p>"
            "<div style='font-size:0;line-height:0'>no<i style='font-size:9px'>b</i></div>"
            "<div style='font:0/0 x'>no</div><p style='content-visibility:hidden'>no</p>"
        ),
        "a\nb",
    ),
    "all after what is not shown": (
        "<span hidden>no</span> yes <section hidden>no</section> too",
        "yes too",
    ),
}


_HIDE = ".t{display:none}"
_STRIKE = ".t{text-decoration:line-through}"


@pytest.mark.parametrize(
    "html",
    [
        f"<style media=print>{_HIDE}</style><p class=t>Tea",
        f"<style type='text/css' media='print and (color)'>{_HIDE}</style><p class=t>Tea",
        f"<style>{_HIDE} .a .t{{display:block}}</style><div class=a><p class=t>Tea",
        f"<style>{_HIDE} @media screen{{.t{{display:block}}}}</style><p class=t>Tea",
        f"<style>{_HIDE}</style><style media='(min-width: 9em)'>.t{{display:flex}}</style><p class=t>Tea",
        f"<style>{_HIDE} .a{{.t{{display:block}}}}</style><div class=a><p class=t>Tea",
        "<style>.t{opacity:0} .t.on{opacity:1}</style><p class='t on'>Tea",
        "<style>.t{opacity:0;transition:opacity 1s}</style><p class=t>Tea",
        f"<!--[if mso]><style>{_HIDE}</style><![endif]--><p class=t>Tea",
        f"<noscript><style>{_HIDE}</style></noscript><p class=t>Tea",
        "<p style='font-size:0'><span style='font-size:14px'>Tea</span>",
        "<link rel=stylesheet href=a.css><p style='font-size:0'><span class=t>Tea</span>",
        "<div style='visibility:hidden'><p style='visibility:visible'>Tea</div>",
        "<div style='opacity:0;-webkit-animation:fade 1s'>Tea</div>",
        f"<style>{_STRIKE} .t{{text-decoration:none}}</style><p class=t>Tea",
        f"<style>{_STRIKE} .u{{text-decoration:none}}</style><p class='t u'>Tea",
        f"<style>{_STRIKE} .a .t{{text-decoration:none}}</style><div class=a><p class=t>Tea",
        "<style>s, p del{text-decoration:none}</style><p><s>T</s><del>ea</del>",
        "<style>.t{text-decoration:none}</style><p><s class=t>Tea</s>",
        "<p><s style='text-decoration:none'>Tea</s>",
        "<body bgcolor=navy><p style='color:#fff'>Tea",
        "<style>.x{background-color:#123}</style><div class=x><p style='color:white'>Tea</div>",
        "<link rel=stylesheet href=a.css><p style='color:white'>Tea",
        "<p style='color:#fff;background:navy'>Tea",
        "<p style='color:transparent;background:red;-webkit-background-clip:text'>Tea",
        "<div style='height:0'>Tea</div>",
        "<p style='font-size:10px;line-height:0'>Tea",
        "<p style='margin-left:-20px;text-indent:-1em'>Tea",
    ],
)
def test_what_a_browser_shows_is_not_hidden(html: str, tmp_path: Path):
    """A rule that hides counts only if it is for screens and no other one may show the same."""
    findings = documents.read(f"<!doctype html><body>{html}<p>2".encode(), tmp_path)

    assert findings.text.splitlines() == ["Tea", "2"]


def test_a_page_says_why_part_of_it_has_no_values(tmp_path: Path):
    """Whoever misses the total of closed details reads that they are closed."""
    html = "<!doctype html><p>Tea<details><summary>Order</summary>Total 9.00</details>"

    assert "closed" in documents.read(html.encode(), tmp_path).pages[0].reason


def test_what_only_narrow_screens_and_paper_show_stays_hidden(tmp_path: Path):
    """Mail has a second copy of its lines for phones."""
    sheet = f"{_HIDE} @media (max-width:600px){{.t{{display:block}}}} @media print{{.t{{display:block}}}}"
    html = f"<!doctype html><style>{sheet}</style><p>Tea<p class=t>Total 9.00"

    assert "total" not in documents.read(html.encode(), tmp_path).fields


@pytest.mark.parametrize("part", HTML)
def test_html_form_values_are_read_and_hidden_text_is_not(part: str, tmp_path: Path):
    """Values that a user typed are text; hidden elements are not."""
    html, text = HTML[part]

    findings = documents.read(f"<!doctype html>{html}".encode(), tmp_path)

    assert re.sub("\t*\n\t*", "\n", findings.text).strip() == text


@pytest.mark.parametrize("part", ["<style>", "/*", "<p hidden><b hidden>", "<a class='x y'>"])
def test_markup_without_an_end_is_read_at_once(part: str, tmp_path: Path):
    """Time grows with the length of a page, and not with its square."""
    data = f"<html><style>.x{{display:none}} {part * 5_000}</style><p>Tea</p>{part * 5_000}"

    assert documents.read(data.encode(), tmp_path).media_type == "text/html"


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
def test_xml_with_entities_is_refused(head: str, encoding: str, tmp_path: Path):
    """XML with entities of its own is suspicious in every encoding; nothing it names is opened."""
    data = f"<?xml version='1.0' encoding='{encoding}'?>{head}<a>&x;</a>".encode(encoding)

    findings = documents.read(data, tmp_path)

    assert findings.status is ReadStatus.SUSPICIOUS
    assert findings.text == ""


@pytest.mark.parametrize(
    ("xml", "text"),
    [
        (b"\n\n<?xml version='1.0'?><r><a>tea</a></r>", "a: tea"),
        ("<?xml version='1.0' encoding='UTF-8'?><r><a>Tée</a></r>".encode("cp1252"), "a: Tée"),
        ("<?xml version='1.0' encoding='UTF-8'?><r><a>Tée</a></r>".encode("utf-16"), "a: Tée"),
        ("<?xml version='1.0' encoding='utf-16'?><r><a>Tée</a></r>".encode(), "a: Tée"),
        (b"<!DOCTYPE r SYSTEM 'r.dtd'><r><a>tea</a></r>", "a: tea"),
        (b"<r><Bill number='7' xmlns:x='urn:x' x:y='no'/></r>", "Bill number: 7"),
        (b"<r><a unit='kg'>3</a></r>", "a: 3"),
        (b"<r><p>one <b>two</b> three</p></r>", "p: one\nb: two\np: three"),
        (b"<r><a>1</a><Sig>" + b"QUJD" * 100 + b"</Sig></r>", "a: 1"),
    ],
    ids=[
        *("blank lines", "cp1252", "UTF-16", "no UTF-16", "DTD", "attributes", "text first"),
        *("mixed", "base64"),
    ],
)
def test_xml_is_read_as_programs_write_it(xml: bytes, text: str, tmp_path: Path):
    """A wrong encoding, a named DTD and values in attributes hide nothing."""
    findings = documents.read(xml, tmp_path)

    assert findings.text == text


def test_a_file_in_an_invoice_is_a_child(tmp_path: Path):
    """Invoices in XML hold their attachments in base64."""
    data = base64.b64encode(b"<!DOCTYPE html><p>Green tea</p>" * 9)
    xml = (
        b"<r><a>1</a><EmbeddedDocumentBinaryObject>" + data + b"</EmbeddedDocumentBinaryObject></r>"
    )

    findings = documents.read(xml, tmp_path)

    assert [child.findings.media_type for child in findings.children] == ["text/html"]


def test_a_document_that_is_text_of_another_is_read_on_its_own(tmp_path: Path):
    """An envelope may hold its document as text, with a declaration of its own."""
    inner = '<?xml version="1.0" encoding="ISO-8859-1"?><note><tea>Grünkraut</tea></note>'
    envelope = f"<envelope><id>E-1</id><content><![CDATA[{inner}]]></content></envelope>"

    findings = documents.read(f'<?xml version="1.0"?>{envelope}'.encode(), tmp_path)

    assert findings.pages[0].text == "id: E-1"
    assert findings.children[0].findings.text == "tea: Grünkraut"


INNER = "&lt;?xml version='1.0'?&gt;&lt;a&gt;"


@pytest.mark.parametrize(
    ("messages", "children", "lines"),
    [(f"<m>{INNER}Green tea&lt;/b&gt;</m>", 0, 1), (f"<m>{INNER}tea&lt;/a&gt;</m>" * 30, 20, 10)],
    ids=["broken", "many"],
)
def test_text_that_is_no_document_stays_a_line(
    messages: str, children: int, lines: int, tmp_path: Path
):
    """XML in XML that breaks off, and what there are too many of, is read where it is."""
    findings = documents.read(f"<log>{messages}<x>hello</x></log>".encode(), tmp_path)

    assert len(findings.children) == children
    assert findings.status is ReadStatus.OK
    assert findings.text.count("m: <?xml") == lines
    assert "x: hello" in findings.text


def test_html_that_is_text_of_xml_is_read_as_what_it_shows(tmp_path: Path):
    """Feeds and archives have paragraphs in an element."""
    data = b"<feed><name>a &lt; b</name><note><![CDATA[<p>Milk</p><p>2 &lt; 3</p>]]></note></feed>"

    assert documents.read(data, tmp_path).text == "name: a < b\nnote:\nMilk\n2 < 3"


def test_a_workbook_in_xml_is_read_row_by_row(tmp_path: Path):
    """Cells of a row share its line, each in its column; a hidden row is kept apart."""
    row = '<Row{}><Cell><Data ss:Type="String">{}</Data></Cell>{}</Row>'
    sum_cell = '<Cell ss:Index="3"><Data ss:Type="Number">40</Data></Cell>'
    day_cell = '<Cell><Data ss:Type="DateTime">2026-05-04T00:00:00.000</Data></Cell>'
    data = (
        '<Workbook xmlns="urn:schemas-microsoft-com:office:spreadsheet"'
        ' xmlns:ss="urn:schemas-microsoft-com:office:spreadsheet"><Worksheet ss:Name="May"><Table>'
        + row.format("", "Milk", sum_cell)
        + row.format("", "Seen", day_cell)
        + row.format(' ss:Hidden="1"', "Tea", "")
        + "</Table></Worksheet></Workbook>"
    )

    findings = documents.read(data.encode(), tmp_path)

    assert findings.text == "Milk\t\t40\nSeen\t2026-05-04\n\nTea"


@pytest.mark.parametrize(
    "data",
    [
        "<o><Name>Ada</Name><Street>Quay 3</Street><City>Hull</City><Phone>5550100</Phone><Date>x</Date></o>",
        '{"name": "Ada", "street": "Quay 3", "city": "Hull", "phone": "5550100", "date": "x"}',
    ],
    ids=["XML", "JSON"],
)
def test_names_of_values_make_no_form(data: str, tmp_path: Path):
    """Every value of such a file has a name, and nobody has filled in a form."""
    assert documents.read(data.encode(), tmp_path).doc_type.value != "form"


@pytest.mark.parametrize(
    "xml",
    [
        "<bills><bill><no>4</no><total>12.00</total></bill><bill><no>5</no><total>9</total></bill></bills>",
        "<all><entry no='T-4' total='12.00'/><entry no='T-5' total='9.00'/></all>",
        "<a><Bill1><no>4</no><total>12.00</total></Bill1><Bill2><no>5</no><total>9</total></Bill2></a>",
        "<a><b_01 no='T-4' total='12.00'/><b_02 no='T-5' total='9.00'/></a>",
        (
            "<all><count>2</count><y><h><date>2031-02-03</date></h><sum><total>12.00</total></sum></y>"
            "<y><h><date>2031-02-04</date></h><sum><total>9.00</total></sum></y><y/></all>"
        ),
    ],
)
def test_what_is_in_one_record_of_xml_is_no_value_of_the_file(xml: str, tmp_path: Path):
    """A list of bills has no total, whether its records have elements or attributes."""
    findings = documents.read(b"<?xml version='1.0'?>" + xml.encode(), tmp_path)

    assert findings.fields.keys().isdisjoint({"total", "amount_due", "invoice_number", "date"})
    assert "total: 12.00" in findings.text


@pytest.mark.parametrize(
    "xml",
    [
        (
            "<bill><no>T-4</no><line><name>Tea</name><price>5.00</price></line>"
            "<line><name>Rum</name><price>7.00</price></line><total>12.00</total></bill>"
        ),
        "<bills><bill><no>T-4</no><total>12.00</total></bill></bills>",
        "<doc><p>Bill <b>4</b> of <i>2031</i></p><p>Total: <b>12.00</b> <i>EUR</i></p></doc>",
        "<doc><row><cell>Total</cell><cell>12.00</cell></row><row><cell>a</cell></row></doc>",
    ],
)
def test_what_is_beside_the_records_of_xml_is_a_value(xml: str, tmp_path: Path):
    """Items of a bill are records; its total is not. One record is the file, and so is prose."""
    from processors.detect.safe_xml import texts_by_record

    texts = texts_by_record(xml.encode())

    assert any("12.00" in text and not is_of_record for _, text, is_of_record in texts)
    assert documents.read(xml.encode(), tmp_path).text
