"""What is copied of a child's folder."""

import os
from pathlib import Path

from pipeline.model import Child, Finding, Findings, ReadStatus
from processors.contract import Limits
from processors.sandbox.output import carry


def test_documents_that_consist_of_pages_do_not_count_as_files(tmp_path: Path):
    """Text and pages of many documents are taken, where no file inside may be read at all."""
    work, target = tmp_path / "work", tmp_path / "target"
    children = tuple(_document(number, work) for number in range(1, 11))
    whole = Findings("application/pdf", ReadStatus.OK, Finding(None, 0, ""), children=children)

    source = os.open(work, os.O_RDONLY)
    try:
        carried = carry(whole, source=source, target=target, limits=Limits(children=0))
    finally:
        os.close(source)

    last = carried.children[-1].findings.derived
    assert last["pages.json"].read_text() == "pages.json of 10"


def _document(number: int, work: Path) -> Child:
    folder = Path("children") / f"pages-{number:03d}"
    derived = {name: folder / name for name in ("text.txt", "pages.json")}
    (work / folder).mkdir(parents=True)
    for name, path in derived.items():
        (work / path).write_text(f"{name} of {number}")
    found = Findings("application/pdf", ReadStatus.OK, Finding(None, 0, ""), derived=derived)
    return Child(f"scan.pdf, page {number}", found, page_range=(number, number))
