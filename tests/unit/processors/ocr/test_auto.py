"""Engine `auto`: which engine reads a page, and why. Most engines here are scripted."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from pipeline.model import Findings, ReadStatus
from processors.contract import (
    EngineMissing,
    OcrEngine,
    ReadSettings,
    Recognition,
    Segment,
    Unreadable,
)
from processors.ocr import engines
from processors.ocr.auto import AutoReader
from processors.read import read_document
from tests.unit.processors import documents, drawn

pytestmark = pytest.mark.slow

if TYPE_CHECKING:
    from PIL import Image

PAPER = documents.page_image("Some words", "and one line more")
LATIN = "Total amount due in euro"
CYRILLIC = "Благодарим вас за заказ"
WIDE_PX = 12


class Scripted(documents.ScriptedEngine):
    """A named engine that returns lines of text with one confidence, or raises."""

    def __init__(
        self, name: str, *texts: str, sure: float = 0.95, error: Exception | None = None
    ) -> None:
        lines = [
            Segment(text, (60, 20 + 50 * row, 60 + WIDE_PX * len(LATIN), 50 + 50 * row), sure)
            for row, text in enumerate(texts)
        ]
        super().__init__(lines)
        self.name = name
        self._error = error

    def recognize(self, image: "Image.Image", *, dpi: float) -> Sequence[Segment]:
        """Say it, or raise."""
        said = super().recognize(image, dpi=dpi)
        if self._error:
            raise self._error
        return said


def rapidocr(*texts: str, sure: float = 0.95, error: Exception | None = None) -> Scripted:
    """Return a scripted engine in the place of RapidOCR."""
    return Scripted("rapidocr (test)", *texts, sure=sure, error=error)


def tesseract(*texts: str, sure: float = 0.95, error: Exception | None = None) -> Scripted:
    """Return a scripted engine in the place of Tesseract."""
    return Scripted("tesseract test", *texts, sure=sure, error=error)


def never() -> OcrEngine:
    """Stand for an engine that must not be needed."""
    raise AssertionError("this engine is not needed")


def missing() -> OcrEngine:
    """Stand for an engine that is not installed."""
    raise EngineMissing("The program is not installed; install it.")


def reader(
    first: OcrEngine | Callable[[], OcrEngine],
    second: OcrEngine | Callable[[], OcrEngine],
    *,
    languages: tuple[str, ...] = ("eng", "rus"),
) -> AutoReader:
    """Return `auto` over RapidOCR and Tesseract."""
    load = [
        engine if callable(engine) else (lambda engine=engine: engine) for engine in (first, second)
    ]
    beyond = tuple(language for language in languages if language not in engines.RAPIDOCR_LANGUAGES)
    return AutoReader(rapidocr=load[0], tesseract=load[1], languages=languages, untrained=beyond)


def read(reader_: AutoReader) -> Recognition:
    """Read a page."""
    return reader_.read(PAPER, dpi=200)


def said(recognized: Recognition) -> str:
    """Return what was read."""
    return " ".join(segment.text for segment in recognized.segments)


def document(data: bytes, folder: Path, reader_: AutoReader) -> Findings:
    """Read a document with `auto`."""
    path, work_dir = folder / "document", folder / "work"
    path.write_bytes(data)
    work_dir.mkdir()
    return read_document(
        path, name="upload", work_dir=work_dir, settings=ReadSettings(), engine=lambda: reader_
    )


def test_rapidocr_reads_alone_if_it_knows_all_letters():
    """If RapidOCR knows the letters of every language, Tesseract is not even loaded."""
    found = read(reader(rapidocr(LATIN, sure=0.5), never, languages=("eng", "deu")))

    assert (said(found), found.reason) == (
        LATIN,
        "RapidOCR read it: it knows the letters of eng, deu",
    )


def test_tesseract_reads_alone_if_rapidocr_knows_no_letters():
    """If RapidOCR knows the letters of no language, it is not even loaded."""
    found = read(reader(never, tesseract(CYRILLIC), languages=("rus",)))

    assert (said(found), found.engine) == (CYRILLIC, "tesseract test")
    assert found.reason == "Tesseract read it: RapidOCR was not trained on the letters of rus"


def test_a_latin_page_among_mixed_languages_is_read_by_rapidocr():
    """A page on which Tesseract finds no other letters keeps RapidOCR's text."""
    second = tesseract("Tota1 arnount dve in curo")

    found = read(reader(rapidocr(LATIN, LATIN), second))

    assert (said(found), found.engine) == (f"{LATIN} {LATIN}", "rapidocr (test)")
    assert found.reason == "RapidOCR read it: no letters of rus were found on it"
    assert len(second.seen) == 1


def test_a_page_in_other_letters_is_read_by_tesseract():
    """Letters that RapidOCR read as Latin ones with high confidence are read by Tesseract."""
    found = read(reader(rapidocr("BLAGODAPHM BAC 3A 3AKA3", sure=0.97), tesseract(CYRILLIC)))

    assert (said(found), found.engine) == (CYRILLIC, "tesseract test")
    assert (
        found.reason
        == "Tesseract read it: it has letters of rus, which RapidOCR was not trained on"
    )


def test_one_line_in_other_letters_is_enough():
    """A Latin page with one line in other letters is read by Tesseract."""
    first = rapidocr(LATIN, LATIN, LATIN, LATIN, LATIN, LATIN, LATIN, LATIN, "")

    found = read(reader(first, tesseract(LATIN, LATIN, LATIN, CYRILLIC)))

    assert CYRILLIC in said(found)


@pytest.mark.parametrize(("theirs", "engine"), [(0.9, "tesseract test"), (0.2, "rapidocr (test)")])
def test_the_surer_text_of_an_unsure_page_counts(theirs: float, engine: str):
    """If RapidOCR is unsure of a page, Tesseract reads it; the reason has both confidences."""
    found = read(reader(rapidocr(LATIN, sure=0.4), tesseract(LATIN, sure=theirs)))

    assert found.engine == engine
    assert "0.40" in found.reason
    assert f"{theirs:.2f}" in found.reason


def test_long_lines_read_as_specks_are_unsure():
    """A page whose long lines became a few dots is one that RapidOCR is unsure of."""
    found = read(reader(rapidocr(". , -", ", .", sure=0.93), tesseract(CYRILLIC, CYRILLIC)))

    assert said(found) == f"{CYRILLIC} {CYRILLIC}"


def test_an_image_without_text_is_recognized_once():
    """If RapidOCR finds no line, Tesseract is not called."""
    assert said(read(reader(rapidocr(), never))) == ""


BROKEN = Unreadable(ReadStatus.CRASHED, "RapidOCR failed on this page: out of luck")
HANGING = Unreadable(ReadStatus.TIMED_OUT, "tesseract was stopped after 75 s on one page.")


@pytest.mark.parametrize("first", [rapidocr(error=BROKEN), missing], ids=["fails", "is missing"])
def test_tesseract_reads_if_rapidocr_fails(
    first: "OcrEngine | Callable[[], OcrEngine]", tmp_path: Path
):
    """If RapidOCR fails or does not load, Tesseract reads the page; a problem says so."""
    found = document(
        documents.saved(PAPER, "PNG"), tmp_path, reader(first, tesseract(LATIN), languages=("eng",))
    )

    assert (found.text, found.status) == (LATIN, ReadStatus.PARTIAL)
    assert "Tesseract read it: RapidOCR could not" in found.pages[0].reason
    assert "the text may be poorer" in found.problems[0]


def test_rapidocr_reads_if_tesseract_fails(tmp_path: Path):
    """If Tesseract fails on a page that it alone knows, the text is RapidOCR's."""
    failing = reader(rapidocr("4711"), tesseract(error=HANGING), languages=("rus",))

    found = document(drawn.document(drawn.scan()), tmp_path, failing)

    assert (found.text, found.status) == ("4711", ReadStatus.PARTIAL)
    assert found.problems[0].startswith(
        "upload: Page 1: RapidOCR read it, since Tesseract could not (tesseract was "
    )
    assert found.problems[0].endswith("; letters of rus are wrong or missing.")


def test_a_check_that_fails_loses_nothing(tmp_path: Path):
    """If Tesseract fails to check a page, the text stays; a problem says what may be missing."""
    found = document(
        documents.saved(PAPER, "PNG"), tmp_path, reader(rapidocr(LATIN), tesseract(error=HANGING))
    )

    assert (found.text, found.status) == (LATIN, ReadStatus.PARTIAL)
    assert "letters of rus, if there are any, are wrong or missing" in found.problems[0]


def test_the_first_failure_is_reported_if_both_fail():
    """A page that no engine can read fails as the first engine did."""
    with pytest.raises(Unreadable, match="out of luck"):
        read(reader(rapidocr(error=BROKEN), tesseract(error=HANGING), languages=("eng",)))


def test_a_configured_engine_is_never_changed(tmp_path: Path):
    """Without `auto`, a page is read by the configured engine or not at all."""
    fax = documents.saved(PAPER, "TIFF", save_all=True, append_images=[PAPER])

    found = documents.read(fax, tmp_path, engine=rapidocr(error=BROKEN))

    assert [page.source for page in found.pages] == ["none", "none"]
    assert "out of luck" in found.problems[0]


def test_an_embedded_scan_that_was_not_recognized_is_reported(tmp_path: Path):
    """If an image on a page of text cannot be recognized, a problem says so."""
    paper = documents.page_image("Total 12.50").convert("L")
    head = (
        f"q 300 0 0 150 150 300 cm BI /W {paper.width} /H {paper.height} /BPC 8 /CS /G ID ".encode()
    )
    page = drawn.page(
        *drawn.column(drawn.prose(12), 60, 750), behind=head + paper.tobytes() + b" EI Q\n"
    )

    found = documents.read(drawn.document(page), tmp_path, engine=tesseract(error=HANGING))

    assert (found.pages[0].source, found.status) == ("text", ReadStatus.PARTIAL)
    assert "an image on it was not recognized: tesseract was stopped" in found.problems[0]


class Raising:
    """An engine with a library that fails."""

    name = "rapidocr (test)"

    def __init__(self, error: Exception) -> None:
        self._error = error

    def recognize(self, image: "Image.Image", *, dpi: float) -> Sequence[Segment]:
        """Raise."""
        del image, dpi
        raise self._error


def test_an_error_of_a_library_is_a_failure_on_one_page():
    """After an error of the inference runtime another engine can read the page."""
    engine = engines._GuardedRapidEngine(
        Raising(RuntimeError("Exception from src/inference:\n shape mismatch"))
    )

    with pytest.raises(Unreadable, match=r"RapidOCR failed on this page: .* shape mismatch"):
        engine.recognize(PAPER, dpi=200)


def test_lack_of_memory_is_no_failure_of_a_page():
    """If a library runs out of memory, the process ends: no other engine is tried in it."""
    engine = engines._GuardedRapidEngine(Raising(RuntimeError("std::bad_alloc")))

    with pytest.raises(MemoryError):
        engine.recognize(PAPER, dpi=200)


def test_the_reason_is_reported_with_the_page(tmp_path: Path):
    """The reason says why a page was recognized and why by this engine."""
    path = tmp_path / "document"
    path.write_bytes(documents.saved(PAPER, "PNG"))
    (tmp_path / "work").mkdir()

    found = read_document(path, name="upload", work_dir=tmp_path / "work", settings=ReadSettings())

    assert found.pages[0].reason == "it is an image; RapidOCR read it: it knows the letters of eng"
