"""The chart of the ratios: an SVG file that is legible on light and on dark pages."""

from collections.abc import Sequence
from pathlib import Path
from xml.sax.saxutils import escape

from tests.bench.table.page import TIMES, is_met
from tests.bench.table.records import Recorded
from tests.bench.table.rows import Result, Row

FILE = Path(__file__).resolve().parents[3] / "docs" / "pictures" / "benchmarks.svg"
FONT = "system-ui, -apple-system, 'Segoe UI', Roboto, 'DejaVu Sans', sans-serif"
_WIDTH, _LEFT, _RIGHT, _TOP, _STEP, _BAR = 820, 190, 120, 52, 28, 14
_MOST = 4.0
"""Longer bars are cut off: the figure beside them says how long they are."""
_STYLE = """
    .text { fill: #24292f } .faint { fill: #57606a } .line { stroke: #8c959f }
    .met { fill: #2f6fd6 } .missed { fill: #bf5b16 }
    @media (prefers-color-scheme: dark) {
      .text { fill: #e6edf3 } .faint { fill: #9aa4ae } .line { stroke: #6e7681 }
      .met { fill: #6ea8fe } .missed { fill: #f0a35e }
    }
"""


def drawn(rows: Sequence[Row], recorded: Recorded) -> str:
    """Return the chart: one bar for each ratio, and a line where ours costs as much as the peer."""
    present = [row for row in rows if row.key in recorded.results]
    height = _TOP + _STEP * len(present) + 34
    one = _x(1.0)
    bars = "".join(
        _bar(row, recorded.results[row.key], _TOP + _STEP * number)
        for number, row in enumerate(present)
    )
    return f"""\
<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {height}" role="img"
     font-family="{escape(FONT)}" font-size="13">
  <title>Cost of caspio-ingest as a multiple of each peer</title>
  <style>{_STYLE}  </style>
  <text class="faint" x="{_LEFT}" y="22">ours ÷ peer: shorter is better</text>
  <text class="faint" x="{one:.0f}" y="40" text-anchor="middle">1 {TIMES}</text>
  <line class="line" x1="{one:.0f}" x2="{one:.0f}" y1="44" y2="{height - 30}"
        stroke-dasharray="4 3"/>
{bars}  <text class="faint" x="{_LEFT}" y="{height - 8}">
    <tspan class="met">■</tspan> within the limit, or without one
    <tspan class="missed" dx="12">■</tspan> limit missed
  </text>
</svg>
"""


def _bar(row: Row, result: Result, y: int) -> str:
    width = _x(min(result.ratio, _MOST)) - _LEFT
    kind = "met" if is_met(row, result) else "missed"
    cut = " →" if result.ratio > _MOST else ""
    return f"""\
  <text class="text" x="{_LEFT - 10}" y="{y + 12}" text-anchor="end">{row.key}</text>
  <rect class="{kind}" x="{_LEFT}" y="{y}" width="{width:.0f}" height="{_BAR}" rx="2">
    <title>{escape(row.title)} beside {escape(row.peer)}</title>
  </rect>
  <text class="text" x="{_LEFT + width + 6:.0f}" y="{y + 12}">{result.ratio:.2f} {TIMES}{cut}</text>
"""


def _x(ratio: float) -> float:
    return _LEFT + (_WIDTH - _LEFT - _RIGHT) * ratio / _MOST


def save(rows: Sequence[Row], recorded: Recorded, file: Path = FILE) -> None:
    """Write the chart."""
    file.write_text(drawn(rows, recorded), encoding="utf-8")
