"""A small PDF writer: text in the standard fonts, lines, boxes and JPEG pictures.

It writes what the samples need: Helvetica and Courier in WinAnsi, no compression, one
cross-reference table. The same calls write the same bytes. Coordinates are points from the upper
left corner; the page is A4. References are to ISO 32000-1, the PDF standard.
"""

import hashlib
from dataclasses import dataclass, field
from io import BytesIO

from PIL import Image

# A4 is 210 by 297 mm; a point is 1/72 inch.
WIDTH = 595.0
HEIGHT = 842.0
MARGIN = 56.0

_CREATED = "D:20260601090000Z"
_FONTS = {
    "regular": "Helvetica",
    "bold": "Helvetica-Bold",
    "oblique": "Helvetica-Oblique",
    "mono": "Courier",
}

# Advance widths in thousandths of the font size, from Adobe's core font metrics: Courier, and
# Helvetica's printable ASCII from space to tilde.
_COURIER_WIDTH = 600
_HELVETICA_WIDTHS = (
    278, 278, 355, 556, 556, 889, 667, 191, 333, 333, 389, 584, 278, 333, 278, 278,
    556, 556, 556, 556, 556, 556, 556, 556, 556, 556, 278, 278, 584, 584, 584, 556,
    1015, 667, 667, 722, 722, 667, 611, 778, 722, 278, 500, 667, 556, 833, 722, 778,
    667, 778, 722, 667, 611, 722, 667, 944, 667, 667, 611, 278, 278, 278, 469, 556,
    333, 556, 556, 500, 556, 556, 278, 556, 556, 222, 222, 500, 222, 833, 556, 556,
    556, 556, 333, 500, 278, 556, 500, 722, 500, 500, 500, 334, 260, 334, 584,
)  # fmt: skip
# Most other letters, such as é and £, are as wide as a figure.
_OTHER_WIDTH = 556
_FIRST_CHARACTER = 32


def text_width(text: str, *, size: float, font: str = "regular") -> float:
    """Return the width of a line in points.

    Bold text is measured as regular text. That is a little too narrow, and exact for figures.
    """
    if font == "mono":
        return len(text) * _COURIER_WIDTH * size / 1000
    thousandths = 0
    for letter in text:
        code = ord(letter) - _FIRST_CHARACTER
        is_known = 0 <= code < len(_HELVETICA_WIDTHS)
        thousandths += _HELVETICA_WIDTHS[code] if is_known else _OTHER_WIDTH
    return thousandths * size / 1000


def wrap_text(text: str, *, size: float, width: float) -> list[str]:
    """Break text into lines of at most `width` points."""
    lines = [""]
    for word in text.split():
        longer = f"{lines[-1]} {word}".strip()
        if text_width(longer, size=size) <= width:
            lines[-1] = longer
        else:
            lines.append(word)
    return lines


@dataclass(slots=True)
class PdfPage:
    """One page; `y` is the distance of the next line's baseline from its top."""

    y: float = 84.0
    operators: list[str] = field(default_factory=list)
    images: list[bytes] = field(default_factory=list)

    def text(
        self,
        x: float,
        text: str,
        *,
        size: float = 10.5,
        font: str = "regular",
        align: str = "left",
        gray: float = 0.1,
    ) -> None:
        """Set one line on the current baseline; `align` says which end of it is at `x`."""
        left = x
        if align == "right":
            left -= text_width(text, size=size, font=font)
        name = list(_FONTS).index(font) + 1
        # PDF counts from the lower left corner (8.3.2.3).
        place = f"{left:.2f} {HEIGHT - self.y:.2f} Td"
        self.operators.append(
            f"BT {gray:g} g /F{name} {size:g} Tf {place} ({_escaped(text)}) Tj ET"
        )

    def down(self, points: float) -> None:
        """Move the pen down."""
        self.y += points

    def paragraph(self, text: str, *, size: float = 10.5, x: float = MARGIN) -> None:
        """Set text in lines of the text's width, and leave the pen below it."""
        for line in wrap_text(text, size=size, width=WIDTH - 2 * MARGIN):
            self.text(x, line, size=size)
            self.down(size * 1.45)
        self.down(size * 0.6)

    def row(
        self, cells: list[tuple[float, str, str]], *, size: float = 10.5, font: str = "regular"
    ) -> None:
        """Set a table row of (x, align, text), and move to the next."""
        for x, align, text in cells:
            self.text(x, text, size=size, font=font, align=align)
        self.down(size * 1.75)

    def rule(self, *, gray: float = 0.7) -> None:
        """Draw a line across the text's width, just above the current baseline."""
        y = HEIGHT - self.y + 13
        self.operators.append(
            f"{gray:g} G 0.7 w {MARGIN:g} {y:.2f} m {WIDTH - MARGIN:g} {y:.2f} l S"
        )

    def band(self, *, height: float, color: tuple[float, float, float]) -> None:
        """Fill a band across the top of the page."""
        red, green, blue = color
        self.operators.append(
            f"{red:g} {green:g} {blue:g} rg 0 {HEIGHT - height:g} {WIDTH:g} {height:g} re f"
        )

    def picture(self, jpeg: bytes) -> None:
        """Fill the page with a JPEG, as a scanner does."""
        self.images.append(jpeg)
        name = len(self.images)
        # The matrix scales the unit square to the size of the page (8.9.5).
        matrix = f"{WIDTH:g} 0 0 {HEIGHT:g} 0 0"
        self.operators.append(f"q {matrix} cm /I{name} Do Q")


def write_pdf(pages: list[PdfPage], *, title: str) -> bytes:
    """Return the document as bytes."""
    # The catalog and the page tree refer to the pages, so they are filled in last.
    objects: list[bytes] = [b"", b""]
    fonts = []
    for number, base in enumerate(_FONTS.values(), start=1):
        body = f"<< /Type /Font /Subtype /Type1 /BaseFont /{base} /Encoding /WinAnsiEncoding >>"
        fonts.append(f"/F{number} {_add(objects, body.encode())} 0 R")
    kids = [_add_page(objects, page, fonts=" ".join(fonts)) for page in pages]
    info = f"<< /Title ({_escaped(title)}) /CreationDate ({_CREATED}) /ModDate ({_CREATED}) >>"
    info_number = _add(objects, info.encode("cp1252"))

    objects[0] = b"<< /Type /Catalog /Pages 2 0 R >>"
    references = " ".join(f"{kid} 0 R" for kid in kids)
    objects[1] = f"<< /Type /Pages /Count {len(kids)} /Kids [{references}] >>".encode()
    return assemble(objects, info_number=info_number)


def _add(objects: list[bytes], body: bytes) -> int:
    """Add an object and return its number."""
    objects.append(body)
    return len(objects)


def _add_page(objects: list[bytes], page: PdfPage, *, fonts: str) -> int:
    images = []
    for index, jpeg in enumerate(page.images, start=1):
        with Image.open(BytesIO(jpeg)) as picture:
            width, height = picture.size
            space = "DeviceGray" if picture.mode == "L" else "DeviceRGB"
        entries = (
            f"/Type /XObject /Subtype /Image /Width {width} /Height {height} /ColorSpace /{space} "
            "/BitsPerComponent 8 /Filter /DCTDecode"
        )
        images.append(f"/I{index} {_add(objects, _stream(entries, jpeg))} 0 R")

    content = _add(objects, _stream("", "\n".join(page.operators).encode("cp1252")))
    resources = f"<< /Font << {fonts} >> /XObject << {' '.join(images)} >> >>"
    body = (
        f"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 {WIDTH:g} {HEIGHT:g}] "
        f"/Contents {content} 0 R /Resources {resources} >>"
    )
    return _add(objects, body.encode())


def _stream(entries: str, data: bytes) -> bytes:
    return f"<< {entries} /Length {len(data)} >>\nstream\n".encode() + data + b"\nendstream"


def assemble(objects: list[bytes], *, info_number: int) -> bytes:
    """Write header, objects, cross-reference table and trailer (7.5)."""
    # The four bytes above 127 mark the file as binary (7.5.2).
    out = bytearray(b"%PDF-1.4\n%\xe2\xe3\xcf\xd3\n")
    offsets = []
    for number, body in enumerate(objects, start=1):
        offsets.append(len(out))
        out += f"{number} 0 obj\n".encode() + body + b"\nendobj\n"

    start = len(out)
    identity = hashlib.sha256(bytes(out)).hexdigest()[:32]
    size = len(objects) + 1
    # Each entry of the table has exactly 20 bytes, its end of line included (7.5.4).
    out += f"xref\n0 {size}\n0000000000 65535 f \n".encode()
    for offset in offsets:
        out += f"{offset:010d} 00000 n \n".encode()
    ids = f"/ID [<{identity}> <{identity}>]"
    out += f"trailer\n<< /Size {size} /Root 1 0 R /Info {info_number} 0 R {ids} >>\n".encode()
    out += f"startxref\n{start}\n%%EOF\n".encode()
    return bytes(out)


def _escaped(text: str) -> str:
    # A literal string ends at a bracket that is not escaped (7.3.4.2).
    return text.replace("\\", "\\\\").replace("(", "\\(").replace(")", "\\)")
