"""The files left for the archive: text.txt, pages.json, thumbnail.webp."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path

from processors.contract import Page

NAMES = ("text.txt", "pages.json", "thumbnail.webp")


def write(pages: Sequence[Page], work_dir: Path) -> Mapping[str, Path]:
    """Write text and pages beside whatever thumbnail a processor left; return name and path of each.

    Pages of text.txt are set apart by form feeds.
    """
    text = "\f".join(page.text.text for page in pages)
    (work_dir / "text.txt").write_text(text, encoding="utf-8", errors="replace", newline="\n")
    with (work_dir / "pages.json").open("w", encoding="utf-8", errors="replace") as stream:
        json.dump([_page(page) for page in pages], stream, ensure_ascii=False, separators=(",", ":"))
    return {name: work_dir / name for name in NAMES if (work_dir / name).is_file()}


def _page(page: Page) -> dict[str, object]:
    value = page.text
    return {
        "number": value.number,
        "source": value.source,
        "engine": value.engine,
        "confidence": value.confidence,
        "width_pt": value.width_pt,
        "height_pt": value.height_pt,
        "text": value.text,
        "lines": [{"text": line.text, "box": line.box, "confidence": line.confidence} for line in page.lines],
    }
