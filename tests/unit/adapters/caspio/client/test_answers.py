import gzip
import tracemalloc
import zlib
from datetime import UTC, datetime

import httpx
import pytest
from hypothesis import given, strategies as st

from pipeline.adapters.caspio.client.http.answers import (
    MAX_JSON_DEPTH,
    AnswerTooLarge,
    bound_answer,
    parse_json,
    retry_after_s,
)

NOW = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)


def answer(*chunks: bytes, encoding: str = "gzip", max_bytes: int = 1 << 20) -> httpx.Response:
    """Return an answer with a bounded body."""
    response = httpx.Response(
        200, headers={"Content-Encoding": encoding, "Content-Length": "9"}, content=iter(chunks)
    )
    response.headers["Content-Length"] = "9"
    bound_answer(response, max_bytes=max_bytes)
    return response


@pytest.mark.parametrize(
    ("encoding", "pack"), [("gzip", gzip.compress), ("deflate", zlib.compress)]
)
def test_a_compressed_body_is_decoded(encoding: str, pack: object) -> None:
    """An answer's content comes whole, in whatever pieces it arrives, and its headers agree."""
    packed = pack(b"content " * 1000)  # type: ignore[operator]
    response = answer(*(packed[n : n + 7] for n in range(0, len(packed), 7)), encoding=encoding)

    assert response.read() == b"content " * 1000
    assert "Content-Encoding" not in response.headers
    assert "Content-Length" not in response.headers


@pytest.mark.slow
def test_a_bomb_is_not_unpacked() -> None:
    """A small compressed body with a huge content ends at the bound, in memory, too."""
    packer = zlib.compressobj(wbits=31)
    bomb = b"".join(packer.compress(bytes(1 << 20)) for _ in range(256)) + packer.flush()
    response = answer(bomb, max_bytes=1 << 20)

    tracemalloc.start()
    with pytest.raises(AnswerTooLarge):
        response.read()
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()

    assert len(bomb) < 1 << 20
    assert peak < 8 << 20


def test_a_plain_body_is_bounded_too() -> None:
    """An answer that never ends is ended."""
    response = httpx.Response(200, content=(bytes(1000) for _ in range(10**9)))
    bound_answer(response, max_bytes=5000)

    with pytest.raises(AnswerTooLarge):
        response.read()


@pytest.mark.parametrize("encoding", ["br", "zstd", "gzip, gzip"])
def test_an_encoding_that_was_not_asked_for_is_refused(encoding: str) -> None:
    """Nothing is decoded that could multiply its size again."""
    with pytest.raises(httpx.DecodingError, match="was not asked for"):
        answer(b"x", encoding=encoding)


@pytest.mark.parametrize(
    "body", [gzip.compress(b"content", mtime=0)[:-4], b"no gzip at all"], ids=["cut", "other"]
)
def test_a_broken_body_is_an_error_of_the_network(body: bytes) -> None:
    """What cannot be decoded is treated as what breaks off: by an error that is repeated."""
    with pytest.raises(httpx.DecodingError):
        answer(body).read()


@pytest.mark.parametrize("opening", [b"[", b'{"a":', b'[{"a":'])
def test_deep_json_is_refused(opening: bytes) -> None:
    """JSON that would exhaust the parser's stack is no JSON here."""
    with pytest.raises(ValueError, match="levels deep"):
        parse_json(opening * 100_000)


def test_json_of_the_documented_depth_is_parsed() -> None:
    """Depth is counted outside of texts, and the bound itself is allowed."""
    text = b'{"a": "' + b"[{" * 500 + b'\\"' + b"[{" * 500 + b'"}'
    deep = b"[" * MAX_JSON_DEPTH + b"]" * MAX_JSON_DEPTH

    assert isinstance(parse_json(text), dict)
    assert isinstance(parse_json(deep), list)


def test_looking_at_the_depth_is_linear() -> None:
    """A text made to be looked at again and again is looked at once."""
    with pytest.raises(ValueError, match="Unterminated"):
        parse_json(b'"' + b'\\"' * (1 << 20))


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        ("7", 7.0),
        ("Sun, 01 Mar 2026 12:01:00 GMT", 60.0),
        ("Sun, 01 Mar 2026 11:00:00 GMT", 0.0),
        ("²", None),
        ("1e9", None),
        ("-1", None),
        ("", None),
        ("9" * 400, None),
        ("Sun, 99 Mar 2026 12:01:00 GMT", None),
        ("Sun, 01 Mar 2026 12:01:00 -0000", None),
        ("Sun, 01 Mar 99999999999 12:01:00 GMT", None),
    ],
)
def test_retry_after_is_seconds_or_a_date_or_nothing(value: str, seconds: float | None) -> None:
    """Both forms of the header are understood, and nonsense is as if it were not there."""
    headers = httpx.Headers({b"Retry-After": value.encode("latin-1")})

    assert retry_after_s(headers, NOW) == seconds


@given(st.binary(max_size=60))
def test_no_retry_after_is_a_traceback(value: bytes) -> None:
    """Whatever a server sends, the answer is a number of seconds or nothing."""
    found = retry_after_s(httpx.Headers({b"Retry-After": value}), NOW)

    assert found is None or found >= 0


@pytest.mark.parametrize(
    ("content", "parsed"),
    [
        (b'{"Name": "a\\ud800b"}', {"Name": "a\ufffdb"}),
        (b'["\\uDFFF", ["x", {"\\udc00": "\\ud83d"}]]', ["\ufffd", ["x", {"\ufffd": "\ufffd"}]]),
        (b'"\xed\xa0\x80"', "\ufffd"),
        (b'"\\ud83d\\ude00"', "\U0001f600"),
        (b'"\\\\ud800"', "\\ud800"),
        ('"\U0001f600 \ud7ff \ue000"'.encode(), "\U0001f600 \ud7ff \ue000"),
    ],
)
def test_half_a_surrogate_pair_becomes_a_replacement_character(
    content: bytes, parsed: object
) -> None:
    """A file name with such a half would fail wherever it is encoded.

    A whole pair is a character.
    """
    assert parse_json(content) == parsed


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "utf-16-be", "utf-32"])
def test_json_in_another_encoding_has_the_same_bounds(encoding: str) -> None:
    """Halves of surrogate pairs are replaced, and brackets counted, whatever the encoding.

    The bytes of U+5B5B in UTF-16 are two opening brackets of ASCII.
    """
    assert parse_json(r'"a\ud800"'.encode(encoding)) == "a\ufffd"
    assert parse_json('"a\ud800"'.encode(encoding, "surrogatepass")) == "a\ufffd"
    assert parse_json(f'["{chr(0x5B5B) * 100}"]'.encode(encoding)) == [chr(0x5B5B) * 100]
    with pytest.raises(ValueError, match="levels deep"):
        parse_json(("[" * 65 + "]" * 65).encode(encoding))
