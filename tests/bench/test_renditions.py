"""Cost of reading text layers, memory, and agreement of reading order with references."""

import json
import os
import random
import subprocess
import sys
from pathlib import Path

import pytest
from rapidfuzz.distance import LCSseq

from processors.contract import ReadSettings
from processors.read import Engines, read_document
from tests.unit.processors import drawn

PAGES = int(os.environ.get("BENCH_PAGES", "500"))
LINES = 42
"""Lines of about eighty characters a page, with a head and a foot: a full page of a report."""

_READ = """
import json, os, resource, sys, tempfile
from pathlib import Path
from processors.contract import Limits, ReadSettings
from processors.read import read_document
settings = ReadSettings(limits=Limits(pages=10_000))
def read():
    with tempfile.TemporaryDirectory() as folder:
        before = os.times()
        path, work_dir = Path(sys.argv[1]), Path(folder)
        findings = read_document(path, name="report", work_dir=work_dir, settings=settings)
        after = os.times()
        sizes = {name: path.stat().st_size for name, path in findings.derived.items()}
    return len(findings.pages), after.user + after.system - before.user - before.system, sizes
pages, first_s, sizes = read()
peak_mib = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
again_s = min(read()[1] for _ in range(3)) if len(sys.argv) > 2 else first_s
costs = {"first_s": first_s, "again_s": again_s, "peak_mib": peak_mib}
print(json.dumps({"pages": pages, **costs, "bytes": sizes}))
"""


def _report(pages: int) -> bytes:
    """Draw a text document: pages of prose, a title now and then."""
    chance = random.Random(4)  # noqa: S311 - the same pages each time
    contents = []
    for number in range(1, pages + 1):
        lines = [" ".join(chance.choices(drawn.WORDS, k=14)) for _ in range(LINES)]
        pieces = [drawn.Text("Annual report", 60, 800), drawn.Text(f"Page {number}", 500, 30)]
        contents.append(drawn.page(*pieces, *drawn.column(lines, 60, 770, leading=16)))
    return drawn.document(*contents, size=(595, 842))


def _read(path: Path, *more: str) -> dict[str, float]:
    done = subprocess.run(
        [sys.executable, "-c", _READ, str(path), *more], capture_output=True, check=True, text=True
    )
    return json.loads(done.stdout)


@pytest.mark.bench
def test_pages_a_second_of_a_born_digital_document(tmp_path: Path):
    """Print pages per second of the whole reading path, and memory for all pages and a fifth."""
    whole, part = tmp_path / "whole.pdf", tmp_path / "part.pdf"
    whole.write_bytes(_report(PAGES))
    part.write_bytes(_report(PAGES // 5))

    all_of_it, fifth = _read(whole, "again"), _read(part)

    print(f"\n{PAGES} pages, {whole.stat().st_size / 2**20:.1f} MiB: {all_of_it['bytes']}")
    for name in ("first_s", "again_s"):
        print(f"{name}: {all_of_it[name]:.2f} CPU s, {PAGES / all_of_it[name]:.0f} pages a second")
    print(
        f"peak memory: {fifth['peak_mib']:.0f} MiB for {PAGES // 5} pages, "
        f"{all_of_it['peak_mib']:.0f} for {PAGES}"
    )
    assert all_of_it["pages"] == PAGES


@pytest.mark.bench
def test_reading_order_beside_reference_texts(tmp_path: Path, corpora: Path):
    """Print how well the order of words agrees with the reference texts.

    It is the length of the longest common subsequence divided by that of the longer text.
    """
    rows = [
        json.loads(line)
        for line in (corpora / "dev" / "manifest.jsonl").read_text(encoding="utf-8").splitlines()
    ]
    chosen = [
        row for row in rows if row["kind"] in {"ocr_page", "pdf_text"} and row.get("gt_text_path")
    ]
    settings = ReadSettings()
    engines = Engines(settings)
    ratios = []
    for number, row in enumerate(chosen):
        folder = tmp_path / str(number)
        folder.mkdir()
        path = corpora / "dev" / row["path"]
        findings = read_document(
            path, name="page", work_dir=folder, settings=settings, engine=engines.get
        )
        reference = (corpora / "dev" / row["gt_text_path"]).read_text(
            encoding="utf-8", errors="replace"
        )
        ratios.append(LCSseq.normalized_similarity(findings.text.split(), reference.split()))
        print(f"\n{ratios[-1]:.3f} {row['id']} ({row['labels'].get('gt_quality')})", end="")
    print(f"\nmean {sum(ratios) / len(ratios):.3f} of {len(ratios)}")
    assert ratios
