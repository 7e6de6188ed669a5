"""A plan as one HTML page: self-contained, with thumbnails, and all text escaped."""

import base64
import tempfile
from collections.abc import Iterator
from dataclasses import asdict
from itertools import islice
from pathlib import Path

from jinja2 import Environment, StrictUndefined

from flows.app.not_planned import NotPlanned
from flows.app.run_report import record_of, values_line
from flows.terminal.console import in_order
from flows.terminal.tables import certainty, shown
from pipeline.decide.confidence import confidence_text
from pipeline.errors import FileGone
from pipeline.plans.plan_file import PlanFile, PlannedFile, PlannedRecord
from pipeline.ports import Archive
from pipeline.private_files import private

MOST_RECORDS = 2_000
"""Records on a page; more would make a browser slow. The plan file has all of them."""

_PAGE = Path(__file__).with_name("plan_page.html.jinja")


def write_page(
    plan: PlanFile, path: Path, *, left_out: NotPlanned, archive: Archive, work_dir: Path
) -> None:
    """Write the page record by record, so that a long plan takes no memory.

    At its end is what the plan does not have, and why.
    """
    # Names and texts come from strangers, so nothing in them may become HTML. A misspelled name in
    # the template is an error and no gap in the page.
    environment = Environment(autoescape=True, undefined=StrictUndefined, trim_blocks=True)
    template = environment.from_string(_PAGE.read_text(encoding="utf-8"))
    with tempfile.TemporaryDirectory(dir=work_dir) as folder:
        records = with_thumbnails(plan, archive, Path(folder))
        stream = template.stream(
            plan=plan,
            records=records,
            left_out=left_out,
            record_of=record_of,
            value_of=shown,
            certainty=certainty,
            confidence_text=confidence_text,
            most=MOST_RECORDS,
            values=values_line(asdict(plan.values)) or "none",
        )
        # A name may contain half of a surrogate pair, which UTF-8 cannot encode.
        # The page has names, values and pictures of documents.
        with open(path, "w", encoding="utf-8", errors="replace", opener=private) as page:
            page.writelines(map(in_order, stream))


def with_thumbnails(
    plan: PlanFile, archive: Archive, folder: Path
) -> Iterator[tuple[PlannedRecord, str]]:
    """Yield the first records, each with the picture of its first page."""
    for record in islice(plan.each(), MOST_RECORDS):
        yield record, thumbnail(record.files[0], archive, folder)


def thumbnail(file: PlannedFile, archive: Archive, folder: Path) -> str:
    """Return the first page's picture as base64, "" where there is none."""
    target = folder / "thumbnail.webp"
    try:
        archive.get(f"{file.archive}/thumbnail.webp", target)
    except FileGone:
        return ""
    return base64.b64encode(target.read_bytes()).decode("ascii")
