"""Say whether letters of one color can be seen on another."""

from functools import lru_cache

import tinycss2
import tinycss2.color4

Color = tuple[float, float, float, float]
"""Red, green, blue and opacity, each from 0 to 1."""
WHITE: Color = (1.0, 1.0, 1.0, 1.0)
BLACK: Color = (0.0, 0.0, 0.0, 1.0)
CLEAR: Color = (0.0, 0.0, 0.0, 0.0)

# What nobody distinguishes on a screen: "snow" and white differ by 5 of 255.
_LEAST_DIFFERENCE = 5.5 / 255
_HEX_DIGITS = frozenset("0123456789abcdef")


@lru_cache(maxsize=4096)
def color_of(value: str) -> Color | None:
    """Return a color as CSS writes it, or None if it is none, or one that depends on the reader."""
    token = tinycss2.parse_one_component_value(value, skip_comments=True)
    if token.type == "error":
        return None
    try:
        color = tinycss2.color4.parse_color(token)
        if color is None or isinstance(color, str):
            return None
        red, green, blue = (each or 0.0 for each in color.to("srgb").coordinates)
    except (NotImplementedError, ValueError, TypeError, AttributeError, ZeroDivisionError):
        return None
    return (_bound(red), _bound(green), _bound(blue), color.alpha)


def of_attribute(value: str) -> str:
    """Return the color of "bgcolor" and "color", where the "#" may be left out, as CSS has it."""
    text = value.strip().lower()
    is_number = len(text) == len("ffffff") and _HEX_DIGITS.issuperset(text)
    return f"#{text}" if is_number else text


def on(color: Color, behind: Color) -> Color:
    """Return what a color looks like on an opaque one."""
    red, green, blue = (
        color[3] * above + (1 - color[3]) * below
        for above, below in zip(color[:3], behind[:3], strict=True)
    )
    return (red, green, blue, 1.0)


def is_distinct(color: Color, behind: Color) -> bool:
    """Return whether letters of a color can be seen on an opaque one."""
    seen = on(color, behind)
    return any(
        abs(one - other) > _LEAST_DIFFERENCE
        for one, other in zip(seen[:3], behind[:3], strict=True)
    )


def _bound(value: float) -> float:
    return min(1.0, max(0.0, value))
