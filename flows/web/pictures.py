"""Pictures of pages, drawn when somebody looks at them and kept while they may look again.

The original stays in the archive and is opened by a reader process only: what reaches the browser
was drawn there.
"""

import tempfile
import threading
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from pipeline.archive_layout import original_key
from pipeline.errors import FileGone
from pipeline.ports import Archive, Reader

MOST_BYTES = 64 * 2**20
"""The size of all pictures that are kept: some hundreds of pages."""

# "RIFF", four bytes of size, "WEBP": the header of the container.
_HEAD = 12


@dataclass(slots=True)
class Pictures:
    """Draws pages of archived originals. `open_reader` returns a reader that draws."""

    archive: Archive
    open_reader: Callable[[], Reader]
    _reader: Reader | None = None
    _kept: "OrderedDict[tuple[str, int], bytes]" = field(default_factory=OrderedDict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def page(self, sha256: str, number: int) -> bytes:
        """Return a page as WebP, b"" where it cannot be drawn."""
        with self._lock:
            kept = self._kept.pop((sha256, number), None)
            if kept is None:
                kept = self._draw(sha256, number)
            self._kept[sha256, number] = kept
            while sum(map(len, self._kept.values())) > MOST_BYTES:
                self._kept.popitem(last=False)
            return kept

    def _draw(self, sha256: str, number: int) -> bytes:
        if self._reader is None:
            self._reader = self.open_reader()
        with tempfile.TemporaryDirectory(prefix="caspio-ingest-") as name:
            folder, drawn = Path(name), Path(name) / "drawn"
            drawn.mkdir()
            try:
                self.archive.get(original_key(sha256), folder / "original")
            except FileGone:
                return b""
            findings = self._reader.read(folder / "original", name=f"{number}", work_dir=drawn)
            for path in findings.derived.values():
                data = path.read_bytes()
                # A reader process that a document has taken over could leave anything.
                if is_webp(data):
                    return data
        return b""

    def close(self) -> None:
        """End the reader process."""
        close = getattr(self._reader, "close", None)
        if close is not None:
            close()


def is_webp(data: bytes) -> bool:
    """Say whether bytes begin as a WebP picture does."""
    return data[:4] == b"RIFF" and data[8:_HEAD] == b"WEBP"
