"""Unpack the rich text of Outlook messages ([MS-OXRTFCP])."""

import struct

_HEADER = struct.Struct("<4I")  # size packed, size unpacked, kind, check sum
_PACKED, _PLAIN = 0x75465A4C, 0x414C454D  # "LZFu" and "MELA", section 2.1.3.1.1
_WINDOW_BYTES = 4096
_START = (  # section 2.1.2.1: what the window holds at the beginning
    rb"{\rtf1\ansi\mac\deff0\deftab720{\fonttbl;}{\f0\fnil \froman \fswiss \fmodern \fscript "
    rb"\fdecor MS Sans SerifSymbolArialTimes New RomanCourier{\colortbl\red0\green0\blue0"
    b"\r\n"
    rb"\par \pard\plain\f0\fs20\b\i\u\tab\tx"
)
_LARGEST_BYTES = 20 * 2**20


def unpacked(data: bytes) -> bytes:
    """Return rich text that was packed; as far as it goes if it is cut.

    Raises:
        ValueError: it is no such text.
    """
    if len(data) < _HEADER.size:
        raise ValueError("the rich text is cut")
    _, size, kind, _ = _HEADER.unpack_from(data)
    body = data[_HEADER.size :]
    if kind == _PLAIN:
        return body[:size]
    if kind != _PACKED:
        raise ValueError("the rich text is packed in an unknown way")
    window = bytearray(_START.ljust(_WINDOW_BYTES, b" "))
    return _from_window(body, window, len(_START), min(size, _LARGEST_BYTES))


def _from_window(body: bytes, window: bytearray, write: int, size: int) -> bytes:
    """Follow the control bytes (section 2.2.3): each bit is a byte or a reference."""
    out = bytearray()
    place = 0
    while place < len(body) and len(out) < size:
        control = body[place]
        place += 1
        for bit in range(8):
            if place >= len(body) or len(out) >= size:
                break
            if not control >> bit & 1:
                taken = body[place : place + 1]
                place += 1
            else:
                reference = int.from_bytes(body[place : place + 2])
                place += 2
                read, length = reference >> 4, (reference & 15) + 2
                if read == write:  # the end
                    return bytes(out)
                taken = _copied(window, read, write, length)
            for byte in taken:
                window[write] = byte
                write = (write + 1) % _WINDOW_BYTES
            out += taken
    return bytes(out)


def _copied(window: bytearray, read: int, write: int, length: int) -> bytes:
    """Return bytes of the window, which may go on into those that they write."""
    distance = (write - read) % _WINDOW_BYTES
    available = bytes(window[(read + n) % _WINDOW_BYTES] for n in range(min(length, distance)))
    repeats = -(-length // len(available))
    return (available * repeats)[:length]
