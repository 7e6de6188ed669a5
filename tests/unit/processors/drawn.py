"""PDF pages with text at given places, in points from the lower left corner."""

import zlib
from collections.abc import Sequence
from dataclasses import dataclass

from tests.unit.processors import documents

WORDS = [
    "water",
    "stone",
    "light",
    "under",
    "every",
    "morning",
    "a",
    "garden",
    "grows",
    "beside",
    "the",
    "river",
    "where",
    "children",
    "played",
    "before",
]


@dataclass(frozen=True, slots=True)
class Text:
    """A piece of text: position, size, rendering mode (3 draws nothing), rotation.

    The rotation is counterclockwise.
    """

    text: str
    x: float
    y: float
    size: float = 10
    mode: int = 0
    turned_deg: int = 0

    def content(self) -> bytes:
        """Return the operators that show it."""
        cos, sin = {0: (1, 0), 90: (0, 1), 180: (-1, 0), 270: (0, -1)}[self.turned_deg]
        shown = self.text.replace("\\", "\\\\").replace("(", "\\(").replace(")", "\\)")
        matrix = f"{cos} {sin} {-sin} {cos} {self.x} {self.y}"
        return f"BT /F1 {self.size} Tf {self.mode} Tr {matrix} Tm ({shown}) Tj ET\n".encode(
            "latin-1"
        )


def prose(lines: int, *, words: int = 8, start: int = 0) -> list[str]:
    """Return lines of words that all begin differently."""
    return [
        " ".join(WORDS[(start + line * 3 + place) % len(WORDS)] for place in range(words))
        for line in range(lines)
    ]


def column(
    lines: Sequence[str], x: float, top: float, *, leading: float = 14, size: float = 10
) -> list[Text]:
    """Place lines below each other."""
    return [Text(line, x, top - leading * index, size) for index, line in enumerate(lines)]


def scan(
    width: float = 612, height: float = 792, *, x: float = 0, y: float = 0, pixels: int = 2
) -> bytes:
    """Return the operators that paint a gray image with `pixels` a side over part of a page."""
    data = bytes(64 + 128 * ((row + line) % 2) for row in range(pixels) for line in range(pixels))
    return (
        f"q {width} 0 0 {height} {x} {y} cm BI /W {pixels} /H {pixels} /BPC 8 /CS /G ID ".encode()
        + data
        + b" EI Q\n"
    )


def document(*pages: bytes, size: tuple[float, float] = (612, 792), rotate: int = 0) -> bytes:
    """Assemble pages of operators; /F1 is Helvetica."""
    kids = " ".join(f"{4 + 2 * index} 0 R" for index in range(len(pages)))
    objects = [
        b"<< /Type /Catalog /Pages 2 0 R >>",
        f"<< /Type /Pages /Kids [{kids}] /Count {len(pages)} >>".encode(),
        b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica /Encoding /WinAnsiEncoding >>",
    ]
    for index, content in enumerate(pages):
        packed = zlib.compress(content)
        objects.append(
            f"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 {size[0]} {size[1]}] /Rotate {rotate}"
            f" /Contents {5 + 2 * index} 0 R /Resources << /Font << /F1 3 0 R >> >> >>".encode()
        )
        objects.append(
            b"<< /Filter /FlateDecode /Length %d >>\nstream\n%s\nendstream" % (len(packed), packed)
        )
    return documents._assembled(objects)


def page(*pieces: Text, behind: bytes = b"", over: bytes = b"") -> bytes:
    """Return a page's operators: `behind` is painted first, `over` last."""
    return behind + b"".join(piece.content() for piece in pieces) + over
