"""Recognize a picture once, however often it comes: a logo's page, a scan repeated, a fax sent twice.

The memory lies in one process, belongs to one reader of one setting, and goes with it. What a picture says is kept
under a digest of its pixels and locked with another: a document that takes over the process and has not the same
pixels learns nothing of those before it.
"""

import hashlib
import json
import zlib
from collections import OrderedDict
from typing import TYPE_CHECKING

from processors.contract import PageReader, Recognition, Segment, Word

if TYPE_CHECKING:
    from PIL import Image

MOST_BYTES = 8 * 2**20
"""Some two thousand pages of text."""
_NONCE = bytes(12)  # each key locks one text only


class CachedPageReader:
    """Reads as another reader does, and each picture once."""

    def __init__(self, reader: PageReader, *, most_bytes: int = MOST_BYTES) -> None:
        """Keep up to `most_bytes`, what was needed latest."""
        self._reader = reader
        self._most_bytes = most_bytes
        self._kept: OrderedDict[bytes, bytes] = OrderedDict()
        self._bytes = 0

    def read(self, image: "Image.Image", *, dpi: float, turning: bool = True) -> Recognition:
        """Recognize a picture; what came of one that an engine failed on is not kept."""
        key = _key(image, dpi=dpi, turning=turning)
        name = hashlib.blake2b(key, digest_size=32).digest()
        kept = self._kept.get(name)
        if kept is not None:
            self._kept.move_to_end(name)
            return _unlocked(kept, key)
        read = self._reader.read(image, dpi=dpi, turning=turning)
        if not read.problem:
            self._keep(name, _locked(read, key))
        return read

    def _keep(self, name: bytes, locked: bytes) -> None:
        self._kept[name] = locked
        self._bytes += len(locked)
        while self._bytes > self._most_bytes:
            _, oldest = self._kept.popitem(last=False)
            self._bytes -= len(oldest)


def _key(image: "Image.Image", *, dpi: float, turning: bool) -> bytes:
    """Return a digest of all that decides what is read."""
    digest = hashlib.blake2b(repr((image.mode, image.size, dpi, turning)).encode(), digest_size=32)
    digest.update(image.tobytes())
    return digest.digest()


def _locked(read: Recognition, key: bytes) -> bytes:
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM

    segments = [(s.text, s.box, s.confidence, s.angle_deg, s.words) for s in read.segments]
    plain = json.dumps([read.engine, read.reason, read.turned_deg, segments], separators=(",", ":"))
    return AESGCM(key).encrypt(_NONCE, zlib.compress(plain.encode("utf-8", "surrogatepass")), None)


def _unlocked(kept: bytes, key: bytes) -> Recognition:
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM

    plain = zlib.decompress(AESGCM(key).decrypt(_NONCE, kept, None))
    engine, reason, turned_deg, segments = json.loads(plain.decode("utf-8", "surrogatepass"))
    return Recognition([_segment(*each) for each in segments], engine, reason, turned_deg)


def _segment(
    text: str,
    box: list[float],
    confidence: float | None,
    angle_deg: float,
    words: list[list[object]],
) -> Segment:
    return Segment(text, _box(box), confidence, angle_deg, tuple([_word(*word) for word in words]))  # type: ignore[arg-type] # as they were written


def _word(text: str, box: list[float], confidence: float | None) -> Word:
    return Word(text, _box(box), confidence)


def _box(sides: list[float]) -> tuple[float, float, float, float]:
    left, top, right, bottom = sides
    return (left, top, right, bottom)
