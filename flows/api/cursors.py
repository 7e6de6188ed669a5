"""Seal cursors: each is opaque, and continues only the listing of the account it was made for."""

import base64
import binascii
import hmac
from collections.abc import Mapping
from typing import Any

from flows.agents.calls import arguments_digest
from flows.agents.tools.plans import listing_of_plan
from flows.agents.tools.tool import Refusal

# 128 bits: a cursor cannot be guessed, and stays short.
_MAC_BYTES = 16
# Our own cursors are shorter: a longer one is refused before it is decoded.
_MOST_CHARS = 200


def listing_of(tool: str, arguments: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return those arguments of a call that its cursors are made for.

    Raises:
        Refusal: they have a cursor of a plan, and not which plan.
    """
    return listing_of_plan(arguments) if tool == "plan" else arguments


class Cursors:
    """Seals the cursors of tools, which are page numbers or keys of records.

    Args:
        key: A secret of the account's ledger.
    """

    def __init__(self, key: bytes) -> None:
        self._key = hmac.digest(key, b"cursors of the HTTP API", "sha256")

    def seal(self, tool: str, arguments: Mapping[str, Any], cursor: str) -> str:
        """Return what a client gets: it continues the same listing with the same arguments."""
        sealed = self._mac(tool, arguments, cursor) + cursor.encode()
        return base64.urlsafe_b64encode(sealed).decode().rstrip("=")

    def open(self, tool: str, arguments: Mapping[str, Any], sealed: str) -> str:
        """Return the cursor of a tool.

        Raises:
            Refusal: it was not made for this listing, or it was changed.
        """
        if len(sealed) <= _MOST_CHARS and sealed.isascii():
            padded = sealed + "=" * (-len(sealed) % 4)
            try:
                data = base64.b64decode(padded, altchars=b"-_", validate=True)
                cursor = data[_MAC_BYTES:].decode()
            except (binascii.Error, UnicodeDecodeError):
                data, cursor = b"", ""
            mac = self._mac(tool, arguments, cursor)
            if cursor and hmac.compare_digest(mac, data[:_MAC_BYTES]):
                return cursor
        raise Refusal(
            "cursor is not the next_cursor of this listing. Begin without one, and change nothing "
            "else between two pages."
        )

    def _mac(self, tool: str, arguments: Mapping[str, Any], cursor: str) -> bytes:
        rest = {name: value for name, value in arguments.items() if name != "cursor"}
        text = f"{tool}\n{arguments_digest(rest)}\n{cursor}"
        return hmac.digest(self._key, text.encode(), "sha256")[:_MAC_BYTES]
