"""More hostile files: bombs of every format, loops, and files that are two things at once."""

import io
import struct
import tarfile
import zipfile
import zlib

from PIL import Image

from tests.unit.processors import documents

_HUGE = 65_000
_BLANKS_MIB = 300


def claimed(kind: str) -> bytes:
    """Write a small picture whose header claims as many pixels as the format allows."""
    small = documents.saved(Image.new("L", (8, 8), 200), kind)
    match kind:
        case "JPEG":
            at = small.index(b"\xff\xc0") + 5
            return small[:at] + struct.pack("!HH", _HUGE, _HUGE) + small[at + 4 :]
        case "GIF":
            descriptor = small.index(b"\x2c\0\0\0\0") + 5
            claim = struct.pack("<HH", _HUGE, _HUGE)
            return small[:6] + claim + small[10:descriptor] + claim + small[descriptor + 4 :]
        case "BMP":
            return small[:18] + struct.pack("<ii", _HUGE, _HUGE) + small[26:]
    for tag in (256, 257):
        entry = (
            small.index(struct.pack("<HH", tag, 3)) if struct.pack("<HH", tag, 3) in small else -1
        )
        if entry < 0:
            entry = small.index(struct.pack("<HH", tag, 4))
        small = small[:entry] + struct.pack("<HHII", tag, 4, 1, _HUGE) + small[entry + 12 :]
    return small


def frame_beyond_screen() -> bytes:
    """Write a GIF whose second frame claims far more pixels than its header."""
    frames = [Image.new("L", (8, 8), tone) for tone in (200, 20)]
    data = documents.saved(frames[0], "GIF", save_all=True, append_images=frames[1:])
    descriptor = data.rindex(b"\x2c\0\0\0\0") + 5
    return data[:descriptor] + struct.pack("<HH", _HUGE, _HUGE) + data[descriptor + 4 :]


def packed_blanks(name: str, *others: str) -> bytes:
    """Pack 300 MiB of blanks under the name of an Office document's part."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as package:
        package.writestr("[Content_Types].xml", "<Types/>")
        for other in others:
            package.writestr(other, "<x/>")
        with package.open(name, "w", force_zip64=True) as body:
            for _ in range(_BLANKS_MIB):
                body.write(b" " * 2**20)
    return out.getvalue()


def _deflated(head: bytes, mib: int) -> bytes:
    packer = zlib.compressobj(1)
    return (
        packer.compress(head)
        + b"".join(packer.compress(b" " * 2**20) for _ in range(mib))
        + packer.flush()
    )


def _pdf(*objects: bytes) -> bytes:
    return documents._assembled(list(objects))


def pdf_content_bomb() -> bytes:
    """Write a PDF page whose content unpacks to 400 MiB of blanks."""
    data = _deflated(b"BT /F1 12 Tf (x) Tj ET ", 400)
    return _pdf(
        b"<< /Type /Catalog /Pages 2 0 R >>",
        b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 612 792] /Contents 4 0 R >>",
        b"<< /Filter /FlateDecode /Length %d >>\nstream\n%s\nendstream" % (len(data), data),
    )


def pdf_picture_bomb() -> bytes:
    """Write a PDF page with a picture of 30,000 by 30,000 pixels of one bit."""
    data = _deflated(b"", 112)
    image = (
        b"<< /Type /XObject /Subtype /Image /Width 30000 /Height 30000"
        b" /ColorSpace /DeviceGray /BitsPerComponent 1"
    )
    content = b"q 612 0 0 792 0 0 cm /I Do Q"
    return _pdf(
        b"<< /Type /Catalog /Pages 2 0 R >>",
        b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 612 792] /Contents 4 0 R"
        b" /Resources << /XObject << /I 5 0 R >> >> >>",
        b"<< /Length %d >>\nstream\n%s\nendstream" % (len(content), content),
        image + b" /Filter /FlateDecode /Length %d >>\nstream\n%s\nendstream" % (len(data), data),
    )


def pdf_attachment_bomb() -> bytes:
    """Write a PDF with words on its page and an attached file that unpacks to half a GiB."""
    data = _deflated(b"", 512)
    content = b"BT /F1 12 Tf 72 700 Td (Words of the page itself) Tj ET"
    return _pdf(
        b"<< /Type /Catalog /Pages 2 0 R /Names << /EmbeddedFiles << /Names [(a) 6 0 R] >> >> >>",
        b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 612 792] /Contents 4 0 R"
        b" /Resources << /Font << /F1 << /Type /Font /Subtype /Type1 /BaseFont /Helvetica"
        b" >> >> >> >>",
        b"<< /Length %d >>\nstream\n%s\nendstream" % (len(content), content),
        b"<< /Type /EmbeddedFile /Filter /FlateDecode /Length %d >>\nstream\n%s\nendstream"
        % (len(data), data),
        b"<< /Type /Filespec /F (a.txt) /UF (a.txt) /EF << /F 5 0 R >> >>",
    )


def pdf_in_a_circle() -> bytes:
    """Write a PDF whose cross-reference table and whose form refer to themselves."""
    content = b"/F Do"
    form = (
        b"<< /Type /XObject /Subtype /Form /BBox [0 0 9 9]"
        b" /Resources << /XObject << /F 5 0 R >> >> /Length 5 >>"
    )
    data = _pdf(
        b"<< /Type /Catalog /Pages 2 0 R >>",
        b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 612 792] /Contents 4 0 R"
        b" /Resources << /XObject << /F 5 0 R >> >> >>",
        b"<< /Length 5 >>\nstream\n%s\nendstream" % content,
        form + b"\nstream\n/F Do\nendstream",
    )
    start = data.rindex(b"startxref") + len(b"startxref")
    place = int(data[start:].split()[0])
    return data.replace(b"trailer\n<<", b"trailer\n<< /Prev %d" % place, 1)


def laughing_xml() -> bytes:
    """Declare entities that multiply to a billion."""
    lines = ['<!ENTITY a0 "ha">', *(f'<!ENTITY a{n} "{f"&a{n - 1};" * 10}">' for n in range(1, 10))]
    return f"<?xml version='1.0'?><!DOCTYPE x [{''.join(lines)}]><x>&a9;</x>".encode()


def overlapping_zip() -> bytes:
    """Write an archive whose entries share their data, so that little unpacks to much."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as package:
        package.writestr("0.txt", b" " * 2**24)
        first = package.infolist()[0]
        for number in range(1, 150):
            entry = zipfile.ZipInfo(f"{number}.txt")
            for name in ("header_offset", "CRC", "compress_size", "file_size", "compress_type"):
                setattr(entry, name, getattr(first, name))
            package.filelist.append(entry)
    return out.getvalue()


def climbing_tar() -> bytes:
    """Write a tar of names that climb out, a device, a pipe, and a sparse claim of a tebibyte."""
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w", format=tarfile.PAX_FORMAT) as archive:
        for name in ("../../../tmp/climbed", "/etc/passwd", "..", "a/../../../b"):
            entry = tarfile.TarInfo(name)
            entry.size = 5
            archive.addfile(entry, io.BytesIO(b"words"))
        for kind in (tarfile.CHRTYPE, tarfile.FIFOTYPE, tarfile.BLKTYPE):
            entry = tarfile.TarInfo("device")
            entry.type = kind
            archive.addfile(entry)
        entry = tarfile.TarInfo("sparse")
        entry.pax_headers = {
            "GNU.sparse.size": str(2**40),
            "GNU.sparse.major": "1",
            "GNU.sparse.minor": "0",
        }
        archive.addfile(entry)
    return out.getvalue()


def page_and_archive() -> bytes:
    """Write a page of HTML that is an archive from the back."""
    return b"<html><body>Front of the page</body></html>" + documents.package({"back.txt": b"back"})


def bomb_in_rtf() -> bytes:
    """Write rich text that claims binary data without end."""
    return b"{\\rtf1 words {\\*\\bin2000000000 " + b"x" * 1000 + b"}}"


def nested_mails(levels: int) -> bytes:
    """Enclose a mail in a mail, again and again."""
    mail = b"From: a@example.com\nTo: b@example.com\nSubject: s\n\nwords\n"
    for _ in range(levels):
        head = b"From: a@example.com\nTo: b@example.com\nMIME-Version: 1.0\n"
        mail = head + b"Content-Type: message/rfc822\n\n" + mail
    return mail
