"""Barcodes on pictures of pages, by ZXing."""

from typing import TYPE_CHECKING

from processors.contract import Code
from processors.detect.encoding import clean

if TYPE_CHECKING:
    from PIL import Image


_MOST = 50
_MOST_CHARS = 3_000
_WIDEST_PX = 2_000
"""More pixels cost time and show ZXing nothing new: it looks at smaller copies anyway."""


def codes_in(image: "Image.Image", *, scale: float) -> tuple[Code, ...]:
    """Return the barcodes of a picture; boxes are multiplied by `scale`, which turns pixels into points."""
    import zxingcpp

    gray = image.convert("L")
    factor = max(gray.size) // _WIDEST_PX
    if factor > 1:
        gray, scale = gray.reduce(factor), scale * factor
    try:
        found = zxingcpp.read_barcodes(gray, text_mode=zxingcpp.TextMode.Plain)
    except (RuntimeError, ValueError):  # what its decoders say of pictures they cannot take
        return ()
    return tuple(
        Code(code.format.name, clean(code.text[:_MOST_CHARS]), _box(code.position, scale))
        for code in found[:_MOST]
        if code.valid and code.text.strip()
    )


def _box(position: "object", scale: float) -> tuple[float, float, float, float]:
    corners = [
        getattr(position, name) for name in ("top_left", "top_right", "bottom_left", "bottom_right")
    ]
    across, down = [corner.x for corner in corners], [corner.y for corner in corners]
    left, top, right, bottom = min(across), min(down), max(across), max(down)
    return (
        round(left * scale, 2),
        round(top * scale, 2),
        round(right * scale, 2),
        round(bottom * scale, 2),
    )
