"""Build a font that draws nothing: every character of Unicode is half an em wide and invisible.

Text in it can be searched and copied in any script, while only the image in front of it is seen.
Tesseract's PDF output uses the same idea.
"""

import struct

from processors.renditions.pdf_writer import PdfFile

WIDTH = 0.5  # of the font size
DESCENT = 0.2
_UNITS_PER_EM = 1000
_ASCENT = 800
_DESCENT = _ASCENT - _UNITS_PER_EM
_WIDTH_UNITS = int(WIDTH * _UNITS_PER_EM)
_BOUNDS = (0, _DESCENT, _WIDTH_UNITS, _ASCENT)  # xMin, yMin, xMax, yMax
_GLYPH_COUNT = 2
_FIXED_ONE = 0x10000  # 1.0 in TrueType's fixed-point numbers
_MAGIC = 0x5F0F3CF5  # of the table "head"

# Character codes are UTF-16 code units; this CMap maps each to itself (ISO 32000-1, section
# 9.10.3).
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
    """Write the font's objects and return the number of the font, the given one if any."""
    program = font_program()
    program_number = file.add_stream(f"/Length1 {len(program)}", program, compress=True)
    descriptor = file.add(
        b"<< /Type /FontDescriptor /FontName /Unseen /Flags 5 /FontBBox [0 -200 500 800]"
        b" /ItalicAngle 0 /Ascent %d /Descent %d /CapHeight 800 /StemV 80 /FontFile2 %d 0 R >>"
        % (_ASCENT, _DESCENT, program_number)
    )
    # Every one of the 65,536 codes is shown by glyph 1 (section 9.7.4.2, CIDToGIDMap).
    glyphs = file.add_stream("", b"\x00\x01" * 65536, compress=True)
    descendant = file.add(
        b"<< /Type /Font /Subtype /CIDFontType2 /BaseFont /Unseen /CIDToGIDMap %d 0 R /DW %d"
        b" /CIDSystemInfo << /Registry (Adobe) /Ordering (Identity) /Supplement 0 >>"
        b" /FontDescriptor %d 0 R >>" % (glyphs, _WIDTH_UNITS, descriptor)
    )
    to_unicode = file.add_stream("", _TO_UNICODE, compress=True)
    return file.add(
        b"<< /Type /Font /Subtype /Type0 /BaseFont /Unseen /Encoding /Identity-H"
        b" /DescendantFonts [%d 0 R] /ToUnicode %d 0 R >>" % (descendant, to_unicode),
        number=number,
    )


def font_program() -> bytes:
    """Return a TrueType font with an empty glyph and one whose outline has a size but no area.

    PDFium ignores rotated text whose glyphs have no size. Tables and fields are those of the
    OpenType specification.
    """
    # One contour of two points, at opposite corners of the bounding box.
    points = (0, _WIDTH_UNITS, _DESCENT, _UNITS_PER_EM)
    outline = struct.pack(">hhhhhHHBBhhhh", 1, *_BOUNDS, 1, 0, 1, 1, *points)
    outline = _padded(outline)
    # Heights; largest advance, least side bearings, largest extent, slope of the caret (vertical);
    # offset of the caret, four reserved fields, format, and the number of advances in "hmtx".
    heights = (_FIXED_ONE, _ASCENT, _DESCENT, 0)
    widths = (_WIDTH_UNITS, 0, 0, _WIDTH_UNITS, 1, 0)
    hhea = struct.pack(">IhhhHhhhhhhhhhhhH", *heights, *widths, *[0] * 6, _GLYPH_COUNT)
    tables = {
        b"glyf": outline,
        b"head": _head_table(),
        b"hhea": hhea,
        b"hmtx": struct.pack(">HhHh", _WIDTH_UNITS, 0, _WIDTH_UNITS, 0),
        b"loca": struct.pack(">HHH", 0, 0, len(outline) // 2),
        b"maxp": struct.pack(">IHHHHHHHHHHHHHH", _FIXED_ONE, _GLYPH_COUNT, 2, 1, 0, 0, 1, *[0] * 8),
        b"post": struct.pack(">IIhhIIIII", 0x30000, 0, 0, 0, 1, *[0] * 4),
    }

    directory, body = b"", b""
    start = 12 + 16 * len(tables)  # the header, then an entry per table
    for tag, data in tables.items():
        padded = _padded(data)
        checksum = sum(struct.unpack(f">{len(padded) // 4}I", padded)) & 0xFFFFFFFF
        directory += tag + struct.pack(">III", checksum, start + len(body), len(data))
        body += padded
    # searchRange, entrySelector and rangeShift of seven tables.
    header = struct.pack(">IHHHH", _FIXED_ONE, len(tables), 64, 2, 48)
    return header + directory + body


def _head_table() -> bytes:
    flags, created, modified = 11, 0, 0
    mac_style, lowest_ppem, direction_hint, index_format, glyph_format = 0, 8, 2, 0, 0
    return struct.pack(
        ">IIIIHHQQhhhhHHhhh",
        _FIXED_ONE,  # version
        _FIXED_ONE,  # font revision
        0,  # checksum adjustment, which PDF readers ignore
        _MAGIC,
        flags,
        _UNITS_PER_EM,
        created,
        modified,
        *_BOUNDS,
        mac_style,
        lowest_ppem,
        direction_hint,
        index_format,
        glyph_format,
    )


def _padded(data: bytes) -> bytes:
    """Return data filled up to a multiple of four bytes."""
    return data + bytes(-len(data) % 4)
