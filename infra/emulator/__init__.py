"""A local Caspio, written from the API's specification and sharing nothing with the client.

A seed is a folder with account.json: `tables` (name -> `fields` as the API defines them, `records` with PK_ID where it
matters), `views` (name -> `table`, optional `where` and `fields`), `files` (path -> file) and `folders` (paths). A file
is a path relative to the folder, `{"path", "name"}`, or `{"generate": {"name", "size", "byte" or "seed"}}`; the value
of an ATTACHMENT column is one of these. The client id and secret are `id` and `secret` unless given. What the documents
leave open is chosen in `Quirks`; faults are scripted through `Emulator.control`.
"""

from infra.emulator.client import Control
from infra.emulator.gate import RateLimit
from infra.emulator.quirks import Quirks, parse_quirks
from infra.emulator.server import Emulator

__all__ = ["Control", "Emulator", "Quirks", "RateLimit", "parse_quirks"]
