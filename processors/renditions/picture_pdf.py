"""Make a searchable PDF of a picture file: each frame a page, its recognized text behind it.

JPEG data are passed through as they are, and so are PNG data where PDF knows them; other pictures are packed without
loss, those of lossy formats as JPEG.
"""

import io
import struct
from dataclasses import dataclass
from pathlib import Path
from typing import IO, TYPE_CHECKING

from processors.contract import Page
from processors.renditions import glyphless_font as glyphless, overlay
from processors.renditions.pdf_writer import HEADER, PdfFile
from processors.renditions.searchable_pdf import NAME

if TYPE_CHECKING:
    from PIL import Image

_PNG_COLORS = {0: ("/DeviceGray", 1), 2: ("/DeviceRGB", 3), 3: ("", 1)}
_PNG_MOST_CHUNKS = 100_000
_LOSSY = frozenset({"WEBP", "MPO"})
_JPEG_QUALITY = 90
_SPACES = {"L": "/DeviceGray", "RGB": "/DeviceRGB", "CMYK": "/DeviceCMYK"}
_ORIENTATION = 0x0112
# What is done to the unit square to show a picture as its EXIF orientation says.
_PLACED = {
    1: (1, 0, 0, 1, 0, 0),
    2: (-1, 0, 0, 1, 1, 0),
    3: (-1, 0, 0, -1, 1, 1),
    4: (1, 0, 0, -1, 0, 1),
    5: (0, -1, -1, 0, 1, 1),
    6: (0, -1, 1, 0, 0, 1),
    7: (0, 1, 1, 0, 0, 0),
    8: (0, 1, -1, 0, 1, 0),
}


@dataclass(frozen=True, slots=True)
class Packed:
    """A picture as PDF takes it: the entries of its dictionary, its data, and how its unit square is placed."""

    entries: str
    data: bytes
    placed: tuple[int, int, int, int, int, int] = _PLACED[1]


class PictureBook:
    """Writes the file frame by frame, so that memory holds one at a time. Closed by whoever made it."""

    def __init__(self, work_dir: Path, *, most_bytes: int) -> None:
        self._path = work_dir / NAME
        self._most_bytes = most_bytes
        self._stream: IO[bytes] = self._path.open("wb")
        self._stream.write(HEADER)
        self._file = PdfFile(self._stream)
        self._catalog, self._tree, self._font = (self._file.reserve() for _ in range(3))
        self._pages: list[int] = []
        self._written = False
        self._too_big = False

    def add(self, packed: Packed, page: Page) -> None:
        """Write one frame as a page of the size that was read, with its text."""
        if self._stream.tell() + len(packed.data) > self._most_bytes:
            self._too_big = True
        width, height = page.text.width_pt, page.text.height_pt
        if self._too_big or not width or not height:
            return
        image = self._file.add_stream(
            f"/Type /XObject /Subtype /Image {packed.entries}", packed.data
        )
        text = overlay.content(page, overlay.Sheet(0, 0, width, height))
        self._written = self._written or bool(text)
        a, b, c, d, e, f = packed.placed
        placed = f"q {a * width} {b * height} {c * width} {d * height} {e * width} {f * height} cm /P Do Q\n"
        content = self._file.add_stream("", text + placed.encode(), pack=True)
        self._pages.append(
            self._file.add(
                b"<< /Type /Page /Parent %d 0 R /MediaBox [0 0 %.2f %.2f] /Contents %d 0 R /Resources"
                b" << /XObject << /P %d 0 R >> /Font << /%s %d 0 R >> >> >>"
                % (self._tree, width, height, content, image, overlay.FONT.encode(), self._font)
            )
        )

    def end(self) -> str:
        """Finish the file; return why there is none, "" where there is one."""
        reason = ""
        if self._too_big:
            reason = (
                f"it would be larger than {self._most_bytes / 2**20:.0f} MiB, the limit of one file"
            )
        elif not self._written:
            reason = "nothing was recognized"
        if reason:
            self._stream.close()
            self._path.unlink()
            return reason
        glyphless.add_to(self._file, number=self._font)
        kids = " ".join(f"{number} 0 R" for number in self._pages)
        self._file.add(
            f"<< /Type /Pages /Kids [{kids}] /Count {len(self._pages)} >>".encode(),
            number=self._tree,
        )
        self._file.add(b"<< /Type /Catalog /Pages %d 0 R >>" % self._tree, number=self._catalog)
        self._file.end(f"/Root {self._catalog} 0 R")
        self._stream.close()
        return ""

    def close(self) -> None:
        """Give up what is not finished."""
        if not self._stream.closed:
            self._stream.close()
            self._path.unlink(missing_ok=True)


def packed(path: Path, picture: "Image.Image", plain: "Image.Image", *, alone: bool) -> Packed:
    """Choose the smallest way to keep a frame as it is. `plain` is how it was read: upright, in mode L or RGB.

    `alone` says that the file holds this one frame only, so that its data can be taken over.
    """
    if alone and picture.format == "JPEG" and picture.mode in _SPACES:
        return _jpeg(path, picture)
    if alone and picture.format == "PNG" and picture.getexif().get(_ORIENTATION, 1) == 1:
        taken = _png(path.read_bytes())
        if taken is not None:
            return taken
    if picture.mode == "1" and plain.size == picture.size:
        return _fax(picture)
    lossy = picture.format in _LOSSY or "jpeg" in str(picture.info.get("compression", ""))
    out = io.BytesIO()
    if lossy:
        plain.save(out, "JPEG", quality=_JPEG_QUALITY)
        return Packed(
            _entries(plain.size, _SPACES[plain.mode], "/Filter /DCTDecode"), out.getvalue()
        )
    plain.save(out, "PNG")
    again = _png(out.getvalue())
    assert again is not None, "Pillow writes gray and color without interlace"
    return again


def _jpeg(path: Path, picture: "Image.Image") -> Packed:
    inverted = (
        "/Decode [1 0 1 0 1 0 1 0]" if picture.mode == "CMYK" and "adobe" in picture.info else ""
    )
    placed = _PLACED.get(picture.getexif().get(_ORIENTATION, 1), _PLACED[1])
    entries = _entries(picture.size, _SPACES[picture.mode], f"/Filter /DCTDecode {inverted}")
    return Packed(entries, path.read_bytes(), placed)


def _fax(picture: "Image.Image") -> Packed:
    """Pack black and white as fax machines do, in one strip."""
    from PIL import TiffImagePlugin

    rows = TiffImagePlugin.ImageFileDirectory_v2()
    rows[278] = picture.height  # RowsPerStrip
    out = io.BytesIO()
    picture.save(out, "TIFF", compression="group4", tiffinfo=rows)
    out.seek(0)
    with TiffImagePlugin.TiffImageFile(out) as strip:
        start, length = strip.tag_v2[273][0], strip.tag_v2[279][0]
        black_is_1 = "true" if strip.tag_v2[262] == 1 else "false"
    columns, lines = picture.size
    parms = f"/DecodeParms << /K -1 /Columns {columns} /Rows {lines} /BlackIs1 {black_is_1} >>"
    entries = _entries(picture.size, "/DeviceGray", f"/Filter /CCITTFaxDecode {parms}", bits=1)
    return Packed(entries, out.getvalue()[start : start + length])


def _png(data: bytes) -> Packed | None:
    """Take over the packed pixels of a PNG; None where PDF does not know them: interlaced, transparent, 16 bits."""
    chunks = _chunks(data)
    if chunks is None or "tRNS" in chunks:
        return None
    width, height, bits, color, _, _, interlaced = struct.unpack(">IIBBBBB", chunks["IHDR"][:13])
    if color not in _PNG_COLORS or bits > 8 or interlaced:  # noqa: PLR2004 - PDF readers differ on 16 bits
        return None
    space, colors = _PNG_COLORS[color]
    if not space:
        palette = chunks.get("PLTE", b"")
        if not palette or len(palette) % 3:
            return None
        space = f"[/Indexed /DeviceRGB {len(palette) // 3 - 1} <{palette.hex()}>]"
    parms = f"/DecodeParms << /Predictor 15 /Colors {colors} /BitsPerComponent {bits} /Columns {width} >>"
    return Packed(
        _entries((width, height), space, f"/Filter /FlateDecode {parms}", bits=bits), chunks["IDAT"]
    )


def _chunks(data: bytes) -> dict[str, bytes] | None:
    """Return the chunks of a PNG by name, the pieces of its pixels joined; None where they do not add up."""
    found: dict[str, list[bytes]] = {}
    place = 8
    for _ in range(_PNG_MOST_CHUNKS):
        if place + 12 > len(data):
            return None
        length = int.from_bytes(data[place : place + 4], "big")
        name = data[place + 4 : place + 8].decode("latin-1")
        found.setdefault(name, []).append(data[place + 8 : place + 8 + length])
        place += 12 + length
        if name == "IEND":
            break
    if len(found.get("IHDR", [b""])[0]) < 13 or "IDAT" not in found:  # noqa: PLR2004 - the header's length
        return None
    return {name: b"".join(parts) for name, parts in found.items()}


def _entries(size: tuple[int, int], space: str, rest: str, *, bits: int = 8) -> str:
    return f"/Width {size[0]} /Height {size[1]} /ColorSpace {space} /BitsPerComponent {bits} {rest}"
