"""Read one local file from a program: the reader of the command `read`, as a function."""

import tempfile
from pathlib import Path

from flows.app.wiring import open_reader
from pipeline.model import Findings
from pipeline.settings.sections import ProcessingSettings


def read_file(
    path: Path, *, settings: ProcessingSettings | None = None, work_dir: Path | None = None
) -> Findings:
    """Read a file in a reader process, which is started for it and ended afterwards.

    For many files, keep the reader of `open_reader` open instead.

    Args:
        path: The file; its type is found by its content.
        settings: Engines, languages and limits; the defaults of `[processing]` unless given.
        work_dir: An empty folder that keeps the files inside the document. Without it they are
            read and not kept.

    Raises:
        BadSettings: an OCR engine or a language that was requested is not installed, or the
            system grants less isolation than is required.
    """
    with (
        open_reader(settings or ProcessingSettings(), workers=1) as reader,
        tempfile.TemporaryDirectory(prefix="caspio-ingest-") as folder,
    ):
        return reader.read(path, name=path.name, work_dir=work_dir or Path(folder))
