"""An image is recognized once in a process, and its text is readable only with its pixels."""

from pathlib import Path

import pytest
from PIL import Image

from pipeline.model import ReadStatus
from processors.contract import OcrEngine, ReadSettings, Recognition, Segment, Unreadable, Word
from processors.ocr.engines import SingleEngineReader
from processors.ocr.ocr_cache import CachedPageReader
from processors.read import Engines, read_document
from tests.unit.processors import documents

pytestmark = pytest.mark.slow

PAPER = documents.page_image("Some words")
OTHER = documents.page_image("Other words")
WORD = Word("secret", (10.25, 20.5, 30.0, 40.125), 0.9)
SAID = [
    Segment("secret", (10.25, 20.5, 30.0, 40.125), 0.8765, angle_deg=1.5, words=(WORD,)),
    Segment("", (1, 2, 3, 4)),
]


def cached(engine: OcrEngine, *, most_bytes: int = 10_000) -> CachedPageReader:
    """Return a cached reader with one engine."""
    return CachedPageReader(
        SingleEngineReader(engine, reason="the test says so"), most_bytes=most_bytes
    )


def read_frames(folder: Path, reader: CachedPageReader, *frames: Image.Image) -> list[str]:
    """Read a TIFF of several frames; return the text of each."""
    folder.mkdir(exist_ok=True)
    path, work_dir = folder / "document", folder / "work"
    path.write_bytes(
        documents.saved(frames[0], "TIFF", save_all=True, append_images=list(frames[1:]))
    )
    work_dir.mkdir()
    found = read_document(
        path, name="fax", work_dir=work_dir, settings=ReadSettings(), engine=lambda: reader
    )
    return [page.text for page in found.pages]


def test_a_repeated_frame_is_recognized_once(tmp_path: Path):
    """In a TIFF with repeated frames each is recognized once, and every page has its text."""
    engine = documents.ScriptedEngine(documents.says("one"), documents.says("two"))

    texts = read_frames(tmp_path, cached(engine), PAPER, OTHER, PAPER, OTHER)

    assert texts == ["one", "two", "one", "two"]
    assert len(engine.seen) == 2


def test_an_image_is_cached_for_the_next_document(tmp_path: Path):
    """The same pixels in another document are not recognized again."""
    engine = documents.ScriptedEngine(documents.says("one"), documents.says("two"))
    reader = cached(engine)

    texts = [read_frames(tmp_path / name, reader, PAPER) for name in ("first", "second")]

    assert texts == [["one"], ["one"]]


def test_a_cached_result_equals_the_first_one():
    """Text, boxes, confidence, slope, words, engine, reason and rotation are the same."""
    reader = cached(documents.ScriptedEngine(SAID))
    first = reader.read(PAPER, dpi=200)

    assert reader.read(PAPER, dpi=200) == first
    assert first == Recognition(SAID, "scripted", "the test says so")


@pytest.mark.parametrize("other", ["pixel", "resolution", "rotation", "shape", "mode"])
def test_everything_that_decides_the_result_is_in_the_key(other: str):
    """Other pixels, resolution, shape, mode or rotation setting are recognized separately."""
    engine = documents.ScriptedEngine(SAID)
    reader = cached(engine)
    gray = PAPER.convert("L")
    spotted = gray.copy()
    spotted.putpixel((3, 3), 254)
    reader.read(gray, dpi=200)

    reader.read(
        {
            "pixel": spotted,
            "shape": Image.frombytes("L", gray.size[::-1], gray.tobytes()),
            "mode": PAPER,
        }.get(other, gray),
        dpi=201 if other == "resolution" else 200,
        detect_rotation=other != "rotation",
    )

    assert len(engine.seen) == 2


def test_the_cache_is_bounded_and_drops_the_least_recently_used():
    """Beyond its limit the cache drops what was used least recently."""
    engine = documents.ScriptedEngine(SAID)
    one = cached(engine)
    one.read(PAPER, dpi=200)
    reader = cached(engine, most_bytes=2 * one._bytes + 10)
    pages = [Image.new("L", (40, 40), tone) for tone in (10, 20, 30)]
    for page in (pages[0], pages[1], pages[0], pages[2]):
        reader.read(page, dpi=200)
    engine.seen.clear()

    for page in (pages[0], pages[2], pages[1]):
        reader.read(page, dpi=200)

    assert engine.seen == [pages[1]]
    assert reader._bytes == sum(map(len, reader._entries.values())) <= 2 * one._bytes + 10


def test_cached_text_is_encrypted():
    """Neither a text nor its key is stored: without the same pixels nothing can be read."""
    reader = cached(documents.ScriptedEngine(SAID))

    reader.read(PAPER, dpi=200)

    ((name, locked),) = reader._entries.items()
    assert b"secret" not in locked
    assert name not in locked


class Failing:
    """An engine that fails once, then reads."""

    name = "failing"

    def __init__(self) -> None:
        self.runs = 0

    def recognize(self, image: Image.Image, *, dpi: float) -> list[Segment]:
        """Fail the first time."""
        del image, dpi
        self.runs += 1
        if self.runs == 1:
            raise Unreadable(ReadStatus.TIMED_OUT, "too slow")
        return SAID


def test_a_failure_is_not_cached():
    """An image on which an engine failed is recognized when it occurs again."""
    engine = Failing()
    reader = cached(engine)
    with pytest.raises(Unreadable):
        reader.read(PAPER, dpi=200)

    assert reader.read(PAPER, dpi=200).segments == SAID


class Replaced:
    """A reader in which the second engine had to read."""

    def __init__(self) -> None:
        self.runs = 0

    def read(self, image: Image.Image, *, dpi: float, detect_rotation: bool = True) -> Recognition:
        """Read, with a problem."""
        del image, dpi, detect_rotation
        self.runs += 1
        return Recognition(SAID, "other", "the first could not", problem="the text may be poorer.")


def test_a_poorer_text_is_not_cached():
    """The text of a second engine is not cached: next time the first one may not fail."""
    inner = Replaced()
    reader = CachedPageReader(inner)

    for _ in range(2):
        reader.read(PAPER, dpi=200)

    assert inner.runs == 2


def test_each_reader_has_a_cache_of_its_own():
    """A reader with other settings starts with an empty cache."""
    one, other = (Engines(ReadSettings(languages=(code,))).get() for code in ("eng", "deu"))

    assert isinstance(one, CachedPageReader)
    assert isinstance(other, CachedPageReader)
    assert one._entries is not other._entries
