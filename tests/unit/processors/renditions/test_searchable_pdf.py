"""The searchable copy has its text where the words are, and nothing else is changed."""

import io
import json
import math
from collections.abc import Sequence
from pathlib import Path

import pypdfium2 as pdfium
import pytest
from PIL import Image, ImageDraw
from pypdf import PdfReader, PdfWriter

from pipeline.model import Findings
from processors.contract import ReadSettings, Segment, Word
from processors.pdf import text_layer
from tests.unit.processors import documents, drawn

pytestmark = pytest.mark.slow

PLACED = (
    ("Grand", (200, 300, 330, 340)),
    ("Gesamtbeträge", (350, 300, 700, 340)),
    ("東京", (720, 300, 820, 340)),
)
Boxes = list[tuple[str, list[float]]]


def segment(
    words: Sequence[tuple[str, tuple[float, float, float, float]]] = PLACED, angle_deg: float = 0
) -> Segment:
    """Return a line of an engine that returns the boxes of words."""
    left, top, right, bottom = zip(*[box for _, box in words], strict=True)
    return Segment(
        " ".join(word for word, _ in words),
        (min(left), min(top), max(right), max(bottom)),
        0.95,
        angle_deg=angle_deg,
        words=tuple(Word(word, box, 0.95) for word, box in words),
    )


def read(
    data: bytes, folder: Path, *segments: Segment, settings: ReadSettings | None = None
) -> Findings:
    """Read a document with an engine that finds these lines on every page."""
    engine = documents.ScriptedEngine(list(segments) or [segment()])
    return documents.read(data, folder, engine=engine, settings=settings)


def said(findings: Findings, number: int = 1) -> Boxes:
    """Return the words of pages.json with their boxes."""
    page = json.loads(findings.derived["pages.json"].read_text())["pages"][number - 1]
    return [(word["text"], word["box"]) for line in page["lines"] for word in line["words"]]


def found(path: Path, number: int = 1) -> Boxes:
    """Extract words and their boxes from the copy, as shown."""
    with pdfium.PdfDocument(path) as document:
        page = document[number - 1]
        layer = text_layer.text_layer(page, page.get_textpage())
        return [(word.text, list(word.box)) for piece in layer.segments for word in piece.words]


def assert_same(actual: Boxes, expected: Boxes, *, within_pt: float) -> None:
    """Compare words and their boxes."""
    assert [word for word, _ in actual] == [word for word, _ in expected]
    for (word, box), (_, other) in zip(actual, expected, strict=True):
        assert box == pytest.approx(other, abs=within_pt), word


@pytest.mark.parametrize("rotate", [0, 90, 180, 270])
def test_words_of_a_scan_are_found_where_they_were_recognized(tmp_path: Path, rotate: int):
    """Text extraction gives every word in its box, on rotated pages too."""
    findings = read(drawn.document(drawn.scan(), rotate=rotate), tmp_path)

    assert_same(found(findings.derived["searchable.pdf"]), said(findings), within_pt=0.5)


@pytest.mark.parametrize("turn", [90, 180, 270])
def test_words_of_a_rotated_scan_are_found_where_they_are(tmp_path: Path, turn: int):
    """The text of a scan sideways or upside down runs along the words of the image."""
    upended = turn != 180
    lying = [
        Segment(
            "sideways",
            (10, 10 + 90 * n, 30, 90 + 90 * n) if upended else (10, 10 + 30 * n, 90, 30 + 30 * n),
            0.5,
        )
        for n in range(4)
    ]
    answers = [lying, [segment()]] if turn != 270 else [lying, lying, [segment()]]
    engine = documents.ScriptedEngine(*answers)

    findings = documents.read(drawn.document(drawn.scan()), tmp_path, engine=engine)

    page = json.loads(findings.derived["pages.json"].read_text())["pages"][0]
    assert page["turned_deg"] == (360 - turn) % 360
    with pdfium.PdfDocument(findings.derived["searchable.pdf"]) as document:
        textpage = document[0].get_textpage()
        for word, (left, top, right, bottom) in said(findings):
            inside = textpage.get_text_bounded(left - 1, 792 - bottom - 1, right + 1, 792 - top + 1)
            assert inside.strip() == word


def test_words_of_a_slanted_line_have_their_size(tmp_path: Path):
    """On a slanted scan the text runs along the slant, each word in the middle of its box."""
    slope = math.tan(math.radians(5))
    words = [
        (word, (left, top + left * slope, right, bottom + right * slope))
        for word, (left, top, right, bottom) in PLACED
    ]
    findings = read(drawn.document(drawn.scan()), tmp_path, segment(words, angle_deg=5))

    for (word, box), (_, other) in zip(
        found(findings.derived["searchable.pdf"]), said(findings), strict=True
    ):
        middle = [(box[0] + box[2]) / 2, (box[1] + box[3]) / 2]
        assert middle == pytest.approx(
            [(other[0] + other[2]) / 2, (other[1] + other[3]) / 2], abs=1.5
        ), word
        assert box[2] - box[0] == pytest.approx(other[2] - other[0], abs=3)


@pytest.mark.parametrize(
    "word", ["Ελλάδα", "Москва", "مرحبا", "שלום", "नमस्ते", "สวัสดี", "한국어", "𝛼𝛽", "Tiếng"]
)
def test_any_script_can_be_searched(tmp_path: Path, word: str):
    """A word of any script is found as it was read."""
    findings = read(drawn.document(drawn.scan()), tmp_path, segment([(word, (200, 300, 400, 340))]))

    assert findings.left_out == {}
    assert [text for text, _ in found(findings.derived["searchable.pdf"])] == [word]


def test_the_original_is_the_beginning_of_the_copy(tmp_path: Path):
    """No byte of the original is changed; what is added is small."""
    data = drawn.document(
        drawn.scan(pixels=300), drawn.page(*drawn.column(drawn.prose(30), 50, 700))
    )

    copy = read(data, tmp_path).derived["searchable.pdf"].read_bytes()

    assert copy.startswith(data)
    assert len(copy) - len(data) < 5_000


def test_only_recognized_pages_get_text(tmp_path: Path):
    """In a mixed document the pages with text of their own get no other."""
    lines = drawn.prose(30)
    data = drawn.document(drawn.page(*drawn.column(lines, 50, 700)), drawn.scan(), b"")

    copy = read(data, tmp_path).derived["searchable.pdf"]

    with pdfium.PdfDocument(copy) as document:
        texts = [page.get_textpage().get_text_range() for page in document]
    assert texts[0].split() == " ".join(lines).split()
    assert texts[1].split() == [word for word, _ in PLACED]
    assert texts[2] == ""
    pages = PdfReader(copy).pages
    assert pages[0]["/Contents"] == PdfReader(io.BytesIO(data)).pages[0]["/Contents"]


def test_the_copy_looks_like_the_original(tmp_path: Path):
    """The added text is invisible."""
    data = drawn.document(drawn.page(drawn.Text("seen", 50, 50), behind=drawn.scan(pixels=40)))

    copy = read(data, tmp_path).derived["searchable.pdf"]

    with pdfium.PdfDocument(data) as before, pdfium.PdfDocument(copy) as after:
        assert before[0].render().to_pil().tobytes() == after[0].render().to_pil().tobytes()


def test_a_document_with_a_cross_reference_stream_is_continued(tmp_path: Path):
    """A compressed PDF is continued in the same way, and other readers find the text too."""
    writer = PdfWriter(PdfReader(io.BytesIO(drawn.document(drawn.scan()))))
    writer.compress_identical_objects()
    out = io.BytesIO()
    writer.write(out)
    data = _with_cross_reference_stream(out.getvalue())

    copy = read(data, tmp_path).derived["searchable.pdf"]

    assert [word for word, _ in found(copy)] == [word for word, _ in PLACED]
    assert "Gesamtbeträge" in PdfReader(copy).pages[0].extract_text()


def _with_cross_reference_stream(data: bytes) -> bytes:
    """Append to a PDF once, so that its last cross-reference section is a stream."""
    from processors.renditions.pdf_writer import PdfFile

    start = int(data.rsplit(b"startxref", 1)[1].split()[0])
    reader = PdfReader(io.BytesIO(data))
    root = reader.trailer.raw_get("/Root").idnum
    stream = io.BytesIO(data)
    stream.seek(0, 2)
    file = PdfFile(stream, first=int(reader.trailer["/Size"]))
    file.add(b"<< /Nothing true >>")
    file.end(f"/Root {root} 0 R /Prev {start}", as_stream=True)
    return stream.getvalue()


def test_a_searchable_document_needs_no_copy(tmp_path: Path):
    """A document that can be searched has no copy, and the reason is reported."""
    findings = read(drawn.document(drawn.page(*drawn.column(drawn.prose(30), 50, 700))), tmp_path)

    assert "searchable.pdf" not in findings.derived
    assert "has it already" in findings.left_out["searchable.pdf"]


def test_an_encrypted_document_is_never_rewritten(tmp_path: Path):
    """A scan protected against changes is read, but has no copy."""
    writer = PdfWriter(PdfReader(io.BytesIO(drawn.document(drawn.scan()))))
    writer.encrypt(user_password="", owner_password="owner", algorithm="AES-256")
    out = io.BytesIO()
    writer.write(out)

    findings = read(out.getvalue(), tmp_path)

    assert "Gesamtbeträge" in findings.text
    assert "searchable.pdf" not in findings.derived
    assert "encrypted" in findings.left_out["searchable.pdf"]


def test_a_signed_document_is_never_rewritten(tmp_path: Path):
    """A signed scan is read, but has no copy."""
    field = (
        b"<< /FT /Sig /T (signature) /V << /Type /Sig /Filter /Adobe.PPKLite /ByteRange [0 1 2 "
        b"3] /Contents <00> >> >>"
    )
    data = drawn.document(drawn.scan()).replace(
        b"/Type /Catalog", b"/Type /Catalog /AcroForm << /SigFlags 3 /Fields [" + field + b"] >>"
    )

    findings = read(data, tmp_path)

    assert "searchable.pdf" not in findings.derived
    assert "signed" in findings.left_out["searchable.pdf"]


def test_nothing_is_appended_to_a_broken_document(tmp_path: Path):
    """A PDF with a wrong cross-reference table is read, has no copy, and says why."""
    data = drawn.document(drawn.scan())
    broken = data[: data.rindex(b"startxref")] + b"startxref\n5\n%%EOF\n"

    findings = read(broken, tmp_path)

    assert "Gesamtbeträge" in findings.text
    assert "searchable.pdf" not in findings.derived
    assert "structure has errors" in findings.left_out["searchable.pdf"]


def test_only_requested_renditions_are_made(tmp_path: Path):
    """Only the files that settings name are written."""
    findings = read(
        drawn.document(drawn.scan()), tmp_path, settings=ReadSettings(renditions=("text",))
    )

    assert set(findings.derived) == {"text.txt"}
    assert findings.left_out == {}
    assert sorted(path.name for path in (tmp_path / "work").iterdir()) == ["text.txt"]


def _photo(orientation: int = 1, mode: str = "RGB") -> Image.Image:
    """Draw a page with a black bar where the words are, stored in an EXIF orientation."""
    image = Image.new("L", (1000, 1400), 230)
    ImageDraw.Draw(image).rectangle((200, 300, 820, 340), fill=0)
    turned = {
        1: None,
        3: Image.Transpose.ROTATE_180,
        6: Image.Transpose.ROTATE_90,
        8: Image.Transpose.ROTATE_270,
    }
    way = turned[orientation]
    return (image.transpose(way) if way is not None else image).convert(mode)


@pytest.mark.parametrize("orientation", [1, 3, 6, 8])
def test_a_photo_becomes_a_page_with_its_words_in_place(tmp_path: Path, orientation: int):
    """A JPEG is shown upright, its data unchanged, with every word where it was recognized."""
    exif = Image.Exif()
    exif[0x0112] = orientation
    data = documents.saved(_photo(orientation), "JPEG", exif=exif, quality=90, dpi=(200, 200))

    findings = read(data, tmp_path)

    copy = findings.derived["searchable.pdf"]
    assert data in copy.read_bytes()
    assert len(copy.read_bytes()) < len(data) + 4_000
    assert_same(found(copy), said(findings), within_pt=0.5)
    with pdfium.PdfDocument(copy) as document:
        assert document[0].get_size() == pytest.approx((360, 504), abs=0.1)
        shown = document[0].render(scale=200 / 72, grayscale=True).to_pil()
    assert shown.getpixel((500, 320)) < 60
    assert shown.getpixel((500, 600)) > 200


@pytest.mark.parametrize(
    ("kind", "mode"),
    [
        ("PNG", "RGB"),
        ("PNG", "L"),
        ("PNG", "P"),
        ("PNG", "1"),
        ("PNG", "RGBA"),
        ("TIFF", "1"),
        ("TIFF", "RGB"),
        ("GIF", "P"),
        ("BMP", "RGB"),
        ("WEBP", "RGB"),
        ("JPEG", "L"),
        ("JPEG", "CMYK"),
    ],
)
def test_images_of_every_kind_look_the_same_in_the_copy(tmp_path: Path, kind: str, mode: str):
    """Images of every mode are dark on light in the copy."""
    data = documents.saved(_photo(mode=mode), kind)

    findings = read(data, tmp_path)

    with pdfium.PdfDocument(findings.derived["searchable.pdf"]) as document:
        page = document[0]
        shown = page.render(scale=1000 / page.get_width(), grayscale=True).to_pil()
    assert shown.getpixel((500, 320)) < 60
    assert shown.getpixel((500, 600)) > 200
    room = (
        30_000 if kind == "WEBP" else 10_000
    )  # WebP packs a drawing better than JPEG, and is lossy as that is
    assert findings.derived["searchable.pdf"].stat().st_size < 2 * len(data) + room


def test_every_frame_of_a_tiff_is_a_page(tmp_path: Path):
    """A TIFF of several faxes becomes a document of as many pages."""
    data = documents.saved(
        _photo(mode="1"),
        "TIFF",
        save_all=True,
        append_images=[_photo(mode="1")] * 2,
        compression="group4",
    )

    copy = read(data, tmp_path).derived["searchable.pdf"]

    with pdfium.PdfDocument(copy) as document:
        assert len(document) == 3
    assert [word for word, _ in found(copy, 3)] == [word for word, _ in PLACED]
    assert copy.stat().st_size < len(data) + 8_000


def test_an_image_without_words_has_no_copy(tmp_path: Path):
    """If nothing was recognized there is nothing to search."""
    engine = documents.ScriptedEngine([])

    findings = documents.read(documents.saved(_photo(), "PNG"), tmp_path, engine=engine)

    assert "searchable.pdf" not in findings.derived
    assert findings.left_out["searchable.pdf"] == "nothing was recognized"


def test_the_thumbnail_shows_the_first_page_with_something_on_it(tmp_path: Path):
    """A blank cover does not become the thumbnail."""
    data = drawn.document(b"", drawn.scan())

    with Image.open(read(data, tmp_path).derived["thumbnail.webp"]) as thumbnail:
        assert thumbnail.format == "WEBP"
        assert max(thumbnail.size) <= 400
        assert thumbnail.convert("L").getextrema()[0] < 220
