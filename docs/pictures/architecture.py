"""Draw the architecture in one picture.

`python -m docs.pictures.architecture` writes architecture.svg.

Every box with a path is a room of the code; a test checks that the paths exist and that the picture
is current.
"""

from dataclasses import dataclass
from pathlib import Path
from textwrap import wrap
from xml.sax.saxutils import escape

PICTURE = Path(__file__).with_name("architecture.svg")
WIDTH, HEIGHT = 1000, 660
FONT = "system-ui, -apple-system, 'Segoe UI', Roboto, 'DejaVu Sans', sans-serif"
TEXT_HEIGHT = 17
NOTE_CHARS = 22


@dataclass(frozen=True, slots=True)
class Box:
    """A box at a place in the picture; its first line is its name, `path` the room it shows."""

    x: int
    y: int
    width: int
    height: int
    lines: tuple[str, ...]
    fill: str
    path: str = ""


@dataclass(frozen=True, slots=True)
class Band:
    """A layer of the code; imports point down, from one band to the next."""

    y: int
    height: int
    name: str
    note: str


BANDS = (
    Band(16, 116, "flows", "how a run is started and shown"),
    Band(150, 208, "pipeline", "what a run does with a record"),
    Band(376, 50, "ports", "promises"),
    Band(444, 116, "adapters", "and processors: one for each thing outside"),
    Band(578, 66, "outside", ""),
)

BLUE, GREEN, YELLOW, GRAY = "#dbe7fb", "#dff3e4", "#fdf0cf", "#e9ebef"

BOXES = (
    Box(180, 28, 150, 40, ("flows/cli", ), BLUE, "flows/cli"),
    Box(340, 28, 150, 40, ("flows/prefect",), BLUE, "flows/prefect"),
    Box(500, 28, 150, 40, ("flows/webhooks",), BLUE, "flows/webhooks"),
    Box(660, 28, 150, 40, ("flows/doctor",), BLUE, "flows/doctor"),
    Box(820, 28, 150, 40, ("flows/web",), BLUE, "flows/web"),
    Box(180, 80, 790, 40, ("flows/app: a run from request to report; wiring connects the adapters",), BLUE, "flows/app"),
    Box(180, 162, 150, 40, ("plans",), GREEN, "pipeline/plans"),
    Box(340, 162, 150, 40, ("verify",), GREEN, "pipeline/verify"),
    Box(500, 162, 150, 40, ("onboarding",), GREEN, "pipeline/onboarding"),
    Box(660, 162, 150, 40, ("webhooks",), GREEN, "pipeline/webhooks"),
    Box(820, 162, 150, 40, ("source_run",), GREEN, "pipeline/source_run"),
    Box(180, 212, 790, 34, ("record.py: the five steps for one record, in order",), GREEN, "pipeline/record.py"),
    Box(180, 256, 142, 40, ("enumerate",), YELLOW, "pipeline/steps/enumerate.py"),
    Box(342, 256, 142, 40, ("fetch",), YELLOW, "pipeline/steps/fetch.py"),
    Box(504, 256, 142, 40, ("read",), YELLOW, "pipeline/steps/read.py"),
    Box(666, 256, 142, 40, ("archive",), YELLOW, "pipeline/steps/archive.py"),
    Box(828, 256, 142, 40, ("write_back",), YELLOW, "pipeline/steps/write_back"),
    Box(180, 308, 385, 38, ("decide: mapping, names, own changes",), GREEN, "pipeline/decide"),
    Box(585, 308, 385, 38, ("metering: budget, metrics, summary",), GREEN, "pipeline/metering"),
    Box(180, 384, 790, 34, ("ports: FileSource, RecordTarget, Archive, Ledger, Reader, Clock",), GRAY, "pipeline/ports"),
    Box(180, 456, 250, 92, ("adapters/caspio", "client: 70 operations", "source, target, discovery"), BLUE, "pipeline/adapters/caspio"),
    Box(440, 456, 140, 92, ("archive", "local_archive", "s3_archive"), BLUE, "pipeline/adapters"),
    Box(590, 456, 120, 92, ("sql_ledger", "SQLite,", "PostgreSQL"), BLUE, "pipeline/adapters/sql_ledger"),
    Box(720, 456, 250, 92, ("processors/sandbox", "formats, pdf, ocr,", "classify, values, confidence"), YELLOW, "processors/sandbox"),
    Box(180, 590, 250, 42, ("Caspio",), GRAY),
    Box(440, 590, 140, 42, ("folder, bucket",), GRAY),
    Box(590, 590, 120, 42, ("database",), GRAY),
    Box(720, 590, 250, 42, ("reader processes, no network",), GRAY),
)  # fmt: skip

ARROWS = (
    *((x, 276, x + 18, 276) for x in (323, 485, 647, 809)),  # from step to step
    *((x, 549, x, 588) for x in (305, 510, 650, 845)),  # from each adapter to what is outside
)


def render() -> str:
    """Return the picture as SVG."""
    parts = [
        (
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" '
            f'font-family="{FONT}" font-size="14">'
        ),
        "<title>The rooms of the code: flows, pipeline, ports, adapters and processors</title>",
        (
            '<defs><marker id="tip" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="7" '
            'markerHeight="7" orient="auto"><path d="M0 0 8 4 0 8z" fill="#555"/></marker></defs>'
        ),
        f'<rect width="{WIDTH}" height="{HEIGHT}" rx="8" fill="#fff"/>',
    ]
    for band in BANDS:
        parts += _band(band)
    for box in BOXES:
        parts += _box(box)
    for x1, y1, x2, y2 in ARROWS:
        parts.append(
            f'<line x1="{x1}" y1="{y1}" x2="{x2}" y2="{y2}" stroke="#555" stroke-width="1.5" '
            'marker-end="url(#tip)"/>'
        )
    return "\n".join([*parts, "</svg>", ""])


def _band(band: Band) -> list[str]:
    middle = band.y + band.height / 2
    notes = wrap(band.note, NOTE_CHARS)
    top = middle - len(notes) * 8 + 4
    lines = [
        (
            f'<rect x="8" y="{band.y}" width="{WIDTH - 16}" height="{band.height}" rx="6" '
            'fill="#fafbfc" stroke="#d5d9e0"/>'
        ),
        f'<text x="22" y="{top:g}" font-weight="600" fill="#222">{escape(band.name)}</text>',
    ]
    for number, note in enumerate(notes, start=1):
        y = top + number * TEXT_HEIGHT
        lines.append(f'<text x="22" y="{y:g}" font-size="11" fill="#666">{escape(note)}</text>')
    return lines


def _box(box: Box) -> list[str]:
    lines = [
        (
            f'<rect x="{box.x}" y="{box.y}" width="{box.width}" height="{box.height}" rx="5" '
            f'fill="{box.fill}" stroke="#9aa5b5"/>'
        )
    ]
    first = box.y + box.height / 2 + 5 - (len(box.lines) - 1) * TEXT_HEIGHT / 2
    for number, text in enumerate(box.lines):
        weight = ' font-weight="600"' if number == 0 and len(box.lines) > 1 else ""
        lines.append(
            f'<text x="{box.x + box.width / 2:g}" y="{first + number * TEXT_HEIGHT:g}" '
            f'text-anchor="middle"{weight} fill="#1c2733">{escape(text)}</text>'
        )
    return lines


if __name__ == "__main__":
    PICTURE.write_text(render(), encoding="utf-8")
