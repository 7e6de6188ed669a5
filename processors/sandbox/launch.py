"""What the parent, the supervisor and the child say to each other to start and stop."""

import struct
from dataclasses import dataclass
from pathlib import Path

from processors.contract import ReadSettings
from processors.sandbox.confinement import Confinement

STOP, RESUME = b"S", b"R"
"""What the parent asks the supervisor for: stop the child, resume it."""
STARTED, STOPPED, ENDED, FAILED = b"P", b"S", b"E", b"X"
"""What the supervisor reports, each with a number: the child's process, how many others there are,
its exit code, and how many bytes of a traceback follow.
"""
REPORT = struct.Struct("=ci")

TAKEN, ANSWERED, REPLACE = b"t", b".", b"!"
"""What a child says in one byte: it has begun with a document, it has an answer, it has one and
should be replaced.
"""
REQUEST = struct.Struct("=I")
"""The length of a request, which is JSON: the name of the document and the child's folder for
it.
"""

SHARED_MEMORY = 1.5
"""Times the memory of one document that a child and the programs it starts may hold together."""


@dataclass(frozen=True, slots=True)
class Launch:
    """All that a supervisor is given.

    `job` names what the child does with a document, as "module:name". `warm` lets the child load
    its models at once. `cache` is a folder of what jobs make once and load faster after that; None
    for no cache.
    """

    settings: ReadSettings
    confinement: Confinement
    job: str
    warm: bool
    cache: Path | None = None
