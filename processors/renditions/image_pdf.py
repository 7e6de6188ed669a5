"""Make a searchable PDF of an image file: each frame a page with its recognized text behind it."""

from pathlib import Path
from typing import IO

from processors.contract import Page
from processors.renditions import glyphless_font, overlay
from processors.renditions.image_encoding import EncodedImage
from processors.renditions.pdf_writer import HEADER, PdfFile
from processors.renditions.searchable_pdf import NAME, too_large


class ImagePdf:
    """Writes the file frame by frame, so that memory holds one at a time.

    Closed by whoever made it.
    """

    def __init__(self, work_dir: Path, *, most_bytes: int) -> None:
        self._path = work_dir / NAME
        self._most_bytes = most_bytes
        self._stream: IO[bytes] = self._path.open("wb")
        self._stream.write(HEADER)
        self._file = PdfFile(self._stream)
        self._catalog, self._page_tree, self._font = (self._file.reserve() for _ in range(3))
        self._pages: list[int] = []
        self._has_text = False
        self._is_too_large = False

    def add(self, image: EncodedImage, page: Page) -> None:
        """Write one frame as a page of the size that was read, with its text."""
        if self._stream.tell() + len(image.data) > self._most_bytes:
            self._is_too_large = True
        width, height = page.text.width_pt, page.text.height_pt
        if self._is_too_large or not width or not height:
            return
        image_number = self._file.add_stream(
            f"/Type /XObject /Subtype /Image {image.entries}", image.data
        )
        text = overlay.content(page, overlay.PageGeometry(0, 0, width, height))
        self._has_text = self._has_text or bool(text)

        # The matrix scales the unit square, on which images are painted, to the page.
        a, b, c, d, e, f = image.matrix
        scaled = (a * width, b * height, c * width, d * height, e * width, f * height)
        paint = f"q {' '.join(map(str, scaled))} cm /P Do Q\n"
        content = self._file.add_stream("", text + paint.encode(), compress=True)
        body = (
            f"<< /Type /Page /Parent {self._page_tree} 0 R /MediaBox [0 0 {width:.2f} {height:.2f}]"
            f" /Contents {content} 0 R /Resources << /XObject << /P {image_number} 0 R >>"
            f" /Font << /{overlay.FONT} {self._font} 0 R >> >> >>"
        )
        self._pages.append(self._file.add(body.encode()))

    def finish(self) -> str:
        """Finish the file; return why there is none, "" if there is one."""
        reason = ""
        if self._is_too_large:
            reason = too_large(self._most_bytes)
        elif not self._has_text:
            reason = "nothing was recognized"
        if reason:
            self.close()
            return reason

        glyphless_font.add_to(self._file, number=self._font)
        kids = " ".join(f"{number} 0 R" for number in self._pages)
        page_tree = f"<< /Type /Pages /Kids [{kids}] /Count {len(self._pages)} >>"
        self._file.add(page_tree.encode(), number=self._page_tree)
        catalog = f"<< /Type /Catalog /Pages {self._page_tree} 0 R >>"
        self._file.add(catalog.encode(), number=self._catalog)
        self._file.end(f"/Root {self._catalog} 0 R")
        self._stream.close()
        return ""

    def close(self) -> None:
        """Delete a file that is not finished."""
        if not self._stream.closed:
            self._stream.close()
            self._path.unlink(missing_ok=True)
