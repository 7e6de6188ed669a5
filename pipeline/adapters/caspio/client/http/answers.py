"""Bound what an answer may cost: its decoded size, the depth of its JSON, what headers ask for.

Caspio's answers are small. These bounds hold for whatever answers in its place: a broken proxy, a
captive portal, or somebody who wants this process to run out of memory.
"""

import json
import re
import zlib
from collections.abc import Callable, Iterator
from datetime import datetime
from email.utils import parsedate_to_datetime
from itertools import accumulate

import httpx

MAX_JSON_BYTES = 128 << 20
"""Decoded bytes of an answer that is not a download: 1,000 rows, the most there are, of 128 KiB."""

MAX_DOWNLOAD_BYTES = 4 << 30
"""Bytes of a download. DataPages take uploads of 500 MB (caspio-api.md, section 5).

The API's limit is not published.
"""

MAX_JSON_DEPTH = 64
"""Levels of nesting. The documented answers have 4.

A webhook's template is a text and does not count.
"""

MAX_BYTES = "caspio_max_bytes"
"""Request extension: the most decoded bytes of the answer."""

_PIECE = 1 << 16
_STRING = re.compile(
    rb'"(?:[^"\\]|\\.)*+"?', re.DOTALL
)  # an open end matches too: linear on any input
_NOT_BRACKETS = bytes(set(range(256)) - set(b"[]{}"))
_STEP = {ord("["): 1, ord("{"): 1, ord("]"): -1, ord("}"): -1}
_SECONDS = re.compile(r"[0-9]{1,9}")
_HALF = re.compile("[\ud800-\udfff]")
_MAY_HAVE_HALVES = re.compile(rb"\\u[dD][89a-fA-F]|\xed[\xa0-\xbf]")  # escaped, or as UTF-8


class AnswerTooLarge(httpx.DecodingError):
    """An answer has more decoded bytes than its kind may have."""


def bound_answer(
    response: httpx.Response, *, max_bytes: int, count: Callable[[int], None] | None = None
) -> None:
    """Decode an answer's body while it is read, and end it with an error above `max_bytes`.

    Whoever reads the response gets identity bytes: a compressed body is decoded here, in pieces,
    since a gzip body of 1 MB can hold 1 GB. Encodings that were not asked for, and several on top
    of each other, are refused.

    Args:
        response: The answer; its headers and stream are replaced.
        max_bytes: The most decoded bytes.
        count: Called with the length of each piece as it arrives, before decoding.

    Raises:
        httpx.DecodingError: The encoding is neither identity, gzip nor deflate.
    """
    stream = response.stream
    if not isinstance(stream, httpx.SyncByteStream):
        return
    encoding = response.headers.get("Content-Encoding", "").strip().lower()
    if encoding in {"", "identity"}:
        response.stream = _Bounded(stream, max_bytes=max_bytes, count=count)
        return
    if encoding not in {"gzip", "x-gzip", "deflate"}:
        raise httpx.DecodingError(f"the answer is encoded as {encoding!r}, which was not asked for")
    del response.headers["Content-Encoding"]
    response.headers.pop("Content-Length", None)  # it counts the encoded bytes
    response.stream = _Decoded(stream, max_bytes=max_bytes, count=count)


class _Bounded(httpx.SyncByteStream):
    """A body that ends with an error when it has too many bytes."""

    def __init__(
        self,
        inner: httpx.SyncByteStream,
        *,
        max_bytes: int,
        count: Callable[[int], None] | None,
    ) -> None:
        self._inner = inner
        self._count = count
        self._max_bytes = max_bytes
        self._size_bytes = 0

    def __iter__(self) -> Iterator[bytes]:
        for chunk in self._arriving():
            yield self._within_bounds(chunk)

    def _arriving(self) -> Iterator[bytes]:
        """Yield the body as it arrives, each piece counted."""
        for chunk in self._inner:
            if self._count is not None:
                self._count(len(chunk))
            yield chunk

    def _within_bounds(self, piece: bytes) -> bytes:
        self._size_bytes += len(piece)
        if self._size_bytes > self._max_bytes:
            raise AnswerTooLarge(f"the answer has more than {self._max_bytes:,} bytes")
        return piece

    def close(self) -> None:
        self._inner.close()


class _Decoded(_Bounded):
    """A gzip or deflate body, decoded in pieces."""

    def __iter__(self) -> Iterator[bytes]:
        # 32 added to the window size: zlib looks at the first bytes and takes gzip or zlib format.
        decoder = zlib.decompressobj(wbits=32 + zlib.MAX_WBITS)
        try:
            for chunk in self._arriving():
                rest = chunk
                while rest and not decoder.eof:
                    piece = decoder.decompress(rest, _PIECE)
                    rest = decoder.unconsumed_tail
                    yield self._within_bounds(piece)
                if decoder.eof:
                    return
        except zlib.error as error:
            raise httpx.DecodingError(f"the answer cannot be decoded: {error}") from error
        raise httpx.DecodingError("the answer ends before its compressed content does")


def parse_json(content: bytes) -> object:
    """Parse JSON of a bounded depth.

    Raises:
        ValueError: it is not whole JSON, or it is nested more deeply than MAX_JSON_DEPTH.
    """
    encoding = json.detect_encoding(content)
    if not encoding.startswith("utf-8"):
        # What follows looks at the bytes of UTF-8; the parser takes UTF-16 and UTF-32 as well.
        content = content.decode(encoding, "surrogatepass").encode("utf-8", "surrogatepass")
    # The parser itself recurses: a megabyte of "[" would end it with RecursionError, which nobody
    # expects here.
    brackets = _STRING.sub(b"", content).translate(None, _NOT_BRACKETS)
    for depth in accumulate(_STEP[bracket] for bracket in brackets):
        if depth > MAX_JSON_DEPTH:
            raise ValueError(f"the JSON is nested more than {MAX_JSON_DEPTH} levels deep")
    parsed: object = json.loads(content)
    return _without_halves(parsed) if _MAY_HAVE_HALVES.search(content) else parsed


def _without_halves(value: object) -> object:
    """Return a JSON value with U+FFFD for each half of a surrogate pair.

    Neither UTF-8 nor a database takes such a half; Caspio lists file names that have one. JSON
    joins the halves of a whole pair, so only those without a partner are left here.
    """
    match value:
        case str():
            return _HALF.sub("\ufffd", value)
        case list():
            return [_without_halves(item) for item in value]
        case dict():
            return {str(_without_halves(key)): _without_halves(item) for key, item in value.items()}
        case _:
            return value


def json_or_none(response: httpx.Response) -> object:
    """Return a read response's JSON, None where it has none."""
    try:
        return parse_json(response.content)
    except ValueError:
        return None


def declared_bytes(headers: httpx.Headers) -> int | None:
    """Return the length that an answer declares, None where it declares none that can be compared.

    The length of an encoded body counts other bytes than those that are handed on.
    """
    length = headers.get("Content-Length", "")
    if not re.fullmatch(r"[0-9]{1,18}", length) or "Content-Encoding" in headers:
        return None
    return int(length)


def retry_after_s(headers: httpx.Headers, now: datetime) -> float | None:
    """Return the seconds that a `Retry-After` header asks for, None without a meaningful one.

    The header has seconds or an HTTP date (RFC 9110, section 10.2.3).
    """
    text = headers.get("Retry-After", "").strip()
    # Not str.isdigit: it accepts "²", which float does not.
    if _SECONDS.fullmatch(text):
        return float(text)
    try:
        return max(0.0, (parsedate_to_datetime(text) - now).total_seconds())
    except (TypeError, ValueError, IndexError, OverflowError):
        return None
