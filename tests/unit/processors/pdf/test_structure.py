"""Form data, embedded files and metadata of PDFs are read."""

import io
import json
from pathlib import Path
from typing import Any

import pytest

from tests.unit.processors import documents


def form(**extra: Any) -> bytes:
    """Write a PDF with form values that have no appearance on the page."""
    from pypdf import PdfReader, PdfWriter
    from pypdf.generic import (
        ArrayObject,
        DictionaryObject,
        NameObject,
        NumberObject,
        TextStringObject,
    )

    writer = PdfWriter(PdfReader(io.BytesIO(documents.pdf("Form"))))
    several = ArrayObject([TextStringObject("red"), TextStringObject("blue")])
    values = {
        "name": TextStringObject("Ada"),
        "colors": several,
        "secret": TextStringObject("hidden words"),
    }
    fields = []
    for name, value in values.items():
        entry = {
            "/FT": NameObject("/Ch" if name == "colors" else "/Tx"),
            "/T": TextStringObject(name),
            "/V": value,
        }
        entry |= {"/Ff": NumberObject(1 << 13)} if name == "secret" else {}
        fields.append(
            writer._add_object(DictionaryObject({NameObject(k): v for k, v in entry.items()}))
        )
    acro = {NameObject("/Fields"): ArrayObject(fields)}
    for name, made in extra.items():
        acro[NameObject(f"/{name}")] = writer._add_object(made)
    writer.root_object[NameObject("/AcroForm")] = DictionaryObject(acro)
    out = io.BytesIO()
    writer.write(out)
    return out.getvalue()


def test_form_values_are_read_except_passwords(tmp_path: Path):
    """Text and multiple choices are read by the field's name; password fields are not."""
    findings = documents.read(form(), tmp_path)

    assert "name: Ada\ncolors: red, blue" in findings.text
    assert "hidden words" not in findings.text


def test_form_data_in_one_stream_is_read(tmp_path: Path):
    """XFA in one stream is read, without the form's own labels."""
    from pypdf.generic import DecodedStreamObject

    stream = DecodedStreamObject()
    stream.set_data(
        b'<xdp:xdp xmlns:xdp="http://ns.adobe.com/xdp/"><template><text>caption</text></template>'
        b"<xfa:datasets "
        b'xmlns:xfa="http://www.xfa.org/schema/xfa-data/1.0/"><xfa:data>'
        b"<Name>Grace</Name></xfa:data>"
        b"</xfa:datasets></xdp:xdp>"
    )

    findings = documents.read(form(XFA=stream), tmp_path)

    assert "Name: Grace" in findings.text
    assert "caption" not in findings.text


def interactive(*fields: dict[str, Any]) -> bytes:
    """Write a PDF with fields that have a place on its page."""
    from pypdf import PdfReader, PdfWriter
    from pypdf.generic import ArrayObject, DictionaryObject, NameObject

    writer = PdfWriter(PdfReader(io.BytesIO(documents.pdf("Form"))))
    added = []
    for entries in fields:
        widget = {"/Subtype": NameObject("/Widget"), **entries}
        added.append(
            writer._add_object(DictionaryObject({NameObject(k): v for k, v in widget.items()}))
        )
    form = DictionaryObject({NameObject("/Fields"): ArrayObject(added)})
    writer.root_object[NameObject("/AcroForm")] = form
    writer.pages[0][NameObject("/Annots")] = ArrayObject(added)
    out = io.BytesIO()
    writer.write(out)
    return out.getvalue()


def test_interactive_fields_are_read_with_labels_and_places(tmp_path: Path):
    """Each visible field is a finding by its tooltip and its name, and is in pages.json."""
    from pypdf.generic import ArrayObject, FloatObject, NameObject, NumberObject, TextStringObject

    place = ArrayObject(map(FloatObject, (100, 700, 200, 720)))
    text = {
        "/FT": NameObject("/Tx"),
        "/T": TextStringObject("PolicyNo[0]"),
        "/TU": TextStringObject("Policy Number:"),
        "/V": TextStringObject("PA-117"),
        "/Rect": place,
    }
    box = {"/FT": NameObject("/Btn"), "/Rect": place}
    data = interactive(
        text,
        box | {"/T": TextStringObject("Insured"), "/AS": NameObject("/On")},
        box | {"/T": TextStringObject("Smoker"), "/AS": NameObject("/Off")},
        text | {"/TU": TextStringObject("Secret"), "/Ff": NumberObject(1 << 13)},
        text | {"/TU": TextStringObject("Unseen"), "/F": NumberObject(2)},
    )

    findings = documents.read(data, tmp_path)

    found = {name: each.value for name, each in findings.fields.items() if "label:" in name}
    assert found == {
        "label:policy number": "PA-117",
        "label:policyno": "PA-117",
        "label:insured": "Yes",
        "label:smoker": "No",
    }
    height = findings.pages[0].height_pt
    assert height is not None
    assert findings.fields["label:policy number"].box == (100, height - 720, 200, height - 700)
    pages = json.loads(findings.derived["pages.json"].read_text(encoding="utf-8"))
    assert {
        "label": "Policy Number",
        "value": "PA-117",
        "place": "interactive",
        "box": [100.0, height - 720, 200.0, height - 700],
    } in pages["pages"][0]["fields"]


def typed(value: str, *, flags: int) -> dict[str, Any]:
    """Return a field with a value that is written with a gap behind each letter."""
    from pypdf.generic import (
        ArrayObject,
        DictionaryObject,
        FloatObject,
        NameObject,
        NumberObject,
        StreamObject,
        TextStringObject,
    )

    spaced = "".join(f"1 0 0 1 {20 * at} 5 Tm ({letter}) Tj " for at, letter in enumerate(value))
    font = DictionaryObject(
        {
            NameObject("/Type"): NameObject("/Font"),
            NameObject("/Subtype"): NameObject("/Type1"),
            NameObject("/BaseFont"): NameObject("/Helvetica"),
        }
    )
    fonts = DictionaryObject({NameObject("/F"): font})
    drawn = StreamObject()
    drawn.set_data(f"BT /F 12 Tf {spaced} ET".encode())
    box = ArrayObject(map(FloatObject, (0, 0, 200, 20)))
    drawn.update(
        {
            NameObject("/Type"): NameObject("/XObject"),
            NameObject("/Subtype"): NameObject("/Form"),
            NameObject("/BBox"): box,
            NameObject("/Resources"): DictionaryObject({NameObject("/Font"): fonts}),
        }
    )
    return {
        "/FT": NameObject("/Tx"),
        "/T": TextStringObject("crate"),
        "/V": TextStringObject(value),
        "/F": NumberObject(flags),
        "/Rect": ArrayObject(map(FloatObject, (100, 500, 300, 520))),
        "/AP": DictionaryObject({NameObject("/N"): drawn}),
    }


def test_letters_in_a_comb_are_one_word(tmp_path: Path):
    """A form with a box for each letter has the value of the field in its text."""
    findings = documents.read(interactive(typed("MK-407", flags=4)), tmp_path)

    assert "MK-407" in findings.text


@pytest.mark.parametrize("flag", [2, 32], ids=["hidden", "not for viewers"])
def test_a_field_that_no_viewer_shows_is_kept_apart(flag: int, tmp_path: Path):
    """It is in the text, and not among the lines in which values are looked for."""
    findings = documents.read(interactive(typed("MK-407", flags=4 | flag)), tmp_path)

    assert findings.text.endswith("crate: MK-407")
    assert findings.pages[-1].reason


@pytest.mark.parametrize("place", ["associated", "note", "both"])
def test_files_that_are_not_in_the_list_are_children(place: str, tmp_path: Path):
    """A file may belong to the document or to a note on a page; it is taken once."""
    from pypdf import PdfReader, PdfWriter
    from pypdf.generic import (
        ArrayObject,
        DecodedStreamObject,
        DictionaryObject,
        NameObject,
        NumberObject,
        TextStringObject,
    )

    writer = PdfWriter(PdfReader(io.BytesIO(documents.pdf("See the file"))))
    stream = DecodedStreamObject()
    stream.set_data(b"Green tea, and nothing else.")
    files = DictionaryObject({NameObject("/F"): writer._add_object(stream)})
    specification = writer._add_object(
        DictionaryObject({NameObject("/F"): TextStringObject("a.txt"), NameObject("/EF"): files})
    )
    if place != "note":
        writer.root_object[NameObject("/AF")] = ArrayObject([specification])
    if place != "associated":
        note = DictionaryObject(
            {
                NameObject("/Subtype"): NameObject("/FileAttachment"),
                NameObject("/FS"): specification,
                NameObject("/Rect"): ArrayObject([NumberObject(n) for n in (9, 9, 20, 20)]),
            }
        )
        writer.pages[0][NameObject("/Annots")] = ArrayObject([writer._add_object(note)])
    out = io.BytesIO()
    writer.write(out)

    findings = documents.read(out.getvalue(), tmp_path)

    assert [child.findings.text for child in findings.children] == ["Green tea, and nothing else."]
