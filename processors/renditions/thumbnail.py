"""Write the thumbnail of a document: its first page that shows something."""

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from processors.contract import RENDITIONS

if TYPE_CHECKING:
    from PIL import Image

SIDE_PX = 400
_QUALITY = 70  # of WebP, 0 to 100: text stays legible in a list of files
# Effort of WebP, 0 to 6: the usual 4 takes twice the time for 3 % fewer bytes.
_METHOD = 2


class Thumbnail:
    """Keeps the first page that shows something, or the first page if none does."""

    def __init__(self, work_dir: Path, *, requested: bool) -> None:
        self._path = work_dir / RENDITIONS["thumbnail"]
        self._pending = requested
        self._written = False

    def offer(self, draw: "Callable[[], Image.Image]", *, shows_something: bool) -> None:
        """Draw and write a page unless a better one was written before.

        At most `SIDE_PX` wide and high.
        """
        if not self._pending or (self._written and not shows_something):
            return
        small = draw().copy()
        small.thumbnail((SIDE_PX, SIDE_PX))
        small.save(self._path, "WEBP", quality=_QUALITY, method=_METHOD)
        self._written = True
        self._pending = not shows_something
