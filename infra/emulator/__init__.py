"""A local Caspio, written from the API's specification and sharing nothing with the client."""

from infra.emulator.client import Control
from infra.emulator.gate import RateLimit
from infra.emulator.quirks import Quirks, parse_quirks
from infra.emulator.server import Emulator

__all__ = ["Control", "Emulator", "Quirks", "RateLimit", "parse_quirks"]
