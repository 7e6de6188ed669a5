"""Leave out lines that were found twice, so that nothing is read and reported twice.

The search for lines follows every edge of what a network marks, inner ones, too: a mark with a hole gives two lines.
"""

from collections.abc import Sequence
from typing import Any

_BESIDE = 0.3  # heights between the middles of two lines that are one
_ALIKE = 0.6  # the lower to the higher one: a line inside the box of two is no double
_INSIDE = 0.8  # share of the shorter one's length that lies on the longer one


def distinct(quads: Sequence[Any]) -> list[Any]:
    """Return four-cornered lines (clockwise from where the text begins) in their order, of doubles the longest only."""
    import numpy as np

    if len(quads) < 2:  # noqa: PLR2004 - a pair is needed
        return list(quads)
    corners = np.asarray(quads, dtype=float)
    middles, along = corners.mean(axis=1), corners[:, 1] - corners[:, 0]
    lengths = np.linalg.norm(along, axis=1).clip(min=1.0)
    heights = np.linalg.norm(corners[:, 3] - corners[:, 0], axis=1).clip(min=1.0)
    along /= lengths[:, None]
    kept: list[int] = []
    for line in np.argsort(-lengths, kind="stable").tolist():
        away = middles[line] - middles[kept]
        ahead = np.abs((away * along[kept]).sum(axis=1))
        aside = np.abs(away[:, 0] * along[kept][:, 1] - away[:, 1] * along[kept][:, 0])
        shared = np.minimum((lengths[kept] + lengths[line]) / 2 - ahead, lengths[line])
        lower, higher = np.minimum(heights[kept], heights[line]), np.maximum(heights[kept], heights[line])
        double = (aside < _BESIDE * lower) & (lower > _ALIKE * higher) & (shared > _INSIDE * lengths[line])
        if not double.any():
            kept.append(line)
    return [quads[line] for line in sorted(kept)]
