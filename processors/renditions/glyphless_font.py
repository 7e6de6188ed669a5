"""A font without ink: every character of Unicode is half an em wide and shows nothing.

Text set in it can be searched and copied in any script while what one sees is the picture before it.
"""

import struct
from collections.abc import Mapping

from processors.renditions.pdf_writer import PdfFile

WIDTH = 0.5  # of the size of type
DESCENT = 0.2
_UNITS = 1000
_ASCENT = 800
_GLYPHS = 2
_ONE = 0x10000  # 1.0 in TrueType's fixed point numbers
_WIDTH_UNITS = int(WIDTH * _UNITS)
_BOUNDS = (0, _ASCENT - _UNITS, _WIDTH_UNITS, _ASCENT)

_TO_UNICODE = b"""/CIDInit /ProcSet findresource begin
12 dict begin
begincmap
/CIDSystemInfo << /Registry (Adobe) /Ordering (UCS) /Supplement 0 >> def
/CMapName /Adobe-Identity-UCS def
/CMapType 2 def
1 begincodespacerange
<0000> <FFFF>
endcodespacerange
1 beginbfrange
<0000> <FFFF> <0000>
endbfrange
endcmap
CMapName currentdict /CMap defineresource pop
end
end
"""


def add_to(file: PdfFile, *, number: int | None = None) -> int:
    """Write the font's objects and return the number of the font, the one given if any."""
    program = font_program()
    data = file.add_stream(f"/Length1 {len(program)}", program, pack=True)
    descriptor = file.add(
        b"<< /Type /FontDescriptor /FontName /Unseen /Flags 5 /FontBBox [0 -200 500 800] /ItalicAngle 0"
        b" /Ascent %d /Descent %d /CapHeight 800 /StemV 80 /FontFile2 %d 0 R >>"
        % (_ASCENT, _ASCENT - _UNITS, data)
    )
    glyphs = file.add_stream("", b"\x00\x01" * 65536, pack=True)
    descendant = file.add(
        b"<< /Type /Font /Subtype /CIDFontType2 /BaseFont /Unseen /CIDToGIDMap %d 0 R /DW %d"
        b" /CIDSystemInfo << /Registry (Adobe) /Ordering (Identity) /Supplement 0 >> /FontDescriptor %d 0 R >>"
        % (glyphs, WIDTH * _UNITS, descriptor)
    )
    to_unicode = file.add_stream("", _TO_UNICODE, pack=True)
    return file.add(
        b"<< /Type /Font /Subtype /Type0 /BaseFont /Unseen /Encoding /Identity-H"
        b" /DescendantFonts [%d 0 R] /ToUnicode %d 0 R >>" % (descendant, to_unicode),
        number=number,
    )


def font_program() -> bytes:
    """Return a TrueType font of an empty glyph and one whose outline has a size but no area.

    PDFium takes no notice of turned text without a size.
    """
    outline = _outline()
    tables = {
        b"glyf": outline,
        b"head": _head(),
        b"hhea": _hhea(),
        b"hmtx": struct.pack(">HhHh", _WIDTH_UNITS, 0, _WIDTH_UNITS, 0),
        b"loca": struct.pack(">HHH", 0, 0, len(outline) // 2),
        b"maxp": struct.pack(">IHHHHHHHHHHHHHH", _ONE, _GLYPHS, 2, 1, 0, 0, 1, *[0] * 8),
        b"post": struct.pack(">IIhhIIIII", 0x30000, 0, 0, 0, 1, *[0] * 4),
    }
    return _assembled(tables)


def _outline() -> bytes:
    """Return a contour of two points, at opposite corners of the box."""
    points = (0, _WIDTH_UNITS, _BOUNDS[1], _UNITS)
    outline = struct.pack(">hhhhhHHBBhhhh", 1, *_BOUNDS, 1, 0, 1, 1, *points)
    return outline + bytes(-len(outline) % 4)


def _head() -> bytes:
    magic, flags, made = 0x5F0F3CF5, 11, 0
    style, smallest_px, direction, short_places, format_ = 0, 8, 2, 0, 0
    first = struct.pack(">IIIIHHQQ", _ONE, _ONE, 0, magic, flags, _UNITS, made, made)
    return first + struct.pack(
        ">hhhhHHhhh", *_BOUNDS, style, smallest_px, direction, short_places, format_
    )


def _hhea() -> bytes:
    heights = struct.pack(">Ihhh", _ONE, _ASCENT, _ASCENT - _UNITS, 0)
    widths = struct.pack(">Hhhhh", _WIDTH_UNITS, 0, 0, _WIDTH_UNITS, 1)
    return heights + widths + struct.pack(">hhhhhhhH", *[0] * 7, _GLYPHS)


def _assembled(tables: Mapping[bytes, bytes]) -> bytes:
    """Put tables behind their directory."""
    directory, body = b"", b""
    start = 12 + 16 * len(tables)
    for tag, data in tables.items():
        padded = data + bytes(-len(data) % 4)
        directory += tag + struct.pack(">III", _checksum(padded), start + len(body), len(data))
        body += padded
    return struct.pack(">IHHHH", _ONE, len(tables), 64, 2, 48) + directory + body


def _checksum(data: bytes) -> int:
    total: int = sum(struct.unpack(f">{len(data) // 4}I", data))
    return total & 0xFFFFFFFF
