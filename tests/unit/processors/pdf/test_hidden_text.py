"""Text of a PDF that no viewer shows is not read."""

import io
from pathlib import Path

import numpy as np
import pytest
from pypdf import PdfReader, PdfWriter
from pypdf.generic import (
    ArrayObject,
    DecodedStreamObject,
    DictionaryObject,
    NameObject,
    NumberObject,
    RectangleObject,
    TextStringObject,
    read_object,
)

from processors.pdf.text_layer import printed_again
from tests.unit.processors import documents

BILL = "Kettle Ltd\nInvoice number: 4711\nInvoice date: 2026-03-01\nTotal due: EUR 120.00"


SHADING = """<< /P0 << /PatternType 2 /Shading << /ShadingType 2 /ColorSpace /DeviceRGB
/Coords [0 0 612 0] /Extend [true true] /Function << /FunctionType 2 /Domain [0 1]
/C0 [0.1 0.1 0.4] /C1 [0.1 0.4 0.4] /N 1 >> >> >> >> """
STATES = "<< /Clear << /ca 0 >> /Half << /ca 0.5 >> /Blend << /BM /Multiply >> >>"
PLAIN_PICTURE = "BI /W 1 /H 1 /BPC 8 /CS /G ID \x7f EI"
DEEP = f"""<< /Type /Font /Subtype /TrueType /BaseFont /Deep /FirstChar 32 /LastChar 126
/Widths [{"550 " * 95}] /Encoding /WinAnsiEncoding /FontDescriptor << /Type /FontDescriptor
/FontName /Deep /Flags 32 /Ascent 900 /Descent -800 /CapHeight 700 /ItalicAngle 0 /StemV 80
/FontBBox [-100 -800 1000 900] >> >> """


def written(writer: PdfWriter) -> bytes:
    """Return the document as bytes."""
    out = io.BytesIO()
    writer.write(out)
    return out.getvalue()


def layered(*states: str) -> bytes:
    """Write a page with a bill in the first layer and a draft of it in the second, over it.

    `states` are the default configuration: "on" or "off" for each layer.
    """
    writer = PdfWriter(PdfReader(io.BytesIO(documents.pdf("x"))))
    page = writer.pages[0]
    contents = []
    layers = ArrayObject()
    properties = DictionaryObject()
    for index, (name, text) in enumerate(
        {"Final": BILL, "Draft": BILL.replace("4711", "3822")}.items()
    ):
        layer = DictionaryObject()
        layer[NameObject("/Type")] = NameObject("/OCG")
        layer[NameObject("/Name")] = TextStringObject(name)
        layers.append(writer._add_object(layer))
        properties[NameObject(f"/L{index}")] = layers[-1]
        lines = " ".join(
            f"1 0 0 1 72 {720 - 24 * row} Tm ({line}) Tj"
            for row, line in enumerate(text.split("\n"))
        )
        contents.append(f"/OC /L{index} BDC BT /F1 18 Tf {lines} ET EMC")
    stream = DecodedStreamObject()
    stream.set_data("\n".join(contents).encode())
    page[NameObject("/Contents")] = writer._add_object(stream)
    page["/Resources"][NameObject("/Properties")] = properties  # type: ignore[index]
    off = ArrayObject(layer for layer, state in zip(layers, states, strict=True) if state == "off")
    configuration = DictionaryObject({NameObject("/OFF"): off})
    writer.root_object[NameObject("/OCProperties")] = DictionaryObject(
        {NameObject("/OCGs"): layers, NameObject("/D"): configuration}
    )
    return written(writer)


@pytest.mark.parametrize(("states", "number"), [(("on", "off"), "4711"), (("off", "on"), "3822")])
def test_a_layer_that_is_off_is_not_read(states: tuple[str, str], number: str, tmp_path: Path):
    """Of two layers in the same place, the one that is shown is read, and the page says so."""
    findings = documents.read(layered(*states), tmp_path)

    assert findings.fields["invoice_number"].value == number
    assert findings.pages[0].text.count("Invoice number") == 1
    assert "not shown" in findings.pages[0].reason


def test_text_outside_the_crop_box_is_not_read(tmp_path: Path):
    """A page that was cropped shows less than it holds."""
    writer = PdfWriter(PdfReader(io.BytesIO(documents.pdf(f"{BILL}\nTotal due: EUR 999.00"))))
    writer.pages[0].cropbox = RectangleObject((0, 640, 612, 792))

    findings = documents.read(written(writer), tmp_path)

    assert findings.fields["total"].value == "120.00"
    assert "999.00" not in findings.text
    assert "not shown" in findings.pages[0].reason


def drawn(before: str, after: str = "", *, font: str = "/F1", turned: int = 0) -> bytes:
    """Write a bill with a second total, and what is painted before and after that."""
    lines = [
        f"1 0 0 1 72 {720 - 20 * at} Tm ({line}) Tj" for at, line in enumerate(BILL.split("\n"))
    ]
    second = f"BT {font} 12 Tf 1 0 0 1 72 600 Tm (Grand total: EUR 999.00) Tj ET"
    writer = PdfWriter(PdfReader(io.BytesIO(documents.pdf("x"))))
    stream = DecodedStreamObject()
    stream.set_data(f"BT /F1 12 Tf {' '.join(lines)} ET {before} {second} {after}".encode())
    page = writer.pages[0]
    page[NameObject("/Contents")] = writer._add_object(stream)
    page["/Resources"][NameObject("/Pattern")] = parsed(SHADING)  # type: ignore[index]
    page["/Resources"][NameObject("/ExtGState")] = parsed(STATES)  # type: ignore[index]
    page["/Resources"]["/Font"][NameObject("/F2")] = parsed(DEEP)  # type: ignore[index]
    page[NameObject("/Rotate")] = NumberObject(turned)
    return written(writer)


def parsed(source: str) -> DictionaryObject:
    """Return a dictionary as it is written in a PDF."""
    found = read_object(io.BytesIO(source.encode()), None)
    assert isinstance(found, DictionaryObject)
    return found


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("1 1 1 rg", ""),
        ("1 g", ""),
        ("1 1 1 rg 70 590 300 30 re f", ""),
        ("", "0.8 w 71 604 m 211 604 l S"),
        ("", "71 603.5 140 0.9 re f"),
        ("q 2 0 0 2 0 0 cm 0.4 w 35.5 302 m 105.5 302 l S Q", ""),
        ("0 0 0.4 rg 70 620 300 30 re f 1 1 1 rg", ""),
        ("1 1 1 rg", "0 0 0.4 rg 60 580 300 40 re f"),
        ("", "0 g 68 594 200 18 re f"),
        ("", "1 1 0.9 rg 60 580 m 360 580 l 360 620 l 60 620 l h f"),
        ("", f"q 300 0 0 40 60 580 cm {PLAIN_PICTURE} Q"),
        ("0.9 g 60 580 300 40 re f", ""),
        ("0 0.02 0 0 k", ""),
        ("3 Tr", ""),
        ("7 Tr", ""),
        ("/Clear gs", ""),
        ("0.05 0 0 0.05 60 600 cm", ""),
        ("q 0 700 612 60 re W n", "Q"),
        ("q 60 590 2 30 re W n", "Q"),
        ("0.2 Tz", ""),
    ],
    ids=[
        *("white", "white by its tone", "white on white", "line", "thin box", "line in a frame"),
        *("white beside a color", "behind a color", "blacked out", "behind paper"),
        *("behind a picture", "gray on gray", "hardly colored", "not drawn", "only a clip"),
        *("transparent", "tiny", "out of a clip", "hardly in a clip", "squeezed"),
    ],
)
def test_words_that_are_white_or_struck_through_are_left_out(
    before: str, after: str, tmp_path: Path
):
    """White letters on paper are not seen, and a line through words takes them back."""
    findings = documents.read(drawn(before, after), tmp_path)

    assert findings.fields["total"].value == "120.00"
    assert "struck through" in findings.pages[0].reason


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("0 0 0.4 rg 70 590 300 30 re f 1 1 1 rg", ""),
        ("", "0.8 w 71 598 m 211 598 l S"),
        ("", "0.8 w 20 604 m 590 604 l S"),
        ("", "71 590 140 30 re S"),
        ("/Pattern cs /P0 scn 70 590 300 30 re f 1 1 1 rg", ""),
        ("/Pattern cs /P0 scn", ""),
        ("0 0 0.4 RG 30 w 20 604 m 590 604 l S 1 1 1 rg", ""),
        ("1 1 1 rg 2 Tr", ""),
        ("1 1 1 rg 1 Tr", ""),
        ("", "0 g 68 620 200 18 re f"),
        ("", "/Blend gs 1 1 0 rg 60 580 300 40 re f"),
        ("0.9 g 60 580 300 40 re f 0.2 g", ""),
        ("0 0.02 0.9 0.4 k", ""),
        ("", f"q 300 0 0 8 60 570 cm {PLAIN_PICTURE} Q"),
        ("/Half gs", ""),
        ("q 60 598 400 12 re W n", "Q"),
        ("40 Tz", ""),
    ],
    ids=[
        *("white on a color", "underlined", "a line across the page", "in a box"),
        *("white on a pattern", "in a pattern", "white on a thick line"),
        *("with an outline", "as an outline", "below a box", "highlighted", "dark on gray"),
        *("in a color of print", "above a picture", "half transparent", "in a clip", "narrow"),
    ],
)
def test_words_that_are_marked_are_read(before: str, after: str, tmp_path: Path):
    """A total is often white on a color, underlined or in a box."""
    findings = documents.read(drawn(before, after), tmp_path)

    assert findings.fields["total"].value == "999.00"
    assert "left out" not in findings.pages[0].reason


def test_a_line_that_crosses_a_few_large_letters_is_none_through_them(tmp_path: Path):
    """A stamp behind a page is crossed by the rules of the page."""
    stamp = "0.9 g BT /F1 200 Tf 1 0 0 1 60 488 Tm (COPY) Tj ET 0 g"

    assert "COPY" in documents.read(drawn(stamp, "60 560 m 560 560 l S"), tmp_path).text


@pytest.mark.parametrize("turned", [90, 180, 270])
def test_white_words_are_looked_for_where_they_are_shown(turned: int, tmp_path: Path):
    """A page that is turned shows its words elsewhere."""
    on_color = drawn("0 0 0.4 rg 70 590 300 30 re f 1 1 1 rg", turned=turned)

    assert documents.read(on_color, tmp_path).fields["total"].value == "999.00"
    assert "999.00" not in documents.read(drawn("1 g", turned=turned), tmp_path).text


def test_an_underline_is_none_through_words_of_a_deep_font(tmp_path: Path):
    """Some fonts say that their letters go far below the line."""
    underlined = drawn("", "0.8 w 72 598 m 225 598 l S", font="/F2")
    struck = drawn("", "0.8 w 72 604 m 225 604 l S", font="/F2")

    assert "999.00" in documents.read(underlined, tmp_path).text
    assert "999.00" not in documents.read(struck, tmp_path).text


@pytest.mark.parametrize("offset", [0.2, 0.5])
def test_a_line_that_is_printed_twice_to_be_bold_is_read_once(offset: float, tmp_path: Path):
    """Programs without a bold font print a line again a hair beside itself."""
    writer = PdfWriter(PdfReader(io.BytesIO(documents.pdf("x"))))
    stream = DecodedStreamObject()
    lines = [f"1 0 0 1 {72 + shift} 720 Tm (Kettle 22 22) Tj" for shift in (0, offset)]
    stream.set_data(f"BT /F1 18 Tf {' '.join(lines)} ET".encode())
    writer.pages[0][NameObject("/Contents")] = writer._add_object(stream)

    findings = documents.read(written(writer), tmp_path)

    assert findings.text == "Kettle 22 22"


def test_a_page_without_anything_hidden_says_nothing_of_it(tmp_path: Path):
    """Layers that are on, and a crop box around everything, change nothing."""
    findings = documents.read(documents.pdf(BILL), tmp_path)

    assert "left out" not in findings.pages[0].reason


@pytest.mark.parametrize("x", [0.0, 71.9, 89.99, 90.01, 300.0])
@pytest.mark.parametrize(("right", "up"), [(0.0, 0.0), (1.4, 0.0), (-1.4, 1.4), (0.0, -1.4)])
def test_a_word_is_found_again_wherever_on_the_page(x: float, right: float, up: float):
    """A word that is printed again a hair beside itself is known by its place, a further one not."""
    rects = np.array([
        (x, 110.0, x + 30, 100.0),
        (x + right, 110.0 + up, x + 30 + right, 100.0 + up),
        (x + 40, 110.0, x + 70, 100.0),
    ])  # fmt: skip

    assert printed_again(["total", "total", "total"], rects).tolist() == [False, True, False]
    assert not printed_again(["total", "tax", "total"], rects).any()


@pytest.mark.parametrize(
    ("condition", "configuration", "times"),
    [
        ("/Type /OCMD /OCGs [{0} {1}] /P /AllOn", "/OFF [{1}]", 0),
        ("/Type /OCMD /OCGs [{0} {1}] /P /AnyOn", "/OFF [{1}]", 1),
        ("/Type /OCMD /OCGs [{0}] /P /AllOff", "", 0),
        ("/Type /OCMD /VE [/Not {0}]", "", 0),
        ("/Type /OCMD /VE [/Or {0} {1}]", "/OFF [{1}]", 1),
    ],
)
def test_a_condition_on_layers_is_followed(
    condition: str, configuration: str, times: int, tmp_path: Path
):
    """Content may depend on several layers instead of being in one."""
    data = by_condition(condition, configuration)

    assert documents.read(data, tmp_path).text.count("999.00") == times


def test_a_drawing_in_a_layer_that_is_off_is_not_read(tmp_path: Path):
    """The layer is that of the whole drawing, not of its text."""
    on, off = (by_condition("", state, in_form=True) for state in ("/OFF [{1}]", "/OFF [{0}]"))

    assert "999.00" in documents.read(on, tmp_path).text
    assert "999.00" not in documents.read(off, tmp_path).text


def by_condition(condition: str, configuration: str, *, in_form: bool = False) -> bytes:
    """Write a bill with a second total that is marked with a condition, or is in a form object."""
    lines = "".join(
        f"BT /F1 12 Tf 72 {720 - 20 * at} Td ({line}) Tj ET\n"
        for at, line in enumerate(BILL.split("\n"))
    )
    second = "BT /F1 12 Tf 72 600 Td (Grand total: EUR 999.00) Tj ET\n"
    writer = PdfWriter(PdfReader(io.BytesIO(documents.pdf("x"))))
    page = writer.pages[0]
    layers = [writer._add_object(parsed(f"<< /Type /OCG /Name (Layer {at}) >>")) for at in range(2)]
    names = [f"{layer.idnum} 0 R" for layer in layers]
    stream = DecodedStreamObject()
    resources = page["/Resources"]
    if in_form:
        form = DecodedStreamObject()
        form.set_data(second.encode())
        form.update(parsed("<< /Type /XObject /Subtype /Form /BBox [0 0 612 792] >>"))
        form[NameObject("/OC")] = layers[0]
        form[NameObject("/Resources")] = DictionaryObject(resources)  # type: ignore[arg-type]
        drawings = DictionaryObject({NameObject("/X"): writer._add_object(form)})
        resources[NameObject("/XObject")] = drawings  # type: ignore[index]
        second = "/X Do"
    else:
        marked = writer._add_object(written_in(writer, f"<< {condition.format(*names)} >>"))
        properties = DictionaryObject({NameObject("/L"): marked})
        resources[NameObject("/Properties")] = properties  # type: ignore[index]
        second = f"/OC /L BDC {second} EMC"
    stream.set_data(f"{lines}{second}".encode())
    page[NameObject("/Contents")] = writer._add_object(stream)
    writer.root_object[NameObject("/OCProperties")] = written_in(
        writer, f"<< /OCGs [{' '.join(names)}] /D << {configuration.format(*names)} >> >>"
    )
    return written(writer)


def written_in(writer: PdfWriter, source: str) -> DictionaryObject:
    """Return a dictionary as it is written in this PDF, with its references."""
    found = read_object(io.BytesIO(source.encode()), writer)
    assert isinstance(found, DictionaryObject)
    return found


@pytest.mark.parametrize(
    ("layer", "is_read"),
    [("{off}", False), ("{on}", True), ("<</Type/OCMD/OCGs[{off}]>>", False),
     ("<</Type/OCMD/OCGs[{off} {on}]>>", True), ("<</Type/OCMD/OCGs[{off}]/P/AllOff>>", True)],
)  # fmt: skip
def test_a_field_in_a_layer_that_is_off_is_not_read(layer: str, tmp_path: Path, *, is_read: bool):
    """No viewer shows the field, so neither its value nor its appearance counts."""
    findings = documents.read(with_field(layer), tmp_path)

    assert ("999.00" in {each.value for each in findings.fields.values()}) is is_read


def with_field(layer: str) -> bytes:
    """Write a bill with a field in a layer; `{on}` and `{off}` are two to choose from."""
    writer = PdfWriter(PdfReader(io.BytesIO(drawn("1 g"))))
    on, off = (writer._add_object(parsed(f"<</Type/OCG/Name({name})>>")) for name in "ab")
    number = {"on": f"{on.idnum} 0 R", "off": f"{off.idnum} 0 R"}
    own = written_in(writer, layer.format(**number)) if "<<" in layer else None
    look = DecodedStreamObject()
    look.set_data(b"BT /F1 12 Tf 2 20 Td (Grand total: EUR 999.00) Tj ET")
    look.update(parsed(
        "<</Type/XObject/Subtype/Form/BBox[0 0 300 50]/Resources<</Font<</F1<</Type/Font"
        "/Subtype/Type1/BaseFont/Helvetica>>>>>>>>"
    ))  # fmt: skip
    field = parsed(
        "<</Type/Annot/Subtype/Widget/FT/Tx/T(Grand total)/V(EUR 999.00)/F 4/Rect[60 400 400 450]>>"
    )
    field[NameObject("/AP")] = DictionaryObject({NameObject("/N"): writer._add_object(look)})
    field[NameObject("/OC")] = writer._add_object(own) if own else {"{on}": on, "{off}": off}[layer]
    fields = ArrayObject([writer._add_object(field)])
    writer.pages[0][NameObject("/Annots")] = fields
    writer.root_object[NameObject("/AcroForm")] = DictionaryObject({NameObject("/Fields"): fields})
    layers = f"<</OCGs[{number['on']} {number['off']}]/D<</OFF[{number['off']}]>>>>"
    writer.root_object[NameObject("/OCProperties")] = written_in(writer, layers)
    return written(writer)
