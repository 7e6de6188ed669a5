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
