"""Read the barcodes on images of pages with ZXing."""

from typing import TYPE_CHECKING

from processors.contract import Code
from processors.detect.encoding import clean

if TYPE_CHECKING:
    from PIL import Image


_MOST_CODES = 50
_MOST_CHARS = 3_000  # a QR code holds at most 2,953 bytes (ISO/IEC 18004, version 40-L)
# More pixels cost time and show ZXing nothing new: it searches smaller copies anyway.
_LARGEST_SIDE_PX = 2_000


def codes_in(image: "Image.Image", *, scale: float) -> tuple[Code, ...]:
    """Return the barcodes of an image.

    Boxes are multiplied by `scale`, which converts pixels to points.
    """
    import zxingcpp

    gray = image.convert("L")
    factor = max(gray.size) // _LARGEST_SIDE_PX
    if factor > 1:
        gray = gray.reduce(factor)
        scale *= factor
    try:
        results = zxingcpp.read_barcodes(gray, text_mode=zxingcpp.TextMode.Plain)
    except (RuntimeError, ValueError):  # what its decoders raise on images they cannot process
        return ()

    codes = []
    for result in results[:_MOST_CODES]:
        if result.valid and result.text.strip():
            at = result.position
            corners = (at.top_left, at.top_right, at.bottom_left, at.bottom_right)
            xs = [corner.x * scale for corner in corners]
            ys = [corner.y * scale for corner in corners]
            box = (round(min(xs), 2), round(min(ys), 2), round(max(xs), 2), round(max(ys), 2))
            text = clean(result.text[:_MOST_CHARS])
            codes.append(Code(result.format.name, text, box))
    return tuple(codes)
