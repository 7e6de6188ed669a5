"""The rich text of Outlook messages is unpacked."""

import struct

import pytest

from processors.mail.rich_text import unpacked

# The examples of [MS-OXRTFCP], sections 3.1 and 3.2.
HELLO = bytes.fromhex(
    "2d0000002b0000004c5a4675f1c5c7a703000a00726370673132354232"
    "0af32068656c090020627705b06c647d0a800fa0"
)
REPEATED = bytes.fromhex("1a0000001c0000004c5a4675e2d44b51410004205758595a0d6e7d010eb0")


@pytest.mark.parametrize(
    ("packed", "text"),
    [
        (HELLO, b"{\\rtf1\\ansi\\ansicpg1252\\pard hello world}\r\n"),
        (REPEATED, b"{\\rtf1 WXYZWXYZWXYZWXYZWXYZ}"),
        (struct.pack("<4I", 0, 4, 0x414C454D, 0) + b"plain", b"plai"),
    ],
    ids=["references", "a reference to itself", "not packed"],
)
def test_rich_text_is_unpacked(packed: bytes, text: bytes):
    """References point into what was written and into what every text begins with."""
    assert unpacked(packed) == text


def test_rich_text_that_is_cut_is_unpacked_as_far_as_it_goes():
    """A message that is cut still says something."""
    assert unpacked(HELLO[:-12]).startswith(b"{\\rtf1\\ansi\\ansicpg1252")


@pytest.mark.parametrize("data", [b"", bytes(16)], ids=["empty", "unknown"])
def test_what_is_no_rich_text_is_refused(data: bytes):
    """An unknown way of packing is an error, not a text."""
    with pytest.raises(ValueError, match="the rich text is"):
        unpacked(data)
