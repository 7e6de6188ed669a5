"""Envelope encryption: a master key wraps the key of each account, which seals its secrets.

AES-256-GCM, with a new 96-bit nonce each time (NIST SP 800-38D, 8.2.2). What belongs to a sealed
value - account, kind and version - is authenticated with it, so that no value can be put in the
place of another one.
"""

import base64
import binascii
import hashlib
import secrets
from dataclasses import dataclass, field

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

KEY_BYTES = 32
_NONCE_BYTES = 12
_ID_CHARS = 16  # 64 bits: no two keys of an installation have the same by chance


class NotSealedWithThis(Exception):
    """A value was sealed with another key, for another place, or was changed since."""


@dataclass(frozen=True, slots=True)
class Key:
    """A 256-bit key, which is never shown."""

    material: bytes = field(repr=False)

    @classmethod
    def new(cls) -> "Key":
        """Draw a key."""
        return cls(secrets.token_bytes(KEY_BYTES))

    @classmethod
    def from_text(cls, text: str) -> "Key":
        """Read a key from base64.

        Raises:
            ValueError: it is not base64, or does not have 32 bytes; the text is not repeated.
        """
        try:
            material = base64.b64decode(text, validate=True)
        except binascii.Error:
            raise ValueError("it is not base64") from None
        if len(material) != KEY_BYTES:
            raise ValueError(f"it has {len(material)} bytes, not {KEY_BYTES}")
        return cls(material)

    @property
    def id(self) -> str:
        """Return a name of the key from which the key cannot be found."""
        digest = hashlib.sha256(b"caspio-ingest key id|" + self.material)
        return digest.hexdigest()[:_ID_CHARS]

    def seal(self, content: bytes, *, place: str) -> str:
        """Encrypt bytes for a place, and return nonce and ciphertext as base64."""
        nonce = secrets.token_bytes(_NONCE_BYTES)
        sealed = AESGCM(self.material).encrypt(nonce, content, place.encode())
        return base64.b64encode(nonce + sealed).decode()

    def unseal(self, sealed: str, *, place: str) -> bytes:
        """Decrypt what was sealed for a place.

        Raises:
            NotSealedWithThis: with another key or for another place, or it was changed.
        """
        try:
            raw = base64.b64decode(sealed, validate=True)
            nonce, content = raw[:_NONCE_BYTES], raw[_NONCE_BYTES:]
            return AESGCM(self.material).decrypt(nonce, content, place.encode())
        # ValueError: the nonce is cut off.
        except (binascii.Error, InvalidTag, ValueError):
            raise NotSealedWithThis from None


def place_of(account: str, kind: str, version: int) -> str:
    """Return what is authenticated with a secret. No part contains the sign between them."""
    return f"caspio-ingest|{account}|{kind}|{version}"
