"""A picture is recognized once in a process, and what it said is nobody's who has not the same pixels."""

from pathlib import Path

import pytest
from PIL import Image

from pipeline.model import ReadStatus
from processors.contract import OcrEngine, ReadSettings, Recognition, Segment, Unreadable, Word
from processors.ocr.engines import SingleEngineReader
from processors.ocr.ocr_cache import CachedPageReader
from processors.read import Engines, read_document
from tests.unit.processors import documents

PAPER = documents.sheet_of_paper("Some words")
OTHER = documents.sheet_of_paper("Other words")
WORD = Word("secret", (10.25, 20.5, 30.0, 40.125), 0.9)
SAID = [
    Segment("secret", (10.25, 20.5, 30.0, 40.125), 0.8765, angle_deg=1.5, words=(WORD,)),
    Segment("", (1, 2, 3, 4)),
]


def remembering(engine: OcrEngine, *, most_bytes: int = 10_000) -> CachedPageReader:
    """Return a reader with one engine that remembers."""
    return CachedPageReader(
        SingleEngineReader(engine, reason="the test says so"), most_bytes=most_bytes
    )


def read_frames(folder: Path, reader: CachedPageReader, *frames: Image.Image) -> list[str]:
    """Read a TIFF of several frames; return what each said."""
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


def test_a_repeated_frame_is_recognised_once(tmp_path: Path):
    """Of a TIFF whose frames repeat each sheet is recognized once, and every page has its text."""
    engine = documents.ScriptedEngine(documents.says("one"), documents.says("two"))

    texts = read_frames(tmp_path, remembering(engine), PAPER, OTHER, PAPER, OTHER)

    assert texts == ["one", "two", "one", "two"]
    assert len(engine.seen) == 2


def test_a_picture_is_known_in_the_next_document(tmp_path: Path):
    """The same pixels in another document are not recognized again."""
    engine = documents.ScriptedEngine(documents.says("one"), documents.says("two"))
    reader = remembering(engine)

    texts = [read_frames(tmp_path / name, reader, PAPER) for name in ("first", "second")]

    assert texts == [["one"], ["one"]]


def test_what_is_remembered_is_what_was_read():
    """Text, places, certainty, slope, words, engine, reason and turn come back as they were."""
    reader = remembering(documents.ScriptedEngine(SAID))
    first = reader.read(PAPER, dpi=200)

    assert reader.read(PAPER, dpi=200) == first
    assert first == Recognition(SAID, "scripted", "the test says so")


@pytest.mark.parametrize("other", ["pixel", "resolution", "rotation", "shape", "mode"])
def test_anything_that_decides_what_is_read_counts(other: str):
    """Another pixel, resolution, shape or mode, or a picture that must not be turned, is recognized for itself."""
    engine = documents.ScriptedEngine(SAID)
    reader = remembering(engine)
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


def test_the_memory_is_bounded_and_forgets_the_oldest():
    """Beyond its bytes the memory forgets what was needed longest ago."""
    engine = documents.ScriptedEngine(SAID)
    one = remembering(engine)
    one.read(PAPER, dpi=200)
    reader = remembering(engine, most_bytes=2 * one._bytes + 10)
    sheets = [Image.new("L", (40, 40), tone) for tone in (10, 20, 30)]
    for sheet in (sheets[0], sheets[1], sheets[0], sheets[2]):
        reader.read(sheet, dpi=200)
    engine.seen.clear()

    for sheet in (sheets[0], sheets[2], sheets[1]):
        reader.read(sheet, dpi=200)

    assert engine.seen == [sheets[1]]
    assert reader._bytes == sum(map(len, reader._entries.values())) <= 2 * one._bytes + 10


def test_what_a_picture_said_lies_locked():
    """Neither a text nor what unlocks it is kept: without the same pixels nothing can be had."""
    reader = remembering(documents.ScriptedEngine(SAID))

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


def test_a_failure_is_not_remembered():
    """A picture on which an engine failed is recognized when it comes again."""
    engine = Failing()
    reader = remembering(engine)
    with pytest.raises(Unreadable):
        reader.read(PAPER, dpi=200)

    assert reader.read(PAPER, dpi=200).segments == SAID


class Replaced:
    """A reader where another engine had to step in."""

    def __init__(self) -> None:
        self.runs = 0

    def read(self, image: Image.Image, *, dpi: float, detect_rotation: bool = True) -> Recognition:
        """Read, with a problem."""
        del image, dpi, detect_rotation
        self.runs += 1
        return Recognition(SAID, "other", "the first could not", problem="the text may be poorer.")


def test_a_poorer_text_is_not_remembered():
    """What another engine made of a picture in place of one that failed is not kept: next time it may not fail."""
    inner = Replaced()
    reader = CachedPageReader(inner)

    for _ in range(2):
        reader.read(PAPER, dpi=200)

    assert inner.runs == 2


def test_each_reader_of_a_setting_has_a_memory_of_its_own():
    """What reads with other settings starts with nothing remembered."""
    one, other = (Engines(ReadSettings(languages=(code,))).get() for code in ("eng", "deu"))

    assert isinstance(one, CachedPageReader)
    assert isinstance(other, CachedPageReader)
    assert one._entries is not other._entries
