import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageDraw, ImageOps

from pipeline.model import ReadStatus
from processors.contract import Limits, ReadSettings
from processors.ocr import images
from tests.unit.processors import documents

PAPER = documents.page_image("Some words")
DARK = 60


def darkest_and_lightest(image: Image.Image) -> tuple[int, int]:
    """Return the darkest and the lightest tone."""
    low, high = image.convert("L").getextrema()
    return int(low), int(high)


def transparent() -> Image.Image:
    """Draw a black bar on a transparent background."""
    image = Image.new("RGBA", PAPER.size, (0, 0, 0, 0))
    image.paste((0, 0, 0, 255), (100, 100, 400, 200))
    return image


def sixteen_bit() -> Image.Image:
    """Return the page with 65,536 tones."""
    return Image.fromarray(np.asarray(PAPER.convert("L")).astype(np.uint16) * 257)


PICTURES = {
    "rgb png": documents.saved(PAPER, "PNG"),
    "gray jpeg": documents.saved(PAPER.convert("L"), "JPEG"),
    "cmyk jpeg": documents.saved(PAPER.convert("CMYK"), "JPEG"),
    "one bit tiff": documents.saved(PAPER.convert("1"), "TIFF", compression="group4"),
    "palette gif": documents.saved(PAPER.convert("P"), "GIF"),
    "palette png": documents.saved(PAPER.convert("P"), "PNG"),
    "transparent png": documents.saved(transparent(), "PNG"),
    "transparent webp": documents.saved(transparent(), "WEBP", lossless=True),
    "16-bit png": documents.saved(sixteen_bit(), "PNG"),
    "16-bit tiff": documents.saved(sixteen_bit(), "TIFF"),
    "bmp": documents.saved(PAPER, "BMP"),
}


@pytest.mark.parametrize("sample", PICTURES)
def test_every_mode_becomes_dark_on_white(sample: str, tmp_path: Path):
    """Whatever an image's mode, the engine gets dark words on a white background."""
    engine = documents.ScriptedEngine(documents.says("words"))

    findings = documents.read(PICTURES[sample], tmp_path, engine=engine)

    assert findings.status is ReadStatus.OK
    assert engine.seen[0].mode in {"L", "RGB"}
    dark, light = darkest_and_lightest(engine.seen[0])
    assert dark < DARK
    assert light > 230
    assert np.asarray(engine.seen[0].convert("L")).mean() > 200


def test_white_on_transparent_is_seen(tmp_path: Path):
    """A transparent image that white would hide is put on black; an empty one is blank."""
    ink = Image.new("RGBA", PAPER.size, (255, 255, 255, 0))
    clear = documents.saved(ink, "PNG")
    ink.putalpha(ImageOps.invert(PAPER.convert("L")))
    engine = documents.ScriptedEngine(documents.says("words"))

    findings = documents.read(documents.saved(ink, "PNG"), tmp_path, engine=engine)

    assert findings.text == "words"
    assert darkest_and_lightest(engine.seen[0]) == (0, 255)
    assert documents.read(clear, tmp_path, engine=engine).status is ReadStatus.EMPTY


def test_light_letters_on_nothing_have_no_gray_edges(tmp_path: Path):
    """On white, the edges of smoothed letters are seen, and read as other letters."""
    letters = Image.new("RGBA", (40, 40), (0, 0, 0, 0))
    letters.paste((128, 128, 128, 255), (9, 9, 21, 21))
    letters.paste((255, 255, 255, 255), (10, 10, 20, 20))
    path = tmp_path / "logo.png"
    letters.save(path)

    with images.opened(path, Limits()) as image:
        frame = images.upright(image, Limits())

    assert frame.getpixel((0, 0)) == (0, 0, 0)


def test_a_photo_is_rotated_as_its_exif_says(tmp_path: Path):
    """A photo taken sideways is recognized upright."""
    exif = Image.Exif()
    exif[0x0112] = 6
    engine = documents.ScriptedEngine(documents.says("words"))

    documents.read(documents.saved(PAPER, "JPEG", exif=exif), tmp_path, engine=engine)

    assert engine.seen[0].size == (PAPER.height, PAPER.width)


def test_every_frame_of_a_tiff_is_a_page(tmp_path: Path):
    """A fax of three pages gives three pages."""
    fax = documents.saved(PAPER, "TIFF", save_all=True, append_images=[PAPER, PAPER])

    findings = documents.read(fax, tmp_path)

    assert [page.number for page in findings.pages] == [1, 2, 3]


@pytest.mark.parametrize("kind", ["GIF", "WEBP"])
def test_every_frame_that_shows_something_new_is_a_page(kind: str, tmp_path: Path):
    """Each page in a GIF or WebP of several frames is read once, however often it is shown."""
    other = documents.page_image("Quite other words", "and one line more")
    engine = documents.ScriptedEngine(documents.says("one"), documents.says("two"))
    frames = documents.saved(
        PAPER, kind, save_all=True, append_images=[other, PAPER, other], duration=100
    )

    findings = documents.read(frames, tmp_path, engine=engine)

    assert [(page.number, page.text) for page in findings.pages] == [(1, "one"), (2, "two")]
    assert findings.derived["searchable.pdf"].read_bytes().count(b"/Type /Page ") == 2


def test_twelve_bits_stored_in_sixteen_are_stretched(tmp_path: Path):
    """A scan whose white is 4095 of 65535 is as light as any other."""
    twelve = Image.fromarray(np.asarray(PAPER.convert("L")).astype(np.uint16) * 16)
    engine = documents.ScriptedEngine(documents.says("words"))

    documents.read(documents.saved(twelve, "TIFF"), tmp_path, engine=engine)

    dark, light = darkest_and_lightest(engine.seen[0])
    assert (dark < DARK, light > 230) == (True, True)


HEIC = Path(__file__).parents[3] / "resources" / "words.heic"


def test_a_heic_photo_is_read_if_the_extra_is_installed(tmp_path: Path):
    """A HEIC photo is read like any other image."""
    pytest.importorskip("pi_heif", reason="the extra heic is not installed")
    engine = documents.ScriptedEngine(documents.says("Paid in full"))

    findings = documents.read(HEIC.read_bytes(), tmp_path, engine=engine)

    assert (findings.status, findings.media_type, findings.text) == (
        ReadStatus.OK,
        "image/heic",
        "Paid in full",
    )
    assert engine.seen[0].size == (400, 120)
    assert darkest_and_lightest(engine.seen[0])[0] < DARK


def test_a_truncated_heic_photo_is_damaged(tmp_path: Path):
    """A HEIC photo that ends too early is damaged."""
    pytest.importorskip("pi_heif", reason="the extra heic is not installed")

    findings = documents.read(HEIC.read_bytes()[:900], tmp_path)

    assert findings.status is ReadStatus.DAMAGED


def test_without_the_extra_a_heic_photo_is_unsupported(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    """Without the extra, the outcome names it and what else to do."""
    monkeypatch.setitem(sys.modules, "pi_heif", None)

    findings = documents.read(HEIC.read_bytes(), tmp_path)

    assert findings.status is ReadStatus.UNSUPPORTED
    assert "caspio-ingest[heic]" in findings.problems[0]
    assert "JPEG" in findings.problems[0]


def test_boxes_follow_the_resolution(tmp_path: Path):
    """Boxes and sizes are in points, computed from the resolution that the image declares."""
    findings = documents.read(documents.saved(PAPER, "PNG", dpi=(144, 144)), tmp_path)

    assert (findings.pages[0].width_pt, findings.pages[0].height_pt) == pytest.approx(
        (500, 250), abs=0.1
    )


def test_a_poster_is_shrunk_and_keeps_its_size(tmp_path: Path):
    """A very large image is shrunk before it is processed; its size in points stays the same."""
    poster = Image.new("RGB", (12_000, 1_000), "white")
    poster.paste("black", (100, 100, 3000, 600))
    engine = documents.ScriptedEngine(documents.says("words"))

    findings = documents.read(
        documents.saved(poster, "PNG", dpi=(100, 100)), tmp_path, engine=engine
    )

    assert max(engine.seen[0].size) <= 6000
    assert (findings.pages[0].width_pt, findings.pages[0].height_pt) == pytest.approx(
        (8640, 720), rel=0.01
    )


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "TIFF", "WEBP", "BMP", "GIF"])
def test_a_truncated_image_is_damaged(kind: str, tmp_path: Path):
    """An image that ends too early is damaged; it is never read in part."""
    noise = Image.fromarray(
        np.random.default_rng(1).integers(0, 255, (200, 200, 3), dtype=np.uint8)
    )
    whole = documents.saved(noise, kind)

    findings = documents.read(whole[: len(whole) // 2], tmp_path)

    assert findings.status is ReadStatus.DAMAGED
    assert "Upload it again" in findings.problems[0]


def test_a_decompression_bomb_is_too_big(tmp_path: Path):
    """A small file that unpacks to more pixels than allowed is refused before it is unpacked."""
    settings = ReadSettings(limits=Limits(pixels=1_000_000))
    bomb = documents.saved(Image.new("1", (1001, 1000), 1), "PNG")

    findings = documents.read(bomb, tmp_path, settings=settings)

    assert findings.status is ReadStatus.TOO_BIG


def test_the_pixel_limit_ends_with_the_document(tmp_path: Path):
    """After a document is read, the process may open larger images elsewhere."""
    before = Image.MAX_IMAGE_PIXELS

    documents.read(
        documents.saved(PAPER, "PNG"),
        tmp_path,
        settings=ReadSettings(limits=Limits(pixels=1_000_000)),
    )

    assert before == Image.MAX_IMAGE_PIXELS


def test_a_blank_image_is_empty(tmp_path: Path):
    """An image that shows nothing is not sent to the engine and is reported as empty."""
    engine = documents.ScriptedEngine(documents.says("never"))

    findings = documents.read(
        documents.saved(Image.new("RGB", (50, 50), "white"), "PNG"), tmp_path, engine=engine
    )

    assert findings.status is ReadStatus.EMPTY
    assert engine.seen == []


def test_a_file_name_decides_nothing(tmp_path: Path):
    """A photo called .pdf is read as a photo, and its proper extension is reported."""
    findings = documents.read(documents.saved(PAPER, "JPEG"), tmp_path, name="scan.pdf")

    assert (findings.status, findings.media_type, findings.extension) == (
        ReadStatus.OK,
        "image/jpeg",
        ".jpg",
    )


@pytest.mark.parametrize(
    ("options", "media_type"), [({}, "image/jp2"), ({"no_jp2": True}, "image/j2k")]
)
def test_jpeg_2000_is_read(options: dict[str, bool], media_type: str, tmp_path: Path):
    """JPEG 2000 is read as a file, in its own format and as a bare codestream."""
    data = documents.saved(documents.page_image("Kettle"), "JPEG2000", **options)

    findings = documents.read(data, tmp_path)

    assert findings.media_type == media_type
    assert findings.text == "picture"


def test_a_turned_tiff_without_compression_keeps_its_lines(tmp_path: Path):
    """Pillow mixes them up if it maps the file into memory."""
    picture = Image.new("L", (60, 200), "white")
    ImageDraw.Draw(picture).rectangle((40, 10, 50, 190), fill=0)
    picture.save(tmp_path / "scan", "TIFF", tiffinfo={274: 6})

    with images.opened(tmp_path / "scan", Limits()) as image:
        frame = images.upright(image, Limits())

    assert frame.size == (200, 60)
    assert frame.crop((10, 42, 190, 48)).getextrema() == (0, 0)
