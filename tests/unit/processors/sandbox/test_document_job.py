import subprocess
import sys
from pathlib import Path

import pytest
from PIL import Image, ImageDraw

pytestmark = pytest.mark.slow

READ = """
import sys
from pathlib import Path
from processors.contract import ReadSettings
from processors.sandbox.document_job import DocumentJob

job = DocumentJob(ReadSettings(renditions=()))
job.warm()
before = set(sys.modules)
found = job(Path(sys.argv[1]), "receipt.png", Path(sys.argv[2]))
print(found.status, *sorted(set(sys.modules) - before))
"""

FEW = 10
COMPILED = """
import sys
from pathlib import Path

from processors import patterns
from processors.contract import ReadSettings
from processors.sandbox.document_job import DocumentJob

assert "processors.values" not in sys.modules
compiled = []
take, compile_now = patterns.take, patterns._compile
patterns.take = lambda: (take(), compiled.clear())
patterns._compile = lambda pattern, flags=0: compiled.append(pattern) or compile_now(pattern, flags)
DocumentJob.prepare(ReadSettings(ocr="tesseract", renditions=()), Path(sys.argv[1]))
job = DocumentJob(ReadSettings(renditions=()))
document, work_dir = Path(sys.argv[2]), Path(sys.argv[3])
found = job(document, "bill.txt", work_dir)
print(found.status, len([pattern for pattern in compiled if isinstance(pattern, str)]))
"""


def test_a_reader_process_compiles_no_pattern_that_another_has_compiled(tmp_path: Path):
    """What is imported to read a document takes its patterns as they were kept, and so does a usual one itself."""
    document, work_dir = tmp_path / "bill.txt", tmp_path / "work"
    document.write_text("Invoice No. 77\nTotal amount due 3.50 EUR\n", encoding="utf-8")
    work_dir.mkdir()

    ran = [
        subprocess.run(
            [sys.executable, "-c", COMPILED, str(tmp_path / "cache"), str(document), str(work_dir)],
            capture_output=True,
            text=True,
            check=True,
        )
        for _ in range(2)
    ]

    statuses, counts = zip(*(one.stdout.split() for one in ran), strict=True)
    assert statuses == ("ok", "ok")
    # Python's own modules have a few that were compiled before; ours have some 600.
    assert max(map(int, counts)) < FEW


def test_a_warm_reader_process_has_loaded_all_that_a_page_needs(tmp_path: Path):
    """The first page after that imports nothing, and so waits for nothing."""
    picture = Image.new("L", (900, 500), "white")
    ImageDraw.Draw(picture).text((60, 60), "Receipt 77 of 3 May 2023", fill="black", font_size=36)
    picture.save(tmp_path / "receipt.png")
    work_dir = tmp_path / "work"
    work_dir.mkdir()

    ran = subprocess.run(
        [sys.executable, "-c", READ, str(tmp_path / "receipt.png"), str(work_dir)],
        capture_output=True,
        text=True,
        check=True,
    )

    assert ran.stdout.split() == ["ok"]
