"""A piece of a file fits into an answer, whatever it says."""

import json

import pytest

from flows.agents.resources import MOST_PIECE_CHARS, PIECE_BYTES, FilePiece, _content


@pytest.mark.parametrize("is_text", [True, False])
@pytest.mark.parametrize("byte", [b"\x00", b"\xff", b"\n", "\N{GREEK SMALL LETTER PI}".encode()])
def test_a_piece_fits(byte: bytes, is_text: bool):  # noqa: FBT001 - a parameter of the test
    """Controls, halves of characters and any alphabet: JSON has room for a whole piece of them."""
    piece = FilePiece(byte * (PIECE_BYTES // len(byte)), is_text, next_offset=PIECE_BYTES)

    content = _content("caspio://main/documents/0123456789abcdef0123/text?offset=0", piece)

    assert len(json.dumps({"result": content, "untrusted": True}, ensure_ascii=False)) < (
        MOST_PIECE_CHARS
    )
