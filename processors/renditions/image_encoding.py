"""Encode images as PDF stores them (ISO 32000-1, section 8.9.5).

JPEG data are copied as they are, and so are PNG data if PDF supports their kind. Other images are
compressed without loss, those of lossy formats as JPEG.
"""

import io
import struct
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from PIL import Image

Matrix = tuple[int, int, int, int, int, int]

_COLOR_SPACES = {"L": "/DeviceGray", "RGB": "/DeviceRGB", "CMYK": "/DeviceCMYK"}
_LOSSY_FORMATS = frozenset({"WEBP", "MPO"})
_JPEG_QUALITY = 90
_EXIF_ORIENTATION = 0x0112
_UPRIGHT = 1
# The matrix that shows the unit square as an EXIF orientation says (EXIF 2.3, section 4.6.4).
_ORIENTATION_MATRICES: dict[int, Matrix] = {
    1: (1, 0, 0, 1, 0, 0),
    2: (-1, 0, 0, 1, 1, 0),
    3: (-1, 0, 0, -1, 1, 1),
    4: (1, 0, 0, -1, 0, 1),
    5: (0, -1, -1, 0, 1, 1),
    6: (0, -1, 1, 0, 0, 1),
    7: (0, 1, 1, 0, 0, 0),
    8: (0, 1, -1, 0, 1, 0),
}

# Color space and number of channels of PNG's color types gray, RGB and palette; the others have
# transparency.
_PNG_COLOR_TYPES = {0: ("/DeviceGray", 1), 2: ("/DeviceRGB", 3), 3: ("", 1)}
_PNG_SIGNATURE_BYTES = 8
_PNG_CHUNK_OVERHEAD = 12  # length, type and checksum
_PNG_HEADER_BYTES = 13
_MOST_PNG_CHUNKS = 100_000
_MOST_BITS = 8  # PDF readers differ on 16 bits per channel

# TIFF tags (TIFF 6.0, section 8).
_PHOTOMETRIC, _STRIP_OFFSETS, _ROWS_PER_STRIP, _STRIP_BYTES = 262, 273, 278, 279
_BLACK_IS_ZERO = 1


@dataclass(frozen=True, slots=True)
class EncodedImage:
    """An image in a PDF: entries of its dictionary, data, and the matrix that puts it upright."""

    entries: str
    data: bytes
    matrix: Matrix = _ORIENTATION_MATRICES[_UPRIGHT]


def encode(
    path: Path, image: "Image.Image", frame: "Image.Image", *, is_only_frame: bool
) -> EncodedImage:
    """Choose the smallest encoding that keeps a frame as it is.

    `image` is the frame in the file, `frame` the same as it was read: upright, in mode L or RGB.
    The file's own data can be copied only if it holds no other frame.
    """
    copied = _copied(path, image) if is_only_frame else None
    if copied is not None:
        return copied
    if image.mode == "1" and frame.size == image.size:
        return fax(image)

    out = io.BytesIO()
    is_lossy = image.format in _LOSSY_FORMATS or "jpeg" in str(image.info.get("compression", ""))
    if is_lossy:
        frame.save(out, "JPEG", quality=_JPEG_QUALITY)
        entries = _entries(frame.size, _COLOR_SPACES[frame.mode], "/Filter /DCTDecode")
        return EncodedImage(entries, out.getvalue())
    frame.save(out, "PNG")
    encoded = _png(out.getvalue())
    assert encoded is not None, "Pillow writes gray and RGB without interlacing"
    return encoded


def _copied(path: Path, image: "Image.Image") -> EncodedImage | None:
    """Copy the data of a JPEG or PNG file; None if PDF does not support them."""
    if image.format == "JPEG" and image.mode in _COLOR_SPACES:
        # Adobe's programs store CMYK inverted.
        is_inverted = image.mode == "CMYK" and "adobe" in image.info
        decode = "/Decode [1 0 1 0 1 0 1 0]" if is_inverted else ""
        entries = _entries(image.size, _COLOR_SPACES[image.mode], f"/Filter /DCTDecode {decode}")
        orientation = image.getexif().get(_EXIF_ORIENTATION, _UPRIGHT)
        matrix = _ORIENTATION_MATRICES.get(orientation, _ORIENTATION_MATRICES[_UPRIGHT])
        return EncodedImage(entries, path.read_bytes(), matrix)
    if image.format == "PNG" and image.getexif().get(_EXIF_ORIENTATION, _UPRIGHT) == _UPRIGHT:
        return _png(path.read_bytes())
    return None


def fax(image: "Image.Image") -> EncodedImage:
    """Compress black and white as fax machines do (CCITT Group 4), in one strip."""
    from PIL import TiffImagePlugin

    tags = TiffImagePlugin.ImageFileDirectory_v2()
    tags[_ROWS_PER_STRIP] = image.height
    out = io.BytesIO()
    image.save(out, "TIFF", compression="group4", tiffinfo=tags)
    out.seek(0)
    with TiffImagePlugin.TiffImageFile(out) as tiff:
        start, length = tiff.tag_v2[_STRIP_OFFSETS][0], tiff.tag_v2[_STRIP_BYTES][0]
        black_is_1 = "true" if tiff.tag_v2[_PHOTOMETRIC] == _BLACK_IS_ZERO else "false"
    columns, rows = image.size
    # K -1 means Group 4 (ISO 32000-1, table 11).
    parameters = f"<< /K -1 /Columns {columns} /Rows {rows} /BlackIs1 {black_is_1} >>"
    rest = f"/Filter /CCITTFaxDecode /DecodeParms {parameters}"
    entries = _entries(image.size, "/DeviceGray", rest, bits=1)
    return EncodedImage(entries, out.getvalue()[start : start + length])


def _png(data: bytes) -> EncodedImage | None:
    """Copy the compressed pixels of a PNG.

    None if PDF does not support them: interlaced, transparent, 16 bits. PNG and PDF share both
    compression and predictors (ISO 32000-1, section 7.4.4.4).
    """
    chunks = png_chunks(data)
    if chunks is None or "tRNS" in chunks:
        return None
    header = struct.unpack(">IIBBBBB", chunks["IHDR"][:_PNG_HEADER_BYTES])
    width, height, bits, color_type, _, _, interlace = header
    if color_type not in _PNG_COLOR_TYPES or bits > _MOST_BITS or interlace:
        return None
    color_space, channels = _PNG_COLOR_TYPES[color_type]
    if not color_space:
        palette = chunks.get("PLTE", b"")
        if not palette or len(palette) % 3:
            return None
        color_space = f"[/Indexed /DeviceRGB {len(palette) // 3 - 1} <{palette.hex()}>]"
    parameters = f"<< /Predictor 15 /Colors {channels} /BitsPerComponent {bits} /Columns {width} >>"
    rest = f"/Filter /FlateDecode /DecodeParms {parameters}"
    return EncodedImage(_entries((width, height), color_space, rest, bits=bits), chunks["IDAT"])


def png_chunks(data: bytes) -> dict[str, bytes] | None:
    """Return the chunks of a PNG by name, those of one name joined; None if the file is broken."""
    parts: dict[str, list[bytes]] = {}
    offset = _PNG_SIGNATURE_BYTES
    for _ in range(_MOST_PNG_CHUNKS):
        if offset + _PNG_CHUNK_OVERHEAD > len(data):
            return None
        length = int.from_bytes(data[offset : offset + 4], "big")
        name = data[offset + 4 : offset + 8].decode("latin-1")
        parts.setdefault(name, []).append(data[offset + 8 : offset + 8 + length])
        offset += _PNG_CHUNK_OVERHEAD + length
        if name == "IEND":
            break
    chunks = {name: b"".join(found) for name, found in parts.items()}
    if len(chunks.get("IHDR", b"")) < _PNG_HEADER_BYTES or "IDAT" not in chunks:
        return None
    return chunks


def _entries(size: tuple[int, int], color_space: str, rest: str, *, bits: int = 8) -> str:
    width, height = size
    return (
        f"/Width {width} /Height {height} /ColorSpace {color_space} /BitsPerComponent {bits} {rest}"
    )
