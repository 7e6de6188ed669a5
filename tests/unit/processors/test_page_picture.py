from pathlib import Path

import pytest
from PIL import Image

from infra.samples.pdf_writer import PdfPage, write_pdf
from pipeline.model import ReadStatus
from processors.contract import Limits, ReadSettings
from processors.page_picture import NAME, SIDE_PX, PageJob


@pytest.fixture
def pdf(tmp_path: Path) -> Path:
    """A PDF of two pages; only the second says something."""
    pages = [PdfPage(), PdfPage()]
    pages[1].paragraph("TOTAL 12.50")
    path = tmp_path / "document"
    path.write_bytes(write_pdf(pages, title="Two"))
    return path


def drawn(path: Path, page: int, folder: Path, settings: ReadSettings | None = None) -> Image.Image:
    """Draw a page and open its picture."""
    findings = PageJob(settings or ReadSettings())(path, f"{page}", folder)
    assert findings.status is ReadStatus.OK, findings.problems
    with Image.open(findings.derived[NAME]) as picture:
        picture.load()
        assert picture.format == "WEBP"
        return picture


def test_a_page_of_a_pdf_is_drawn(pdf: Path, tmp_path: Path):
    """The page that is asked for is drawn, as large as small print needs."""
    first, second = drawn(pdf, 1, tmp_path).convert("L"), drawn(pdf, 2, tmp_path).convert("L")

    assert max(second.size) == SIDE_PX
    assert first.getextrema()[0] > 200  # blank
    assert second.getextrema()[0] < 100  # has print


def test_a_frame_of_an_image_is_drawn(tmp_path: Path):
    """Each frame of a TIFF is a page; a small one is not made larger."""
    path = tmp_path / "document"
    frames = [Image.new("L", (300, 200), color) for color in (0, 255)]
    frames[0].save(path, "TIFF", save_all=True, append_images=frames[1:])

    second = drawn(path, 2, tmp_path)

    assert second.size == (300, 200)
    assert second.convert("L").getextrema()[0] > 250


@pytest.mark.parametrize("page", [0, 3, -1, 10**9])
def test_a_page_that_does_not_exist_is_said(pdf: Path, tmp_path: Path, page: int):
    """A number beyond the pages is a status, and no picture."""
    findings = PageJob(ReadSettings())(pdf, f"{page}", tmp_path)

    assert findings.status is ReadStatus.DAMAGED
    assert findings.derived == {}


def test_a_page_beyond_the_limit_is_not_drawn(pdf: Path, tmp_path: Path):
    """What is not read is not drawn either."""
    findings = PageJob(ReadSettings(limits=Limits(pages=1)))(pdf, "2", tmp_path)

    assert findings.derived == {}


@pytest.mark.parametrize("data", [b"hello", b"%PDF-1.7\nnothing", b""])
def test_what_has_no_pages_to_draw_is_said(tmp_path: Path, data: bytes):
    """A text, a broken PDF and nothing at all are a status each, never an exception."""
    path = tmp_path / "document"
    path.write_bytes(data)
    findings = PageJob(ReadSettings())(path, "1", tmp_path)

    assert not findings.status.readable
    assert findings.derived == {}
