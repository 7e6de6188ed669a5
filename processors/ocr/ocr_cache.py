"""Recognize an image only once, however often it occurs: a repeated scan, a fax sent twice.

The cache is in the memory of one process and belongs to one reader with one setting. What an image
says is encrypted with a key derived from its pixels and stored under a digest of that key. So a
malicious document that takes over the process learns nothing of earlier documents unless it has the
same pixels.
"""

import hashlib
import json
import zlib
from collections import OrderedDict
from typing import TYPE_CHECKING, Any

from processors.contract import Box, PageReader, Recognition, Segment, Word

if TYPE_CHECKING:
    from PIL import Image

MOST_BYTES = 8 * 2**20  # about two thousand pages of text
_KEY_BYTES = 32
# A nonce must not repeat under one key (NIST SP 800-38D, section 8). Each key encrypts one text
# only, so it is zero.
_NONCE = bytes(12)


class CachedPageReader:
    """Reads as another reader does, each image once."""

    def __init__(self, reader: PageReader, *, most_bytes: int = MOST_BYTES) -> None:
        """Keep up to `most_bytes`, dropping what was used least recently."""
        self._reader = reader
        self._most_bytes = most_bytes
        self._entries: OrderedDict[bytes, bytes] = OrderedDict()
        self._bytes = 0

    def read(
        self, image: "Image.Image", *, dpi: float, detect_rotation: bool = True
    ) -> Recognition:
        """Recognize an image; results with a problem are not kept."""
        # The key is a digest of everything that decides the result.
        parameters = repr((image.mode, image.size, dpi, detect_rotation)).encode()
        digest = hashlib.blake2b(parameters, digest_size=_KEY_BYTES)
        digest.update(image.tobytes())
        key = digest.digest()

        name = hashlib.blake2b(key, digest_size=_KEY_BYTES).digest()
        entry = self._entries.get(name)
        if entry is not None:
            self._entries.move_to_end(name)
            return _decrypted(entry, key)

        recognition = self._reader.read(image, dpi=dpi, detect_rotation=detect_rotation)
        if not recognition.problem:
            entry = _encrypted(recognition, key)
            self._entries[name] = entry
            self._bytes += len(entry)
            while self._bytes > self._most_bytes:
                _, oldest = self._entries.popitem(last=False)
                self._bytes -= len(oldest)
        return recognition


def _encrypted(recognition: Recognition, key: bytes) -> bytes:
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM

    segments = [
        (segment.text, segment.box, segment.confidence, segment.angle_deg, segment.words)
        for segment in recognition.segments
    ]
    fields = [recognition.engine, recognition.reason, recognition.turned_deg, segments]
    plain = json.dumps(fields, separators=(",", ":")).encode("utf-8", "surrogatepass")
    return AESGCM(key).encrypt(_NONCE, zlib.compress(plain), None)


def _decrypted(entry: bytes, key: bytes) -> Recognition:
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM

    plain = zlib.decompress(AESGCM(key).decrypt(_NONCE, entry, None))
    engine, reason, turned_deg, rows = json.loads(plain.decode("utf-8", "surrogatepass"))
    segments = []
    for text, box, confidence, angle_deg, word_rows in rows:
        words = tuple([Word(word, _box(place), sure) for word, place, sure in word_rows])
        segments.append(Segment(text, _box(box), confidence, angle_deg, words))
    return Recognition(segments, engine, reason, turned_deg)


def _box(sides: Any) -> Box:
    left, top, right, bottom = sides
    return (left, top, right, bottom)
